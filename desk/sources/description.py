"""What sources.toml says about one system, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from desk.domain.case import Authority
from desk.domain.policy import Text


@dataclass(frozen=True, kw_only=True)
class Via:
    """One way a table's rows are reached: its column holds what a column of a table already reached holds."""

    column: str
    target: str  # a table of the same system
    target_column: str


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """What erasure means for a table: delete, mask, or keep on a ground of the law file."""

    way: str
    ground: str = ""


@dataclass(frozen=True, kw_only=True)
class TableDescription:
    """One table: its key, how its rows are found or reached, and which item codes its columns are."""

    name: str
    key: tuple[str, ...]
    authority: Authority
    find: Mapping[str, str] = field(default_factory=dict)  # identifier -> column
    via: tuple[Via, ...] = ()
    items: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # item code -> columns
    at: str = ""  # the column that says when a row came to be, for requests about a period
    erase: Erasure | None = None

    @property
    def own_columns(self) -> tuple[str, ...]:
        """Every column the description names, each once."""
        listed = [*self.key, *self.find.values(), *(via.column for via in self.via)]
        listed += [column for columns in self.items.values() for column in columns]
        return tuple(dict.fromkeys([*listed, self.at] if self.at else listed))


@dataclass(frozen=True, kw_only=True)
class SystemDescription:
    """One system that holds personal data."""

    name: str
    label: Text
    kind: str
    authority: Authority
    url: str = field(default="", repr=False)  # may hold a password
    tables: tuple[TableDescription, ...] = ()

    def columns_of(self, table: TableDescription) -> tuple[str, ...]:
        """The columns to be read of a table: its own, and those by which others are reached from it."""
        aimed_at = [via.target_column for other in self.tables for via in other.via if via.target == table.name]
        return tuple(dict.fromkeys([*table.own_columns, *aimed_at]))
