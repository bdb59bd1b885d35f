"""How often something may be tried: counters in the ledger, so that every process and every restart shares them."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from desk import clock
from desk.store import seal
from desk.store.ledger import Db, writing
from desk.store.schema import limits


async def allow(what: str, who: str, at_most: int, per: timedelta) -> bool:
    """Count one more try by `who` (kept as a keyed digest); False once there were more than `at_most` in this span."""
    try:
        return await _counted(what, who, at_most, per)
    except IntegrityError:  # two first tries at once: the second finds the row
        return await _counted(what, who, at_most, per)


async def _counted(what: str, who: str, at_most: int, per: timedelta) -> bool:
    async with writing() as db:
        return await count(db, what, who, per) <= at_most


async def count(db: Db, what: str, who: str, per: timedelta) -> int:
    """Count one more within the caller's transaction and give the number so far in this span."""
    span = int(clock.now().timestamp() // per.total_seconds())
    mine = (limits.c.what == what) & (limits.c.who == seal.digest("limit", who)) & (limits.c.span == span)
    done = await db.execute(update(limits).where(mine).values(count=limits.c.count + 1).returning(limits.c.count))
    number = done.scalar_one_or_none()
    if number is None:
        await db.execute(insert(limits).values(what=what, who=seal.digest("limit", who), span=span, count=1))
    return number or 1


async def so_far(db: Db, what: str, who: str, per: timedelta) -> int:
    """How many there were in this span."""
    span = int(clock.now().timestamp() // per.total_seconds())
    mine = (limits.c.what == what) & (limits.c.who == seal.digest("limit", who)) & (limits.c.span == span)
    return int(await db.scalar(select(limits.c.count).where(mine)) or 0)


async def forget(db: Db, what: str, per: timedelta) -> None:
    """Drop the counters of spans that are over."""
    span = int(clock.now().timestamp() // per.total_seconds())
    await db.execute(delete(limits).where(limits.c.what == what, limits.c.span < span))
