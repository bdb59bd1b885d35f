"""A worker that dies at every point, a server that is gone, two workers at once: nothing is lost, nothing is done twice (E1)."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import Counter as Tally
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from bench.postgres import postgres
from desk.domain.case import State
from desk.store import looking, packages
from desk.store.ledger import reading
from engine.worker import LETTERS_AT_ONCE
from sample.child import Child
from sample.play import disclose
from sample.premises import desk_command
from sample.waiting import until
from tests.e2e.live import PATIENCE, Live, body, opened, quiet

LEASE_SECONDS = 6
GRANTED = ("acknowledge", "scope", "invite", "confirm", "search", "propose", "decide", "charge", "fulfil", "pack", "deliver")
ON_THE_WAY = (
    *(f"{deed}.{when}" for deed in GRANTED for when in ("before_commit", "after_commit")),
    *("answered.before_commit", "package.sealed", "post.before_send", "post.after_send", "door.before_run", "door.after_run"),
)
ONCE = ("received", "acknowledged", "investigating", "ruling proposed", "signed", "fee billed", "payment booked", "package sealed")
SEALED_FOR_NOTHING = ("package.sealed", "pack.before_commit")  # dying here leaves a sealed package behind
LETTERS = ("N01", "proof", "status-code", "N08", "N13", "package-code")


@pytest.fixture(scope="module")
async def broken(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Live]:
    """An office that may be broken, whose leases run out soon; its ledger and Prefect's are on PostgreSQL, as they should be."""
    folder, env = tmp_path_factory.mktemp("broken") / "office", {"MADOGUCHI_LEASE_SECONDS": str(LEASE_SECONDS)}
    with postgres() as (ledger, prefect):
        async with opened(folder, database=ledger, prefect_database=prefect, env=env) as office:
            yield office


@asynccontextmanager
async def another_worker(live: Live, **env: str) -> AsyncIterator[Child]:
    """A worker beside the office's own, or in its place; it comes back at once whenever it is killed."""
    command = (sys.executable, "-m", "tests.e2e.reborn")
    worker = Child(f"worker-{uuid4().hex[:6]}", command, {**live.office.env, **env}, live.office.premises.logs)
    worker.start({})
    try:
        yield worker
    finally:
        await worker.stop(8)


def met(folder: Path, beginning: str = "") -> set[str]:
    """The files of a folder whose names begin so: the points that were met, by their marks, or the packages of a request."""
    return {file.name for file in folder.iterdir() if file.name.startswith(beginning)}


async def everything_once(live: Live, number: str, email: str) -> None:
    """One bill, one package, one of each letter; a letter that arrived twice bears one Message-ID; and the audit chains hold."""
    deeds = Tally(await live.history(number))
    assert {deed: deeds[deed] for deed in ONCE} == dict.fromkeys(ONCE, 1)
    async with reading() as db:
        written = await looking.written(db, number)
    assert Tally(letter.name for letter in written) == Tally(LETTERS)
    assert {letter.state for letter in written} == {"sent"}
    arrived = Tally(mail["message_id"] for mail in await live.mail(email))
    assert len(arrived) == len(LETTERS)
    assert arrived.total() - len(arrived) <= LETTERS_AT_ONCE  # no more than were in hand when the worker died
    assert len([chunk async for chunk in packages.open_package(number)]) > 0
    left = met(live.office.premises.data / "packages", number.lower())
    assert len(left) <= 1 + len(SEALED_FOR_NOTHING)  # purged with the one on record, on its day
    await live.office.run(*desk_command("verify"))


async def test_a_worker_killed_at_every_point_of_a_disclosure_does_everything_once(broken: Live, tmp_path: Path) -> None:
    """One disclosure whose worker is killed at every named point, once each, comes to one bill, one package and one of each letter."""
    await broken.office.stop("worker")
    person, crew = broken.person(), await broken.crew()
    async with another_worker(broken, CRASH_AT=",".join(ON_THE_WAY), CRASH_MARK=str(tmp_path)):
        played = await disclose(crew, person, quiet)
    await broken.office.start("worker")
    assert met(tmp_path) == set(ON_THE_WAY)
    await everything_once(broken, played.number, person["email"])


async def test_intake_killed_before_and_after_its_commit_makes_one_request_for_one_key(broken: Live, tmp_path: Path) -> None:
    """Killed before the commit nothing is on record; killed after it, the same submission again gives the same number (F1, F2)."""
    person, key = broken.person(), {"Idempotency-Key": str(uuid4())}
    points = "intake.before_commit,intake.after_commit"
    await broken.office.restart("web", env={"CRASH_AT": points, "CRASH_MARK": str(tmp_path)})
    before = await broken.numbers()
    answers = []
    async with httpx.AsyncClient(base_url=broken.demo["web"], timeout=60) as client:
        for known in (0, 1):
            with pytest.raises(httpx.TransportError):
                await client.post("/api/v1/requests", json=body(person), headers=key)
            assert len(await broken.numbers()) - len(before) == known
            await asyncio.sleep(0.5)
            await broken.office.ready("web")
        answers = [await client.post("/api/v1/requests", json=body(person), headers=key) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {httpx.codes.CREATED}
    assert {answer.json()["number"] for answer in answers} == set(await broken.numbers()) - set(before)


async def test_two_workers_at_once_do_everything_once(broken: Live) -> None:
    """Three disclosures with two workers at work come to one of everything each (F11)."""
    people = [broken.person() for _ in range(3)]
    crews = [await broken.crew() for _ in people]
    async with another_worker(broken):
        played = await asyncio.gather(*(disclose(crew, person, quiet) for crew, person in zip(crews, people, strict=True)))
    for one, person in zip(played, people, strict=True):
        await everything_once(broken, one.number, person["email"])


async def test_a_worker_that_wakes_after_its_lease_was_lost_writes_nothing(broken: Live, tmp_path: Path) -> None:
    """A worker stopped before the search, and let go on when another has done it, adds nothing to the record or to the run (F12)."""
    await broken.office.stop("worker")
    person = broken.person()
    async with another_worker(broken, CRASH_AT="confirm.after_commit:SIGSTOP", CRASH_MARK=str(tmp_path)) as zombie:
        number = (await broken.proven(person)).number
        await until("the worker to stop", lambda: stopped(tmp_path))
        await broken.office.start("worker")
        form = await broken.counter.wait_for_form(number)
        before = await done(broken, number)
        zombie.send(signal.SIGCONT)
        await asyncio.sleep(LEASE_SECONDS)
        assert await done(broken, number) == before
        assert await broken.counter.open_form(number) == form
    await broken.counter.answer(form, "該当なし")
    await broken.until(number, State.DRAFTED)


async def emptied(database: str) -> None:
    """Lose everything in a database."""
    server, _, name = database.rpartition("/")
    engine = create_async_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        await connection.execute(text(f"CREATE DATABASE {name}"))
    await engine.dispose()


async def done(live: Live, number: str) -> list[str]:
    """What was done for a request, its letters apart, which the post sends when it comes to them."""
    return [deed for deed in await live.history(number) if deed not in {"letter sent", "letter owed"}]


async def stopped(marks: Path) -> bool | None:
    """Whether a worker has met its point."""
    return bool(met(marks)) or None


async def test_a_prefect_server_killed_in_mid_case_holds_nothing_up_for_good(broken: Live) -> None:
    """Killed while a request moves, and back after ten seconds: what came in meanwhile and what was under way both go on (F5, F13)."""
    people = [broken.person() for _ in range(2)]
    first = await broken.ask(people[0])
    await broken.office.kill("prefect")
    await broken.office.stop("prefect")
    second = await broken.ask(people[1])
    await asyncio.sleep(10)
    await broken.office.start("prefect")
    for number in (first, second):
        await broken.until(number, State.ID_CHECK)
        assert Tally(await broken.history(number))["letter owed"] == 2


async def test_a_lost_prefect_database_costs_no_request_its_place(broken: Live) -> None:
    """With Prefect's database gone and its deployments made anew, a request goes on from where the ledger has it (F7)."""
    visitor = await broken.proven(broken.person())
    await broken.counter.wait_for_form(visitor.number)
    before = await done(broken, visitor.number)
    await broken.office.stop("prefect")
    await emptied(broken.office.premises.prefect_database)
    await broken.office.start("prefect")
    await broken.office.run(*desk_command("serve"))
    form = await broken.counter.wait_for_form(visitor.number, patience=PATIENCE)
    assert await done(broken, visitor.number) == before
    await broken.counter.answer(form, "該当なし")
    await broken.until(visitor.number, State.DRAFTED)
