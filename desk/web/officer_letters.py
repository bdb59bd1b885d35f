"""Letters as they would go: shown before anybody signs, with a placeholder where the person's own words would stand; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from desk.domain import fee as fees
from desk.domain.case import Case, Fee, Kind, Language, Package, Person, State
from desk.domain.dates import on_day
from desk.domain.fulfilment import purge_on
from desk.domain.gates import Gate
from desk.domain.identity import RECOGNISED
from desk.domain.life import Act, Ask
from desk.domain.policy import Policy, Text
from desk.letters import LETTERS, CannotWrite, Letter, NoSuchLetter, system_names, write
from desk.letters.writing import RULE

SOMEBODY = Person(family="(請求者のお名前)", given="")
SIGNING = frozenset({State.DRAFTED, State.APPROVED1, State.APPROVED2, State.DECIDED})
ANSWERS = {Kind.REFUSED: "N10", Kind.NO_DATA: "N11", Kind.REFERRED: "N02"}
PLACEHOLDERS = {
    "tracking": "(追跡番号)",
    "words": "(審査の理由がここに入ります)",
    "code": "--------",
    "link": "(確認ページのアドレス)",
    "minutes": "10",
    "code_minutes": "10",
    "link_hours": "24",
    "gate": "",
}


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A letter that may go next, and when it would; a language in which it cannot be written yet is missing."""

    name: str
    when: str
    ja: Letter | None
    en: Letter | None


@dataclass(frozen=True)
class _Planned:
    name: str
    when: str
    case: Case


def previews(case: Case, policy: Policy, act: Act, labels: Mapping[str, Text], base: str, now: datetime) -> tuple[Preview, ...]:
    """Every letter that could go now, in both languages; `base` is the address of the person's own page."""
    extra = {**PLACEHOLDERS, **system_names(labels), "status_url": base, "package_url": f"{base}/package"}
    if not case.identity.proven and case.identity.review == RECOGNISED:
        extra["identifiers"] = "email login_id"  # which were given is sealed with the request
    planned = [*_of_the_gate(case, act, now), *_of_the_ruling(case, policy, now)]
    return tuple(_preview(one, policy, extra, now) for one in planned)


def _preview(planned: _Planned, policy: Policy, extra: Mapping[str, str], now: datetime) -> Preview:
    return Preview(
        name=planned.name, when=planned.when, ja=_written(planned, policy, extra, now, "ja"), en=_written(planned, policy, extra, now, "en")
    )


def _written(planned: _Planned, policy: Policy, extra: Mapping[str, str], now: datetime, language: Language) -> Letter | None:
    case = replace(planned.case, language=language)
    person = SOMEBODY if language == "ja" else replace(SOMEBODY, family="(the requester)")
    try:
        letter = write(planned.name, case=case, policy=policy, person=person, today=on_day(now), extra=extra)
    except (CannotWrite, NoSuchLetter):
        return None
    if language == "en" and "en" not in LETTERS[planned.name].languages:
        return None
    return Letter(letter.subject, letter.body.partition(f"\n\n{RULE}\n\n")[0])


def _of_the_gate(case: Case, act: Act, now: datetime) -> Iterator[_Planned]:
    """What an answer to the open question would send."""
    if not isinstance(act, Ask):
        return
    match act.gate:
        case Gate.REVIEW:
            asked = replace(case, state=State.DOCS_REQUESTED, state_since=now)
            yield _Planned("N03", "「書類を求める」と答えたとき", asked)
            yield _Planned("N06", "「認められない」と答えたとき", replace(case, state=State.REJECTED))
        case Gate.LAPSE:
            yield _Planned("N05", "「取下げとみなす」と答えたとき", replace(case, state=State.DEEMED_WITHDRAWN))
        case Gate.OBJECTION:
            for answer in ("審査し直す", "維持する"):
                yield _Planned("N18", f"「{answer}」と答えたとき", replace(case, objection_answer=answer))
        case Gate.RESEND:
            yield _Planned(act.about, "「再送する」と答えたとき", case)


def _of_the_ruling(case: Case, policy: Policy, now: datetime) -> Iterator[_Planned]:
    """What the proposed ruling would send once it is signed."""
    if case.ruling is None or case.state not in SIGNING:
        return
    if name := ANSWERS.get(case.ruling.kind):
        yield _Planned(name, "署名がそろったとき", replace(case, state=State.DECIDED))
        return
    billed = _billed(case, policy, now)
    if case.ruling.kind is Kind.PARTIAL:
        yield _Planned("N12", "署名がそろったとき", billed)
    if case.form not in policy.forms:
        yield _Planned("N17", "署名がそろったとき", billed)
    if billed.fee and not billed.fee.settled:
        yield _Planned("N08", "署名がそろったとき(手数料)", replace(billed, state=State.FEE_NOTICED))
    yield _Planned("N13", "お渡しの用意ができたとき", _packed(billed, policy, now))


def _billed(case: Case, policy: Policy, now: datetime) -> Case:
    owed = fees.owed(case, policy)
    if case.fee or not owed or policy.tariff is None:
        return case
    return replace(case, fee=Fee(amount=owed, tariff=policy.tariff.version, noticed_at=now))


def _packed(case: Case, policy: Policy, now: datetime) -> Case:
    package = Package(built_at=now, until=purge_on(now, policy.days.package), manifest_hash="")
    paid = replace(case.fee, paid=case.fee.amount) if case.fee else None
    return replace(case, state=State.FULFILLING, package=package, fee=paid)
