"""What every test may ask for: one event loop, and an office of its own in a folder of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from desk.settings import settings
from desk.store import seal, upkeep
from desk.store.ledger import close_ledger


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Every asynchronous test runs on asyncio."""
    return "asyncio"


@pytest.fixture
async def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Path]:
    """An office with keys and an empty ledger on SQLite; its folder is given."""
    async for folder in founded(tmp_path, monkeypatch, f"sqlite+aiosqlite:///{tmp_path / 'ledger.db'}"):
        yield folder


async def founded(folder: Path, monkeypatch: pytest.MonkeyPatch, database: str) -> AsyncIterator[Path]:
    """Found an office on a database for the time of a test."""
    monkeypatch.setenv("MADOGUCHI_DATABASE", database)
    monkeypatch.setenv("MADOGUCHI_DATA", str(folder))
    monkeypatch.setenv("MADOGUCHI_ACCOUNT_KEY", "a secret the sample service signs with, 32 bytes or more")
    monkeypatch.setenv("MADOGUCHI_RETRY_SECONDS", "0.01")
    monkeypatch.setenv("CARDS_URL", f"sqlite+aiosqlite:///{folder / 'cards.db'}")
    monkeypatch.setenv("CRM_URL", f"sqlite+aiosqlite:///{folder / 'crm.db'}")
    settings.cache_clear()
    seal.make_keys(settings().keys)
    await upkeep.migrate()
    yield folder
    await close_ledger()
    settings.cache_clear()
