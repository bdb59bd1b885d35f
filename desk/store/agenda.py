"""What is due: advance a case, send a letter, purge a package. One table, and the lease by which one worker at a time holds a case.

A case keeps one advance row for life. `wakes` counts how often it was made due, `seen` what the last run had read when it looked at
the ledger: a row is done only when they agree, so that a wake during the last step is not lost.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from desk import clock
from desk.domain.case import LeaseLost
from desk.settings import settings
from desk.store.ledger import Db, insert_into
from desk.store.schema import agenda

ADVANCE, LETTER, PURGE = "advance", "letter", "purge"
MOST_BACKOFF = 300
A_DAY = timedelta(days=1)


def a_holder() -> str:
    """A fresh name for who holds a lease: this host, this process, and this one grasp."""
    return f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"


@dataclass(frozen=True, kw_only=True)
class Lease:
    """The right to act on one row until an instant, good only while its fence is the highest."""

    kind: str
    number: str
    what: str
    fence: int
    holder: str


@dataclass(frozen=True, kw_only=True)
class DueCase:
    """A case that should be moving, and the engine's run that last moved it."""

    number: str
    run: str
    runs: int
    attempt: int
    abandoned: bool  # whoever held it let its lease run out


def _row(kind: str, number: str, what: str = "") -> ColumnElement[bool]:
    return and_(agenda.c.kind == kind, agenda.c.number == number, agenda.c.what == what)


async def put(db: Db, kind: str, number: str, what: str = "", due: datetime | None = None) -> None:
    """Write a row, due now or at an instant; one that is there already is made due then."""
    when = due or clock.now()
    row = insert_into(db, agenda).values(kind=kind, number=number, what=what, due_at=when)
    await db.execute(row.on_conflict_do_update(index_elements=["kind", "number", "what"], set_={"due_at": when, "attempt": 0}))


async def lock(db: Db, number: str) -> None:
    """Have a case to oneself until this transaction ends; whoever writes about a case begins so, and nobody waits in a circle."""
    if db.dialect.name != "sqlite":  # there a writer is alone anyway
        await db.execute(select(agenda.c.fence).where(_row(ADVANCE, number)).with_for_update())


async def wake(db: Db, number: str) -> None:
    """Make a case due at once, in the transaction of whatever woke it."""
    row = _row(ADVANCE, number)
    await db.execute(update(agenda).where(row).values(due_at=clock.now(), wakes=agenda.c.wakes + 1, attempt=0))


async def due_cases(db: Db, limit: int = 50) -> tuple[DueCase, ...]:
    """Cases due that nobody holds, longest due first."""
    due = (agenda.c.kind == ADVANCE, agenda.c.due_at <= clock.now(), _unheld())
    query = select(agenda).where(*due).order_by(agenda.c.due_at).limit(limit)
    return tuple(
        DueCase(number=r.number, run=r.run, runs=r.runs, attempt=r.attempt, abandoned=bool(r.holder)) for r in await db.execute(query)
    )


async def set_going(db: Db, due: DueCase) -> None:
    """The engine was told; look again after a pause that doubles, in case the run never starts."""
    again = clock.now() + timedelta(seconds=min(MOST_BACKOFF, 2**due.attempt))
    same = and_(_row(ADVANCE, due.number), agenda.c.attempt == due.attempt, agenda.c.due_at <= clock.now())
    await db.execute(update(agenda).where(same).values(attempt=due.attempt + 1, due_at=again))


async def free(db: Db, due: DueCase, **values: object) -> bool:
    """Take a case from a holder that is gone, whose writes are refused from now on; False if another run moves it by now."""
    same = and_(_row(ADVANCE, due.number), agenda.c.runs == due.runs, _unheld())
    gone = {"holder": "", "until": None, "fence": agenda.c.fence + 1, **values}
    return (await db.execute(update(agenda).where(same).values(**gone).returning(agenda.c.number))).first() is not None


def _unheld() -> ColumnElement[bool]:
    return or_(agenda.c.holder == "", agenda.c.until < clock.now())


async def next_run(db: Db, due: DueCase) -> int:
    """The number of the run to be made in place of one that ended; of two doors at once both get the same."""
    if not due.run:  # none was made, or nobody noted it: the same number is the same run
        return due.runs
    return due.runs + 1 if await free(db, due, runs=due.runs + 1, run="") else await runs_of(db, due.number)


async def made_run(db: Db, number: str, run: str, runs: int) -> None:
    """Note the engine's id of a run that was made."""
    await db.execute(update(agenda).where(_row(ADVANCE, number), agenda.c.runs == runs).values(run=run))


async def runs_of(db: Db, number: str) -> int:
    """How many runs were made for a case so far."""
    return int(await db.scalar(select(agenda.c.runs).where(_row(ADVANCE, number))) or 0)


async def waiting_cases(db: Db) -> tuple[DueCase, ...]:
    """Cases that nobody holds and that are not due now: their runs sleep, or should."""
    later = or_(agenda.c.due_at.is_(None), agenda.c.due_at > clock.now())
    query = select(agenda).where(agenda.c.kind == ADVANCE, agenda.c.holder == "", agenda.c.run != "", agenda.c.attempt == 0, later)
    query = query.order_by(agenda.c.number)  # who wakes several takes them in this order
    return tuple(DueCase(number=r.number, run=r.run, runs=r.runs, attempt=r.attempt, abandoned=False) for r in await db.execute(query))


async def claim(db: Db, kind: str, number: str, what: str = "") -> Lease | None:
    """Take the lease of a row, due or not; None while another holder's is alive."""
    until, holder = clock.now() + timedelta(seconds=settings().lease_seconds), a_holder()
    values = {"holder": holder, "fence": agenda.c.fence + 1, "until": until}
    done = await db.execute(update(agenda).where(_row(kind, number, what), _unheld()).values(**values).returning(agenda.c.fence))
    fence = done.scalar_one_or_none()
    return Lease(kind=kind, number=number, what=what, fence=fence, holder=holder) if fence is not None else None


def _held(lease: Lease) -> ColumnElement[bool]:
    return and_(_row(lease.kind, lease.number, lease.what), agenda.c.fence == lease.fence, agenda.c.holder == lease.holder)


async def confirm(db: Db, lease: Lease) -> None:
    """Hold the row for the rest of this transaction, or raise LeaseLost: nothing is written by a worker that was replaced."""
    found = await db.execute(select(agenda.c.fence).where(_held(lease)).with_for_update())
    if found.scalar_one_or_none() is None:
        raise LeaseLost(lease.number)


async def renew(db: Db, leases: Sequence[Lease]) -> None:
    """Keep leases alive; one that was lost stays lost."""
    until = clock.now() + timedelta(seconds=settings().lease_seconds)
    for lease in sorted(leases, key=lambda one: one.number):  # in one order for all, so that nobody waits in a circle
        await db.execute(update(agenda).where(_held(lease)).values(until=until))


async def look(db: Db, number: str) -> int:
    """What a run must remember when it reads the ledger: the count of wakes it has seen."""
    return int(await db.scalar(select(agenda.c.wakes).where(_row(ADVANCE, number))) or 0)


async def rest(db: Db, lease: Lease, seen: int, due: datetime | None) -> None:
    """Give the lease back; the case is due again at that instant, or at once if it was woken after `seen`."""
    settled = and_(_held(lease), agenda.c.wakes == seen)
    await db.execute(update(agenda).where(settled).values(holder="", until=None, seen=seen, due_at=due, attempt=0))
    await db.execute(update(agenda).where(_held(lease)).values(holder="", until=None, due_at=clock.now(), attempt=0))


async def due_letters(db: Db, limit: int = 20) -> tuple[tuple[str, str], ...]:
    """Letters due that nobody holds: (case, letter)."""
    return await _due(db, LETTER, limit)


async def due_purges(db: Db, limit: int = 20) -> tuple[tuple[str, str], ...]:
    """Packages whose days are over: (case, what)."""
    return await _due(db, PURGE, limit)


async def _due(db: Db, kind: str, limit: int) -> tuple[tuple[str, str], ...]:
    query = select(agenda.c.number, agenda.c.what).where(agenda.c.kind == kind, agenda.c.due_at <= clock.now(), _unheld())
    return tuple((r.number, r.what) for r in await db.execute(query.order_by(agenda.c.due_at).limit(limit)))


async def finish(db: Db, lease: Lease, again: datetime | None = None) -> None:
    """Done with a row: never again, or once more at an instant."""
    values = {"holder": "", "until": None, "due_at": again, "attempt": agenda.c.attempt + 1}
    await db.execute(update(agenda).where(_held(lease)).values(**values))


async def attempts(db: Db, lease: Lease) -> int:
    """How often this row was tried before."""
    return int(await db.scalar(select(agenda.c.attempt).where(_row(lease.kind, lease.number, lease.what))) or 0)


async def release_dead(db: Db, alive: Sequence[int]) -> int:
    """Free the leases of processes of this host that are gone, when a worker starts again."""
    here = agenda.c.holder.startswith(f"{socket.gethostname()}/", autoescape=True)
    holders = (await db.execute(select(agenda.c.holder).where(here).distinct())).scalars().all()
    dead = [holder for holder in holders if int(holder.rsplit("/", 2)[1]) not in alive]
    now = clock.now()
    freed = update(agenda).where(agenda.c.holder.in_(dead)).values(until=now - timedelta(seconds=1), due_at=now, attempt=0)
    return len((await db.execute(freed.returning(agenda.c.number))).all())


async def backlog(db: Db) -> dict[str, int]:
    """How many rows of each kind are due now."""
    query = select(agenda.c.kind, func.count().label("rows")).where(agenda.c.due_at <= clock.now()).group_by(agenda.c.kind)
    return {row.kind: int(row.rows) for row in await db.execute(query)}


async def forgotten(db: Db) -> tuple[str, ...]:
    """Cases with no date and no holder: asleep until somebody acts, or overlooked."""
    query = select(agenda.c.number).where(agenda.c.kind == ADVANCE, agenda.c.due_at.is_(None), agenda.c.holder == "")
    return tuple((await db.execute(query)).scalars())


async def held(db: Db) -> int:
    """How many cases are being worked on now."""
    mine = and_(agenda.c.kind == ADVANCE, agenda.c.holder != "")
    return int(await db.scalar(select(func.count()).select_from(agenda).where(mine)) or 0)
