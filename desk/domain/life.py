"""The life of a request as one table: what it needs next, whose turn it is, and where it may go from there.

The flow, the sweep, the status page, the artifact and the rehearsal of a policy ask the same table. Rows are read from the
top; the first that fits decides. Back edges, withdrawal, objection and reopening are rows like any other. What a row knows of
time it asks a timer (timers.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from desk.domain import decision, fee, identity, timers
from desk.domain.case import Case, Form, Searched, State, Step
from desk.domain.gates import FIRST, SECOND, Gate
from desk.domain.policy import Policy
from desk.domain.timers import Timer

AGAIN = "審査し直す"  # the reviewer's answer that sends a request back


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
    LOOK_AGAIN = "look-again"
    SEARCH = "search"
    PROPOSE = "propose"
    DECIDE = "decide"
    ANSWER = "answer"
    CHARGE = "charge"
    REMIND_FEE = "remind-fee"
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

    def due(self, timer: Timer) -> bool:
        """Whether the instant of a timer has come."""
        at = timer(self.case, self.policy)
        return at is not None and self.now >= at


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


def _row(
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
AT_WORK = "ID_CHECK INVESTIGATING DRAFTED APPROVED1 APPROVED2 FULFILLING"  # not where papers or money are awaited
ENDED = "CLOSED REJECTED REFERRED WITHDRAWN DEEMED_WITHDRAWN"
ALL = " ".join(State)


def _due(timer: Timer) -> Callable[[Look], bool]:
    return lambda look: look.due(timer)


def _first(systems: Callable[[Case], tuple[str, ...]]) -> Callable[[Look], str]:
    return lambda look: systems(look.case)[0]


def _waiting(case: Case) -> tuple[str, ...]:
    return tuple(name for name in case.coverage.named(Searched.WAITING) if name not in case.manual)


def _archives(case: Case) -> tuple[str, ...]:
    return tuple(name for name in case.coverage.named(Searched.WAITING) if name in case.manual)


def _failed(case: Case) -> tuple[str, ...]:
    return case.coverage.named(Searched.FAILED)


def _lacks_second(look: Look) -> bool:
    return decision.needs_second(look.case) and not look.case.signed(2)


def _owes(look: Look) -> bool:
    return fee.due(look.case, look.policy) > 0


def _packed(look: Look) -> bool:
    package = look.case.package
    return package is not None and package.purged_at is None and not look.due(timers.package_over_from)


def _to_dispatch(look: Look) -> bool:
    package = look.case.package
    return delivery(look.case, look.policy) is Form.PAPER and package is not None and package.dispatched_at is None


TABLE: tuple[Row, ...] = (
    # before everything else: a stop, the person's own will, a promise that cannot be kept, a letter that came back
    _row(ALL, _wait, when=lambda look: look.case.halted),
    _row(BEFORE_FULFILMENT, Deed.WITHDRAW, "WITHDRAWN", lambda look: look.case.withdrawal_at is not None),
    _row(f"{ENDED} NOTIFIED", Deed.REOPEN, "REOPENED", lambda look: look.case.objection_at is not None),
    _row(AT_WORK, Deed.DELAY, when=_due(timers.late_from)),
    _row(ALL, Gate.RESEND, when=lambda look: bool(look.case.undelivered), about=lambda look: look.case.undelivered[0]),
    # identity: it is the person's turn in every row, so that nobody learns who is known
    _row("RECEIVED", Deed.ACKNOWLEDGE, "ACKNOWLEDGED"),
    _row("ACKNOWLEDGED", Deed.SCOPE, "SCOPED REFERRED"),
    _row("SCOPED", Deed.INVITE, "ID_CHECK", turn=Turn.PERSON),
    _row("ID_CHECK", Deed.CONFIRM, "INVESTIGATING", lambda look: identity.sufficient(look.case, look.policy), turn=Turn.PERSON),
    _row("ID_CHECK", Deed.REJECT, "REJECTED", lambda look: look.case.identity.review == identity.REFUSED, turn=Turn.PERSON),
    _row("ID_CHECK", Deed.ASK_PAPERS, "DOCS_REQUESTED", lambda look: look.case.identity.review == identity.PAPERS, turn=Turn.PERSON),
    _row("ID_CHECK", Deed.INVITE, when=lambda look: identity.to_look_up(look.case), turn=Turn.PERSON),
    _row("ID_CHECK", Gate.REVIEW, when=lambda look: identity.needs_officer(look.case, look.policy, look.now), turn=Turn.PERSON),
    _row("ID_CHECK", _wait, turn=Turn.PERSON),
    _row("DOCS_REQUESTED", Deed.LOOK_AGAIN, "ID_CHECK", lambda look: identity.came_in(look.case, look.policy), turn=Turn.PERSON),
    _row("DOCS_REQUESTED", Deed.REMIND_PAPERS, when=_due(timers.papers_reminder_from), turn=Turn.PERSON),
    _row("DOCS_REQUESTED", Gate.LAPSE, "DEEMED_WITHDRAWN", _due(timers.papers_lapse_from), turn=Turn.PERSON),
    _row("DOCS_REQUESTED", Gate.REVIEW, turn=Turn.PERSON),
    # investigation
    _row("INVESTIGATING", Deed.SEARCH, when=lambda look: bool(_waiting(look.case)) or not look.case.coverage.systems),
    _row("INVESTIGATING", Gate.SEARCH, when=lambda look: bool(_failed(look.case)), about=_first(_failed)),
    _row("INVESTIGATING", Gate.ARCHIVE, when=lambda look: bool(_archives(look.case)), about=_first(_archives)),
    _row("INVESTIGATING", Deed.PROPOSE, "DRAFTED"),
    # decision
    _row("DRAFTED", Gate.DECISION, "APPROVED1 INVESTIGATING", about=lambda _: FIRST),
    _row("APPROVED1", Gate.DECISION, "APPROVED2 INVESTIGATING", _lacks_second, about=lambda _: SECOND),
    # a state that does not bear its signatures goes nowhere
    _row("APPROVED1 APPROVED2 DECIDED FULFILLING", _wait, when=lambda look: not decision.cleared(look.case)),
    _row("APPROVED1 APPROVED2", Deed.DECIDE, "DECIDED"),
    _row("DECIDED", Deed.ANSWER, "NOTIFIED REFERRED", lambda look: not decision.hands_over(look.case)),
    # fee
    _row("DECIDED", Deed.CHARGE, "FEE_NOTICED", _owes),
    _row("DECIDED FEE_NOTICED FEE_REMINDED", Deed.FULFIL, "FULFILLING", lambda look: not _owes(look)),
    _row("FEE_NOTICED", Deed.REMIND_FEE, "FEE_REMINDED", _due(timers.fee_reminder_from)),
    _row("FEE_REMINDED", Gate.LAPSE, "DEEMED_WITHDRAWN", _due(timers.fee_lapse_from), turn=Turn.PERSON),
    _row("FEE_NOTICED FEE_REMINDED", Gate.PAYMENT, turn=Turn.PERSON),
    # fulfilment
    _row("FULFILLING", Deed.PACK, when=lambda look: not _packed(look)),
    _row("FULFILLING", Gate.DISPATCH, when=_to_dispatch),
    _row("FULFILLING", Deed.DELIVER, "NOTIFIED"),
    # notice
    _row("NOTIFIED CLOSED", Deed.PACK, when=lambda look: decision.wanted_again(look.case), turn=Turn.NONE),
    _row("NOTIFIED", Deed.CLOSE, "CLOSED", _due(timers.closes_from), turn=Turn.NONE),
    _row("NOTIFIED", _wait, turn=Turn.NONE),
    _row("REOPENED", Deed.RESUME, "ID_CHECK INVESTIGATING DECIDED NOTIFIED", lambda look: bool(look.case.objection_answer)),
    _row("REOPENED", Gate.OBJECTION),
    _row(ENDED, lambda _: Done(), turn=Turn.NONE),
)

STEPS: Mapping[State, Step] = {
    **dict.fromkeys(_states("RECEIVED ACKNOWLEDGED SCOPED ID_CHECK DOCS_REQUESTED"), Step.IDENTITY),
    **dict.fromkeys(_states("INVESTIGATING"), Step.INVESTIGATION),
    **dict.fromkeys(_states("DRAFTED APPROVED1 APPROVED2 DECIDED"), Step.DECISION),
    **dict.fromkeys(_states("FEE_NOTICED FEE_REMINDED"), Step.FEE),
    **dict.fromkeys(_states("FULFILLING"), Step.FULFILMENT),
    **dict.fromkeys(_states(f"{ENDED} NOTIFIED REOPENED"), Step.NOTICE),
}


def row_for(case: Case, policy: Policy, now: datetime) -> Row:
    """The row of the table that decides about this request now."""
    look = Look(case, policy, now)
    return next(row for row in TABLE if case.state in row.at and row.when(look))


def next_act(case: Case, policy: Policy, now: datetime) -> Act:
    """What the request needs next: a deed of the desk, an officer's answer, patience, or nothing any more."""
    return row_for(case, policy, now).act(Look(case, policy, now))


def whose_turn(case: Case, policy: Policy, now: datetime) -> Turn:
    """Who has to act; while identity is open nothing in it tells who is known, or what was proven."""
    return row_for(case, policy, now).turn


def wake_at(case: Case, policy: Policy, now: datetime) -> datetime | None:
    """When time alone will change what the request needs, whoever is being waited for; None if it never will."""
    present = next_act(case, policy, now)
    ahead = (at for at in timers.marks(case, policy) if at > now)
    return next((at for at in ahead if next_act(case, policy, at) != present), None)


def may_move(there: State, here: State) -> bool:
    """Whether some row takes a request from `there` to `here`."""
    return any(there in row.at and here in row.to for row in TABLE)


def resumes_at(case: Case) -> State:
    """Where a request goes on that a reviewer sent back: at an unpaid fee, at identity, or at the investigation; upheld, it is answered."""
    if case.objection_answer != AGAIN:
        return State.NOTIFIED
    if not case.identity.confirmed:
        return State.ID_CHECK
    unpaid = case.fee is not None and not case.fee.settled
    never_answered = case.returned_from in {State.DEEMED_WITHDRAWN, State.WITHDRAWN}
    return State.DECIDED if unpaid and never_answered else State.INVESTIGATING


def delivery(case: Case, policy: Policy) -> Form:
    """How the data goes out: as the person chose, or on paper where that method is difficult (Art. 33(2))."""
    return case.form if case.form in policy.forms else Form.PAPER


def asleep(case: Case, policy: Policy, now: datetime) -> bool:
    """休止: unpaid past the last day with no rule (or no officer's word) that ends it; a payment wakes it."""
    look = Look(case, policy, now)
    unpaid = case.state is State.FEE_REMINDED and _owes(look) and look.due(timers.unpaid_from)
    return unpaid and not look.due(timers.fee_lapse_from)
