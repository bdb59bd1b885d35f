"""The walk from key to key finds exactly what an independent calculation finds, on any small web of tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk.domain.case import Authority
from desk.domain.policy import Text
from desk.sources.description import SystemDescription, TableDescription, Via
from desk.sources.sql import SqlSource

COLUMNS = ("email", "left_key", "right_key")
EMAILS = ("haru@example.jp", "HARU@example.jp", "haru1@example.jp", "natsu@example.jp", None)
Values = tuple[object, ...]


@dataclass(frozen=True, kw_only=True)
class Web:
    """Some tables of the columns id, email, left_key and right_key; some found by e-mail, some by following keys."""

    rows: Mapping[str, tuple[Values, ...]]
    found: frozenset[str]
    ways: frozenset[tuple[str, str, str, str]]  # table, column -> table, column

    def description(self) -> SystemDescription:
        """The web as sources.toml would describe it."""
        tables = tuple(
            TableDescription(
                name=name,
                key=("id",),
                authority=Authority.OPERATOR,
                find={"email": "email"} if name in self.found else {},
                via=self.ways_to(name),
                items={"name": ("id",)},
            )
            for name in self.rows
        )
        return SystemDescription(name="web", label=Text("", ""), kind="sql", authority=Authority.OPERATOR, tables=tables)

    def ways_to(self, name: str) -> tuple[Via, ...]:
        """How the rows of one table are reached."""
        ways = [way[1:] for way in sorted(self.ways) if way[0] == name]
        return tuple(Via(column=here, target=there, target_column=column) for here, there, column in ways)

    def expected(self) -> set[tuple[str, str]]:
        """What belongs to the person, by adding one row after the other until nothing is added."""
        place = {"id": 0, **{column: index for index, column in enumerate(COLUMNS, 1)}}
        reached = {(table, row) for table in self.found for row in self.rows[table] if str(row[1]).lower() == "haru@example.jp"}
        before = -1
        while before != len(reached):
            before = len(reached)
            for table, here, there, column in self.ways:
                held = {row[place[column]] for other, row in reached if other == there} - {None}
                reached |= {(table, row) for row in self.rows[table] if row[place[here]] in held}
        return {(table, str(row[0])) for table, row in reached}


@st.composite
def webs(draw: st.DrawFn) -> Web:
    """Up to four tables of up to seven rows, with cycles, self-references and keys that lead nowhere."""
    names = [f"t{number}" for number in range(draw(st.integers(1, 4)))]
    key = st.integers(0, 7) | st.none()
    row = st.tuples(st.integers(0, 9), st.sampled_from(EMAILS), key, key)
    rows = {name: tuple(draw(st.lists(row, max_size=7, unique_by=lambda values: values[0]))) for name in names}
    table, column = st.sampled_from(names), st.sampled_from(("id", "left_key", "right_key"))
    ways = draw(st.sets(st.tuples(table, column, table, column), max_size=6))
    one_way_per_column = {way[:2]: way for way in sorted(ways)}
    return Web(rows=rows, found=draw(st.frozensets(st.sampled_from(names))), ways=frozenset(one_way_per_column.values()))


def build(file: Path, web: Web) -> None:
    """Write the web as an SQLite database."""
    with closing(sqlite3.connect(file)) as database, database:
        for name, rows in web.rows.items():
            database.execute(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, email TEXT, left_key INTEGER, right_key INTEGER)")
            database.executemany(f"INSERT INTO {name} VALUES (?, ?, ?, ?)", rows)  # noqa: S608 - our own names


@given(web=webs())
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
async def test_the_walk_finds_what_belongs_to_the_person_and_nothing_else(web: Web) -> None:
    """Whatever the tables, their cycles and self-references: the rows found are those that hang together with the person's."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "web.db"
        build(file, web)
        source = SqlSource(web.description(), f"sqlite+aiosqlite:///{file}")
        found = (await source.find({"email": "haru@example.jp"}, None, None)).records
        await source.close()
    keys = [(record.table, record.key) for record in found]
    assert len(keys) == len(set(keys))
    assert set(keys) == web.expected()
