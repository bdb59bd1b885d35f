"""A leash: python leash.py PARENT COMMAND… becomes the command, which then ends at once when its parent is gone (Linux)."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie this process to its parent, then become the command."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was gone before the leash was on
        sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 - the office's own command


if __name__ == "__main__":
    main()
