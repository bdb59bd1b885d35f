"""What is owed and what came in."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select, update

from desk import clock
from desk.store import audit
from desk.store.ledger import Db
from desk.store.schema import fees, payments


async def bill(db: Db, number: str, amount: int, tariff: str) -> None:
    """Owe a fee from now on; billed again in a later round its days begin anew, and what was paid stays paid."""
    if (await db.execute(select(fees.c.number).where(fees.c.number == number))).first():
        await note(db, number, noticed_at=clock.now(), reminded_at=None, deemed_answer="", deemed_at=None)
        return
    await db.execute(insert(fees).values(number=number, amount=amount, tariff=tariff, noticed_at=clock.now()))
    await audit.enter(db, number, "fee billed", amount=amount, tariff=tariff)


async def reminded(db: Db, number: str) -> None:
    """The reminder is owed."""
    await note(db, number, reminded_at=clock.now())


async def paid(db: Db, number: str, question: str, amount: int, officer: str) -> None:
    """Book a payment under the question it answers, once."""
    await db.execute(insert(payments).values(question=question, number=number, amount=amount, officer=officer, at=clock.now()))
    await audit.enter(db, number, "payment booked", officer, amount=amount)


async def waived(db: Db, number: str, officer: str) -> None:
    """An officer waives the fee."""
    await note(db, number, waived_by=officer)
    await audit.enter(db, number, "fee waived", officer)


async def note(db: Db, number: str, **facts: Any) -> None:  # noqa: ANN401 - columns of one row
    """Set facts of the fee's row."""
    await db.execute(update(fees).where(fees.c.number == number).values(**facts))
