"""One live office for every test that does not break it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.live import Live, opened
from tests.e2e.smtp import Postmaster, postmaster
from tests.e2e.walk import Office, walking


@pytest.fixture(scope="package")
async def live(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Live]:
    """The sample office with its ten thousand people, on SQLite."""
    async with opened(tmp_path_factory.mktemp("live") / "office", env={"MADOGUCHI_RETRY_SECONDS": "0.3"}) as office:
        yield office


@pytest.fixture
async def mail() -> AsyncIterator[Postmaster]:
    """A mail server that does as it is told."""
    async with postmaster() as master:
        yield master


@pytest.fixture
async def walkable(office: Path, mail: Postmaster, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    """An office of its own that is moved by hand, so that time may travel."""
    async with walking(office, monkeypatch, mail) as moved:
        yield moved


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole runs come first, and the search for leaks after every run that could leak."""
    items.sort(key=lambda item: ("tests/e2e/" not in item.nodeid, "test_canaries_live" in item.nodeid))
