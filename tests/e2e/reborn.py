"""A worker that is born again at once whenever it is killed: everything is imported once, yet every life is a process of its own."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Awaitable, Callable

from desk.log import start_logging
from engine import prefect_settings
from sample.leash import PR_SET_PDEATHSIG

Work = Callable[[], Awaitable[None]]


def main() -> None:
    """Live, and after every violent death live again, until the worker ends by itself."""
    prefect_settings.prepare()
    start_logging()
    from engine.worker import work  # noqa: PLC0415 - Prefect is read only after its settings are there

    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the worker itself is told, and ends in order
    while os.WIFSIGNALED(_life(work)):
        pass


def _life(work: Work) -> int:
    """One life of the worker; how it ended."""
    if child := os.fork():
        return os.waitpid(child, 0)[1]
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    async def live() -> None:
        await work()

    asyncio.run(live())
    sys.exit(0)


if __name__ == "__main__":
    main()
