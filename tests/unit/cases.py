"""Requests at every state, sound and free of people, for the tests of the judgments; all of them arrived at noon of 22 November 2026."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from desk.domain.case import (
    Case,
    Coverage,
    Fee,
    Form,
    Identity,
    Kind,
    Outcome,
    Package,
    Right,
    Ruling,
    Rung,
    Search,
    Searched,
    Signature,
    State,
    Verdict,
)
from desk.domain.dates import start_of
from desk.domain.policy import Policy
from desk.policies import policies

TODAY = date(2026, 11, 22)  # a Sunday before a holiday: business days begin on the 24th
NOON = datetime(2026, 11, 22, 3, tzinfo=UTC)
POLICY: Policy = policies().in_force(TODAY)
PATIENT = replace(POLICY, deemed_withdrawal=False)  # an office that has published no rule of deemed withdrawal
ON_PAPER = replace(POLICY, forms=(Form.PAPER,))  # an office that can deliver on paper only

HELD = Search(state=Searched.SEARCHED, found={"name": 1, "email": 1})
NOTHING = Search(state=Searched.NOTHING_HELD)
FAILED = Search(state=Searched.FAILED, attempts=1, reason="unreachable")
SEARCHED = Coverage({"cards": HELD, "crm": NOTHING, "archive": NOTHING})
WAITING = Coverage({"cards": Search(), "crm": Search(), "archive": Search()})
PROVEN = Identity(looked_up=True, invited=True, proven=frozenset(Rung), confirmed=True, address_proven=True)
INVITED = Identity(looked_up=True, invited=True)

UNCONFIRMED = frozenset(
    {State.RECEIVED, State.ACKNOWLEDGED, State.SCOPED, State.ID_CHECK, State.DOCS_REQUESTED, State.REJECTED, State.REFERRED}
)
RULED = frozenset(State) - UNCONFIRMED - {State.INVESTIGATING, State.WITHDRAWN, State.DEEMED_WITHDRAWN, State.REOPENED}
BILLED = frozenset({State.FEE_NOTICED, State.FEE_REMINDED})


def day(number: int, *, seconds: int = 0) -> datetime:
    """The first instant, at the office, of the day this many days after arrival."""
    return start_of(TODAY + timedelta(days=number)) + timedelta(seconds=seconds)


def ruling(kind: Kind = Kind.GRANTED, draft: int = 1) -> Ruling:
    """A ruling of this kind about one item."""
    verdict = {
        Kind.GRANTED: Verdict.DISCLOSED,
        Kind.PARTIAL: Verdict.PARTLY,
        Kind.REFUSED: Verdict.REFUSED,
        Kind.NO_DATA: Verdict.NO_DATA,
        Kind.REFERRED: Verdict.REFERRED,
    }[kind]
    return Ruling(outcomes=(Outcome(item="name", verdict=verdict, article="Art. 33(2)", reason="disclosed"),), kind=kind, round=draft)


def signed(case: Case, *orders: int) -> Case:
    """The case with these signatures under its ruling."""
    plan = case.ruling.plan_hash() if case.ruling else ""
    return replace(case, signatures=tuple(Signature(officer=f"signer-{n}", order=n, plan_hash=plan, at=NOON) for n in orders))


def at(state: State, kind: Kind = Kind.GRANTED, **facts: object) -> Case:
    """A request that has come to this state in the ordinary way, with whatever else is said of it."""
    case = Case(
        number="2611-7KQ2F-9XCWM-T",
        right=Right.DISC,
        state=state,
        arrived_at=NOON,
        law=POLICY.law.version,
        policy=POLICY.version,
        state_since=NOON,
        manual=frozenset({"archive"}),
        identity=INVITED if state in UNCONFIRMED else PROVEN,
        coverage=SEARCHED if state in RULED else WAITING,
        ruling=ruling(kind) if state in RULED else None,
    )
    case = signed(case, *_orders(state, kind))
    if state in BILLED:
        reminded = day(14) if state is State.FEE_REMINDED else None
        case = replace(case, fee=Fee(amount=1000, tariff="2026-04", noticed_at=NOON, reminded_at=reminded))
    return replace(case, **facts)  # type: ignore[arg-type] # facts are fields of a case


def _orders(state: State, kind: Kind) -> tuple[int, ...]:
    """The signatures a ruling bears at a state."""
    if state not in RULED or state is State.DRAFTED:
        return ()
    return (1,) if state is State.APPROVED1 or (kind is Kind.GRANTED and state is not State.APPROVED2) else (1, 2)


def package(**facts: object) -> Package:
    """A package built on the day of arrival, good for thirty days."""
    return replace(Package(built_at=NOON, until=day(31) - timedelta(seconds=1), manifest_hash="0"), **facts)  # type: ignore[arg-type] # fields of a package
