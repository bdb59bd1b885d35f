"""The emergency stop: a row that is looked for before every effect, for one case or for all."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from desk import clock
from desk.store import agenda, audit
from desk.store.ledger import Db
from desk.store.reading_case import EVERY_CASE
from desk.store.schema import agenda as agenda_rows
from desk.store.schema import halts


async def halt(db: Db, number: str, officer: str) -> None:
    """Stop one case, or every case (`*`), before its next effect."""
    if (await db.execute(select(halts.c.number).where(halts.c.number == number))).first():
        return
    await db.execute(insert(halts).values(number=number, at=clock.now(), by=officer))
    await audit.enter(db, audit.OFFICE if number == EVERY_CASE else number, "halted", officer)


async def lift(db: Db, number: str, officer: str) -> None:
    """Let it go on."""
    await db.execute(delete(halts).where(halts.c.number == number))
    await audit.enter(db, audit.OFFICE if number == EVERY_CASE else number, "halt lifted", officer)
    every = select(agenda_rows.c.number).where(agenda_rows.c.kind == agenda.ADVANCE)
    for one in (await db.execute(every)).scalars().all() if number == EVERY_CASE else [number]:
        await agenda.wake(db, one)
