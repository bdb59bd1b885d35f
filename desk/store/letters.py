"""Letters owed and sent: owed in the transaction of their fact, once per occasion, under one Message-ID for ever."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import make_msgid
from typing import Literal

from sqlalchemy import insert, select, update

from desk import clock
from desk.domain.case import CaseError
from desk.settings import settings
from desk.store import agenda, audit, seal
from desk.store.keys import key_of
from desk.store.ledger import Db
from desk.store.schema import agenda as agenda_rows
from desk.store.schema import cases, letters

Recipient = Literal["contact", "proven"]
RETRY_FOR = timedelta(hours=48)
OFFICER = "officer:"


class NoSuchLetter(CaseError):
    """There is no such letter."""


@dataclass(frozen=True, kw_only=True)
class Owed:
    """A letter the post has to send."""

    id: str
    number: str
    name: str
    recipient: str  # contact | proven | officer:<id> | address (in extra)
    message_id: str
    owed_at: datetime
    state: str
    extra: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A letter in the conversation of a case, as it was sent or stands to be."""

    name: str
    recipient: str
    subject: str
    body: str
    at: datetime
    state: str


def asking(since: datetime) -> str:
    """The occasion of one asking for papers, by its first instant: asked anew, the person is written to and reminded anew."""
    return f"asked {since.isoformat()}"


async def owe(db: Db, number: str, name: str, recipient: str, occasion: str | None = None, **extra: str) -> None:
    """Owe a letter; once per name, recipient and occasion (by default the round of the case)."""
    await agenda.lock(db, number)
    key = await key_of(db, number)
    when = occasion or f"round {await _round(db, number)}"
    same = (letters.c.number == number, letters.c.name == name, letters.c.recipient == recipient, letters.c.occasion == when)
    if (await db.execute(select(letters.c.id).where(*same))).first():
        return
    letter = secrets.token_hex(16)
    host = settings().mail_from.rpartition("@")[2]
    await db.execute(
        insert(letters).values(
            id=letter,
            number=number,
            name=name,
            occasion=when,
            recipient=recipient,
            message_id=make_msgid(letter, host),
            state="owed",
            owed_at=clock.now(),
            extra=seal.sealed(key, extra, f"{number} letter {letter} extra"),
        )
    )
    await agenda.put(db, agenda.LETTER, number, letter)
    await audit.enter(db, number, "letter owed", letter=name, to=recipient.partition(":")[0])


async def _round(db: Db, number: str) -> int:
    return int(await db.scalar(select(cases.c.round).where(cases.c.number == number)) or 1)


async def read(db: Db, number: str, letter: str) -> Owed:
    """One letter with what it must carry."""
    row = (await db.execute(select(letters).where(letters.c.id == letter, letters.c.number == number))).one_or_none()
    if row is None:
        raise NoSuchLetter(number)
    extra = seal.opened(await key_of(db, number), row.extra, f"{number} letter {letter} extra") if row.extra else {}
    return Owed(
        id=row.id,
        number=number,
        name=row.name,
        recipient=row.recipient,
        message_id=row.message_id,
        owed_at=row.owed_at,
        state=row.state,
        extra=extra,
    )


async def sent(db: Db, owed: Owed, subject: str, body: str) -> None:
    """A mail server took the letter over; what it said is kept sealed, codes and links are not."""
    await agenda.lock(db, owed.number)
    key = await key_of(db, owed.number)
    shown = body if not owed.extra.get("code") else ""
    await db.execute(
        update(letters)
        .where(letters.c.id == owed.id, letters.c.state == "owed")
        .values(
            state="sent",
            sent_at=clock.now(),
            extra=None,
            subject=seal.sealed(key, subject, f"{owed.number} letter {owed.id} subject"),
            body=seal.sealed(key, shown, f"{owed.number} letter {owed.id} body"),
        )
    )
    await audit.enter(db, owed.number, "letter sent", letter=owed.name, to=owed.recipient.partition(":")[0])
    await _prove_delivery(db, owed.number, owed.id)


async def _prove_delivery(db: Db, number: str, letter: str) -> None:
    """A letter that is an answer by itself delivers it: the answer of this round, or to the objection that left it as it was."""
    row = (await db.execute(select(letters.c.name, letters.c.occasion).where(letters.c.id == letter))).one()
    this_round = await _round(db, number)
    if row.name in PROOF_OF_DELIVERY and row.occasion in {f"round {this_round}", f"objection {this_round}"}:
        first = (cases.c.number == number) & cases.c.delivered_at.is_(None)
        await db.execute(update(cases).where(first).values(delivered_at=clock.now()))
        await agenda.wake(db, number)


PROOF_OF_DELIVERY = {"N10", "N11", "N18"}


async def refused(db: Db, owed: Owed, reason: str) -> None:
    """A mail server refused the letter for good, or never took it within two days: an officer is asked what to do."""
    await agenda.lock(db, owed.number)
    mine = (letters.c.id == owed.id) & (letters.c.state == "owed")  # one that was superseded meanwhile is nobody's business
    kept = {"extra": None} if owed.extra.get("code") else {}
    if not (await db.execute(update(letters).where(mine).values(state="refused", reason=reason, **kept).returning(letters.c.id))).first():
        return
    await audit.enter(db, owed.number, "letter refused", letter=owed.name, reason=reason)
    await agenda.wake(db, owed.number)


async def send_again(db: Db, number: str, name: str) -> None:
    """Put a refused letter back on the agenda, under its own Message-ID."""
    await _reopen(db, number, name, "owed")


async def sent_on_paper(db: Db, number: str, name: str) -> None:
    """A refused letter goes by post instead; an officer vouches for it."""
    await _reopen(db, number, name, "on-paper")


async def _reopen(db: Db, number: str, name: str, state: str) -> None:
    mine = (letters.c.number == number, letters.c.name == name, letters.c.state == "refused")
    for row in (await db.execute(select(letters.c.id).where(*mine))).all():
        await db.execute(update(letters).where(letters.c.id == row.id).values(state=state, owed_at=clock.now()))
        if state == "owed":
            again = (agenda_rows.c.kind == agenda.LETTER) & (agenda_rows.c.what == row.id)
            await db.execute(update(agenda_rows).where(again).values(due_at=clock.now(), attempt=0))
        else:
            await _prove_delivery(db, number, row.id)


async def supersede(db: Db, number: str, name: str) -> None:
    """A letter not yet sent that would carry something no longer good is not sent."""
    mine = (letters.c.number == number, letters.c.name == name, letters.c.state == "owed")
    await db.execute(update(letters).where(*mine).values(state="superseded", extra=None))


async def thread(db: Db, number: str) -> tuple[Sent, ...]:
    """The conversation of a case, oldest first; letters to officers are not part of it."""
    key = await key_of(db, number)
    query = select(letters).where(letters.c.number == number, letters.c.state != "superseded", letters.c.recipient.not_like(f"{OFFICER}%"))
    return tuple(
        Sent(
            name=r.name,
            recipient=r.recipient,
            subject=str(seal.opened(key, r.subject, f"{number} letter {r.id} subject")) if r.subject else "",
            body=str(seal.opened(key, r.body, f"{number} letter {r.id} body")) if r.body else "",
            at=r.sent_at or r.owed_at,
            state=r.state,
        )
        for r in await db.execute(query.order_by(letters.c.owed_at, letters.c.id))
    )
