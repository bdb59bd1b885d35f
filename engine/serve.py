"""What Prefect must know: one pool, one pausable queue and one deployment per right. Safe to repeat."""

from __future__ import annotations

from prefect import get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound

from desk import clock
from desk.domain.case import Right
from desk.policies import policies
from desk.settings import CHECKOUT
from engine.inside import POOL, TYPE, InProcessWorker
from flows.request import handle_request

ENTRYPOINT = "flows.request.handle_request"


async def serve() -> tuple[str, ...]:
    """Create or update the pool, the queues and the deployments; gives the deployments' names."""
    policy = policies().in_force(clock.today())
    async with get_client() as client:
        await _pool(client)
        flow = await client.create_flow(handle_request)
        for right in sorted(policy.rights_by_form):
            await _queue(client, right)
            await client.create_deployment(
                flow_id=flow,
                name=right,
                entrypoint=ENTRYPOINT,
                path=str(CHECKOUT),
                pull_steps=[{"prefect.deployments.steps.set_working_directory": {"directory": str(CHECKOUT)}}],
                work_pool_name=POOL,
                work_queue_name=right,
                description=f"{policy.law.rights[right].label.ja} {policy.law.rights[right].article}",
                tags=[f"権利:{policy.law.rights[right].label.ja}"],
                parameter_openapi_schema=_PARAMETERS,
                enforce_parameter_schema=True,
            )
    return tuple(f"{handle_request.name}/{right}" for right in sorted(policy.rights_by_form))


_PARAMETERS = {
    "title": "Parameters",
    "type": "object",
    "properties": {"number": {"type": "string", "title": "受付番号", "pattern": "^[A-Z0-9-]{10,32}$", "position": 0}},
    "required": ["number"],
}


async def _pool(client: PrefectClient) -> None:
    template = InProcessWorker.get_default_base_job_template()
    try:
        await client.create_work_pool(WorkPoolCreate(name=POOL, type=TYPE, base_job_template=template))
    except ObjectAlreadyExists:
        await client.update_work_pool(POOL, WorkPoolUpdate(base_job_template=template))


async def _queue(client: PrefectClient, right: Right) -> None:
    try:
        await client.read_work_queue_by_name(right, work_pool_name=POOL)
    except ObjectNotFound:
        await client.create_work_queue(right, work_pool_name=POOL, description=f"{right}: pause it to pause the right")
