"""The life of one request: order and waiting, readable aloud."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from prefect import flow, get_client
from prefect.artifacts import acreate_markdown_artifact
from prefect.context import FlowRunContext
from prefect.flow_runs import asuspend_flow_run
from pydantic import ValidationError

from desk import clock
from desk.domain.gates import Question
from desk.domain.life import Ask, Deed, Do, Done, Wait
from flows.forms import OfficerForm, answer_of, form_for
from tasks import artifact, decision, fee, fulfilment, identity, investigation, notice, questions
from tasks.lease import holding
from tasks.once import judged

DEEDS: Mapping[Deed, Any] = {
    Deed.ACKNOWLEDGE: identity.acknowledge,
    Deed.SCOPE: identity.scope,
    Deed.INVITE: identity.invite,
    Deed.CONFIRM: identity.confirm,
    Deed.REJECT: identity.reject,
    Deed.ASK_PAPERS: identity.ask_papers,
    Deed.REMIND_PAPERS: identity.remind_papers,
    Deed.SEARCH: investigation.search,
    Deed.PROPOSE: decision.propose,
    Deed.DECIDE: decision.decide,
    Deed.ANSWER: decision.answer,
    Deed.CHARGE: fee.charge,
    Deed.REMIND_FEE: fee.remind_fee,
    Deed.FULFIL: fee.fulfil,
    Deed.PACK: fulfilment.pack,
    Deed.DELIVER: fulfilment.deliver,
    Deed.WITHDRAW: notice.withdraw,
    Deed.DELAY: notice.delay,
    Deed.REOPEN: notice.reopen,
    Deed.RESUME: notice.resume,
    Deed.CLOSE: notice.close,
}


@flow(name="handle-request", persist_result=False, validate_parameters=True)  # named and tagged by `show`
async def handle_request(number: str) -> None:
    """Do what the request needs next, until it is closed; where a person must act, sleep."""
    async with holding(number, this_run()) as mine:
        while mine.current:
            match await judged(number):
                case Do(deed):
                    await DEEDS[deed](number)
                case Ask(gate, about):
                    await ask(await questions.put(number, gate, about))
                case Wait():
                    await show(number)
                    await asuspend_flow_run(key=questions.fresh_key())
                case Done():
                    await show(number)
                    return


async def ask(question: Question) -> None:
    """Put one question to the officers; only a good answer on record opens its gate."""
    await show(question.number)
    form: OfficerForm | None = None
    with suppress(ValidationError):  # woken by force, or without an answer
        form = await asuspend_flow_run(wait_for_input=form_for(question), key=question.key)
    answer, code = answer_of(form) if form else (None, "")
    await questions.take_answer(question, answer, code, await given_at())
    await forget(question)


async def show(number: str) -> None:
    """Let the engine's pages say where the case stands: the run's name and tags, and the case's one artifact."""
    case, policy, page = await artifact.page(number)
    async with get_client() as client:
        await client.update_flow_run(_run().id, name=artifact.run_name(case, policy), tags=artifact.run_tags(case, policy))
    await acreate_markdown_artifact(markdown=page, key=f"case-{number.lower()}", description=artifact.run_name(case, policy))


async def given_at() -> Any:  # noqa: ANN401 - a datetime; Prefect's own type
    """When the officer pressed Resume: the one-time code is judged as of then, however late the worker comes."""
    async with get_client() as client:
        states = await client.read_flow_run_states(_run().id)
    resumed = [state.timestamp for state in states if state.name == "Resuming"]
    return max(resumed, default=clock.now())


async def forget(question: Question) -> None:
    """Take the form and the answer out of Prefect; the ledger has them."""
    async with get_client() as client:
        for kept in await client.filter_flow_run_input(_run().id, f"suspended-{question.key}", 10, set()):
            await client.delete_flow_run_input(_run().id, kept.key)


def this_run() -> int:
    """Which run of its case this is, by its idempotency key `number:n`; a run without one is the first."""
    key = _run().idempotency_key or ""
    return int(key.rpartition(":")[2]) if ":" in key else 1


def _run() -> Any:  # noqa: ANN401 - Prefect's own FlowRun
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise RuntimeError("no flow run")
    return context.flow_run
