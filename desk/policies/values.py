"""From the shape of a file to the value the rules need: names are kept, nothing is judged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from desk.domain.case import Right
from desk.domain.policy import Contact, Days, Entitlement, Ground, Item, Ladder, Law, Method, Operator, Policy, Purpose, Tariff, Text
from desk.policies.national import national_holidays
from desk.policies.shapes import Bilingual, ClosureEntry, GroundEntry, LawFile, PolicyFile, RetentionEntry, RightEntry

YEARS_AHEAD = 3  # how far national holidays are looked up


def _text(words: Bilingual) -> Text:
    return Text(ja=words.ja, en=words.en)


def _law_of(file: LawFile) -> Law:
    tables = (file.grounds, file.refusals, file.outcomes, file.retention)
    return Law(
        version=file.version,
        label=_text(file.label),
        valid_from=file.valid_from,
        valid_until=file.valid_until,
        rights={right: _entitlement(right, entry) for right, entry in file.rights.items()},
        grounds={code: _ground(code, entry) for table in tables for code, entry in table.items()},
    )


def _entitlement(right: Right, entry: RightEntry) -> Entitlement:
    return Entitlement(
        right=right,
        article=entry.article,
        label=_text(entry.label),
        what=_text(entry.what),
        question=entry.question,
        fee_allowed=entry.fee_allowed,
        notice_article=entry.notice_article,
        grounds=tuple(entry.grounds),
        refusals=tuple(entry.refusals),
    )


def _ground(code: str, entry: GroundEntry) -> Ground:
    days = entry.days if isinstance(entry, RetentionEntry) else None
    return Ground(code=code, article=entry.article, text=_text(entry.text), days=days)


def policy_under(file: PolicyFile, law: LawFile) -> Policy:
    """The published policy under one law, as the value the rules need."""
    procedure = file.procedure
    return Policy(
        version=file.version,
        label=_text(file.label),
        valid_from=file.valid_from,
        valid_until=file.valid_until,
        law=_law_of(law),
        operator=_operator(file),
        items=_items(file),
        purposes={code: Purpose(code=code, text=_text(words)) for code, words in file.purposes.items()},
        channels=tuple(procedure.channels),
        forms=tuple(procedure.forms),
        tariff=_tariff(file),
        days=Days(**procedure.days.model_dump(), suit=law.suit_days),
        ladder=_ladder(file),
        contacts=_contacts(file),
        deemed_withdrawal=procedure.deemed_withdrawal,
        rights_by_form=frozenset(procedure.rights_by_form),
        holidays=_holidays(file),
        safety=_text(file.texts.safety),
        authority_body=_text(file.texts.authority_body),
    )


def _operator(file: PolicyFile) -> Operator:
    entry = file.operator
    return Operator(
        name=_text(entry.name),
        service=_text(entry.service),
        address=_text(entry.address),
        representative=_text(entry.representative),
    )


def _items(file: PolicyFile) -> dict[str, Item]:
    return {
        code: Item(
            code=code,
            clause=entry.clause,
            label=_text(entry.label),
            source=entry.source,
            authority=entry.authority,
            prerequisite=entry.prerequisite,
            retention_days=entry.retention_days,
        )
        for code, entry in file.items.items()
    }


def _tariff(file: PolicyFile) -> Tariff | None:
    entry = file.tariff
    if entry is None:
        return None
    return Tariff(
        version=entry.version,
        published=entry.published,
        amounts=dict(entry.amounts),
        basis=_text(entry.basis),
        methods=_text(entry.methods),
    )


def _ladder(file: PolicyFile) -> Ladder:
    methods = file.identity.methods
    return Ladder(
        methods={code: Method(code=code, proves=frozenset(entry.proves), label=_text(entry.label)) for code, entry in methods.items()},
        needs={right: frozenset(rungs) for right, rungs in file.identity.needs.items()},
    )


def _contacts(file: PolicyFile) -> dict[str, Contact]:
    return {
        role: Contact(
            role=role,
            label=_text(entry.label),
            telephone=entry.telephone,
            email=entry.email,
            address=_text(entry.address),
            hours=_text(entry.hours),
        )
        for role, entry in file.contacts.items()
    }


def _holidays(file: PolicyFile) -> frozenset[date]:
    """The days nobody works: national holidays, and the office's own closures."""
    years = range(file.valid_from.year, file.valid_from.year + YEARS_AHEAD + 1)
    closures = file.procedure.closures.values()
    own = {day for closure in closures for year in (years[0] - 1, *years) for day in _closed(closure, year)}
    return national_holidays(years) | own


def _closed(closure: ClosureEntry, year: int) -> Iterator[date]:
    """The days of one closure that begins in a year; one that runs over New Year ends in the next."""
    day = date.fromisoformat(f"{year}-{closure.from_}")
    until = date.fromisoformat(f"{year + (closure.until < closure.from_)}-{closure.until}")
    while day <= until:
        yield day
        day += timedelta(days=1)
