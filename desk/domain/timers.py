"""The instants at which time alone changes what a request needs; each timer gives one, or None while it does not run.

The table of life.py asks no clock but these, so that whoever knows the timers knows when to look again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from desk.domain.case import Case, Fee, State
from desk.domain.dates import business_days_after, due_after, on_day, start_of, target_date
from desk.domain.identity import officer_from
from desk.domain.policy import Days, Policy

Timer = Callable[[Case, Policy], datetime | None]
WAIT = "待つ"


def late_from(case: Case, policy: Policy) -> datetime | None:
    """From when the person must be told of a delay (N07), once: the target day is over.

    After a payment the days of delivery count first, because work rests while money is awaited. A later round was promised no target.
    """
    if case.round > 1 or "N07" in case.letters:
        return None
    last = target_date(case.arrived_at, policy.days)
    if case.state is State.FULFILLING and case.fee is not None:
        last = max(last, business_days_after(on_day(case.state_since), policy.days.deliver_business, policy.holidays))
    return start_of(last + timedelta(days=1))


def papers_reminder_from(case: Case, policy: Policy) -> datetime | None:
    """From when the person is reminded of the papers asked for (N04), once per asking."""
    if case.state is not State.DOCS_REQUESTED or case.identity.papers_reminded_at is not None:
        return None
    return due_after(case.state_since, policy.days.papers_reminder)


def papers_last_day(case: Case, policy: Policy) -> date:
    """The last day on which papers are awaited; after the reminder, late or not, there is always the same time left."""
    days, reminded = policy.days, case.identity.papers_reminded_at
    last = on_day(case.state_since) + timedelta(days.papers_deemed)
    return max(last, on_day(reminded) + timedelta(days.papers_deemed - days.papers_reminder)) if reminded else last


def papers_lapse_from(case: Case, policy: Policy) -> datetime | None:
    """From when a clerk may treat it as withdrawn that no papers came: reminded, past the last day, and by a published rule only."""
    if case.state is not State.DOCS_REQUESTED or case.identity.papers_reminded_at is None or not policy.deemed_withdrawal:
        return None
    return start_of(papers_last_day(case, policy) + timedelta(days=1))


def fee_reminder_from(case: Case, policy: Policy) -> datetime | None:
    """From when the person is reminded of the fee (N09), once per bill."""
    fee = case.fee
    if fee is None or fee.noticed_at is None or fee.reminded_at is not None:
        return None
    return due_after(fee.noticed_at, policy.days.fee_reminder)


def fee_last_day(fee: Fee, days: Days) -> date | None:
    """The last day on which a bill is awaited; after the reminder, late or not, there is always the same time left."""
    if fee.noticed_at is None:
        return None
    last = on_day(fee.noticed_at) + timedelta(days.fee_deemed)
    return max(last, on_day(fee.reminded_at) + timedelta(days.fee_deemed - days.fee_reminder)) if fee.reminded_at else last


def unpaid_from(case: Case, policy: Policy) -> datetime | None:
    """From when a bill counts as left unpaid: reminded of, and past its last day."""
    last = fee_last_day(case.fee, policy.days) if case.fee and case.fee.reminded_at else None
    return start_of(last + timedelta(days=1)) if last else None


def fee_lapse_from(case: Case, policy: Policy) -> datetime | None:
    """From when a clerk may treat an unpaid request as withdrawn: by a published rule only; a `待つ` starts the days afresh."""
    unpaid, fee = unpaid_from(case, policy), case.fee
    if unpaid is None or fee is None or not policy.deemed_withdrawal:
        return None
    asked_to_wait = fee.deemed_at if fee.deemed_answer == WAIT else None
    return max(unpaid, due_after(asked_to_wait, policy.days.fee_deemed + 1)) if asked_to_wait else unpaid


def package_over_from(case: Case, policy: Policy) -> datetime | None:  # noqa: ARG001 - a timer takes both
    """From when a package not yet handed over is destroyed, and another must be made."""
    return case.package.until if case.state is State.FULFILLING and case.package else None


def closes_from(case: Case, policy: Policy) -> datetime | None:
    """From when an answered request is closed: its days after proof of delivery; what nobody fetches counts from its own last day."""
    if case.state is not State.NOTIFIED:
        return None
    if case.delivered_at is not None:
        return due_after(case.delivered_at, policy.days.close_after_delivery)
    offered = max(case.package.until, case.state_since) if case.package else None
    return due_after(offered, policy.days.close_after_delivery) if offered else None


TIMERS: tuple[Timer, ...] = (
    late_from,
    officer_from,
    papers_reminder_from,
    papers_lapse_from,
    fee_reminder_from,
    fee_lapse_from,
    package_over_from,
    closes_from,
)


def marks(case: Case, policy: Policy) -> tuple[datetime, ...]:
    """Every instant at which some timer of this request fires, in order."""
    return tuple(sorted({at for timer in TIMERS if (at := timer(case, policy)) is not None}))
