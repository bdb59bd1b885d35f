"""Waiting for something to happen, and saying plainly when it does not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Found = TypeVar("Found")
LOOK = 0.25
PATIENCE = 60.0


class Stuck(Exception):
    """What was waited for did not happen in time; says what it was."""


async def until(what: str, look: Callable[[], Awaitable[Found | None]], patience: float = PATIENCE) -> Found:
    """What `look` finds, as soon as it finds something; raises Stuck with `what` after so many seconds."""
    end = time.monotonic() + patience
    while True:
        found = await look()
        if found is not None:
            return found
        if time.monotonic() > end:
            raise Stuck(f"{what} did not happen within {patience:.0f} s")
        await asyncio.sleep(LOOK)
