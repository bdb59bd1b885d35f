"""Named points at which a test may kill the process, to see that nothing is lost or done twice."""

from __future__ import annotations

import os
import signal
from pathlib import Path

POINTS: set[str] = set()


def crashpoint(name: str) -> None:
    """Die here if CRASH_AT names this point and it has not fired yet; otherwise do nothing.

    CRASH_AT is a list of `name` or `name:signal`, parted by commas; CRASH_MARK names a folder that remembers which points have
    fired, so that the restarted process lives.
    """
    wanted = os.environ.get("CRASH_AT", "")
    if not wanted or name not in (signals := dict(_parted(point) for point in wanted.split(","))):
        return
    try:
        (Path(os.environ["CRASH_MARK"]) / name).touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), getattr(signal, signals[name]))


def _parted(point: str) -> tuple[str, str]:
    name, _, how = point.partition(":")
    return name, how or "SIGKILL"


def registered(*names: str) -> None:
    """Declare the points of a module; a test fails if one of them is never reached."""
    POINTS.update(names)
