"""From sources.toml to descriptions of systems; anything unknown stops the office."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from desk.config_error import ConfigError
from desk.domain.case import Authority
from desk.domain.policy import Text
from desk.sources.description import Erasure, SystemDescription, TableDescription, Via
from desk.sources.toml_entry import Entry

OWN_NAME = "desk"  # the desk's own ledger, always there
AUTHORITIES = tuple(authority.value for authority in Authority)
KEYS = {
    "sql": ("name", "label", "kind", "authority", "url", "tables"),
    "manual": ("name", "label", "kind", "authority"),
}
FINDABLE = ("email", "login_id", "order")  # many people share a company, so nobody is found by it


@dataclass(frozen=True, kw_only=True)
class Known:
    """The codes the policy and the law file know, against which the systems are described."""

    items: Collection[str]
    grounds: Collection[str]


def described(file: Path, known: Known) -> tuple[SystemDescription, ...]:
    """Every system of the file in its order; ConfigError names the system, the key, and what would be accepted."""
    whole = Entry(file=file, place="", values=_read(file))
    whole.only("key", ("system",))
    listed = whole.values.get("system")
    if not isinstance(listed, list) or not listed or not all(isinstance(values, dict) for values in listed):
        raise ConfigError(file, "system", "at least one [[system]] is needed")
    systems = tuple(_system(_placed(file, values, place), known) for place, values in enumerate(listed, 1))
    names = [OWN_NAME, *(system.name for system in systems)]
    for name in names[1:]:
        if names.count(name) > 1:
            raise ConfigError(file, f"{name}.name", f"is taken; taken are: {', '.join(names)}")
    return systems


def _read(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as trouble:
        raise ConfigError(file, "", f"cannot be read ({trouble.strerror})") from None
    except UnicodeDecodeError:
        raise ConfigError(file, "", "is not UTF-8") from None
    except tomllib.TOMLDecodeError as trouble:
        raise ConfigError(file, "", f"is not TOML: {trouble}") from None


def _placed(file: Path, values: dict[str, object], place: int) -> Entry:
    name = values.get("name")
    return Entry(file=file, place=name if isinstance(name, str) and name else f"system[{place}]", values=values)


def _system(entry: Entry, known: Known) -> SystemDescription:
    kind = entry.choice("kind", tuple(KEYS))
    entry.only("key", KEYS[kind])
    authority = Authority(entry.choice("authority", AUTHORITIES))
    tables = tuple(_table(name, table, authority, known) for name, table in entry.child("tables").children())
    if kind == "sql" and not tables:
        raise entry.error("tables", "is missing; every table that holds personal data must be described")
    _require_reached(entry, tables)
    url = entry.text("url") if kind == "sql" else ""
    return SystemDescription(name=_name(entry), label=_label(entry), kind=kind, authority=authority, url=url, tables=tables)


def _name(entry: Entry) -> str:
    name = entry.text("name")
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,63}", name):
        raise entry.error("name", "must be small letters, digits, - and _, at most 64, beginning with a letter")
    return name


def _label(entry: Entry) -> Text:
    label = entry.child("label")
    label.only("language", ("ja", "en"))
    return Text(ja=label.text("ja"), en=label.text("en"))


def _table(name: str, entry: Entry, authority: Authority, known: Known) -> TableDescription:
    entry.only("key", ("key", "find", "via", "items", "erase", "authority", "at"))
    return TableDescription(
        name=name,
        key=entry.texts("key"),
        authority=Authority(entry.choice("authority", AUTHORITIES)) if entry.has("authority") else authority,
        find=_find(entry.child("find")),
        via=tuple(_vias(entry.child("via"))),
        items=_items(entry.child("items"), known),
        at=entry.text("at") if entry.has("at") else "",
        erase=_erasure(entry, known) if entry.has("erase") else None,
    )


def _find(entry: Entry) -> dict[str, str]:
    entry.only("identifier", FINDABLE)
    return {identifier: entry.text(identifier) for identifier in entry.values}


def _vias(entry: Entry) -> Iterator[Via]:
    for column in entry.values:
        target, _, target_column = entry.text(column).rpartition(".")
        if not target or not target_column:
            raise entry.error(column, "must be TABLE.COLUMN, of a table of the same system")
        yield Via(column=column, target=target, target_column=target_column)


def _items(entry: Entry, known: Known) -> dict[str, tuple[str, ...]]:
    entry.only("item", known.items)
    return {code: entry.texts(code) for code in entry.values}


def _erasure(entry: Entry, known: Known) -> Erasure:
    way, _, ground = entry.choice("erase", ("delete", "mask", *(f"keep:{code}" for code in known.grounds))).partition(":")
    return Erasure(way=way, ground=ground)


def _require_reached(entry: Entry, tables: tuple[TableDescription, ...]) -> None:
    """Every table must be found, or reached from one that is; every table aimed at must be described."""
    for table in tables:
        for via in table.via:
            entry.known(f"tables.{table.name}.via.{via.column}", "table", via.target, [other.name for other in tables])
    reached = {table.name for table in tables if table.find}
    for _ in tables:
        reached |= {table.name for table in tables if any(via.target in reached for via in table.via)}
    for table in tables:
        if table.name not in reached:
            raise entry.error(f"tables.{table.name}", "needs a find, or a via that leads here from a table with one")
