"""What an officer sees of one request: what is not personal at any time, what is personal only under a look that is put on record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from desk.domain.case import Person, Rung
from desk.store import audit, cases, letters, proofs
from desk.store import drafts as words
from desk.store.ledger import Db
from desk.store.schema import confirmations, drafts, withholdings
from desk.store.schema import letters as letter_rows


@dataclass(frozen=True, kw_only=True)
class Climbed:
    """One rung of the ladder that was proven, and how."""

    rung: Rung
    method: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Words on file, by number; what they say is not told."""

    draft: int
    officer: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Written:
    """A letter of the conversation; what it says is not told."""

    name: str
    recipient: str
    at: datetime
    state: str


@dataclass(frozen=True, kw_only=True)
class Withheld:
    """An item an officer proposes to keep back, with the ground and the number of the reasons."""

    item: str
    ground: str
    officer: str
    draft: int


async def rungs(db: Db, number: str) -> tuple[Climbed, ...]:
    """What is proven about who asks and by which method; no address, no login."""
    rows = await db.execute(select(confirmations).where(confirmations.c.number == number).order_by(confirmations.c.at))
    return tuple(Climbed(rung=Rung(r.rung), method=r.method, at=r.at) for r in rows)


async def kept(db: Db, number: str) -> tuple[Kept, ...]:
    """The drafts of a request by number, oldest first."""
    query = select(drafts.c.draft, drafts.c.officer, drafts.c.at).where(drafts.c.number == number).order_by(drafts.c.draft)
    return tuple(Kept(draft=r.draft, officer=r.officer, at=r.at) for r in await db.execute(query))


async def written(db: Db, number: str) -> tuple[Written, ...]:
    """The letters of a request, oldest first; those to officers are not part of it."""
    mine = (letter_rows.c.number == number, letter_rows.c.recipient.not_like(f"{letters.OFFICER}%"), letter_rows.c.state != "superseded")
    rows = await db.execute(select(letter_rows).where(*mine).order_by(letter_rows.c.owed_at, letter_rows.c.id))
    return tuple(Written(name=r.name, recipient=r.recipient, at=r.sent_at or r.owed_at, state=r.state) for r in rows)


async def withheld(db: Db, number: str) -> tuple[Withheld, ...]:
    """What is proposed to be kept back."""
    rows = await db.execute(select(withholdings).where(withholdings.c.number == number).order_by(withholdings.c.at))
    return tuple(Withheld(item=r.item, ground=r.ground, officer=r.officer, draft=r.draft) for r in rows)


async def request(db: Db, number: str, officer: str) -> Person:
    """The request as it was written; the look is on record."""
    await audit.enter(db, number, "request looked at", officer)
    return await cases.person(db, number)


async def identifiers(db: Db, number: str, officer: str) -> Mapping[str, Mapping[str, str]]:
    """What the proofs have proven, by method; the look is on record."""
    await audit.enter(db, number, "proofs looked at", officer)
    return await proofs.proven_identifiers(db, number)


async def thread(db: Db, number: str, officer: str) -> tuple[letters.Sent, ...]:
    """What the letters say; the look is on record."""
    await audit.enter(db, number, "letters looked at", officer)
    return await letters.thread(db, number)


async def drafted(db: Db, number: str, officer: str) -> tuple[words.Draft, ...]:
    """What the drafts say; the look is on record."""
    await audit.enter(db, number, "drafts looked at", officer)
    return await words.of(db, number)
