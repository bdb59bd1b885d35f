"""One worker at a time per case: the lease a run holds while it acts, renewed from a thread of its own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta

from anyio import move_on_after

from desk import clock
from desk.domain.case import LeaseLost
from desk.log import log
from desk.settings import settings
from desk.store import agenda
from desk.store.ledger import reading, writing

_held: dict[str, agenda.Lease] = {}
_guard = threading.Lock()
POLL_SECONDS, PARTING_SECONDS = 0.2, 5.0


@dataclass
class Hold:
    """A lease and what the run saw when it last read the ledger."""

    lease: agenda.Lease
    current: bool = True  # False for a run that another has replaced
    seen: int = 0
    due: datetime | None = None


_hold: ContextVar[Hold] = ContextVar("hold")


def hold() -> Hold:
    """The lease of the run that is speaking."""
    return _hold.get()


@asynccontextmanager
async def holding(number: str, run: int) -> AsyncIterator[Hold]:
    """Hold a case for the block; wait while another worker holds it; leave it due again when time or a wake says so.

    `run` is which run of the case is asking; an older one than the ledger knows is not current and must do nothing.
    """
    if await _replaced(number, run):
        yield Hold(lease=_NONE, current=False)
        return
    held = Hold(lease=await _claimed(number))
    token = _hold.set(held)
    _keep(held.lease)
    try:
        yield held
    except Exception:
        _drop(held.lease)
        await _give_up(held)
        raise
    except BaseException:  # suspended, or cancelled: what was read last decides when the case is due again
        _drop(held.lease)
        await _rest(held)
        raise
    else:
        _drop(held.lease)
        await _rest(held)
    finally:
        _hold.reset(token)


_NONE = agenda.Lease(kind="", number="", what="", fence=0, holder="")


async def _replaced(number: str, run: int) -> bool:
    async with reading() as db:
        runs = await agenda.runs_of(db, number)
    return runs == 0 or run < runs  # no such case, or a run that another has replaced


async def _claimed(number: str) -> agenda.Lease:
    """The lease, as soon as it is free; LeaseLost if it is not within twice its life."""
    patience = clock.now() + timedelta(seconds=2 * settings().lease_seconds)
    while clock.now() < patience:
        async with writing() as db:
            if lease := await agenda.claim(db, agenda.ADVANCE, number):
                return lease
        await asyncio.sleep(POLL_SECONDS)
    raise LeaseLost(number)


async def _rest(held: Hold) -> None:
    with move_on_after(PARTING_SECONDS, shield=True):  # also when the run is being cancelled
        async with writing() as db:
            await agenda.rest(db, held.lease, held.seen, held.due)


async def _give_up(held: Hold) -> None:
    """A deed failed: free the case at once and try it again after a pause that doubles."""
    async with writing() as db:
        tries = await agenda.attempts(db, held.lease)
        pause = min(agenda.MOST_BACKOFF, settings().retry_seconds * 2**tries)
        await agenda.finish(db, held.lease, clock.now() + timedelta(seconds=pause))


def _keep(lease: agenda.Lease) -> None:
    with _guard:
        _held[lease.holder] = lease
    _start_renewing()


def _drop(lease: agenda.Lease) -> None:
    with _guard:
        _held.pop(lease.holder, None)


_renewer: threading.Thread | None = None


def _start_renewing() -> None:
    """A thread renews every lease of this process, so that a busy event loop loses none."""
    global _renewer  # noqa: PLW0603 - one thread per process
    with _guard:
        if _renewer is None or not _renewer.is_alive():
            _renewer = threading.Thread(target=lambda: asyncio.run(_renew_for_ever()), name="leases", daemon=True)
            _renewer.start()


async def _renew_for_ever() -> None:
    pause = settings().lease_seconds / 3
    while True:
        await asyncio.sleep(pause)
        with _guard:
            leases = tuple(_held.values())
        started = time.monotonic()
        with suppress(Exception):  # the lease runs out by itself if the ledger cannot be reached
            await _renew(leases)
        if (seconds := time.monotonic() - started) > pause:
            log("lease").warning("slow renewal", extra={"seconds": round(seconds, 1)})


async def _renew(leases: tuple[agenda.Lease, ...]) -> None:
    if leases:
        async with writing() as db:
            await agenda.renew(db, leases)
