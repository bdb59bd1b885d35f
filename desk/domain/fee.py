"""What a measure costs the person: only where Art. 38 allows it and a tariff was published when the request arrived."""

from __future__ import annotations

from desk.domain.case import Case
from desk.domain.dates import on_day
from desk.domain.decision import hands_over
from desk.domain.policy import Policy


def owed(case: Case, policy: Policy) -> int:
    """The fee in yen; nothing for a refusal or where no data exists, because nothing is carried out (Art. 38(1))."""
    if not hands_over(case):
        return 0
    return policy.fee_for(case.right, on_day(case.arrived_at))


def due(case: Case, policy: Policy) -> int:
    """How many yen must still come in before the measure is carried out: of the bill if there is one, else of the fee."""
    if case.fee is None:
        return owed(case, policy)
    return 0 if case.fee.settled else case.fee.amount - case.fee.paid
