"""Rulings and the signatures under them; a signature is bound to the hash of what was signed."""

from __future__ import annotations

from sqlalchemy import func, insert, select, update

from desk import clock
from desk.domain.case import AlreadyRuled, Ruling
from desk.store import audit
from desk.store.ledger import Db
from desk.store.schema import rulings, signatures


async def next_draft(db: Db, number: str) -> int:
    """The number the next proposal of this case will bear."""
    return int(await db.scalar(select(func.max(rulings.c.draft)).where(rulings.c.number == number)) or 0) + 1


async def record(db: Db, number: str, ruling: Ruling) -> None:
    """Put a proposed ruling on record once; the same again is harmless, another under its number is AlreadyRuled."""
    mine = (rulings.c.number == number) & (rulings.c.draft == ruling.round)
    before = (await db.execute(select(rulings.c.plan).where(mine))).scalar_one_or_none()
    if before is not None and before != ruling.plan_hash():
        raise AlreadyRuled(number)
    if before is None:
        outcomes = [[o.item, o.verdict, o.article, o.reason] for o in ruling.outcomes]
        plan = ruling.plan_hash()
        row = {"number": number, "draft": ruling.round, "kind": ruling.kind, "outcomes": outcomes, "plan": plan, "at": clock.now()}
        await db.execute(insert(rulings).values(**row))
        await audit.enter(db, number, "ruling proposed", kind=ruling.kind, draft=ruling.round, plan=plan)


async def set_aside(db: Db, number: str) -> None:
    """The present ruling no longer stands; its signatures count for nothing."""
    standing = (rulings.c.number == number) & rulings.c.set_aside_at.is_(None)
    await db.execute(update(rulings).where(standing).values(set_aside_at=clock.now()))


async def sign(db: Db, number: str, place: int, officer: str, plan: str) -> None:
    """Put an officer's signature under a plan."""
    await db.execute(insert(signatures).values(number=number, plan=plan, place=place, officer=officer, at=clock.now()))
    await audit.enter(db, number, "signed", officer, place=place, plan=plan)
