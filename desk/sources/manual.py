"""A system no machine can search, such as a paper archive: an officer looks, and answers the question 書庫."""

from __future__ import annotations

from datetime import date

from desk.domain.case import NotAllowed
from desk.sources.description import SystemDescription
from desk.sources.source import Found, Holder, Identifiers


class ManualSource:
    """A system an officer answers for."""

    kind = "manual"
    holds: frozenset[str] | None = None  # whatever was ever put on paper

    def __init__(self, description: SystemDescription) -> None:
        """Take its name and label from the configuration."""
        self.name, self.label, self.authority = description.name, description.label, description.authority

    async def whose(self, identifiers: Identifiers) -> tuple[Holder, ...]:
        """Nobody: no address on file can be looked up."""
        return ()

    async def find(self, identifiers: Identifiers, since: date | None, until: date | None, asking: str = "") -> Found:
        """Raise NotAllowed: only an officer's answer says what is held here."""
        raise NotAllowed(asking)

    async def check(self) -> tuple[str, ...]:
        """Nothing can be wrong."""
        return ()

    async def close(self) -> None:
        """Nothing to let go of."""
