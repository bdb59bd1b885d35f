"""The life of a request as one table: what it needs next, whose turn it is, and where it may go from there.

The flow, the sweep, the status page, the artifact and the rehearsal of a policy ask the same table. Rows are read from the
top; the first that fits decides. Back edges, withdrawal, objection and reopening are rows like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from desk.domain import decision, fee, identity
from desk.domain.case import Case, Form, Kind, Searched, State, Step
from desk.domain.dates import due_after, start_of, target_date
from desk.domain.gates import SECOND, Gate
from desk.domain.policy import Policy

S = State


class Turn(StrEnum):
    """Who has to act for the request to go on."""

    PERSON = "person"
    DESK = "desk"
    NONE = "none"


class Deed(StrEnum):
    """What the desk does by itself."""

    WITHDRAW = "withdraw"
    REOPEN = "reopen"
    RESUME = "resume"
    DELAY = "delay"
    ACKNOWLEDGE = "acknowledge"
    SCOPE = "scope"
    INVITE = "invite"
    CONFIRM = "confirm"
    REJECT = "reject"
    ASK_PAPERS = "ask-papers"
    REMIND_PAPERS = "remind-papers"
    SEARCH = "search"
    PROPOSE = "propose"
    DECIDE = "decide"
    ANSWER = "answer"
    CHARGE = "charge"
    REMIND_FEE = "remind-fee"
    DEEM = "deem"
    FULFIL = "fulfil"
    PACK = "pack"
    DELIVER = "deliver"
    CLOSE = "close"


@dataclass(frozen=True)
class Do:
    """The desk can do this now."""

    deed: Deed


@dataclass(frozen=True)
class Ask:
    """An officer must answer this first."""

    gate: Gate
    about: str = ""


@dataclass(frozen=True)
class Wait:
    """Nothing to do before somebody acts or a date comes (`wake_at`)."""


@dataclass(frozen=True)
class Done:
    """Nothing is left to do."""


Act = Do | Ask | Wait | Done


@dataclass(frozen=True)
class Look:
    """One look at a request: the rows ask it short questions."""

    case: Case
    policy: Policy
    now: datetime

    def after(self, days: int) -> datetime:
        """The start of the day this many days after the present state began."""
        return due_after(self.case.state_since, days)

    def since(self, instant: datetime | None, days: int) -> bool:
        """Whether this many days have gone since an instant that did happen."""
        return instant is not None and self.now >= due_after(instant, days)

    @property
    def late(self) -> bool:
        """The target day is over and nobody has been told (N07)."""
        over = start_of(target_date(self.case.arrived_at, self.policy.days) + timedelta(days=1))
        return self.now >= over and "N07" not in self.case.letters


@dataclass(frozen=True, kw_only=True)
class Row:
    """At one of these states, when this holds: this act, which may take the request there; meanwhile it is their turn."""

    at: frozenset[State]
    when: Callable[[Look], bool] = lambda _: True
    act: Callable[[Look], Act]
    to: frozenset[State] = frozenset()
    turn: Turn = Turn.DESK


def _do(deed: Deed) -> Callable[[Look], Act]:
    return lambda _: Do(deed)


def _ask(gate: Gate, about: Callable[[Look], str] = lambda _: "") -> Callable[[Look], Act]:
    return lambda look: Ask(gate, about(look))


def _wait(_: Look) -> Act:
    return Wait()


def _row(  # noqa: PLR0913 - the columns of the table
    at: str,
    act: Deed | Gate | Callable[[Look], Act],
    to: str = "",
    when: Callable[[Look], bool] = lambda _: True,
    *,
    turn: Turn = Turn.DESK,
    about: Callable[[Look], str] = lambda _: "",
) -> Row:
    what = _do(act) if isinstance(act, Deed) else _ask(act, about) if isinstance(act, Gate) else act
    return Row(at=_states(at), when=when, act=what, to=_states(to), turn=turn)


def _states(names: str) -> frozenset[State]:
    return frozenset(State(name) for name in names.split())


BEFORE_FULFILMENT = (
    "RECEIVED ACKNOWLEDGED SCOPED ID_CHECK DOCS_REQUESTED INVESTIGATING DRAFTED APPROVED1 APPROVED2 DECIDED FEE_NOTICED FEE_REMINDED"
)
AT_WORK = "INVESTIGATING DRAFTED APPROVED1 APPROVED2 DECIDED FULFILLING"
ENDED = "CLOSED REJECTED REFERRED WITHDRAWN DEEMED_WITHDRAWN"
ALL = " ".join(State)


def _first(system: Callable[[Case], tuple[str, ...]]) -> Callable[[Look], str]:
    return lambda look: system(look.case)[0]


def _waiting(case: Case) -> tuple[str, ...]:
    return tuple(name for name in case.coverage.named(Searched.WAITING) if name not in case.manual)


def _archives(case: Case) -> tuple[str, ...]:
    return tuple(name for name in case.coverage.named(Searched.WAITING) if name in case.manual)


def _failed(case: Case) -> tuple[str, ...]:
    return case.coverage.named(Searched.FAILED)


def _kind(*kinds: Kind) -> Callable[[Look], bool]:
    return lambda look: look.case.ruling is not None and look.case.ruling.kind in kinds


def _owes(look: Look) -> bool:
    return look.case.fee is not None and not look.case.fee.settled


def _lapsed(look: Look) -> bool:
    """Reminded, past its last day, and a rule published at arrival allows it; a `待つ` starts the days afresh."""
    case, days = look.case, look.policy.days
    if case.fee is None or case.fee.reminded_at is None or not look.policy.deemed_withdrawal:
        return False
    begun = case.fee.deemed_at if case.fee.deemed_answer == "待つ" else case.fee.noticed_at
    return look.since(begun, days.fee_deemed)


def _papers_lapsed(look: Look) -> bool:
    days = look.policy.days
    return look.policy.deemed_withdrawal and "N04" in look.case.letters and look.now >= look.after(days.papers_deemed)


def _undispatched(case: Case) -> bool:
    return case.package is not None and case.package.dispatched_at is None


def _undelivered(look: Look) -> str:
    return look.case.undelivered[0]


TABLE: tuple[Row, ...] = (
    # before everything else: a stop, the person's own will, a letter that came back, a promise that cannot be kept
    _row(ALL, _wait, when=lambda look: look.case.halted),
    _row(BEFORE_FULFILMENT, Deed.WITHDRAW, "WITHDRAWN", lambda look: look.case.withdrawal_at is not None),
    _row(f"{ENDED} NOTIFIED", Deed.REOPEN, "REOPENED", lambda look: look.case.objection_at is not None),
    _row(ALL, Gate.RESEND, when=lambda look: bool(look.case.undelivered), about=_undelivered),
    _row(AT_WORK, Deed.DELAY, when=lambda look: look.late),
    # identity
    _row("RECEIVED", Deed.ACKNOWLEDGE, "ACKNOWLEDGED"),
    _row("ACKNOWLEDGED", Deed.SCOPE, "SCOPED REFERRED"),
    _row("SCOPED ID_CHECK", Deed.INVITE, "ID_CHECK", lambda look: identity.to_look_up(look.case), turn=Turn.PERSON),
    _row("ID_CHECK DOCS_REQUESTED", Deed.CONFIRM, "INVESTIGATING", lambda look: identity.sufficient(look.case, look.policy)),
    _row("ID_CHECK DOCS_REQUESTED", Deed.REJECT, "REJECTED", lambda look: look.case.identity.review == "認められない"),
    _row("ID_CHECK DOCS_REQUESTED", Deed.ASK_PAPERS, "DOCS_REQUESTED", lambda look: look.case.identity.review == "書類を求める"),
    _row(
        "DOCS_REQUESTED",
        Deed.REMIND_PAPERS,
        when=lambda look: "N04" not in look.case.letters and look.now >= look.after(look.policy.days.papers_reminder),
    ),
    _row("DOCS_REQUESTED", Gate.LAPSE, "DEEMED_WITHDRAWN", _papers_lapsed, turn=Turn.PERSON),
    _row("DOCS_REQUESTED", Gate.REVIEW, turn=Turn.PERSON),
    _row("ID_CHECK", Gate.REVIEW, when=lambda look: identity.needs_officer(look.case, look.policy, look.now), turn=Turn.PERSON),
    _row("ID_CHECK", _wait, turn=Turn.PERSON),
    # investigation
    _row("INVESTIGATING", Deed.SEARCH, when=lambda look: bool(_waiting(look.case))),
    _row("INVESTIGATING", Gate.SEARCH, when=lambda look: bool(_failed(look.case)), about=_first(_failed)),
    _row("INVESTIGATING", Gate.ARCHIVE, when=lambda look: bool(_archives(look.case)), about=_first(_archives)),
    _row("INVESTIGATING", Deed.PROPOSE, "DRAFTED"),
    # decision
    _row("DRAFTED", Gate.DECISION, "APPROVED1 INVESTIGATING", about=lambda _: "1"),
    _row(
        "APPROVED1",
        Gate.DECISION,
        "APPROVED2 INVESTIGATING",
        lambda look: decision.needs_second(look.case) and not look.case.signed(2),
        about=lambda _: SECOND,
    ),
    _row("APPROVED1 APPROVED2", Deed.DECIDE, "DECIDED"),
    _row("DECIDED", Deed.ANSWER, "NOTIFIED REFERRED", _kind(Kind.REFUSED, Kind.NO_DATA, Kind.REFERRED)),
    # fee
    _row("DECIDED", Deed.CHARGE, "FEE_NOTICED", lambda look: look.case.fee is None and fee.owed(look.case, look.policy) > 0),
    _row("DECIDED FEE_NOTICED FEE_REMINDED", Deed.FULFIL, "FULFILLING", lambda look: not _owes(look)),
    _row(
        "FEE_NOTICED",
        Deed.REMIND_FEE,
        "FEE_REMINDED",
        lambda look: look.since(look.case.fee.noticed_at if look.case.fee else None, look.policy.days.fee_reminder),
    ),
    _row("FEE_REMINDED", Gate.LAPSE, "DEEMED_WITHDRAWN", _lapsed, turn=Turn.PERSON),
    _row("FEE_NOTICED FEE_REMINDED", Gate.PAYMENT, turn=Turn.PERSON),
    _row("DECIDED", Gate.PAYMENT, turn=Turn.PERSON),
    # fulfilment
    _row("FULFILLING", Deed.PACK, when=lambda look: look.case.package is None),
    _row(
        "FULFILLING",
        Gate.DISPATCH,
        when=lambda look: delivery(look.case, look.policy) is Form.PAPER and _undispatched(look.case),
    ),
    _row("FULFILLING", Deed.DELIVER, "NOTIFIED"),
    # notice
    _row(
        "NOTIFIED",
        Deed.CLOSE,
        "CLOSED",
        lambda look: look.since(look.case.delivered_at, look.policy.days.close_after_delivery),
        turn=Turn.NONE,
    ),
    _row("NOTIFIED", _wait, turn=Turn.NONE),
    _row("REOPENED", Deed.RESUME, "ID_CHECK INVESTIGATING FEE_NOTICED NOTIFIED", lambda look: bool(look.case.objection_answer)),
    _row("REOPENED", Gate.OBJECTION),
    _row(ENDED, lambda _: Done(), turn=Turn.NONE),
)

STEPS: Mapping[State, Step] = {
    **dict.fromkeys((S.RECEIVED, S.ACKNOWLEDGED, S.SCOPED, S.ID_CHECK, S.DOCS_REQUESTED), Step.IDENTITY),
    S.INVESTIGATING: Step.INVESTIGATION,
    **dict.fromkeys((S.DRAFTED, S.APPROVED1, S.APPROVED2, S.DECIDED), Step.DECISION),
    **dict.fromkeys((S.FEE_NOTICED, S.FEE_REMINDED), Step.FEE),
    S.FULFILLING: Step.FULFILMENT,
    **dict.fromkeys((S.NOTIFIED, S.CLOSED, S.REJECTED, S.REFERRED, S.WITHDRAWN, S.DEEMED_WITHDRAWN, S.REOPENED), Step.NOTICE),
}


def row_for(case: Case, policy: Policy, now: datetime) -> Row:
    """The row of the table that decides about this request now."""
    look = Look(case, policy, now)
    return next(row for row in TABLE if case.state in row.at and row.when(look))


def next_act(case: Case, policy: Policy, now: datetime) -> Act:
    """What the request needs next: a deed of the desk, an officer's answer, patience, or nothing any more."""
    return row_for(case, policy, now).act(Look(case, policy, now))


def whose_turn(case: Case, policy: Policy, now: datetime) -> Turn:
    """Who has to act; while identity is open it is always the person, so that nobody learns who is known."""
    return row_for(case, policy, now).turn


def wake_at(case: Case, policy: Policy, now: datetime) -> datetime | None:
    """When time alone will change what the request needs, whoever is being waited for; None if it never will."""
    present = (case.state, next_act(case, policy, now))
    ahead = sorted({when for when in _dates(case, policy) if when > now})
    return next((when for when in ahead if (case.state, next_act(case, policy, when)) != present), None)


def may_move(there: State, here: State) -> bool:
    """Whether some row takes a request from `there` to `here`."""
    return any(there in row.at and here in row.to for row in TABLE)


def delivery(case: Case, policy: Policy) -> Form:
    """How the data goes out: as the person chose, or on the office's own way where that method is difficult (Art. 33(2))."""
    return case.form if case.form in policy.forms else policy.forms[0]


def asleep(case: Case, policy: Policy, now: datetime) -> bool:
    """休止: unpaid past the last day with no rule (or no officer's word) that ends it; a payment wakes it."""
    if case.state is not State.FEE_REMINDED or case.fee is None or case.fee.settled:
        return False
    return Look(case, policy, now).since(case.fee.noticed_at, policy.days.fee_deemed) and not _lapsed(Look(case, policy, now))


def _dates(case: Case, policy: Policy) -> list[datetime]:
    """Every instant at which a timer of the table may fire for this request."""
    days = policy.days
    marks = [start_of(target_date(case.arrived_at, days) + timedelta(days=1))]
    marks += [due_after(case.state_since, n) for n in (days.papers_reminder, days.papers_deemed)]
    if officer := identity.officer_from(case, policy):
        marks.append(officer)
    if case.fee and case.fee.noticed_at:
        marks += [due_after(case.fee.noticed_at, n) for n in (days.fee_reminder, days.fee_deemed)]
    if case.fee and case.fee.deemed_at:
        marks.append(due_after(case.fee.deemed_at, days.fee_deemed))
    if case.delivered_at:
        marks.append(due_after(case.delivered_at, days.close_after_delivery))
    return marks
