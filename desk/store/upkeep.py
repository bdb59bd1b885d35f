"""Upkeep of the ledger as a whole: its tables brought up to date, and safety copies."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from datetime import date, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from anyio import to_thread
from sqlalchemy import Connection, insert, select
from sqlalchemy.engine import make_url

from desk.settings import settings
from desk.store.ledger import SAFE_WAL, reading, writing
from desk.store.schema import Instant, metadata

MIGRATIONS = Path(__file__).parent / "migrations"


class BackupExists(Exception):
    """The folder for the copy is there already; a copy never overwrites another."""


class OfficeExists(Exception):
    """This office has a ledger of its own; a copy is only put back into an empty one."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


async def migrate() -> None:
    """Bring the tables up to date; safe to repeat."""
    url = make_url(settings().database)
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    async with writing() as db:
        await db.run_sync(_upgrade)
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).chmod(0o600)


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def problems() -> tuple[str, ...]:
    """What is wrong with the ledger: out of date, or not whole."""
    async with reading() as db:
        current = await db.run_sync(lambda connection: MigrationContext.configure(connection).get_current_revision())
    head = ScriptDirectory.from_config(_config()).get_current_head()
    found = [] if current == head else [f"the ledger's tables are at {current}, this version needs {head}: run `madoguchi init`"]
    if sqlite3.sqlite_version_info < SAFE_WAL and "sqlite" in settings().database:
        found += await _journal_problems()
    return tuple(found)


async def _journal_problems() -> list[str]:
    async with reading() as db:
        mode = (await db.exec_driver_sql("PRAGMA journal_mode")).scalar_one()
    return [] if mode != "wal" else [f"SQLite {sqlite3.sqlite_version} may corrupt a WAL ledger; its journal must be a rollback journal"]


async def back_up(target: Path) -> int:
    """Copy keys, packages and every row of the ledger, all rows as of one instant; gives the number of rows."""
    if target.exists():
        raise BackupExists(str(target))
    target.mkdir(parents=True, mode=0o700)
    async with reading() as db:
        tables = {table.name: [_plain(dict(row._mapping)) for row in await db.execute(select(table))] for table in metadata.sorted_tables}  # noqa: SLF001 - SQLAlchemy's public name for it
    await to_thread.run_sync(_write_copy, target, tables)
    return sum(len(rows) for rows in tables.values())


def _plain(row: dict[str, object]) -> dict[str, object]:
    return {name: {"hex": value.hex()} if isinstance(value, bytes) else value for name, value in row.items()}


def _write_copy(target: Path, tables: dict[str, list[dict[str, object]]]) -> None:
    with os.fdopen(os.open(target / "ledger.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(tables, file, default=str)
        file.flush()
        os.fsync(file.fileno())
    for folder in (settings().keys, settings().packages):
        if folder.exists():
            shutil.copytree(folder, target / folder.name)


async def put_back(source: Path) -> int:
    """Restore a copy into an empty office; gives the number of rows."""
    if settings().keys.exists():
        raise OfficeExists(str(settings().keys))
    for folder in (settings().keys, settings().packages):
        if (source / folder.name).exists():
            shutil.copytree(source / folder.name, folder)
    await migrate()
    tables = json.loads((source / "ledger.json").read_text())
    async with writing() as db:
        for table in metadata.sorted_tables:
            if rows := [_typed(row, table.name) for row in tables[table.name]]:
                await db.execute(insert(table), rows)
    return sum(len(rows) for rows in tables.values())


def _typed(row: dict[str, object], table: str) -> dict[str, object]:
    columns = metadata.tables[table].c
    typed: dict[str, object] = {}
    for name, value in row.items():
        if isinstance(value, dict) and set(value) == {"hex"}:
            typed[name] = bytes.fromhex(str(value["hex"]))
        elif isinstance(value, str) and isinstance(columns[name].type, Instant):
            typed[name] = datetime.fromisoformat(value)
        elif isinstance(value, str) and columns[name].type.python_type is date:
            typed[name] = date.fromisoformat(value)
        else:
            typed[name] = value
    return typed
