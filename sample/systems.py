"""The sample office's systems: a card-ordering database and a marketing one, both SQLite, filled with invented people."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sample import cards, crm
from sample.people import SAME_NAME, Invented, Name, invented

SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class SamplePerson:
    """An invented person of whom it is known what the systems hold."""

    email: str
    login_id: str
    name: Name
    company: str
    held_by: tuple[str, ...]
    on_roster: bool  # something is held for the client company, which alone may disclose it


def build(folder: Path, people: int = 10_000) -> tuple[SamplePerson, ...]:
    """Write cards.db and crm.db anew into a folder and return ten people: first one with something in every table.

    At least 200 people are needed for ten of every kind. Three and more have nothing on a client's roster, two are on one as well,
    one is on one only, one is known to marketing only, two share name and company, one address is stored in capitals.
    """
    folder.mkdir(parents=True, exist_ok=True)
    everyone = tuple(invented(people))
    _write(folder / "cards.db", cards.SCHEMA, cards.rows(everyone))
    _write(folder / "crm.db", crm.SCHEMA, crm.rows(everyone))
    return tuple(_shown(person) for person in _chosen(everyone))


def urls(folder: Path) -> dict[str, str]:
    """The addresses of both systems by the variables that config/sources.toml reads."""
    return {"CARDS_URL": f"sqlite+aiosqlite:///{folder / 'cards.db'}", "CRM_URL": f"sqlite+aiosqlite:///{folder / 'crm.db'}"}


def _write(file: Path, schema: str, rows: Iterable[tuple[str, list[tuple[object, ...]]]]) -> None:
    file.unlink(missing_ok=True)
    with closing(sqlite3.connect(file)) as database, database:
        database.executescript(schema)
        for table, values in rows:
            marks = ", ".join("?" * len(values[0])) if values else ""
            database.executemany(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608 - the tables are named in this folder


def _chosen(everyone: tuple[Invented, ...]) -> Iterator[Invented]:
    """Ten people, each once, whatever else they are."""
    wanted: list[tuple[int, Callable[[Invented], bool]]] = [
        (1, lambda person: cards.is_everywhere(person) and not person.is_on_roster),
        (2, lambda person: person.is_user and not person.is_on_roster and not person.is_contact and person.id not in SAME_NAME),
        (2, lambda person: person.is_user and person.is_on_roster and person.id not in SAME_NAME),
        (1, lambda person: not person.is_user and person.is_on_roster),
        (1, lambda person: not person.is_user and person.is_contact),
        (2, lambda person: person.id in SAME_NAME),
        (1, lambda person: person.is_user and person.is_in_capitals),
    ]
    taken: set[int] = set()
    for count, fits in wanted:
        for person in [person for person in everyone if person.id not in taken and fits(person)][:count]:
            taken.add(person.id)
            yield person


def _shown(person: Invented) -> SamplePerson:
    held_by = [name for name, held in (("cards", person.is_user or person.is_on_roster), ("crm", person.is_contact)) if held]
    return SamplePerson(
        email=person.email,
        login_id=person.login_id if person.is_user else "",
        name=person.name,
        company=person.company.name,
        held_by=tuple(held_by),
        on_roster=person.is_on_roster,
    )
