"""What a measure costs the person: only where Art. 38 allows it and a tariff was published when the request arrived."""

from __future__ import annotations

from collections.abc import Iterable

from desk.domain.case import Case, Kind
from desk.domain.dates import on_day
from desk.domain.policy import Policy


def owed(case: Case, policy: Policy) -> int:
    """The fee in yen; nothing for a refusal or where no data exists, because nothing is carried out (Art. 38(1))."""
    if case.ruling is None or case.ruling.kind not in {Kind.GRANTED, Kind.PARTIAL}:
        return 0
    return policy.fee_for(case.right, on_day(case.arrived_at))


def missing(amount: int, payments: Iterable[int]) -> int:
    """How many yen are still to come; never less than nothing."""
    return max(0, amount - sum(payments))
