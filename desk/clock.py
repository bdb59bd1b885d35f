"""The office's clock: the one place that asks what time it is, so that a test may travel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

TOKYO = ZoneInfo("Asia/Tokyo")
_ahead = timedelta()


def now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC) + _ahead


def today() -> date:
    """The day it is at the office, in Asia/Tokyo."""
    return now().astimezone(TOKYO).date()


@contextmanager
def travelled(delta: timedelta) -> Iterator[None]:
    """Let the office live this much later (or earlier) within the block."""
    global _ahead  # noqa: PLW0603 - one clock per process is the point
    before = _ahead
    _ahead = before + delta
    try:
        yield
    finally:
        _ahead = before
