"""The key of a case: without it, nothing personal about the case can be read again."""

from __future__ import annotations

from sqlalchemy import select, update

from desk.domain.case import NoSuchCase, Purged
from desk.store import seal
from desk.store.ledger import Db
from desk.store.schema import cases


async def key_of(db: Db, number: str) -> bytes:
    """The key of one case; Purged once it was destroyed."""
    row = (await db.execute(select(cases.c.wrapped_key).where(cases.c.number == number))).one_or_none()
    if row is None:
        raise NoSuchCase(number)
    if row.wrapped_key is None:
        raise Purged(number)
    return seal.unwrapped(row.wrapped_key, number)


async def destroy(db: Db, number: str) -> None:
    """Make everything personal about a case unreadable, wherever a copy of the ledger may lie."""
    await db.execute(update(cases).where(cases.c.number == number).values(wrapped_key=None))
