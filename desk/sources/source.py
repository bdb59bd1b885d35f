"""What every kind of system can do for the desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from desk.domain.case import Authority, CaseError, Record
from desk.domain.policy import Text

Identifiers = Mapping[str, str]  # email, login_id, company, order -> a value proven to be the person's


class SystemUnreachable(CaseError):
    """A system did not answer; this is never read as nothing held."""


@dataclass(frozen=True, kw_only=True)
class Holder:
    """A person as one system knows him or her: enough to send a code to the address on file, and no more."""

    system: str
    table: str
    key: str
    email: str
    login_id: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one system holds on the person; an empty tuple means it was searched and holds nothing."""

    records: tuple[Record, ...]


class Source(Protocol):
    """One system. Every verb raises SystemUnreachable when the system does not answer."""

    name: str
    label: Text
    kind: str
    authority: Authority
    holds: frozenset[str] | None  # the item codes it may hold; None where nobody can say

    async def whose(self, identifiers: Identifiers) -> tuple[Holder, ...]:
        """The people one of these identifiers points to, by the tables with a `find`; exact matches only."""
        ...

    async def find(self, identifiers: Identifiers, since: date | None, until: date | None, asking: str = "") -> Found:
        """Everything held on the person between two days (inclusive), walking keys; `asking` is the request itself, never found."""
        ...

    async def check(self) -> tuple[str, ...]:
        """What is wrong with the configuration when held against the system: nothing, or one sentence each."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
