"""What was done, by whom and when: one hash chain per case, and signed checkpoints over the heads of all chains.

An entry is written in the transaction of the fact it records; if it cannot be written, the fact is not either.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from sqlalchemy import func, insert, select, update

from desk import clock
from desk.store import seal
from desk.store.ledger import Db, reading, writing
from desk.store.schema import audit, chains, checkpoints

OFFICE = "OFFICE"  # the chain of what belongs to no case: officers, halts, policies
START = "0" * 64
SYSTEM = "desk"
PERSON = "person"
_PREFIX = b"madoguchi-checkpoint-v1\n"


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
    head = (await db.execute(select(chains).where(chains.c.number == number).with_for_update())).one_or_none()
    seq, previous = (head.seq + 1, head.hash) if head else (1, START)
    entry = _canonical({"number": number, "seq": seq, "at": clock.now().isoformat(), "actor": actor, "deed": deed, "facts": facts})
    link = _link(previous, entry)
    await db.execute(insert(audit).values(number=number, seq=seq, entry=entry, hash=link))
    if head:
        await db.execute(update(chains).where(chains.c.number == number).values(seq=seq, hash=link))
    else:
        await db.execute(insert(chains).values(number=number, seq=seq, hash=link))


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
    """Sign the heads that moved since the last checkpoint, bound to it; nothing is written when nothing moved."""
    async with writing() as db:
        known, last_id, last_hash = _stated(await _statements(db))
        heads = {row.number: [row.seq, row.hash] for row in await db.execute(select(chains))}
        moved = {number: head for number, head in heads.items() if known.get(number) != head}
        if not moved:
            return False
        statement = _canonical({"id": last_id + 1, "at": clock.now().isoformat(), "previous": last_hash, "heads": moved})
        signature = base64.b64encode(seal.receipt_key().sign(_PREFIX + statement.encode())).decode()
        await db.execute(insert(checkpoints).values(id=last_id + 1, statement=statement, signature=signature))
    return True


async def _statements(db: Db) -> list[tuple[str, str]]:
    rows = await db.execute(select(checkpoints.c.statement, checkpoints.c.signature).order_by(checkpoints.c.id))
    return [(row.statement, row.signature) for row in rows]


def _stated(statements: list[tuple[str, str]]) -> tuple[dict[str, list[object]], int, str]:
    """The heads all checkpoints together vouch for, the last checkpoint's number and its hash."""
    heads: dict[str, list[object]] = {}
    last_id, last_hash = 0, START
    for statement, _ in statements:
        said = json.loads(statement)
        heads.update(said["heads"])
        last_id, last_hash = said["id"], hashlib.sha256(statement.encode()).hexdigest()
    return heads, last_id, last_hash


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What `madoguchi verify` found: every fault by chain and place, and how many entries no checkpoint covers yet."""

    entries: int
    unanchored: int
    faults: tuple[str, ...]


async def verify() -> Verified:
    """Recompute every chain and every checkpoint."""
    async with reading() as db:
        faults = _checkpoint_faults(await _statements(db))
        vouched, _, _ = _stated(await _statements(db))
        heads = {row.number: [row.seq, row.hash] for row in await db.execute(select(chains))}
        total = await db.scalar(select(func.count()).select_from(audit)) or 0
        anchored = 0
        for number in sorted({*heads, *vouched}):
            found, covered = await _chain_faults(db, number, heads.get(number), vouched.get(number))
            faults += found
            anchored += covered
    return Verified(entries=total, unanchored=total - anchored, faults=tuple(faults))


def _checkpoint_faults(statements: list[tuple[str, str]]) -> list[str]:
    faults, previous = [], START
    for place, (statement, signature) in enumerate(statements, start=1):
        said = json.loads(statement)
        if said["id"] != place or said["previous"] != previous:
            faults.append(f"checkpoint {place}: not in sequence")
        try:
            seal.receipt_key().public_key().verify(base64.b64decode(signature), _PREFIX + statement.encode())
        except InvalidSignature:
            faults.append(f"checkpoint {place}: signature does not fit")
        previous = hashlib.sha256(statement.encode()).hexdigest()
    return faults


async def _chain_faults(db: Db, number: str, head: list[object] | None, vouched: list[object] | None) -> tuple[list[str], int]:
    """The faults of one chain, and how many of its entries a checkpoint covers."""
    faults, previous, seq, links = [], START, 0, {}
    for row in await db.execute(select(audit).where(audit.c.number == number).order_by(audit.c.seq)):
        said = json.loads(row.entry)
        if row.seq != seq + 1 or said["seq"] != row.seq or said["number"] != number:
            faults.append(f"{number}: entry {seq + 1} missing or out of place")
        if _link(previous, row.entry) != row.hash:
            faults.append(f"{number}: entry {row.seq} changed")
        seq, previous = row.seq, row.hash
        links[row.seq] = row.hash
    if head != [seq, previous]:
        faults.append(f"{number}: the chain does not end where it should")
    if vouched and links.get(int(str(vouched[0]))) != vouched[1]:
        faults.append(f"{number}: entry {vouched[0]} is not what a checkpoint vouches for")
    return faults, int(str(vouched[0])) if vouched else 0
