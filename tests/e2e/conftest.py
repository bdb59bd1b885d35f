"""One live office for every test that does not break it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.e2e.live import Live, opened


@pytest.fixture(scope="package")
async def live(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Live]:
    """The sample office with its ten thousand people, on SQLite."""
    async with opened(tmp_path_factory.mktemp("live") / "office") as office:
        yield office


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole runs come first, and the search for leaks after every run that could leak."""
    items.sort(key=lambda item: ("tests/e2e/" not in item.nodeid, "test_canaries_live" in item.nodeid))
