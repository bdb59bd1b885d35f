"""What a person may see of a request: the same for the page and the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from desk.domain import life
from desk.domain.canonical import canonical
from desk.domain.case import Case, Form, Language, Outcome, Purged, State, Verdict
from desk.domain.dates import on_day
from desk.domain.decision import needs_second
from desk.domain.policy import Policy, Text
from desk.domain.why import promised, suable_from, why
from desk.store import cases, letters, proofs
from desk.store.ledger import Db
from desk.web.shapes import Covered, Message, Owed, Ruled, Status

RULED = frozenset(
    {State.DECIDED, State.FEE_NOTICED, State.FEE_REMINDED, State.FULFILLING, State.NOTIFIED, State.CLOSED}
    | {State.REFERRED, State.WITHDRAWN, State.DEEMED_WITHDRAWN, State.REOPENED}
)
VERDICTS = tuple(verdict.value for verdict in Verdict)  # what is given comes first
READERS = frozenset({"contact", "proven"})  # a letter to an address on file would tell that there is one
CODES = frozenset(proofs.LETTER.values())
ELSEWHERE = Text("この通知は、確認できたアドレスにお送りしました。", "This letter went to the address that was proven.")


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One request as it was read, and its letters as this reader may read them."""

    case: Case
    letters: tuple[letters.Sent, ...]
    same_address: bool  # the contact is the proven address, or none was proven


async def see(db: Db, number: str) -> Seen:
    """Read a request for the person who asked; NoSuchCase if there is none."""
    case = await cases.read(db, number)
    try:
        written = tuple(sent for sent in await letters.thread(db, number) if sent.recipient in READERS and sent.name not in CODES)
        same = await _same_address(db, number)
    except Purged:
        written, same = (), False
    return Seen(case=case, letters=written, same_address=same)


async def _same_address(db: Db, number: str) -> bool:
    proven = (await proofs.proven_identifiers(db, number)).get("mail-code", {}).get("email", "")
    return not proven or canonical(proven) == canonical((await cases.person(db, number)).email)


def status(seen: Seen, policy: Policy, labels: Mapping[str, Text], now: datetime, language: Language) -> Status:
    """The request in words and codes; nothing of what was found before identity is confirmed."""
    case = seen.case
    return Status(
        number=case.number,
        right=case.right,
        state=case.state,
        step=life.STEPS[case.state],
        whose_turn=life.whose_turn(case, policy, now),
        received_at=case.arrived_at,
        target_date=promised(case, policy),
        suit_date=suable_from(case, policy),
        why=list(why(case, policy, now, language)),
        coverage=_coverage(case, labels, language),
        items=[_ruled(outcome, policy, language) for outcome in outcomes(case)],
        fee=_fee(case, policy, now),
        package_until=case.package.until if case.package and may_fetch(case, policy, now) else None,
        messages=_messages(seen, language),
    )


def outcomes(case: Case) -> tuple[Outcome, ...]:
    """What was decided, once it is signed by all who must; a draft is nobody's business yet."""
    if case.ruling is None or not case.identity.confirmed or case.state not in RULED:
        return ()
    signed = case.signed(1) and (case.signed(2) or not needs_second(case))
    return case.ruling.outcomes if signed else ()


def grouped(ruled: Sequence[Ruled]) -> list[tuple[str, str, str, list[Ruled]]]:
    """The items by what became of them: outcome, reason, article, and every item of which that is so."""
    found: dict[tuple[str, str, str], list[Ruled]] = {}
    for one in ruled:
        found.setdefault((one.outcome, one.reason, one.article), []).append(one)
    return [(*head, group) for head, group in sorted(found.items(), key=lambda pair: VERDICTS.index(pair[0][0]))]


def may_withdraw(case: Case) -> bool:
    """Whether the request can still be taken back."""
    return case.state.value in life.BEFORE_FULFILMENT.split() and case.withdrawal_at is None


def may_object(case: Case) -> bool:
    """Whether an objection is possible now."""
    return case.objection_at is None and (case.state is State.NOTIFIED or case.state.value in life.ENDED.split())


def may_fetch(case: Case, policy: Policy, now: datetime) -> bool:
    """Whether there is a package to fetch."""
    package = case.package
    ready = package is not None and package.purged_at is None and now < package.until and not case.halted
    return ready and life.delivery(case, policy) is Form.ELECTRONIC and case.state in {State.NOTIFIED, State.CLOSED, State.REOPENED}


def is_over(case: Case, now: datetime) -> bool:
    """Whether there was a package whose days are over, so that another can be asked for."""
    package = case.package
    over = package is not None and (package.purged_at is not None or now >= package.until)
    return over and case.form is Form.ELECTRONIC and case.state in {State.NOTIFIED, State.CLOSED}


def _coverage(case: Case, labels: Mapping[str, Text], language: Language) -> list[Covered]:
    if not case.identity.confirmed:
        return []
    return [
        Covered(system=name, label=labels[name].said(language) if name in labels else name, state=search.state)
        for name, search in case.coverage.systems.items()
    ]


def _ruled(outcome: Outcome, policy: Policy, language: Language) -> Ruled:
    item, ground = policy.items.get(outcome.item), policy.law.grounds.get(outcome.reason)
    return Ruled(
        item=outcome.item,
        label=item.label.said(language) if item else outcome.item,
        outcome=outcome.verdict,
        article=outcome.article,
        reason=ground.text.said(language) if ground else outcome.reason,
    )


def _fee(case: Case, policy: Policy, now: datetime) -> Owed | None:
    if (fee := case.fee) is None:
        return None
    due = on_day(fee.noticed_at) + timedelta(days=policy.days.fee) if fee.noticed_at else None
    return Owed(amount=fee.amount, paid=fee.paid, state=_fee_state(case, policy, now), due_date=due)


def _fee_state(case: Case, policy: Policy, now: datetime) -> str:
    fee = case.fee
    if fee is None or fee.settled:
        return "waived" if fee is not None and fee.waived else "paid"
    if life.asleep(case, policy, now):
        return "asleep"
    return "reminded" if fee.reminded_at else "asked"


def _messages(seen: Seen, language: Language) -> list[Message]:
    return [_message(sent, language, readable=seen.same_address or sent.recipient == "contact") for sent in _told(seen.letters)]


def _told(written: Sequence[letters.Sent]) -> list[letters.Sent]:
    return [sent for sent in written if sent.subject and sent.state not in {"owed", "refused"}]


def _message(sent: letters.Sent, language: Language, *, readable: bool) -> Message:
    return Message(name=sent.name, subject=sent.subject, body=sent.body if readable else ELSEWHERE.said(language), at=sent.at)
