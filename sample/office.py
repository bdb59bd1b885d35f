"""The sample office, whole: systems with ten thousand invented people, mail, Prefect, and the desk's own processes, all on loopback."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx

from desk.settings import CHECKOUT
from sample import systems
from sample.child import Child, ended, last_lines, launched
from sample.premises import LOOPBACK, USUAL_PORTS, Busy, NotOurs, Premises, cleared, desk_command, locked, settled

BUILD = CHECKOUT / "build"
PATIENCE = 120.0  # seconds for one part to come up, on a slow machine too
MOST_DEATHS = 4  # of one part while it comes up
LOOK, POLITE = 0.1, 8.0
INTERRUPTED = 130  # what a shell says of Ctrl-C
LAST_TO_GO = ("prefect", "mail")
WHERE = {"prefect": ("prefect",), "mail": ("mail",), "web": ("web", "desk")}  # which addresses a part answers at


class NotReady(Exception):
    """A part of the office did not come up; says which, and the end of its log."""


class SampleOffice:
    """A running sample office, whose parts can be stopped, killed and started again, as tests and benches need it."""

    def __init__(self, premises: Premises, env: Mapping[str, str]) -> None:
        """Know the parts; `open` starts them."""
        self.premises = premises
        self.env = {**premises.environment, **env}
        self.demo: dict[str, Any] = {}
        self._children = {name: Child(name, command, self.env, premises.logs) for name, command in _commands(premises).items()}

    def pid(self, part: str) -> int | None:
        """The process id of `prefect`, `mail`, `web` or `worker`; None while it does not run."""
        return self._children[part].pid

    def log(self, part: str) -> str:
        """The end of a part's log."""
        return self._children[part].last_words()

    async def start(self, part: str, *, env: Mapping[str, str] | None = None) -> None:
        """Start a part, with more variables if need be, and wait until it is ready."""
        self._children[part].start(env or {})
        await self.ready(part)

    async def stop(self, part: str) -> None:
        """End a part; nobody starts it again before `start`."""
        await self._children[part].stop(POLITE)

    async def restart(self, part: str, *, env: Mapping[str, str] | None = None) -> None:
        """Stop a part and start it again, with more variables if need be."""
        await self.stop(part)
        await self.start(part, env=env)

    async def kill(self, part: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Let a part die of a signal; the office starts it again by itself."""
        await self._children[part].kill(number)

    async def ready(self, part: str, patience: float = PATIENCE) -> None:
        """Wait until a part answers; raises NotReady."""
        child, until = self._children[part], time.monotonic() + patience
        while not (child.pid and await self._answers(part)):
            if time.monotonic() > until or child.deaths >= MOST_DEATHS:
                raise NotReady(f"{part} did not come up; the end of {part}.log:\n{child.last_words()}")
            await asyncio.sleep(LOOK)

    async def _answers(self, part: str) -> bool:
        if part == "worker":
            return '"said": "started"' in self._children[part].said()
        path = "/api/health" if part == "prefect" else "/healthz"
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
                answers = [await client.get(f"{self.premises.url(place)}{path}") for place in WHERE[part]]
        except httpx.HTTPError:
            return False
        return all(answer.is_success for answer in answers)

    async def open(self) -> None:
        """Start everything, at the same time what can be; when this returns the office is ready."""
        for early in ("prefect", "mail"):
            self._children[early].start({})
        people, said = await together(asyncio.to_thread(self._people), self.run(sys.executable, "-m", "sample.founding"))
        await together(self._desk(), self._engine())
        self.demo = self._facts(people, json.loads(said))

    async def _desk(self) -> None:
        await self.ready("mail")
        await self.start("web")

    async def _engine(self) -> None:
        """Prefect, its deployments, and the worker that takes runs from it."""
        await self.ready("prefect")
        await self.run(*desk_command("serve"))
        await self.start("worker")

    def _people(self) -> list[dict[str, Any]]:
        """The systems and ten of their people; in an office that was kept, as they are."""
        kept = self.premises.folder / "people.json"
        if not kept.exists():
            made = [asdict(one) for one in systems.build(self.premises.folder)]
            kept.write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")
        known: list[dict[str, Any]] = json.loads(kept.read_text(encoding="utf-8"))
        return [{name: one[name] for name in ("email", "login_id", "name", "held_by")} for one in known]

    async def run(self, *command: str) -> str:
        """What a command says in the office's environment; raises NotReady if it fails."""
        log = self.premises.logs / "commands.log"
        with log.open("ab") as file:
            process = launched(command, self.env, file, subprocess.PIPE)
        try:
            await ended(process)
        finally:
            process.kill()
        said, _ = process.communicate()
        if process.returncode:
            raise NotReady(f"{' '.join(command[1:])} failed; the end of commands.log:\n{last_lines(log)}")
        return said.decode()

    def _facts(self, people: list[dict[str, Any]], officers: list[dict[str, Any]]) -> dict[str, Any]:
        """What build/demo.json says (surface.md)."""
        urls = systems.urls(self.premises.folder)
        return {
            **{part: self.premises.url(part) for part in ("web", "desk", "prefect")},
            "prefect_auth": self.premises.prefect_auth,
            "mail": self.premises.url("mail"),
            "database": self.premises.database,
            "officers": officers,
            "people": people,
            "systems": {"cards": urls["CARDS_URL"], "crm": urls["CRM_URL"]},
            "case": None,
            "account_key": self.premises.account_key,
        }

    async def supervise(self) -> None:
        """Start again what died by itself, for ever."""
        while True:
            for child in self._children.values():
                child.tend()
            await asyncio.sleep(LOOK)

    async def close(self) -> None:
        """End everything that was started: the desk first, then what it leans on."""
        first = [name for name in self._children if name not in LAST_TO_GO]
        for names in (first, LAST_TO_GO):
            await asyncio.gather(*(self.stop(name) for name in names))


async def together(*work: Coroutine[Any, Any, Any]) -> list[Any]:
    """Do these at the same time; the first failure ends the others and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in work]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


def _commands(premises: Premises) -> dict[str, tuple[str, ...]]:
    """How each part is started."""
    ports = {part: str(port) for part, port in premises.ports.items()}
    mail = ("-m", "sample.mailsink", "--smtp-port", ports["smtp"], "--http-port", ports["mail"])
    server = ("-m", "prefect", "server", "start", "--host", LOOPBACK, "--port", ports["prefect"])
    patient = ("nice", "-n", "10")  # on one machine the front answers first
    return {
        "prefect": (*patient, sys.executable, *server),
        "mail": (sys.executable, *mail),
        "web": desk_command("web", "--host", LOOPBACK, "--port", ports["web"], "--desk-port", ports["desk"]),
        "worker": desk_command("worker"),
    }


@asynccontextmanager
async def sample_office(
    folder: Path,
    *,
    ports: Mapping[str, int] | None = None,
    database: str = "",
    prefect_database: str = "",
    env: Mapping[str, str] | None = None,
    keep: bool = False,
) -> AsyncIterator[SampleOffice]:
    """A sample office in a folder of its own, ready; everything it started ends when the block is left.

    The ledger and Prefect use SQLite in the folder unless empty PostgreSQL databases are given (`postgresql+asyncpg://…`).
    Raises Busy or NotOurs if the folder is not free, NotReady if a part does not come up.
    """
    with locked(folder):
        cleared(folder, keep=keep)
        (folder.parent / "demo.json").unlink(missing_ok=True)  # of an office that is no more
        office = SampleOffice(settled(folder, ports or {}, database, prefect_database), env or {})
        supervising = asyncio.create_task(office.supervise())
        try:
            await office.open()
            yield office
        finally:
            supervising.cancel()
            await office.close()


def write_demo(demo: Mapping[str, Any], file: Path) -> None:
    """Write build/demo.json for its owner's eyes; it holds the sample office's secrets."""
    aside = file.with_suffix(".part")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as target:
        json.dump(demo, target, ensure_ascii=False, indent=2)
    aside.replace(file)


def arguments(program: str, description: str) -> argparse.ArgumentParser:
    """What can be said to the sample office on the command line."""
    reader = argparse.ArgumentParser(prog=f"python -m {program}", description=description)
    reader.add_argument("--build", type=Path, default=BUILD, metavar="FOLDER", help="where the office and demo.json go (build/)")
    reader.add_argument("--keep", action="store_true", help="go on with the office that is there")
    reader.add_argument("--database", default="", metavar="URL", help="an empty PostgreSQL database for the ledger")
    reader.add_argument("--prefect-database", default="", metavar="URL", help="an empty PostgreSQL database for Prefect")
    return reader


@asynccontextmanager
async def office_of(given: argparse.Namespace) -> AsyncIterator[SampleOffice]:
    """The office the command line asks for, on the usual ports where they are free, with demo.json written."""
    build: Path = given.build.resolve()
    databases = {"database": given.database, "prefect_database": given.prefect_database}
    async with sample_office(build / "office", ports=USUAL_PORTS, keep=given.keep, **databases) as office:
        write_demo(office.demo, build / "demo.json")
        yield office


def until_told(work: Coroutine[Any, Any, int]) -> int:
    """Run to the end, or to Ctrl-C or SIGTERM, which end everything in order; gives the exit code."""

    async def watched() -> int:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, lambda: task.cancelling() or task.cancel())
        try:
            return await task
        except asyncio.CancelledError:
            return INTERRUPTED

    return asyncio.run(watched())


async def until_ctrl_c() -> None:
    """Stay until told to stop; that is how an office is meant to end."""
    with suppress(asyncio.CancelledError):
        await asyncio.Event().wait()


async def stay(given: argparse.Namespace) -> int:
    """Keep the office up until told to stop."""
    begun = time.monotonic()
    try:
        async with office_of(given) as office:
            print(f"The sample office is up after {time.monotonic() - begun:.0f} s. Ctrl-C ends it.")
            for part in ("web", "desk", "prefect", "mail"):
                print(f"  {part:8}{office.demo[part]}")
            print(f"  officers and their secrets: {given.build / 'demo.json'}")
            await until_ctrl_c()
    except (NotReady, Busy, NotOurs) as problem:
        print(f"✗ {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(until_told(stay(arguments("sample.office", "The sample office, with nothing played.").parse_args())))
