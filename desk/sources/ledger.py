"""The desk's own ledger: what it holds on a person through that person's earlier requests."""

from __future__ import annotations

from datetime import date

from desk.domain.case import Authority
from desk.domain.policy import Text
from desk.sources.reading import OWN_NAME
from desk.sources.source import Found, Holder, Identifiers
from desk.store import cases
from desk.store.ledger import reading


class LedgerSource:
    """The request desk as one of the systems that hold personal data."""

    name = OWN_NAME
    label = Text(ja="窓口台帳", en="Request desk ledger")
    kind = "ledger"
    authority = Authority.OPERATOR
    holds: frozenset[str] | None = frozenset({"inquiries", "name", "email", "telephone", "form_input"})

    async def whose(self, identifiers: Identifiers) -> tuple[Holder, ...]:
        """Nobody: an address written in a request was never proven by the operator's own records."""
        return ()

    async def find(self, identifiers: Identifiers, since: date | None, until: date | None, asking: str = "") -> Found:
        """The earlier requests of the same person, but not the one that asks; requests about a period get them all."""
        async with reading() as db:
            return Found(records=await cases.held_on(db, identifiers, asking))

    async def check(self) -> tuple[str, ...]:
        """Nothing can be wrong: the tables are the desk's own."""
        return ()

    async def close(self) -> None:
        """Nothing of its own to let go of."""
