"""Named points at which a test may kill the process, to see that nothing is lost or done twice."""

from __future__ import annotations

import os
import signal
from pathlib import Path

POINTS: set[str] = set()


def crashpoint(name: str) -> None:
    """Die here if CRASH_AT names this point and it has not fired yet; otherwise do nothing.

    CRASH_AT is `name` or `name:signal`; CRASH_MARK names a file that remembers that the point has fired, so that
    the restarted process lives.
    """
    wanted, _, how = os.environ.get("CRASH_AT", "").partition(":")
    if wanted != name:
        return
    mark = Path(os.environ["CRASH_MARK"])
    if mark.exists():
        return
    mark.write_text(name)
    os.kill(os.getpid(), getattr(signal, how or "SIGKILL"))


def registered(*names: str) -> None:
    """Declare the points of a module; a test fails if one of them is never reached."""
    POINTS.update(names)
