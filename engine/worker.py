"""The worker: runs of Prefect, the door, the post and the sweep in one process; any number of these may run."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
from prefect.client.orchestration import PrefectClient
from prefect.context import AsyncClientContext, SyncClientContext
from prefect.exceptions import ObjectNotFound

from desk.log import log
from desk.settings import settings
from desk.store import agenda
from desk.store.ledger import reading, writing
from engine import door, prefect_settings, sweep
from engine.inside import POOL, InProcessWorker
from engine.serve import serve
from tasks.post import post_letter
from tasks.systems import close_systems

AT_ONCE = 16
LETTERS_AT_ONCE = 4
TEND_SECONDS = 10.0
NICENESS = 5  # the front answers first


async def work() -> None:
    """Keep the office moving until SIGTERM or SIGINT."""
    prefect_settings.quieten()
    os.nice(NICENESS)
    async with writing() as db:
        freed = await agenda.release_dead(db, _alive())
    log("worker").info("started", extra={"what": f"{freed} leases freed"})
    worker = InProcessWorker(work_pool_name=POOL, limit=AT_ONCE, create_pool_if_not_found=False)
    # one client of each kind for everything: a run finds them in the context it is started from
    with SyncClientContext.get_or_create():
        async with AsyncClientContext.get_or_create() as shared, worker, anyio.create_task_group() as group:
            group.start_soon(_until_told_to_stop, group.cancel_scope)
            for part, seconds, look in _loops(worker, shared.client):
                group.start_soon(_again, part, seconds, look)
    await close_systems()


Look = Callable[[], Awaitable[object]]


def _loops(worker: InProcessWorker, client: PrefectClient) -> tuple[tuple[str, float, Look], ...]:
    """What is looked after, and how often, in seconds."""
    return (
        ("prefect", 1.0, worker.get_and_submit_flow_runs),
        ("heartbeat", 30.0, worker.sync_with_backend),
        ("cancel", 5.0, worker.cancel_in_hand),
        ("door", settings().door_seconds, _door(client, worker)),
        ("tend", TEND_SECONDS, lambda: door.tend(client)),
        ("post", settings().post_seconds, post),
        ("sweep", sweep.SECONDS, sweep.sweep),
    )


def _door(client: PrefectClient, worker: InProcessWorker) -> Look:
    async def look() -> None:
        try:
            due = await door.open_door(client)
        except ObjectNotFound:  # Prefect has lost what it was told: tell it again
            await serve()
        else:
            if due:
                await worker.get_and_submit_flow_runs()

    return look


async def _again(part: str, seconds: float, look: Look) -> None:
    """Do this over and over; a failure is logged by its kind and tried again, later each time."""
    failures = 0
    while True:
        try:
            await look()
            failures = 0
        except Exception:  # noqa: BLE001 - a loop of the office outlives whatever happens to it
            failures += 1
            log(part).exception("tried in vain", extra={"attempt": failures})
        await asyncio.sleep(min(60.0, seconds * 2**failures))


async def post() -> None:
    """Send the letters that are due, a few at a time; a slow server holds up none but its own."""
    async with reading() as db:
        due = await agenda.due_letters(db)
    limit = anyio.Semaphore(LETTERS_AT_ONCE)

    async def send(number: str, letter: str) -> None:
        async with limit:
            await post_letter(number, letter)

    async with anyio.create_task_group() as group:
        for number, letter in due:
            group.start_soon(send, number, letter)


async def _until_told_to_stop(scope: anyio.CancelScope) -> None:
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for _ in signals:
            scope.cancel()
            return


def _alive() -> list[int]:
    """The processes of this host, for telling whose leases are dead; our own is not yet a holder."""
    found = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()] if Path("/proc").is_dir() else []
    return [pid for pid in found if pid != os.getpid()]
