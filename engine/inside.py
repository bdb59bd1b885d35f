"""Prefect runs inside this process: no process to start, nothing to import again, and no call to the server that nobody needs."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import anyio
import anyio.abc
from prefect._flow_run_suspension import FlowRunSuspensionRequest, register_flow_run_suspension_request
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import Abort, Pause
from prefect.flow_engine import AsyncFlowRunEngine
from prefect.workers.base import BaseJobConfiguration, BaseVariables, BaseWorker, BaseWorkerResult

from desk.log import log
from flows.request import handle_request

POOL, TYPE = "desk", "in-process"
FLOWS = {"flows.request.handle_request": handle_request}


class QuietEngine(AsyncFlowRunEngine[..., Any]):
    """Prefect's engine without its watcher for a Suspend pressed elsewhere.

    That watcher is a thread with an event loop and a connection of its own for every run, and the start and the end of each wait for
    it while every other run of this process stands still. The desk's own stop is `halt`, looked for before each effect (P12).
    """

    @contextmanager
    def setup_flow_run_suspension_request(self) -> Generator[FlowRunSuspensionRequest]:
        """Know of a suspension the flow asks for itself, and of no other."""
        request = self._get_flow_run_suspension_request()
        if self.flow_run is None:
            raise ValueError("Flow run not set")
        with register_flow_run_suspension_request(self.flow_run.id, request):
            yield request


class InProcessWorker(BaseWorker[BaseJobConfiguration, BaseVariables, BaseWorkerResult]):
    """Runs flows on the worker's own event loop."""

    type = TYPE
    job_configuration = BaseJobConfiguration
    _description = "Runs the desk's flows inside the worker's own process."

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Prefect's own arguments
        """Keep track of the runs in hand, so that a Cancel in the UI reaches them."""
        super().__init__(*args, **kwargs)
        self._scopes: dict[UUID, anyio.CancelScope] = {}
        self._entrypoints: dict[UUID, str] = {}

    async def run(
        self,
        flow_run: FlowRun,
        configuration: BaseJobConfiguration | None = None,
        task_status: anyio.abc.TaskStatus[int] | None = None,
    ) -> BaseWorkerResult:
        """Run one flow to its end or to its next sleep."""
        if task_status:
            task_status.started(os.getpid())
        with anyio.CancelScope() as scope:
            self._scopes[flow_run.id] = scope
            try:
                await self._run_engine(flow_run)
            except (Abort, Pause):
                pass
            except Exception:  # noqa: BLE001 - the engine has recorded the failure; the door tries again
                log("worker").exception("run failed", extra={"number": flow_run.parameters.get("number")})
            finally:
                self._scopes.pop(flow_run.id, None)
        return BaseWorkerResult(identifier=str(flow_run.id), status_code=0)

    async def _run_engine(self, flow_run: FlowRun) -> None:
        engine = QuietEngine(flow=FLOWS[await self._entrypoint(flow_run)], flow_run=flow_run, parameters=flow_run.parameters)
        async with engine.start():
            while engine.is_running():
                async with engine.run_context():
                    await engine.call_flow_fn()  # type: ignore[unused-coroutine]  # typed for plain and asynchronous flows at once

    async def _submit_run(self, flow_run: FlowRun) -> None:
        """Claim a run and begin it: of the stock worker's seven calls to the server, the one that claims."""
        try:
            if await self._propose_pending_state(flow_run):
                await self.run(flow_run)
        finally:
            self._release_limit_slot(flow_run.id)
            self._submitting_flow_run_ids.discard(flow_run.id)
            if self._cancelling_observer is not None:
                self._cancelling_observer.remove_in_flight_flow_run_id(flow_run.id)

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
