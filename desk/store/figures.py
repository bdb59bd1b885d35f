"""How much there is: counts for those who watch over the desk, without a number, a name or a word of any request."""

from __future__ import annotations

from sqlalchemy import func, select

from desk.store.ledger import Db
from desk.store.schema import cases, letters


async def by_state(db: Db) -> dict[str, int]:
    """How many requests stand at each state."""
    query = select(cases.c.state, func.count().label("requests")).group_by(cases.c.state)
    return {row.state: int(row.requests) for row in await db.execute(query)}


async def letters_owed(db: Db) -> int:
    """How many letters are still to be sent."""
    return int(await db.scalar(select(func.count()).select_from(letters).where(letters.c.state == "owed")) or 0)
