"""The ledger's door: one engine per thread, and transactions that either happen whole or not at all.

SQLite begins every writing transaction at once (BEGIN IMMEDIATE) and keeps a rollback journal below 3.51.3, whose WAL may be
corrupted when two connections write and checkpoint together; deleted pages are overwritten. PostgreSQL reads at one snapshot and
writes at READ COMMITTED, where whoever writes about a case takes its agenda row first (`agenda.lock`). On both, nobody waits for a
lock longer than `PATIENCE`; whatever may pass by itself is an OperationalError.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, ExceptionContext, Table, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from desk.settings import settings

Db = AsyncConnection
SAFE_WAL = (3, 51, 3)
PATIENCE = timedelta(seconds=15)
PASSING = ("08", "40", "53", "55P03", "57")  # SQLSTATEs: connection, conflict, resources, lock not available, operator intervention
_engines: dict[tuple[int, str], AsyncEngine] = {}  # a connection belongs to the event loop of its thread


def _engine() -> AsyncEngine:
    place = threading.get_ident(), settings().database
    if place not in _engines:
        _engines[place] = _made(settings().database)
    return _engines[place]


def _made(url: str) -> AsyncEngine:
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_async_engine(url, pool_size=4, max_overflow=8, hide_parameters=True)
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    patience = {"lock_timeout": f"{_busy()}ms", "idle_in_transaction_session_timeout": "60s"}
    connecting = {"server_settings": patience, "timeout": PATIENCE.total_seconds()}
    engine = create_async_engine(url, pool_size=8, max_overflow=8, pool_pre_ping=True, hide_parameters=True, connect_args=connecting)
    event.listen(engine.sync_engine, "handle_error", _name_passing, retval=True)
    return engine


def _busy() -> int:
    """Our patience in milliseconds, as both databases count it."""
    return int(PATIENCE.total_seconds() * 1000)


def _name_passing(context: ExceptionContext) -> BaseException | None:
    """What asyncpg calls a mere error, and will pass by itself, under the name it has on every other driver."""
    error = context.sqlalchemy_exception
    state = str(getattr(context.original_exception, "sqlstate", None) or "")
    if not isinstance(error, DBAPIError) or isinstance(error, OperationalError) or not (context.is_disconnect or state.startswith(PASSING)):
        return None
    return OperationalError(None, None, context.original_exception, connection_invalidated=error.connection_invalidated)


def _prepare_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:  # noqa: ANN401 - the driver's own type
    connection.isolation_level = None
    cursor = connection.cursor()
    journal = "WAL" if sqlite3.sqlite_version_info >= SAFE_WAL else "TRUNCATE"
    for pragma in (f"busy_timeout={_busy()}", f"journal_mode={journal}", "foreign_keys=ON", "secure_delete=ON", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("office_writes", False)
    connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writing else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@asynccontextmanager
async def reading() -> AsyncIterator[Db]:
    """One consistent look at the ledger: everything as of one instant, and nothing is changed."""
    async with _connected() as connection:
        if connection.dialect.name == "postgresql":
            await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        async with connection.begin():
            yield connection


@asynccontextmanager
async def writing() -> AsyncIterator[Db]:
    """One transaction: all of it is on record when the block is left, or nothing if it raises."""
    async with _connected() as connection:
        db = await connection.execution_options(office_writes=True)
        async with db.begin():
            yield db


@asynccontextmanager
async def _connected() -> AsyncIterator[AsyncConnection]:
    async with AsyncExitStack() as leaving:
        try:
            connection = await leaving.enter_async_context(_engine().connect())
        except OSError as error:  # asyncpg's own word for a server that is away
            raise OperationalError(None, None, error) from error
        yield connection


def insert_into(db: Db, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that can say what to do when the row is there already, which decides between two that come at once."""
    return sqlite.insert(table) if db.dialect.name == "sqlite" else postgresql.insert(table)


async def close_ledger() -> None:
    """Let go of this thread's connections; the next use opens them anew."""
    for place in [place for place in _engines if place[0] == threading.get_ident()]:
        await _engines.pop(place).dispose()


async def ledger_is_sound() -> bool:
    """Whether the database itself says it is whole."""
    try:
        async with reading() as db:
            if db.dialect.name != "sqlite":
                return await db.scalar(text("SELECT 1")) is not None
            return str(await db.scalar(text("PRAGMA quick_check"))) == "ok"
    except (DatabaseError, sqlite3.DatabaseError):
        return False
