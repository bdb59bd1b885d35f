"""The emergency stop: a row that is looked for before every effect, for one case or for all."""

from __future__ import annotations

from sqlalchemy import delete, select

from desk import clock
from desk.domain.case import NoSuchCase
from desk.store import agenda, audit
from desk.store.ledger import Db, insert_into
from desk.store.reading_case import EVERY_CASE
from desk.store.schema import agenda as agenda_rows
from desk.store.schema import cases, halts


async def halt(db: Db, number: str, officer: str) -> None:
    """Stop one case, or every case (`*`), before its next effect; NoSuchCase if nothing would be stopped."""
    if number != EVERY_CASE and not await db.scalar(select(cases.c.number).where(cases.c.number == number)):
        raise NoSuchCase(number)
    await agenda.lock(db, number)
    stop = insert_into(db, halts).values(number=number, at=clock.now(), by=officer)
    if not (await db.execute(stop.on_conflict_do_nothing().returning(halts.c.number))).first():
        return
    await audit.enter(db, audit.OFFICE if number == EVERY_CASE else number, "halted", officer)
    await _wake(db, number)


async def lift(db: Db, number: str, officer: str) -> None:
    """Let it go on; where nothing was stopped, nothing is done."""
    await agenda.lock(db, number)
    if not (await db.execute(delete(halts).where(halts.c.number == number).returning(halts.c.number))).first():
        return
    await audit.enter(db, audit.OFFICE if number == EVERY_CASE else number, "halt lifted", officer)
    await _wake(db, number)


async def _wake(db: Db, number: str) -> None:
    every = select(agenda_rows.c.number).where(agenda_rows.c.kind == agenda.ADVANCE).order_by(agenda_rows.c.number)
    for one in (await db.execute(every)).scalars().all() if number == EVERY_CASE else [number]:
        await agenda.wake(db, one)
