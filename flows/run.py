"""What a run tells Prefect about itself, and what it asks Prefect about itself."""

from __future__ import annotations

from datetime import datetime

from prefect import get_client
from prefect.artifacts import acreate_markdown_artifact
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import ArtifactUpdate
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId, ArtifactFilterKey
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext
from prefect.exceptions import MissingContextError

from desk import clock
from desk.domain.gates import Question
from tasks import artifact


def this_run() -> FlowRun:
    """The run that is speaking."""
    context = FlowRunContext.get()
    if context is None or not isinstance(context.flow_run, FlowRun):
        raise MissingContextError("no flow run")
    return context.flow_run


def which_run() -> int:
    """Which run of its case this is, by its idempotency key `number:n`; a run made by hand has none and counts as the first."""
    key = this_run().idempotency_key or ""
    return int(key.rpartition(":")[2]) if ":" in key else 1


async def show(number: str) -> None:
    """Let Prefect's pages say where the case stands: the run's name and tags, and the case's one artifact."""
    case, policy, page = await artifact.page(number)
    name = artifact.run_name(case, policy)
    async with get_client() as client:
        await client.update_flow_run(this_run().id, name=name, tags=artifact.run_tags(case, policy))
        await _show_page(client, f"case-{number.lower()}", page, name)


async def _show_page(client: PrefectClient, key: str, page: str, name: str) -> None:
    """Rewrite the artifact of this run in place; only a new run of the case begins a new version."""
    mine = ArtifactFilter(key=ArtifactFilterKey(any_=[key]), flow_run_id=ArtifactFilterFlowRunId(any_=[this_run().id]))
    if found := await client.read_artifacts(artifact_filter=mine, limit=1):
        await client.update_artifact(found[0].id, ArtifactUpdate(data=page, description=name))
    else:
        await acreate_markdown_artifact(markdown=page, key=key, description=name)


async def given_at(question: Question) -> datetime:
    """When the officer pressed Resume on this question: the one-time code is judged as of then, however late the worker comes.

    Only the first Resume after the run went to sleep over this very question counts; whatever else woke the run is no answer of then.
    """
    async with get_client() as client:
        states = sorted(await client.read_flow_run_states(this_run().id), key=lambda state: state.timestamp)
    asleep = [place for place, state in enumerate(states) if state.state_details.pause_key == question.key]
    woken = states[asleep[-1] + 1] if asleep and asleep[-1] + 1 < len(states) else None
    return woken.timestamp if woken and woken.name == "Resuming" else clock.now()


async def forget(question: Question) -> None:
    """Take the form and the answer out of Prefect; the ledger has them."""
    async with get_client() as client:
        for kept in await client.filter_flow_run_input(this_run().id, f"suspended-{question.key}", 10, set()):
            await client.delete_flow_run_input(this_run().id, kept.key)
