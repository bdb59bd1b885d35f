"""The ledger's door: one engine per process, and transactions that either happen whole or not at all.

SQLite begins every writing transaction at once (BEGIN IMMEDIATE) and keeps a rollback journal below 3.51.3, whose WAL may be
corrupted when two connections write and checkpoint together; deleted pages are overwritten.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Connection, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from desk.settings import settings

Db = AsyncConnection
SAFE_WAL = (3, 51, 3)
_engines: dict[tuple[int, str], AsyncEngine] = {}  # a connection belongs to the event loop of its thread


def _engine() -> AsyncEngine:
    place = threading.get_ident(), settings().database
    if place not in _engines:
        _engines[place] = _made(settings().database)
    return _engines[place]


def _made(url: str) -> AsyncEngine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_async_engine(url, pool_size=8, max_overflow=8, pool_pre_ping=True, hide_parameters=True)
    engine = create_async_engine(url, pool_size=4, max_overflow=8, hide_parameters=True)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:  # noqa: ANN401 - the driver's own type
    connection.isolation_level = None
    cursor = connection.cursor()
    journal = "WAL" if sqlite3.sqlite_version_info >= SAFE_WAL else "TRUNCATE"
    for pragma in ("busy_timeout=15000", f"journal_mode={journal}", "foreign_keys=ON", "secure_delete=ON", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("office_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@asynccontextmanager
async def reading() -> AsyncIterator[Db]:
    """One consistent look at the ledger."""
    async with _engine().connect() as db, db.begin():
        yield db


@asynccontextmanager
async def writing() -> AsyncIterator[Db]:
    """One transaction: all of it is on record when the block is left, or nothing if it raises."""
    async with _engine().connect() as connection:
        db = await connection.execution_options(office_writes=True)
        async with db.begin():
            yield db


async def close_ledger() -> None:
    """Let go of this thread's connections; the next use opens them anew."""
    for place in [place for place in _engines if place[0] == threading.get_ident()]:
        await _engines.pop(place).dispose()


async def ledger_is_sound() -> bool:
    """Whether the database itself says it is whole."""
    async with reading() as db:
        if db.dialect.name != "sqlite":
            return (await db.scalar(text("SELECT 1"))) == 1
        return (await db.scalar(text("PRAGMA quick_check"))) == "ok"
