"""The sample office's processes: they are started again when they die, and end with whoever started them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sample.child import Child
from sample.premises import MARK, Busy, NotOurs, cleared, locked, settled
from sample.waiting import Stuck, until

SLEEPER = (sys.executable, "-c", "import time; print('awake', flush=True); time.sleep(600)")
STARTER = "import os, sys, time; from pathlib import Path; from sample.child import launched; \
print(launched(sys.argv[1:], os.environ, Path(os.devnull).open('wb')).pid, flush=True); time.sleep(600)"


async def test_a_part_that_dies_is_started_again(tmp_path: Path) -> None:
    """A crash, such as a crash test's SIGKILL, is followed by a new process; a wanted end is not."""
    child = Child("sleeper", SLEEPER, os.environ, tmp_path)
    child.start({})
    first = child.pid
    await child.kill()
    assert child.pid is None

    async def again() -> int | None:
        child.tend()
        return child.pid

    assert await until("the new process", again) != first
    assert child.deaths == 1
    await child.stop(5)
    child.tend()
    assert child.pid is None


async def test_what_a_part_says_is_told_since_its_last_start(tmp_path: Path) -> None:
    """Readiness is read from the log of the process that runs now, not of one before it."""
    child = Child("sleeper", SLEEPER, os.environ, tmp_path)
    for _ in range(2):
        child.start({})

        async def said() -> str | None:
            return child.said() or None

        assert (await until("a first word", said)).split() == ["awake"]
        await child.stop(5)
    assert child.last_words().split() == ["awake", "awake"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_nothing_is_left_when_the_one_who_started_it_is_killed() -> None:
    """Even a SIGKILL of the demo leaves no process behind."""
    with subprocess.Popen([sys.executable, "-c", STARTER, *SLEEPER], stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        assert _lives(pid)
        starter.kill()
    end = time.monotonic() + 5
    while _lives(pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _lives(pid)


def _lives(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_folder_of_somebody_else_is_never_wiped(tmp_path: Path) -> None:
    """The office clears only what an office made."""
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(NotOurs):
        cleared(tmp_path, keep=False)
    assert (tmp_path / "thesis.txt").exists()


def test_a_fresh_office_finds_nothing_of_the_one_before(tmp_path: Path) -> None:
    """What an office left is gone at the next start, unless it is to be kept."""
    folder = tmp_path / "office"
    cleared(folder, keep=False)
    (folder / "ledger.db").touch()
    cleared(folder, keep=True)
    assert (folder / "ledger.db").exists()
    cleared(folder, keep=False)
    assert {place.name for place in folder.iterdir()} == {MARK, "logs", "prefect"}
    assert folder.stat().st_mode & 0o077 == 0


def test_two_offices_never_share_a_folder(tmp_path: Path) -> None:
    """The second is told that there is one."""
    with locked(tmp_path / "office"), pytest.raises(Busy):
        locked(tmp_path / "office")


def test_the_environment_of_another_prefect_is_left_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key or profile for somebody's own Prefect does not reach the sample office; a crash point does."""
    monkeypatch.setenv("PREFECT_API_KEY", "somebody's")
    monkeypatch.setenv("MADOGUCHI_DATABASE", "somebody's")
    monkeypatch.setenv("CRASH_AT", "door.after_run")
    told = settled(tmp_path, {}, "", "").environment
    assert "PREFECT_API_KEY" not in told
    assert told["MADOGUCHI_DATABASE"] == f"sqlite+aiosqlite:///{tmp_path / 'var' / 'ledger.db'}"
    assert told["CRASH_AT"] == "door.after_run"
    assert told["PREFECT_API_AUTH_STRING"] == told["PREFECT_SERVER_API_AUTH_STRING"]
    assert len(told["PREFECT_API_AUTH_STRING"]) >= 32


async def test_what_does_not_happen_is_said_plainly() -> None:
    """A wait ends, with the words for what was waited for."""

    async def never() -> None:
        return None

    with pytest.raises(Stuck, match="the letter did not happen within 0 s"):
        await until("the letter", never, patience=0)
