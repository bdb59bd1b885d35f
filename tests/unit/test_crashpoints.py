"""The crash points: what a test may kill the office at is what the office passes, no more and no less."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from desk.crashpoint import POINTS, crashpoint
from desk.domain.life import Deed
from desk.settings import CHECKOUT

PRODUCT = ("desk", "tasks", "flows", "engine")
PASSED, DECLARED = "crashpoint", "registered"


def calls(of: str) -> Iterator[tuple[Path, ast.expr]]:
    """Every argument of every call of a function in the product, with its file."""
    for file in (file for root in PRODUCT for file in (CHECKOUT / root).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == of:
                yield from ((file, argument) for argument in node.args)


def named(argument: ast.expr) -> list[str]:
    """The points an argument stands for; what a name is made of is the word of a deed."""
    if isinstance(argument, ast.Constant):
        return [str(argument.value)]
    assert isinstance(argument, ast.JoinedStr), f"a crash point that cannot be read: {ast.unparse(argument)}"
    parts = [[str(part.value)] if isinstance(part, ast.Constant) else [str(deed) for deed in Deed] for part in argument.values]
    return ["".join(words) for words in product(*parts)]


def points(of: str) -> list[str]:
    """All points, in order."""
    return sorted(name for _, argument in calls(of) for name in named(argument))


def test_every_declared_point_is_passed_and_every_passed_one_declared() -> None:
    """The points that are registered are exactly those in the source, and no name stands for two places."""
    assert points(DECLARED) == points(PASSED)
    assert len(points(PASSED)) == len(set(points(PASSED)))
    assert len(points(PASSED)) >= 40


def test_the_registry_knows_every_point() -> None:
    """Once the modules are loaded, the registry a crash test walks through holds every point of the source."""
    for file in sorted({file for file, _ in calls(DECLARED)}):
        importlib.import_module(".".join(file.relative_to(CHECKOUT).with_suffix("").parts))
    assert sorted(POINTS) == points(PASSED)


def test_a_point_nobody_asked_for_does_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without CRASH_AT, or at another point, or once it has fired, the office goes on."""
    monkeypatch.setenv("CRASH_MARK", str(tmp_path))
    monkeypatch.delenv("CRASH_AT", raising=False)
    crashpoint("here")
    monkeypatch.setenv("CRASH_AT", "there:SIGKILL,here")
    crashpoint("elsewhere")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "here").touch()
    crashpoint("here")
