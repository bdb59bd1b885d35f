"""Fee: set after the decision, billed, reminded of; never in the way of a notice."""

from __future__ import annotations

from desk.domain import fee
from desk.domain.case import State
from desk.domain.life import Deed
from desk.store import cases, fees, letters
from tasks.once import deed, once


@deed
async def charge(number: str) -> None:
    """Set the fee and bill it (N08)."""
    async with once(number, Deed.CHARGE) as now:
        if now and now.policy.tariff:
            await fees.bill(now.db, number, fee.owed(now.case, now.policy), now.policy.tariff.version)
            await cases.move(now.db, number, State.FEE_NOTICED)
            await letters.owe(now.db, number, "N08", now.answer_to)


@deed
async def remind_fee(number: str) -> None:
    """Remind the person of the fee, saying what follows if it stays unpaid (N09)."""
    async with once(number, Deed.REMIND_FEE) as now:
        if now:
            await fees.reminded(now.db, number)
            await cases.move(now.db, number, State.FEE_REMINDED)
            await letters.owe(now.db, number, "N09", now.answer_to)


@deed
async def fulfil(number: str) -> None:
    """Nothing is owed (any more): the measure is carried out."""
    async with once(number, Deed.FULFIL) as now:
        if now:
            await cases.move(now.db, number, State.FULFILLING)
