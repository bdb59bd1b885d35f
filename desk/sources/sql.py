"""A system with an SQL database: rows are found by exact identifiers, and reached from there by their keys.

Names of tables and columns come from the database's own catalogue, values only as bound parameters, and every transaction is read-only.
"""

from __future__ import annotations

import asyncio
import string
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from time import monotonic
from typing import Any, TypeVar
from urllib.parse import quote
from weakref import WeakKeyDictionary

from sqlalchemy import (
    URL,
    Column,
    Connection,
    LargeBinary,
    MetaData,
    Select,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    cast,
    event,
    func,
    inspect,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool
from sqlalchemy.sql.expression import ColumnElement
from sqlalchemy.types import Enum, NullType

from desk.log import log
from desk.settings import settings
from desk.sources.description import SystemDescription, TableDescription, Via
from desk.sources.rows import Row, chunks, led_by, wanted_in, ways
from desk.sources.source import Found, Holder, Identifiers, SystemUnreachable
from desk.sources.values import as_text, within

CHUNK = 500  # values in one IN list
SPACES = string.whitespace + "\x1c\x1d\x1e\x1f"  # what str.strip takes off an ASCII text
Answer = TypeVar("Answer")
Tables = dict[str, Table]


class BadUrl(Exception):
    """Must be the URL of an asynchronous driver: postgresql+asyncpg://…, sqlite+aiosqlite:///… or another of SQLAlchemy's."""


class SystemChanged(SystemUnreachable):
    """The system lacks a table or a column that the configuration names."""


@dataclass(kw_only=True)
class _Line:
    """The line to one database: its connections, whose turn it is, and its catalogue as last read."""

    engine: AsyncEngine
    turns: asyncio.Semaphore
    catalogue: Tables = field(default_factory=dict)


_LINES: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[URL, _Line]] = WeakKeyDictionary()


class SqlSource:
    """One system with an SQL database."""

    kind = "sql"

    def __init__(self, description: SystemDescription, url: str) -> None:
        """Take note of the system; nothing is connected until it is asked. Raises BadUrl."""
        self.name, self.label, self.authority = description.name, description.label, description.authority
        self.holds: frozenset[str] | None = frozenset(item for table in description.tables for item in table.items)
        self._description = description
        self._url = _async_url(url)

    async def whose(self, identifiers: Identifiers) -> tuple[Holder, ...]:
        """The rows of the tables with a `find` that one of these identifiers points to; a person may have several."""

        async def work(db: AsyncConnection) -> tuple[Holder, ...]:
            return tuple(row.holder() for row in await self._entries(db, identifiers))

        return await self._answer(work, "")

    async def find(self, identifiers: Identifiers, since: date | None, until: date | None, asking: str = "") -> Found:
        """Every row found by an identifier or reached from there, each once; of tables with `at`, those of the period."""

        async def work(db: AsyncConnection) -> Found:
            held = [row for row in await self._walk(db, identifiers) if not row.table.at or within(row.values[row.table.at], since, until)]
            return Found(records=tuple(row.record() for row in sorted(held, key=lambda row: row.place)))

        return await self._answer(work, asking)

    async def check(self) -> tuple[str, ...]:
        """One sentence for each table or column that does not exist, saying what does, and for each key that may repeat."""
        self._line().catalogue.clear()

        async def work(db: AsyncConnection) -> tuple[str, ...]:
            return await db.run_sync(lambda connection: tuple(_complaints(self._description, connection)))

        return await self._answer(work, "")

    async def close(self) -> None:
        """Let go of the connections of this loop; the next question opens them anew."""
        if line := _LINES.get(asyncio.get_running_loop(), {}).pop(self._url, None):
            await line.engine.dispose()

    def _line(self) -> _Line:
        lines = _LINES.setdefault(asyncio.get_running_loop(), {})
        if self._url not in lines:
            lines[self._url] = _Line(engine=_engine(self._url), turns=asyncio.Semaphore(settings().searches_at_once))
        return lines[self._url]

    async def _answer(self, work: Callable[[AsyncConnection], Awaitable[Answer]], asking: str) -> Answer:
        line = self._line()
        try:
            async with line.turns, asyncio.timeout(settings().search_timeout_seconds), line.engine.connect() as db, db.begin():
                return await work(db)
        except SystemChanged:
            raise
        except Exception as trouble:  # noqa: BLE001 - whatever a driver raises is no answer, and may quote a value
            reason = type(trouble).__name__
        line.catalogue.clear()
        log("sources").warning("no answer", extra={"system": self.name, "number": asking, "reason": reason})
        raise SystemUnreachable(asking)  # outside the handler, so that nothing of the driver's words is carried on

    async def _walk(self, db: AsyncConnection, identifiers: Identifiers) -> list[Row]:
        """Breadth first from the rows found: every way, every value once, so that cycles end."""
        fresh = await self._entries(db, identifiers)
        held = {row.identity: row for row in fresh}
        gone: defaultdict[tuple[str, Via], set[str]] = defaultdict(set)
        while fresh:
            reached: dict[tuple[str, ...], Row] = {}
            for table, via in ways(self._description):
                led = led_by(via, fresh)
                values = [value for text, value in led.items() if text not in gone[table.name, via]]
                gone[table.name, via] |= led.keys()
                reached |= {row.identity: row for row in await self._reached(db, table, via, values)}
            fresh = [row for identity, row in reached.items() if identity not in held]
            held |= reached
        return list(held.values())

    async def _entries(self, db: AsyncConnection, identifiers: Identifiers) -> list[Row]:
        """The rows whose own columns name the person; the database proposes, the canonical form decides."""
        tables, rows = await self._tables(db), []
        for table in self._description.tables:
            if not (wanted := wanted_in(table, identifiers)):
                continue
            known = tables[table.name]
            maybe = or_(*(_may_be(db, known.c[column], value) for column, value in wanted.items()))
            async with db.stream(self._columns(table, known).where(maybe)) as result:
                rows += [row async for row in (self._row(table, values) async for values in result) if row.is_named_by(wanted)]
        return rows

    async def _reached(self, db: AsyncConnection, table: TableDescription, via: Via, values: Sequence[object]) -> list[Row]:
        tables = await self._tables(db)
        here, there = tables[table.name].c[via.column], tables[via.target].c[via.target_column]
        rows: list[Row] = []
        for chunk in chunks(values, CHUNK):
            result = await db.execute(self._columns(table, tables[table.name]).where(_among(db, here, there, chunk)))
            rows += [self._row(table, found) for found in result]
        return rows

    def _columns(self, table: TableDescription, known: Table) -> Select[*tuple[Any, ...]]:
        """Read as the driver gives them: a value that does not fit its declared type must not stop the search."""
        return select(*(type_coerce(known.c[column], NullType()) for column in self._description.columns_of(table)))

    def _row(self, table: TableDescription, values: Sequence[object]) -> Row:
        columns = self._description.columns_of(table)
        return Row(system=self._description, table=table, values=dict(zip(columns, values, strict=True)))

    async def _tables(self, db: AsyncConnection) -> Tables:
        catalogue = self._line().catalogue
        if missing := [table for table in self._description.tables if table.name not in catalogue]:
            catalogue.update(await db.run_sync(lambda connection: _reflected(connection, [table.name for table in missing])))
        for table in self._description.tables:
            if table.name not in catalogue or any(column not in catalogue[table.name].c for column in self._description.columns_of(table)):
                catalogue.clear()
                raise SystemChanged
        return catalogue


def _async_url(url: str) -> URL:
    try:
        parsed = make_url(url)
        if not parsed.get_dialect().is_async:
            raise BadUrl
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError):
        raise BadUrl from None
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return parsed
    file = parsed.database if parsed.database.startswith("file:") else f"file:{quote(parsed.database)}"
    return parsed.set(database=file).update_query_dict({"mode": "ro", "uri": "true"})  # a file that is gone is not made anew


def _engine(url: URL) -> AsyncEngine:
    """Few connections, read-only, that never show a value in an error."""
    if url.get_backend_name() == "sqlite":
        patience = {"timeout": settings().search_timeout_seconds}
        engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=patience)
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        return engine
    options: dict[str, object] = {"isolation_level": "REPEATABLE READ"}
    if url.get_backend_name() == "postgresql":
        options["postgresql_readonly"] = True
    size = settings().searches_at_once
    return create_async_engine(url, pool_size=size, pool_pre_ping=True, pool_recycle=300, hide_parameters=True, execution_options=options)


def _prepare_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:  # noqa: ANN401 - the driver's own type
    until = monotonic() + settings().search_timeout_seconds
    connection.run_async(lambda driver: driver.set_progress_handler(lambda: monotonic() > until, 100_000))  # its thread hears of no timeout
    connection.driver_connection.text_factory = lambda stored: stored.decode(errors="replace")
    connection.isolation_level = None  # one look at one moment: the driver would begin no transaction for reading
    cursor = connection.cursor()
    cursor.execute("PRAGMA query_only=ON")
    cursor.close()


def _may_be(db: AsyncConnection, column: Column[Any], wanted: str) -> ColumnElement[bool]:
    """Whether a value may have this canonical form: equal if plain ASCII, and any that is not ASCII; no LIKE, no locale's letters."""
    text = cast(column, Text)
    if db.dialect.name == "sqlite":
        return or_(func.lower(func.trim(text, SPACES)) == wanted, func.length(cast(text, LargeBinary)) != func.length(text))
    plain = text.collate("C") if db.dialect.name == "postgresql" else text
    trimmed = func.btrim(plain, SPACES) if db.dialect.name == "postgresql" else func.trim(plain)
    return or_(func.lower(trimmed) == wanted, func.octet_length(text) != func.char_length(text))


def _among(db: AsyncConnection, here: Column[Any], there: Column[Any], values: Sequence[object]) -> ColumnElement[bool]:
    """Whether a key is one of those found; keys of different types are compared as text."""
    if db.dialect.name == "sqlite":
        return type_coerce(here, NullType()).in_(values)
    if _python_type(here) is _python_type(there) is not None:
        return here.in_(bindparam("keys", values, type_=there.type, expanding=True))
    return cast(here, Text).in_([as_text(value) for value in values])


def _python_type(column: Column[Any]) -> type | None:
    try:
        return None if isinstance(column.type, Enum) else column.type.python_type
    except NotImplementedError:
        return None


def _reflected(connection: Connection, names: Sequence[str]) -> Tables:
    catalogue, inspector = {}, inspect(connection)
    for name in names:
        schema, _, bare = name.rpartition(".")
        if inspector.has_table(bare, schema=schema or None):
            catalogue[name] = Table(bare, MetaData(), schema=schema or None, autoload_with=connection, resolve_fks=False)
    return catalogue


def _complaints(system: SystemDescription, connection: Connection) -> Iterator[str]:
    catalogue = _reflected(connection, [table.name for table in system.tables])
    for table in system.tables:
        if (known := catalogue.get(table.name)) is None:
            yield f"{system.name}: there is no table {table.name}; there are: {', '.join(_names(connection, table.name))}"
            continue
        missing = [column for column in system.columns_of(table) if column not in known.c]
        for column in missing:
            yield f"{system.name}.{table.name}: there is no column {column}; there are: {', '.join(known.c.keys())}"
        if not missing and not _is_unique(connection, known, table.key):
            yield f"{system.name}.{table.name}: the key {', '.join(table.key)} is not unique; name the primary key"


def _names(connection: Connection, table: str) -> list[str]:
    inspector, schema = inspect(connection), table.rpartition(".")[0] or None
    return sorted([*inspector.get_table_names(schema), *inspector.get_view_names(schema)])


def _is_unique(connection: Connection, table: Table, key: Sequence[str]) -> bool:
    """Whether the database itself keeps the key unique; of a view nothing can be known."""
    unique = [table.primary_key.columns.keys()]
    unique += [constraint.columns.keys() for constraint in table.constraints if isinstance(constraint, UniqueConstraint)]
    unique += [index.columns.keys() for index in table.indexes if index.unique]
    if any(columns and set(columns) <= set(key) for columns in unique):
        return True
    return table.name in inspect(connection).get_view_names(table.schema)
