"""A mail server for an office moved by hand: it takes letters, or says nothing at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

LOOPBACK = "127.0.0.1"


class Postmaster:
    """What arrived, and to whom nothing will."""

    def __init__(self) -> None:
        """Take everything, until told otherwise."""
        self.arrived: list[EmailMessage] = []
        self.silent_to: set[str] = set()
        self.port = 0

    def to(self, address: str) -> list[EmailMessage]:
        """The letters that arrived at one address, oldest first."""
        return [mail for mail in self.arrived if mail["To"] == address]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take an address, or fall silent."""
        if address in self.silent_to:
            await asyncio.Event().wait()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Keep a letter."""
        self.arrived.append(message_from_bytes(envelope.original_content or b"", _class=EmailMessage, policy=policy.default))
        return "250 OK"


@asynccontextmanager
async def postmaster() -> AsyncIterator[Postmaster]:
    """A mail server on loopback, on a port that was free."""
    master, loop = Postmaster(), asyncio.get_running_loop()

    def counter() -> Any:  # noqa: ANN401 - aiosmtpd carries no types
        return SMTP(master, hostname="mail.example.jp", enable_SMTPUTF8=True, loop=loop)

    server = await loop.create_server(counter, LOOPBACK, 0)
    master.port = server.sockets[0].getsockname()[1]
    yield master
    server.close()
