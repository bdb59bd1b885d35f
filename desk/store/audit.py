"""What was done, by whom and when: one hash chain per case, and signed checkpoints over the heads of all chains.

An entry is written in the transaction of the fact it records; if it cannot be written, the fact is not either.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from sqlalchemy import Row, insert, select, update

from desk import clock
from desk.log import log
from desk.store import agenda, seal
from desk.store.ledger import Db, insert_into, reading, writing
from desk.store.schema import audit, chains, checkpoints

OFFICE = "OFFICE"  # the chain of what belongs to no case: officers, halts, policies
START = "0" * 64
SYSTEM = "desk"
PERSON = "person"
PREFIX = b"madoguchi-checkpoint-v1\n"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of a chain."""

    number: str
    seq: int
    at: datetime
    actor: str
    deed: str
    facts: Mapping[str, object]


async def enter(db: Db, number: str, deed: str, actor: str = SYSTEM, **facts: object) -> None:
    """Add one entry to a chain; facts are codes, counts and hashes, never personal data."""
    await agenda.lock(db, number)
    seq, previous = await _head(db, number)
    entry = _canonical({"number": number, "seq": seq + 1, "at": clock.now().isoformat(), "actor": actor, "deed": deed, "facts": facts})
    link = _link(previous, entry)
    await db.execute(insert(audit).values(number=number, seq=seq + 1, entry=entry, hash=link))
    await db.execute(update(chains).where(chains.c.number == number).values(seq=seq + 1, hash=link))


async def _head(db: Db, number: str) -> tuple[int, str]:
    """The end of a chain, held until the transaction ends; of two that begin a chain at once the second waits for the first."""
    query = select(chains.c.seq, chains.c.hash).where(chains.c.number == number).with_for_update()
    head = (await db.execute(query)).one_or_none()
    if head is None:
        begun = insert_into(db, chains).values(number=number, seq=0, hash=START)
        await db.execute(begun.on_conflict_do_nothing(index_elements=["number"]))
        head = (await db.execute(query)).one()
    return head.seq, head.hash


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _link(previous: str, entry: str) -> str:
    return hashlib.sha256(f"{previous}\n{entry}".encode()).hexdigest()


async def history(db: Db, number: str) -> tuple[Entry, ...]:
    """Everything on record about a case, oldest first."""
    rows = await db.execute(select(audit.c.entry).where(audit.c.number == number).order_by(audit.c.seq))
    return tuple(_entry(json.loads(row.entry)) for row in rows)


def _entry(line: dict[str, object]) -> Entry:
    facts = line["facts"]
    return Entry(
        number=str(line["number"]),
        seq=int(str(line["seq"])),
        at=datetime.fromisoformat(str(line["at"])),
        actor=str(line["actor"]),
        deed=str(line["deed"]),
        facts=facts if isinstance(facts, dict) else {},
    )


async def checkpoint() -> bool:
    """Sign the heads that moved since the last checkpoint, bound to it; nothing is written when nothing moved.

    Number and hash of a checkpoint are logged: who keeps the log elsewhere can tell an older copy of the ledger from this one.
    """
    async with writing() as db:
        last = (await db.execute(select(checkpoints).order_by(checkpoints.c.id.desc()).limit(1))).one_or_none()
        moved = (await db.execute(select(chains).where(chains.c.vouched != chains.c.seq).order_by(chains.c.number))).all()
        if not moved:
            return False
        number, previous = (last.id + 1, _hash(last.statement)) if last else (1, START)
        heads = {row.number: [row.seq, row.hash] for row in moved}
        statement = _canonical({"id": number, "at": clock.now().isoformat(), "previous": previous, "heads": heads})
        signature = base64.b64encode(seal.receipt_key().sign(PREFIX + statement.encode())).decode()
        signed = insert_into(db, checkpoints).values(id=number, statement=statement, signature=signature)
        if not (await db.execute(signed.on_conflict_do_nothing().returning(checkpoints.c.id))).first():
            return False  # another worker was first
        for row in moved:
            await db.execute(update(chains).where(chains.c.number == row.number).values(vouched=row.seq))
    log("audit").info("checkpoint", extra={"what": f"{number} {_hash(statement)}"})
    return True


def _hash(statement: str) -> str:
    return hashlib.sha256(statement.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What `madoguchi verify` found: every fault by chain and place, and how many entries no checkpoint covers yet."""

    entries: int
    unanchored: int
    faults: tuple[str, ...]


async def verify(kept: Mapping[int, str] | None = None) -> Verified:
    """Recompute every chain and every checkpoint, all as of one instant.

    `kept` are hashes of checkpoints, by number, that somebody noted elsewhere: without one, a ledger that was put back to an older
    copy as a whole cannot be told from a true one.
    """
    async with reading() as db:
        statements = (await db.execute(select(checkpoints).order_by(checkpoints.c.id))).all()
        heads = {row.number: row for row in await db.execute(select(chains))}
        faults = _checkpoint_faults(statements, kept or {})
        vouched = _vouched(statements)
        entries = unanchored = 0
        for_nobody = {*heads, *vouched}
        async for number, rows in _by_chain(db):
            for_nobody.discard(number)
            faults += _chain_faults(number, rows, heads.get(number), vouched.get(number))
            entries += len(rows)
            unanchored += sum(row.seq > vouched.get(number, (0, ""))[0] for row in rows)
        for number in sorted(for_nobody):
            faults += _chain_faults(number, (), heads.get(number), vouched.get(number))
    return Verified(entries=entries, unanchored=unanchored, faults=tuple(faults))


async def _by_chain(db: Db) -> AsyncIterator[tuple[str, list[Row[Any]]]]:
    """The entries of one chain after the other, never all at once."""
    rows: list[Row[Any]] = []
    async for row in await db.stream(select(audit).order_by(audit.c.number, audit.c.seq)):
        if rows and rows[0].number != row.number:
            yield rows[0].number, rows
            rows = []
        rows.append(row)
    if rows:
        yield rows[0].number, rows


def _checkpoint_faults(statements: Sequence[Row[Any]], kept: Mapping[int, str]) -> list[str]:
    faults, previous, here = [], START, {row.id: _hash(row.statement) for row in statements}
    for place, row in enumerate(statements, start=1):
        said = _said(row.statement)
        if (row.id, said.get("id"), said.get("previous")) != (place, place, previous):
            faults.append(f"checkpoint {place}: not in sequence")
        if not _signed(row.statement, row.signature):
            faults.append(f"checkpoint {place}: signature does not fit")
        previous = here[row.id]
    faults += [f"checkpoint {number}: not the one that was kept" for number, noted in kept.items() if here.get(number) != noted]
    return faults


def _signed(statement: str, signature: str) -> bool:
    try:
        plain = base64.b64decode(signature, validate=True)
        seal.receipt_key().public_key().verify(plain, PREFIX + statement.encode())
    except (InvalidSignature, ValueError):
        return False
    return base64.b64encode(plain).decode() == signature


def _vouched(statements: Sequence[Row[Any]]) -> dict[str, tuple[int, str]]:
    """The heads all checkpoints together vouch for; a later one speaks for an earlier."""
    signed = [json.loads(row.statement)["heads"] for row in statements if _signed(row.statement, row.signature)]
    return {number: (seq, link) for heads in signed for number, (seq, link) in heads.items()}


def _said(text: str) -> dict[str, Any]:
    """A line of ours; nothing, if somebody made it unreadable."""
    try:
        said = json.loads(text)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _chain_faults(number: str, rows: Sequence[Row[Any]], head: Row[Any] | None, vouched: tuple[int, str] | None) -> list[str]:
    """The faults of one chain: within it, at its end, and against what the checkpoints vouch for."""
    faults, previous, links = [], START, {0: START}
    for place, row in enumerate(rows, start=1):
        said = _said(row.entry)
        if (row.seq, said.get("seq"), said.get("number")) != (place, place, number):
            faults.append(f"{number}: entry {place} missing or out of place")
        if _link(previous, row.entry) != row.hash:
            faults.append(f"{number}: entry {row.seq} changed")
        previous = links[row.seq] = row.hash
    reach, link = vouched or (0, START)
    if head is None or (head.seq, head.hash) != (len(rows), previous):
        faults.append(f"{number}: the chain does not end where it should")
    if head is None or head.vouched != reach:
        faults.append(f"{number}: the checkpoints reach elsewhere")
    if links.get(reach) != link:
        faults.append(f"{number}: entry {reach} is not what a checkpoint vouches for")
    return faults
