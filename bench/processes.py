"""What processes of this machine cost: memory and processor time, read from /proc, with all their children."""

from __future__ import annotations

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def family(pid: int) -> tuple[int, ...]:
    """A process and everything it started."""
    children = [int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]
    return (pid, *(one for child in children for one in family(child)))


def resident_megabytes(*pids: int) -> float:
    """The resident memory of processes and their children, in MB (10^6 bytes)."""
    everyone = [one for pid in pids for one in family(pid)]
    return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE for pid in everyone) / 1e6


def processor_seconds(*pids: int) -> float:
    """The processor time processes have used so far, in seconds."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS
