"""A mail server that does as it is told: takes letters, refuses them, lets the line drop, or says nothing at all."""

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
    """What arrived, and what befalls what will."""

    def __init__(self) -> None:
        """Take everything, until told otherwise."""
        self.arrived: list[EmailMessage] = []
        self.offered: list[EmailMessage] = []  # those not taken as well
        self.at_rcpt: dict[str, str] = {}  # a recipient, and what the server says to it, or `silence`
        self.at_data: dict[str, str] = {}  # what it says to a whole letter, or `drop`
        self.port = 0

    def to(self, address: str) -> list[EmailMessage]:
        """The letters that arrived at one address, oldest first."""
        return [mail for mail in self.arrived if mail["To"] == address]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take an address, refuse it, or keep silent."""
        told = self.at_rcpt.get(address, "250 OK")
        if told == "silence":
            await asyncio.Event().wait()
        if told.startswith("250"):
            envelope.rcpt_tos.append(address)
        return told

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Keep a letter; `drop` keeps it and lets the line go before anyone is told."""
        told = self.at_data.get(envelope.rcpt_tos[0], "250 OK")
        self.offered.append(message_from_bytes(envelope.original_content or b"", _class=EmailMessage, policy=policy.default))
        if told.startswith("250") or told == "drop":
            self.arrived.append(self.offered[-1])
        if told == "drop":
            server.transport.abort()
        return told


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
