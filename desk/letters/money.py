"""What a letter says of the fee: the tariff published at arrival, what is owed, and the last days (Art. 38)."""

from __future__ import annotations

from datetime import date, timedelta

from desk.domain.case import Case, Fee, Language
from desk.domain.dates import long_date, on_day
from desk.domain.policy import Days, Policy
from desk.letters.words import lines


def fee_facts(case: Case, policy: Policy, today: date, language: Language) -> dict[str, object]:
    """The price of such a request, and the bill if there is one."""
    price: dict[str, object] = {"price": policy.fee_for(case.right, on_day(case.arrived_at)), "fee_open": _open(case)}
    if policy.tariff:
        price["tariff"] = policy.tariff.version
    return price | (_bill(case.fee, policy, today, language) if case.fee else {})


def _open(case: Case) -> bool:
    return case.fee is not None and not case.fee.settled


def _bill(fee: Fee, policy: Policy, today: date, language: Language) -> dict[str, object]:
    """Only a tariff that is on file has a basis and ways to pay; without it a fee notice cannot be written."""
    due, lapse = _last_days(fee, policy.days, today)
    bill = {
        "amount": fee.amount,
        "paid": fee.paid,
        "left": max(0, fee.amount - fee.paid),
        "due": long_date(due, language),
        "lapse": long_date(lapse, language),
        "fee_noticed": long_date(on_day(fee.noticed_at), language) if fee.noticed_at else "",
    }
    tariff = policy.tariff
    if tariff is None or tariff.version != fee.tariff:
        return bill
    return bill | {
        "tariff": tariff.version,
        "published": long_date(tariff.published, language),
        "basis": tariff.basis.said(language),
        "methods": lines(tariff.methods.said(language)),
    }


def _last_days(fee: Fee, days: Days, today: date) -> tuple[date, date]:
    """When to pay by, and when the request may lapse; after a reminder, late or not, there is always the same time left."""
    noticed = on_day(fee.noticed_at) if fee.noticed_at else today
    due, lapse = noticed + timedelta(days.fee), noticed + timedelta(days.fee_deemed)
    if today < noticed + timedelta(days.fee_reminder):
        return due, lapse
    left, rest = timedelta(days.fee - days.fee_reminder), timedelta(days.fee_deemed - days.fee_reminder)
    return max(due, today + left), max(lapse, today + rest)
