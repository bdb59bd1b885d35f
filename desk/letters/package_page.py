"""The page of a package: what was asked, what became of it and why, what it is used for, and the data itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from desk.domain.articles import cited
from desk.domain.case import EVERYTHING, Case, Form, Language, Outcome, Person, Searched
from desk.domain.dates import TOKYO, long_date, on_day
from desk.domain.fulfilment import decided_at, purge_on
from desk.domain.life import delivery
from desk.domain.policy import Policy, Text
from desk.letters.package_tables import Table, item_label
from desk.settings import CHECKOUT

LONGEST_TABLE = 500  # rows on the page; a longer table is whole in its CSV file, and on paper
CONTROLS = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n\r"} | {0x7F: 0x2421}


@dataclass(frozen=True, kw_only=True)
class Line:
    """What became of one item, in words."""

    label: str
    verdict: str
    article: str
    reason: str
    source: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Place:
    """One system: how far its search came, and its tables in the package."""

    anchor: str
    label: str
    state: str
    tables: tuple[Table, ...]

    @property
    def count(self) -> int:
        """How many of its records are in the package."""
        return sum(len(table.rows) for table in self.tables)


def index(
    *,
    case: Case,
    policy: Policy,
    person: Person,
    tables: Sequence[Table],
    labels: Mapping[str, Text],
    now: datetime,
    as_of: datetime,
) -> str:
    """The page in the person's language; complete without any other file, without scripts."""
    language = case.language
    page = _templates().get_template("page.html")
    form = delivery(case, policy)
    return page.render(
        case=case,
        policy=policy,
        person=person,
        right=policy.law.rights[case.right],
        language=language,
        asked=_asked(case, policy),
        lines=_lines(case, policy, tables),
        places=_places(case, tables, labels),
        decided=decided_at(case),
        now=now,
        as_of=as_of,
        until=purge_on(now, policy.days.package),
        form=form,
        longest=LONGEST_TABLE if form is Form.ELECTRONIC else None,
        day=partial(_day, language),
        moment=partial(_moment, language),
        date=partial(long_date, language=language),
        cite=partial(cited, language=language),
        said=lambda text: text.said(language),
    )


def visible(held: str) -> str:
    """What is held, with control characters made visible."""
    return held.translate(CONTROLS)


def _asked(case: Case, policy: Policy) -> tuple[str, ...]:
    """The items by name; empty when everything was asked for."""
    return () if EVERYTHING in case.items else tuple(item_label(item, policy, case.language) for item in case.items)


def _lines(case: Case, policy: Policy, tables: Sequence[Table]) -> tuple[Line, ...]:
    return tuple(_line(outcome, case.language, policy, tables) for outcome in (case.ruling.outcomes if case.ruling else ()))


def _line(outcome: Outcome, language: Language, policy: Policy, tables: Sequence[Table]) -> Line:
    ground = policy.law.grounds.get(outcome.reason)
    item = policy.items.get(outcome.item)
    return Line(
        label=item_label(outcome.item, policy, language),
        verdict=outcome.verdict.value,
        article=cited(outcome.article, language) if language == "ja" else outcome.article,
        reason=ground.text.said(language) if ground else outcome.reason,
        source=item.source if item else "",
        count=sum(_filled(table, outcome.item) for table in tables),
    )


def _filled(table: Table, item: str) -> int:
    """How many rows of a table hold this item."""
    places = [place for place, column in enumerate(table.columns) if column.item == item]
    return sum(1 for row in table.rows if any(row[place] for place in places))


def _places(case: Case, tables: Sequence[Table], labels: Mapping[str, Text]) -> tuple[Place, ...]:
    """Every registered system in its order, then any that only the records name."""
    states = {name: search.state for name, search in case.coverage.systems.items()}
    for table in tables:
        states.setdefault(table.system, Searched.SEARCHED)
    return tuple(
        Place(
            anchor=f"system-{place}",
            label=labels[name].said(case.language) if name in labels else name,
            state=state.value,
            tables=tuple(table for table in tables if table.system == name),
        )
        for place, (name, state) in enumerate(states.items(), 1)
    )


def _day(language: Language, instant: datetime) -> str:
    return long_date(on_day(instant), language)


def _moment(language: Language, instant: datetime) -> str:
    clock = instant.astimezone(TOKYO).strftime("%H:%M")
    return f"{_day(language, instant)} {clock}(日本時間)" if language == "ja" else f"{_day(language, instant)}, {clock} (Japan time)"


@cache
def _templates() -> Environment:
    found = FileSystemLoader(CHECKOUT / "templates" / "package")
    templates = Environment(loader=found, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    templates.filters["visible"] = visible
    return templates
