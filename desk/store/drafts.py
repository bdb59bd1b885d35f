"""Words of officers and of the person, kept sealed and spoken of by number, because no free text may enter Prefect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select

from desk import clock
from desk.store import audit, seal
from desk.store.keys import key_of
from desk.store.ledger import Db
from desk.store.schema import drafts

MOST_DRAFTS = 2**31 - 1  # what the column holds


@dataclass(frozen=True, kw_only=True)
class Draft:
    """Words under a number, within one case."""

    draft: int
    officer: str
    words: str
    at: datetime


async def add(db: Db, number: str, officer: str, words: str) -> int:
    """Keep words and give their number."""
    key = await key_of(db, number)
    await audit.enter(db, number, "words written", officer)
    draft = int(await db.scalar(select(func.max(drafts.c.draft)).where(drafts.c.number == number)) or 0) + 1
    words_sealed = seal.sealed(key, words, f"{number} draft {draft}")
    await db.execute(insert(drafts).values(number=number, draft=draft, officer=officer, words=words_sealed, at=clock.now()))
    return draft


async def of(db: Db, number: str) -> tuple[Draft, ...]:
    """All words of a case, opened."""
    key = await key_of(db, number)
    rows = await db.execute(select(drafts).where(drafts.c.number == number).order_by(drafts.c.draft))
    return tuple(
        Draft(draft=r.draft, officer=r.officer, words=str(seal.opened(key, r.words, f"{number} draft {r.draft}")), at=r.at) for r in rows
    )


async def exists(db: Db, number: str, draft: int) -> bool:
    """Whether an officer wrote words under this number; the person's own are not an officer's reasons."""
    if not 0 < draft <= MOST_DRAFTS:
        return False
    mine = (drafts.c.number == number, drafts.c.draft == draft, drafts.c.officer != audit.PERSON)
    return (await db.execute(select(drafts.c.draft).where(*mine))).first() is not None
