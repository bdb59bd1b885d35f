"""The points at which a plain disclosure never dies: each is met on another way, dies there once, and changes nothing in the end (E1)."""

from __future__ import annotations

import importlib
import signal
from collections import Counter as Tally
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from desk.crashpoint import POINTS
from desk.store import audit
from tests.e2e.test_crashes_live import ON_THE_WAY
from tests.e2e.walk import Killed, Office
from tests.e2e.walks import WALKS

AT_THE_FRONT = ("intake.before_commit", "intake.after_commit")  # in the web's process; test_crashes_live.py kills it there
ELSEWHERE = {
    "withdraw": "the person takes the request back",
    "reopen": "the person objects to how it ended",
    "resume": "a reviewer has ruled on the objection",
    "delay": "the target day is over",
    "reject": "identity is not confirmed",
    "ask-papers": "an officer asks for papers",
    "remind-papers": "the papers do not come",
    "look-again": "the papers come",
    "answer": "there is nothing to hand over",
    "remind-fee": "the fee does not come",
    "close": "the days after the answer are over",
}
OFF_THE_WAY = tuple(f"{deed}.{when}" for deed in ELSEWHERE for when in ("before_commit", "after_commit"))


def killed(_number: int, _frame: FrameType | None) -> None:
    """Die by an exception that nothing but the walk itself catches."""
    raise Killed


@pytest.fixture
def deadly() -> Iterator[None]:
    """A signal kills here, as SIGKILL would a process of its own."""
    before = signal.signal(signal.SIGUSR1, killed)
    yield
    signal.signal(signal.SIGUSR1, before)


def test_every_registered_point_is_met_somewhere() -> None:
    """A point is on the way of a plain disclosure, at the front, or on another way for a reason that is stated."""
    for part in ("engine.door", "tasks.post", "desk.web.intake", "flows.request"):
        importlib.import_module(part)
    assert sorted(POINTS) == sorted({*ON_THE_WAY, *AT_THE_FRONT, *OFF_THE_WAY})


@pytest.mark.usefixtures("deadly")
async def test_other_ways_end_alike_whether_killed_or_not(walkable: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every other way comes to the same end with the same record, whether nothing dies on it or it dies at every point it meets."""
    undisturbed = {walk: await walk(walkable) for walk in WALKS}
    (tmp_path / "marks").mkdir()
    monkeypatch.setenv("CRASH_AT", ",".join(f"{point}:SIGUSR1" for point in OFF_THE_WAY))
    monkeypatch.setenv("CRASH_MARK", str(tmp_path / "marks"))
    for walk, end in WALKS.items():
        number = await walk(walkable)
        assert (await walkable.case(number)).state is (await walkable.case(undisturbed[walk])).state is end
        assert Tally(await walkable.history(number)) == Tally(await walkable.history(undisturbed[walk]))
    assert {mark.name for mark in (tmp_path / "marks").iterdir()} == set(OFF_THE_WAY)
    assert not (await audit.verify()).faults
