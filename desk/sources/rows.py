"""One row read from a system, and how rows lead to one another; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from desk.domain.canonical import canonical
from desk.domain.case import Record
from desk.sources.description import SystemDescription, TableDescription, Via
from desk.sources.source import Holder, Identifiers
from desk.sources.values import as_text, key_text

Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True)
class Row:
    """The described columns of one row."""

    system: SystemDescription
    table: TableDescription
    values: Mapping[str, object]

    @property
    def key(self) -> str:
        """The primary key as text."""
        return key_text([self.values[column] for column in self.table.key])

    @property
    def identity(self) -> tuple[str, ...]:
        """What tells this row from every other: its table and all it says, lest a key that repeats lose a row."""
        return (self.table.name, *map(as_text, self.values.values()))

    @property
    def place(self) -> tuple[int, int, str]:
        """Where it stands in an answer: by table in the order described, then by key with numbers in their order."""
        return self.system.tables.index(self.table), len(self.key), self.key

    def record(self) -> Record:
        """The row as item codes and texts; what is empty is not held."""
        texts = {code: " ".join(filter(None, (as_text(self.values[c]) for c in columns))) for code, columns in self.table.items.items()}
        items = {code: text for code, text in texts.items() if text}
        return Record(system=self.system.name, table=self.table.name, key=self.key, authority=self.table.authority, items=items)

    def holder(self) -> Holder:
        """The row as a person with an address on file."""
        email, login_id = (as_text(self.values[column]) if column else "" for column in map(self.table.find.get, ("email", "login_id")))
        return Holder(system=self.system.name, table=self.table.name, key=self.key, email=email, login_id=login_id)

    def is_named_by(self, wanted: Mapping[str, str]) -> bool:
        """Whether one of these columns holds exactly its canonical value."""
        return any(canonical(as_text(self.values[column])) == value for column, value in wanted.items())


def wanted_in(table: TableDescription, identifiers: Identifiers) -> dict[str, str]:
    """What to look for in which column, in canonical form; an empty identifier looks for nothing."""
    looked_for = {column: canonical(identifiers.get(identifier, "")) for identifier, column in table.find.items()}
    return {column: value for column, value in looked_for.items() if value}


def ways(system: SystemDescription) -> tuple[tuple[TableDescription, Via], ...]:
    """Every way from one table to another: the table reached, and how."""
    return tuple((table, via) for table in system.tables for via in table.via)


def led_by(via: Via, rows: Iterable[Row]) -> dict[str, object]:
    """The values these rows hold in the column this way starts from, by their text."""
    values = (row.values[via.target_column] for row in rows if row.table.name == via.target)
    return {as_text(value): value for value in values if value is not None}


def chunks(values: Sequence[Value], size: int) -> Iterator[Sequence[Value]]:
    """The values in pieces of at most this size."""
    return (values[start : start + size] for start in range(0, len(values), size))
