"""The door: it sets due cases going in Prefect, and looks after runs that ended, died or were lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import ObjectNotFound
from prefect.states import Scheduled

from desk import clock
from desk.crashpoint import crashpoint, registered
from desk.log import log
from desk.store import agenda, cases, questions
from desk.store.ledger import reading, writing
from tasks import artifact
from tasks.once import policy_of

registered("door.before_run", "door.after_run")
OVERDUE = timedelta(seconds=5)
FLOW = "handle-request"


async def open_door(client: PrefectClient) -> int:
    """Set every due case going; one that fails does not hold up the others."""
    async with reading() as db:
        due = await agenda.due_cases(db)
    for one in due:
        try:
            await advance(client, one)
        except httpx.TransportError:  # the engine is gone: no other case would fare better
            raise
        except Exception:  # noqa: BLE001 - whatever is wrong with one case
            log("door").exception("not set going", extra={"number": one.number, "attempt": one.attempt})
    return len(due)


async def advance(client: PrefectClient, due: agenda.DueCase) -> None:
    """Make, wake or rescue the run of one case, whatever state it is found in; safe to repeat."""
    async with writing() as db:
        await agenda.set_going(db, due)
    run = await _run_of(client, due)
    standing = _standing(run, due)
    if run is None or standing == "gone":
        await _make(client, due)
    elif standing == "asleep":
        await _wake(client, due, run)
    elif standing == "stuck":
        await _rescue(client, due, run)


Standing = Literal["gone", "asleep", "stuck", "moving"]


def _standing(run: FlowRun | None, due: agenda.DueCase) -> Standing:
    """What became of a run; Prefect's word is a hint, the lease is the fact."""
    state = run.state if run else None
    if state is None or (state.is_final() and not state.is_crashed()):
        return "gone"
    if state.is_paused():
        return "asleep"
    if state.is_scheduled():
        return "moving"  # or its queue is paused, which is an officer's will
    return "stuck" if due.abandoned or state.is_crashed() or _overdue(run) else "moving"


def _overdue(run: FlowRun | None) -> bool:
    """A run that moves holds its case; one that says so for long while nobody holds the case never will."""
    return run is not None and run.state is not None and run.state.timestamp < clock.now() - OVERDUE


async def _run_of(client: PrefectClient, due: agenda.DueCase) -> FlowRun | None:
    if not due.run:
        return None
    try:
        return await client.read_flow_run(UUID(due.run))
    except ObjectNotFound:
        return None


async def _make(client: PrefectClient, due: agenda.DueCase) -> None:
    """Make a run in place of none, or of one that ended; its key makes a second one impossible (F6)."""
    async with writing() as db:
        runs = await agenda.next_run(db, due)
        case = await cases.read(db, due.number)
    policy = policy_of(case)
    deployment = await client.read_deployment_by_name(f"{FLOW}/{case.right}")
    crashpoint("door.before_run")
    made = await client.create_flow_run_from_deployment(
        deployment.id,
        parameters={"number": case.number},
        idempotency_key=f"{case.number}:{runs}",
        name=artifact.run_name(case, policy),
        tags=artifact.run_tags(case, policy),
    )
    crashpoint("door.after_run")
    async with writing() as db:
        await agenda.made_run(db, case.number, str(made.id), runs)
    log("door").info("run made", extra={"number": case.number, "attempt": runs})


async def _wake(client: PrefectClient, due: agenda.DueCase, run: FlowRun) -> None:
    """Wake a sleeping run; its open questions get fresh keys first, for Prefect waves a used key through."""
    async with writing() as db:
        await questions.rotate(db, due.number)
    await client.set_flow_run_state(run.id, Scheduled(), force=False)
    log("door").info("run woken", extra={"number": due.number})


async def _rescue(client: PrefectClient, due: agenda.DueCase, run: FlowRun) -> None:
    """Start a run again whose worker is gone; an officer's answer it had not yet taken is still in it (F8, F9)."""
    async with writing() as db:
        if not await agenda.free(db, due):
            return  # somebody moves it by now
    await client.set_flow_run_state(run.id, Scheduled(message="its worker is gone"), force=True)
    log("door").warning("run rescued", extra={"number": due.number})


async def tend(client: PrefectClient) -> int:
    """Look after sleeping cases: one whose run ended, is lost, or sleeps behind a form nobody can fill in is woken."""
    async with reading() as db:
        sleeping = await agenda.waiting_cases(db)
    lost = [one.number for one in sleeping if await _is_lost(client, one)]
    async with writing() as db:
        for number in lost:
            await agenda.wake(db, number)
    return len(lost)


async def _is_lost(client: PrefectClient, one: agenda.DueCase) -> bool:
    run = await _run_of(client, one)
    if run is None or run.state is None:
        return True
    if run.state.is_final():
        return not await _ended(one.number)
    if not run.state.is_paused():
        return _overdue(run) and not run.state.is_scheduled()
    return await _asked(one.number) and not await _has_form(client, run)


async def _has_form(client: PrefectClient, run: FlowRun) -> bool:
    """Whether a sleeping run can be answered: it may have lost its form (F14), or been put to sleep by hand, without one."""
    keyset = run.state.state_details.run_input_keyset if run.state else None
    return bool(keyset and await client.filter_flow_run_input(run.id, keyset["schema"], 1, set()))


async def _asked(number: str) -> bool:
    async with reading() as db:
        return bool(await questions.open_questions(db, number))


async def _ended(number: str) -> bool:
    async with reading() as db:
        return number not in await cases.open_numbers(db)
