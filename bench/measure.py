"""The measurements themselves, each on real processes of a sample office."""

from __future__ import annotations

import asyncio
import os
import resource
import statistics
import subprocess
import sys
import time
import uuid
from typing import Any

import httpx

from bench.cases import ENDS, addresses, answered, reached, woken
from bench.figures import Figure, at_most, percentile
from bench.processes import processor_seconds, resident_megabytes
from desk.store import agenda
from desk.store.ledger import reading
from sample.office import SampleOffice

RATE, SECONDS = 20, 20
CASES, WAITING = 30, 100


async def intake(office: SampleOffice, kind: str) -> Figure:
    """From a POST to its 201, sent at a steady 20 per second whether or not the last was answered."""
    async with httpx.AsyncClient(base_url=office.demo["web"], timeout=30) as client:
        await asyncio.gather(*(_posted(client, 0) for _ in range(3)))
        times = await asyncio.gather(*(_posted(client, place / RATE) for place in range(RATE * SECONDS)))
    return at_most(
        f"POST to 201, p95 at {RATE}/s ({kind})", percentile(times, 95) * 1000, "ms", 50, f"median {statistics.median(times) * 1000:.1f} ms"
    )


async def _posted(client: httpx.AsyncClient, after: float) -> float:
    await asyncio.sleep(after)
    mark = uuid.uuid4().hex
    begun = time.perf_counter()
    answer = await client.post("/api/v1/requests", json=_request(mark), headers={"Idempotency-Key": mark})
    answer.raise_for_status()
    return time.perf_counter() - begun


def _request(mark: str) -> dict[str, Any]:
    address = f"bench-{mark}@example.jp"
    name = {"family": "測定", "given": "花子", "family_kana": "ソクテイ", "given_kana": "ハナコ"}
    who = {"name": name, "contact": {"email": address}, "identifiers": {"email": address}}
    return {"right": "DISC", "language": "ja", **who, "items": ["*"], "period": {}, "form": "electronic", "details": ""}


async def one_case(office: SampleOffice) -> tuple[Figure, Figure]:
    """From the wake's commit to the last step, one case after the other; and the worker's processor time for it."""
    people = addresses()
    for address in people[:3]:
        await _timed(address)
    worker = _pid(office, "worker")
    before, times = processor_seconds(worker), [await _timed(address) for address in people[3 : CASES + 3]]
    used = (processor_seconds(worker) - before) / CASES
    reference = await process_per_run(office)
    median = at_most(
        "a case answered beforehand, median (PostgreSQL)", statistics.median(times), "s", 2, f"p90 {percentile(times, 90):.2f} s, n={CASES}"
    )
    share = at_most("worker CPU per case, of a process per run", used / reference, "×", 0.1, f"{used:.2f} s beside {reference:.2f} s")
    return median, share


async def _timed(address: str) -> float:
    number = await answered(address)
    begun = await woken(number)
    return ((await reached(number, ENDS)) - begun).total_seconds()


async def process_per_run(office: SampleOffice) -> float:
    """Processor seconds of the same case in a process of its own, as Prefect's process worker starts one."""
    number = await answered(addresses()[-1])
    await office.stop("worker")
    async with httpx.AsyncClient(base_url=f"{office.demo['prefect']}/api", auth=_auth(office)) as client:
        deployment = (await client.get("/deployments/name/handle-request/DISC")).json()["id"]
        body = {"parameters": {"number": number}, "state": {"type": "PENDING"}, "idempotency_key": f"{number}:1"}
        run = (await client.post(f"/deployments/{deployment}/create_flow_run", json=body)).json()["id"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "prefect", "flow-run", "execute", run]
    await asyncio.to_thread(subprocess.run, command, env={**os.environ, **office.env}, check=False, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    await reached(number, ENDS)
    await office.start("worker")
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def _auth(office: SampleOffice) -> tuple[str, str]:
    user, _, secret = str(office.demo["prefect_auth"]).partition(":")
    return user, secret


async def waiting(office: SampleOffice) -> Figure:
    """What a hundred cases that wait for their persons add to the worker's memory; they hold no process at all."""
    worker = _pid(office, "worker")
    await _left_waiting(office)  # until then the worker is still filling its own caches
    before = resident_megabytes(worker)
    await _left_waiting(office)
    grown = resident_megabytes(worker) - before
    return at_most("worker memory per waiting case", grown / WAITING, "MB", 0.1, f"{WAITING} cases, {before:.0f} MB before")


async def _left_waiting(office: SampleOffice) -> None:
    """A hundred more cases that have gone as far as they can."""
    async with httpx.AsyncClient(base_url=office.demo["web"], timeout=30) as client:
        await asyncio.gather(*(_posted(client, place / 4) for place in range(WAITING)))
    while await _moving():  # noqa: ASYNC110 - it is other processes that move
        await asyncio.sleep(1)
    await asyncio.sleep(5)


async def _moving() -> int:
    async with reading() as db:
        due, held = (await agenda.backlog(db)).get(agenda.ADVANCE, 0), await agenda.held(db)
    return due + held


async def idle(office: SampleOffice) -> Figure:
    """The resident memory of front, worker and Prefect server of an office with nothing to do."""
    await asyncio.sleep(20)
    parts = {part: resident_megabytes(_pid(office, part)) for part in ("web", "worker", "prefect")}
    reference = ", ".join(f"{part} {size:.0f}" for part, size in parts.items())
    return at_most("idle office, resident", sum(parts.values()), "MB", 500, reference)


def _pid(office: SampleOffice, part: str) -> int:
    pid = office.pid(part)
    if pid is None:
        raise RuntimeError(f"{part} does not run")
    return pid


async def front_start(office: SampleOffice) -> Figure:
    """From starting `madoguchi web` until it answers, the best of five."""
    times = []
    for _ in range(5):
        await office.stop("web")
        begun = time.perf_counter()
        await office.start("web")
        times.append(time.perf_counter() - begun)
    return at_most("start-up of madoguchi web", min(times), "s", 1.5, f"median {statistics.median(times):.2f} s, looked at every 0.1 s")
