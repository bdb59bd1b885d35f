"""The worker: Prefect runs inside this process, and beside them the door, the post and the sweep; any number of these may run."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
import anyio.abc
from prefect import get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import Abort, Pause
from prefect.flow_engine import run_flow_async
from prefect.workers.base import BaseJobConfiguration, BaseVariables, BaseWorker, BaseWorkerResult

from desk.log import log
from desk.settings import settings
from desk.store import agenda
from desk.store.ledger import reading, writing
from engine import door, prefect_settings, sweep
from flows.request import handle_request
from tasks.post import post_letter
from tasks.systems import close_systems

POOL = "desk"
TYPE = "in-process"
AT_ONCE = 16
LETTERS_AT_ONCE = 4
TEND_SECONDS = 10.0
FLOWS = {"flows.request.handle_request": handle_request}


class InProcessWorker(BaseWorker[BaseJobConfiguration, BaseVariables, BaseWorkerResult]):
    """Runs flows on the worker's own event loop: no process to start, nothing to import again."""

    type = TYPE
    job_configuration = BaseJobConfiguration
    _description = "Runs the desk's flows inside the worker's own process."

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Prefect's own arguments
        """Keep track of the runs in hand, so that a Cancel in the UI reaches them."""
        super().__init__(*args, **kwargs)
        self._scopes: dict[UUID, anyio.CancelScope] = {}
        self._entrypoints: dict[UUID, str] = {}

    async def run(
        self, flow_run: FlowRun, configuration: BaseJobConfiguration, task_status: anyio.abc.TaskStatus[int] | None = None
    ) -> BaseWorkerResult:
        """Run one flow to its end or to its next sleep."""
        if task_status:
            task_status.started(os.getpid())
        flow = FLOWS[await self._entrypoint(flow_run)]
        with anyio.CancelScope() as scope:
            self._scopes[flow_run.id] = scope
            try:
                await run_flow_async(flow, flow_run=flow_run, parameters=flow_run.parameters)
            except (Abort, Pause):
                pass
            except Exception:  # noqa: BLE001 - the engine has recorded the failure; the door tries again
                log("worker").exception("run failed", extra={"number": flow_run.parameters.get("number")})
            finally:
                self._scopes.pop(flow_run.id, None)
        return BaseWorkerResult(identifier=str(flow_run.id), status_code=0)

    async def _entrypoint(self, flow_run: FlowRun) -> str:
        known = flow_run.deployment_id
        if known is None:
            raise LookupError("a run without a deployment")
        if known not in self._entrypoints:
            self._entrypoints[known] = (await self.client.read_deployment(known)).entrypoint or ""
        return self._entrypoints[known]

    async def cancel_in_hand(self) -> None:
        """Stop the runs that were cancelled in the UI; their cases stay due and go on in a fresh run."""
        for run, scope in tuple(self._scopes.items()):
            state = (await self.client.read_flow_run(run)).state
            if state and (state.is_cancelling() or state.is_cancelled()):
                scope.cancel()


async def work() -> None:
    """Keep the office moving until SIGTERM or SIGINT."""
    prefect_settings.quieten()
    async with writing() as db:
        freed = await agenda.release_dead(db, _alive())
    log("worker").info("started", extra={"what": f"{freed} leases freed"})
    worker = InProcessWorker(work_pool_name=POOL, limit=AT_ONCE, create_pool_if_not_found=False)
    async with worker, get_client() as client, anyio.create_task_group() as group:
        group.start_soon(_until_told_to_stop, group.cancel_scope)
        for part, seconds, look in _loops(worker, client):
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
        if await door.open_door(client):
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
