"""Sessions: a random token whose digest is kept, good for a while after its last use; a change of password ends an officer's."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Literal

from sqlalchemy import delete, insert, select, update

from desk import clock
from desk.store import seal
from desk.store.ledger import Db
from desk.store.schema import officers, sessions

Kind = Literal["person", "officer"]
IDLE: dict[str, timedelta] = {"person": timedelta(minutes=15), "officer": timedelta(minutes=30)}
LONGEST = timedelta(hours=12)


async def open_session(db: Db, kind: Kind, subject: str) -> str:
    """A fresh session for one request (a person) or one officer."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    epoch = await _epoch(db, kind, subject)
    await db.execute(
        insert(sessions).values(digest=seal.digest("session", token), kind=kind, subject=subject, epoch=epoch, opened_at=now, used_at=now)
    )
    return token


async def subject_of(db: Db, token: str, kind: Kind) -> str | None:
    """Whose session this is, renewed by asking; None if it is unknown, idle too long, too old or ended."""
    mine = sessions.c.digest == seal.digest("session", token)
    row = (await db.execute(select(sessions).where(mine, sessions.c.kind == kind))).one_or_none()
    now = clock.now()
    if row is None or now - row.used_at > IDLE[kind] or now - row.opened_at > LONGEST:
        return None
    if row.epoch != await _epoch(db, kind, row.subject):
        return None
    await db.execute(update(sessions).where(mine).values(used_at=now))
    return str(row.subject)


async def close_session(db: Db, token: str) -> None:
    """End a session."""
    await db.execute(delete(sessions).where(sessions.c.digest == seal.digest("session", token)))


async def forget_old(db: Db) -> None:
    """Drop sessions nobody can use any more."""
    await db.execute(delete(sessions).where(sessions.c.opened_at < clock.now() - LONGEST))


async def _epoch(db: Db, kind: Kind, subject: str) -> int:
    if kind == "person":
        return 1
    query = select(officers.c.epoch).where(officers.c.id == subject, officers.c.disabled.is_(False))
    return int(await db.scalar(query) or 0)
