"""One process of the sample office: on a leash, logged to a file, and started again when it dies by itself."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from desk.settings import CHECKOUT

LEASH = Path(__file__).with_name("leash.py")
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0  # seconds before a dead process is started again
STEADY = 30.0  # seconds after which a process is taken to live
LOOK = 0.05
TAIL = 12


class Child:
    """A process that lives as long as it is wanted, and never longer than the one that started it."""

    def __init__(self, name: str, command: Sequence[str], env: Mapping[str, str], logs: Path) -> None:
        """Know how to start it; `start` does."""
        self.log = logs / f"{name}.log"
        self.deaths = 0
        self._command, self._env = tuple(command), dict(env)
        self._process: subprocess.Popen[bytes] | None = None
        self._wanted = False
        self._started = self._again_at = 0.0
        self._mark = 0

    @property
    def pid(self) -> int | None:
        """Its process id, or None while it does not run."""
        process = self._process
        return process.pid if process and process.poll() is None else None

    def start(self, env: Mapping[str, str]) -> None:
        """Start it, from now on with these variables as well."""
        self._env |= env
        self._wanted, self.deaths = True, 0
        self._run()

    def _run(self) -> None:
        with self.log.open("ab") as log:
            self._mark = log.tell()
            self._process = launched(self._command, self._env, log)
        self._started = time.monotonic()

    def tend(self) -> None:
        """Start it again if it died though it is wanted, later each time; to be called often."""
        if not self._wanted or self.pid:
            return
        now = time.monotonic()
        if self._process:
            self.deaths = 1 if now - self._started > STEADY else self.deaths + 1
            self._again_at = now + min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (self.deaths - 1))
            self._process = None
        if now >= self._again_at:
            self._run()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to it and to whatever it started."""
        if pid := self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, number)

    async def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End it by a signal, as a crash would; it is started again by `tend`."""
        process = self._process
        self.send(number)
        if process:
            await ended(process)

    async def stop(self, patience: float) -> None:
        """End it for good: politely, and after so many seconds by force."""
        self._wanted = False
        try:
            async with asyncio.timeout(patience):
                await self.kill(signal.SIGTERM)
        except TimeoutError:
            await self.kill()

    def said(self) -> str:
        """What it wrote since it was last started."""
        with self.log.open("rb") as log:
            log.seek(self._mark)
            return log.read().decode(errors="replace")

    def last_words(self) -> str:
        """The end of its log."""
        return last_lines(self.log)


def last_lines(log: Path) -> str:
    """The end of a log; nothing personal is written into logs."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-TAIL:]) if log.exists() else ""


async def ended(process: subprocess.Popen[bytes]) -> None:
    """Wait until a process is gone."""
    while process.poll() is None:  # noqa: ASYNC110 - a process sets no event
        await asyncio.sleep(LOOK)


def launched(command: Sequence[str], env: Mapping[str, str], log: BinaryIO, output: int | None = None) -> subprocess.Popen[bytes]:
    """A command of the checkout in a process group of its own, on a leash; `output` may be a pipe instead of the log."""
    return subprocess.Popen(
        [sys.executable, "-I", str(LEASH), str(os.getpid()), *command],
        cwd=CHECKOUT,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=output or log,
        stderr=log,
        start_new_session=True,
    )
