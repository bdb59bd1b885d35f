"""The fee: what may be charged, for what, and what is still owed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.domain.case import Fee, Kind, Right, State
from desk.domain.fee import due, owed
from desk.domain.policy import Policy
from tests.unit.cases import NOON, POLICY, TODAY, at

CHARGEABLE = (Right.PURP, Right.DISC, Right.TPR)  # Art. 38(1), with Art. 37(1)
AMOUNTS = st.dictionaries(st.sampled_from(Right), st.integers(1, 5000))


def with_tariff(amounts: dict[Right, int], published_before: int) -> Policy:
    """The policy with these fees, published so many days before arrival."""
    assert POLICY.tariff is not None
    return replace(POLICY, tariff=replace(POLICY.tariff, amounts=amounts, published=TODAY - timedelta(days=published_before)))


@given(st.sampled_from(Right), st.sampled_from(Kind), AMOUNTS, st.integers(-400, 400))
def test_a_fee_needs_the_law_a_tariff_and_a_measure(right: Right, kind: Kind, amounts: dict[Right, int], published_before: int) -> None:
    """A fee is owed only for the rights Art. 38 names, by a tariff published when the request arrived, and only if something is given."""
    policy = with_tariff(amounts, published_before)
    chargeable = right in CHARGEABLE and published_before >= 0 and kind in {Kind.GRANTED, Kind.PARTIAL}
    assert owed(at(State.DECIDED, kind, right=right), policy) == (amounts.get(right, 0) if chargeable else 0)


def test_a_disclosure_costs_what_is_published() -> None:
    """In the sample office a disclosure costs 1,000 yen, in full or in part."""
    assert [owed(at(State.DECIDED, kind), POLICY) for kind in (Kind.GRANTED, Kind.PARTIAL)] == [1000, 1000]


@pytest.mark.parametrize("kind", [Kind.REFUSED, Kind.NO_DATA, Kind.REFERRED])
def test_nothing_is_charged_for_nothing(kind: Kind) -> None:
    """A refusal, no data, and the client's own matter cost nothing, whatever the tariff says."""
    assert owed(at(State.DECIDED, kind), POLICY) == 0


def test_without_a_tariff_there_is_no_fee() -> None:
    """No published tariff, no fee; and none before there is a ruling."""
    assert owed(at(State.DECIDED), replace(POLICY, tariff=None)) == 0
    assert owed(at(State.INVESTIGATING), POLICY) == 0


def test_a_tariff_published_on_the_day_of_arrival_counts() -> None:
    """The person could know it: on the day itself yes, on the day after no."""
    assert owed(at(State.DECIDED), with_tariff({Right.DISC: 700}, 0)) == 700
    assert owed(at(State.DECIDED), with_tariff({Right.DISC: 700}, -1)) == 0


@given(st.integers(1, 10_000), st.lists(st.integers(1, 4000), max_size=6), st.booleans())
def test_what_is_due_is_the_bill_less_what_came_in(amount: int, payments: list[int], waived: bool) -> None:  # noqa: FBT001 - a fact, not a switch
    """Payments add up; a short one leaves the difference, one too many leaves nothing, and a waived fee is never due."""
    fee = Fee(amount=amount, tariff="2026-04", paid=sum(payments), waived=waived, noticed_at=NOON)
    left = due(at(State.FEE_NOTICED, fee=fee), POLICY)
    assert left == (0 if waived else max(0, amount - sum(payments)))
    assert (left == 0) is fee.settled


@given(st.sampled_from(Kind))
def test_before_the_bill_the_fee_is_due(kind: Kind) -> None:
    """Until a bill is written what is owed by law and tariff is what is due."""
    case = at(State.DECIDED, kind)
    assert due(case, POLICY) == owed(case, POLICY)
