"""Packages: sealed on disk, given out in chunks, purged on their day."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from anyio import to_thread
from sqlalchemy import delete, insert, select, update

from desk import clock
from desk.crashpoint import crashpoint, registered
from desk.domain.case import CaseError, State
from desk.settings import settings
from desk.store import agenda, audit, seal
from desk.store.keys import key_of
from desk.store.ledger import Db, reading
from desk.store.schema import cases, packages

registered("package.sealed")


class NoPackage(CaseError):
    """There is no package to fetch: it is not made yet, or its days are over."""


class PackageDamaged(CaseError):
    """The package on disk is not what was sealed."""


def path_of(file: str) -> Path:
    """Where a package lies."""
    return settings().packages / file


async def seal_package(key: bytes, number: str, round_: int, plain: BinaryIO) -> str:
    """Seal a package on disk under a name of its own, so that no worker that was replaced changes what is on record; gives the name."""
    file = f"{number.lower()}-{round_}-{secrets.token_hex(4)}.sealed"
    await to_thread.run_sync(seal.seal_file, key, plain, path_of(file), f"{number} package {file}")
    crashpoint("package.sealed")
    return file


async def record(db: Db, number: str, file: str, manifest: str, until: datetime) -> None:
    """Put a sealed package on record, with the day it is purged."""
    await db.execute(delete(packages).where(packages.c.number == number))
    await db.execute(insert(packages).values(number=number, file=file, manifest=manifest, built_at=clock.now(), until=until))
    await agenda.put(db, agenda.PURGE, number, file, until)
    await audit.enter(db, number, "package sealed", manifest=manifest)


async def open_package(number: str) -> AsyncIterator[bytes]:
    """The plain bytes of a package, chunk by chunk; NoPackage if there is none, PackageDamaged before a byte of one that is not whole."""
    async with reading() as db:
        row = (await db.execute(select(packages).where(packages.c.number == number))).one_or_none()
        if row is None or row.purged_at or clock.now() >= row.until:
            raise NoPackage(number)
        key = await key_of(db, number)
    about = f"{number} package {row.file}"
    try:
        await to_thread.run_sync(_look_through, key, path_of(row.file), about)
    except FileNotFoundError:
        raise NoPackage(number) from None
    except seal.Damaged:
        raise PackageDamaged(number) from None
    chunks = seal.open_file(key, path_of(row.file), about)
    while (chunk := await to_thread.run_sync(next, chunks, None)) is not None:
        yield chunk


def _look_through(key: bytes, path: Path, about: str) -> None:
    """Open every chunk once; half a package is never served (F46)."""
    for _ in seal.open_file(key, path, about):
        pass


async def fetched(db: Db, number: str) -> None:
    """The person fetched the package: proof of delivery."""
    await agenda.lock(db, number)
    now = clock.now()
    mine = packages.c.number == number
    await db.execute(update(packages).where(mine).values(fetches=packages.c.fetches + 1, fetched_at=now))
    await _delivered(db, number)
    await audit.enter(db, number, "package fetched", audit.PERSON)


async def dispatched(db: Db, number: str, officer: str, tracking: str) -> None:
    """An officer handed the paper to the post."""
    await db.execute(update(packages).where(packages.c.number == number).values(dispatched_at=clock.now(), tracking=tracking))
    await _delivered(db, number)
    await audit.enter(db, number, "dispatched", officer)


async def tracking_of(db: Db, number: str) -> str:
    """The tracking number of what went by post, if any did."""
    return str(await db.scalar(select(packages.c.tracking).where(packages.c.number == number)) or "")


async def _delivered(db: Db, number: str) -> None:
    first = (cases.c.number == number) & cases.c.delivered_at.is_(None)
    await db.execute(update(cases).where(first).values(delivered_at=clock.now()))
    await agenda.wake(db, number)


async def withdraw_package(db: Db, number: str) -> None:
    """Take a package back before another is made; its file is destroyed on its day, by the agenda's own row."""
    await db.execute(delete(packages).where(packages.c.number == number))


def _destroy(file: str, on_record: str, before: float) -> None:
    """Remove a package, and what workers that were killed or replaced left of the same round; not one that is just being made."""
    path_of(file).unlink(missing_ok=True)
    for left in settings().packages.glob(f"{file.rpartition('-')[0]}-*"):
        if left.name != on_record and left.stat().st_mtime < before:
            left.unlink(missing_ok=True)


async def purge(db: Db, number: str, file: str) -> datetime | None:
    """Destroy a package whose days are over; while an objection is open it stays, and is looked at again a day later."""
    await agenda.lock(db, number)
    row = (await db.execute(select(cases.c.state, cases.c.objection_at).where(cases.c.number == number))).one()
    if row.objection_at is not None or row.state == State.REOPENED:
        return clock.now() + agenda.A_DAY
    on_record = await db.scalar(select(packages.c.file).where(packages.c.number == number)) or ""
    await to_thread.run_sync(_destroy, file, on_record, (clock.now() - agenda.A_DAY).timestamp())
    mine = (packages.c.number == number) & (packages.c.file == file)
    await db.execute(update(packages).where(mine).values(purged_at=clock.now()))
    await audit.enter(db, number, "package purged")
    return None
