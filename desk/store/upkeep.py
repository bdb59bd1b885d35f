"""Upkeep of the ledger as a whole: its tables brought up to date, and safety copies."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from anyio import to_thread
from sqlalchemy import Connection, Date, LargeBinary, func, insert, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError

from desk.settings import settings
from desk.store.ledger import SAFE_WAL, Db, reading, writing
from desk.store.schema import Instant, metadata

MIGRATIONS = Path(__file__).parent / "migrations"
ONE_AT_A_TIME = 5_202_604  # PostgreSQL's lock for who changes the tables; any figure nobody else uses


class BackupExists(Exception):
    """The folder for the copy is there already; a copy never overwrites another."""


class OfficeExists(Exception):
    """This office has a ledger or keys of its own; a copy is only put back into an empty one."""


class NoBackup(Exception):
    """The folder holds no whole copy."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


async def migrate(revision: str = "head") -> None:
    """Bring the tables up to date; safe to repeat, and for two to do at once."""
    url = make_url(settings().database)
    file = Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None
    if file:
        await to_thread.run_sync(_reserve, file)
    async with writing() as db:
        await db.run_sync(_upgrade, revision)


def _reserve(file: Path) -> None:
    """Make the file of the ledger, for the office's own user only, before SQLite would for everyone."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.touch(mode=0o600)
    file.chmod(0o600)


def _upgrade(connection: Connection, revision: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})")
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


async def problems() -> tuple[str, ...]:
    """What is wrong with the ledger: away, out of date, or kept in a way that endangers it."""
    try:
        async with reading() as db:
            current = await db.run_sync(lambda connection: MigrationContext.configure(connection).get_current_revision())
            found = await _journal_problems(db)
    except (DatabaseError, sqlite3.DatabaseError):
        return ("the ledger cannot be read: start its database, or put a backup back with `madoguchi restore`",)
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if current != head:
        found.append(f"the ledger's tables are at {current}, this version needs {head}: run `madoguchi init`")
    return tuple(found)


async def _journal_problems(db: Db) -> list[str]:
    if db.dialect.name != "sqlite" or sqlite3.sqlite_version_info >= SAFE_WAL:
        return []
    mode = (await db.exec_driver_sql("PRAGMA journal_mode")).scalar_one()
    return [] if mode != "wal" else [f"SQLite {sqlite3.sqlite_version} may corrupt a WAL ledger; its journal must be a rollback journal"]


async def back_up(target: Path) -> int:
    """Copy keys, packages and every row of the ledger, all rows as of one instant; gives the number of rows."""
    aside = target.with_name(f"{target.name}.part")
    await to_thread.run_sync(_begin_copy, target, aside)
    async with reading() as db:
        tables = {table.name: [dict(row) for row in (await db.execute(select(table))).mappings()] for table in metadata.sorted_tables}
    await to_thread.run_sync(_write_copy, target, aside, tables)
    return sum(len(rows) for rows in tables.values())


def _begin_copy(target: Path, aside: Path) -> None:
    if target.exists():
        raise BackupExists(str(target))
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True, mode=0o700)


def _write_copy(target: Path, aside: Path, tables: dict[str, list[dict[str, Any]]]) -> None:
    """Write everything aside, and give it its name only when it is whole."""
    with os.fdopen(os.open(aside / "ledger.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(tables, file, default=_plain)
        file.flush()
        os.fsync(file.fileno())
    for folder in (settings().keys, settings().packages):
        _copy_folder(folder, aside / folder.name)
    aside.rename(target)


def _plain(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _copy_folder(source: Path, target: Path) -> None:
    """Copy a folder while the office works: what is purged meanwhile is left out, what is half written is nobody's."""
    if source.exists():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.part"), copy_function=_copy_if_there, dirs_exist_ok=True)


def _copy_if_there(source: str, target: str) -> None:
    with suppress(FileNotFoundError):
        shutil.copy2(source, target)


async def put_back(source: Path) -> int:
    """Restore a copy into an empty office; gives the number of rows."""
    tables = await to_thread.run_sync(_read_copy, source)
    await migrate()
    async with writing() as db:
        if db.dialect.name == "postgresql":  # large packages take longer to copy than a transaction may idle
            await db.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        for table in metadata.sorted_tables:
            if await db.scalar(select(func.count()).select_from(table)):
                raise OfficeExists(table.name)
            if rows := [_typed(row, table.name) for row in tables.get(table.name, [])]:
                await db.execute(insert(table), rows)
        await to_thread.run_sync(_copy_folder, source / settings().packages.name, settings().packages)
        await to_thread.run_sync(_copy_folder, source / settings().keys.name, settings().keys)
    return sum(len(rows) for rows in tables.values())


def _read_copy(source: Path) -> dict[str, list[dict[str, Any]]]:
    for folder in (settings().keys, settings().packages):
        if folder.exists() and any(folder.iterdir()):
            raise OfficeExists(str(folder))
    try:
        tables: dict[str, list[dict[str, Any]]] = json.loads((source / "ledger.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise NoBackup(str(source)) from None
    return tables


def _typed(row: dict[str, Any], table: str) -> dict[str, Any]:
    return {name: _typed_value(value, metadata.tables[table].c[name].type) for name, value in row.items()}


def _typed_value(value: Any, kind: object) -> Any:  # noqa: ANN401 - whatever a column holds
    if not isinstance(value, str):
        return value
    if isinstance(kind, LargeBinary):
        return bytes.fromhex(value)
    if isinstance(kind, Instant):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(kind, Date) else value
