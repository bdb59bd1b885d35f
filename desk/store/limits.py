"""How often something may be tried: counters in the ledger, so that every process and every restart shares them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select

from desk import clock
from desk.store import seal
from desk.store.ledger import Db, insert_into, writing
from desk.store.schema import limits


async def allow(what: str, who: str, at_most: int, per: timedelta) -> bool:
    """Count one more try by `who` (kept as a keyed digest); False once there were more than `at_most` in this span."""
    async with writing() as db:
        return await count(db, what, who, per) <= at_most


async def count(db: Db, what: str, who: str, per: timedelta) -> int:
    """Count one more within the caller's transaction and give the number so far in this span."""
    span = _span(per)
    over = datetime.fromtimestamp((span + 1) * per.total_seconds(), UTC)
    first = insert_into(db, limits).values(what=what, who=seal.digest("limit", who), span=span, count=1, until=over)
    more = first.on_conflict_do_update(index_elements=["what", "who", "span"], set_={"count": limits.c.count + 1})
    return int((await db.execute(more.returning(limits.c.count))).scalar_one())


async def so_far(db: Db, what: str, who: str, per: timedelta) -> int:
    """How many there were in this span."""
    mine = (limits.c.what == what) & (limits.c.who == seal.digest("limit", who)) & (limits.c.span == _span(per))
    return int(await db.scalar(select(limits.c.count).where(mine)) or 0)


def _span(per: timedelta) -> int:
    return int(clock.now().timestamp() // per.total_seconds())


async def forget_old(db: Db) -> None:
    """Drop the counters of spans that are over."""
    await db.execute(delete(limits).where(limits.c.until < clock.now()))
