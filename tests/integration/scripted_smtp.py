"""A real SMTP server that does as it is told: it takes letters, refuses them for now or for good, hangs up, or says nothing at all."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from desk.settings import settings

LOOPBACK = "127.0.0.1"
OK, DROP, SILENCE = "250 OK", "drop", "silence"  # the last two are no replies: it hangs up, or waits
ALWAYS = 1_000_000


@dataclass
class Line:
    """One line of the script: what is said to a command (about one recipient, or any), so many times."""

    command: str
    reply: str
    about: str
    times: int


@dataclass(frozen=True, kw_only=True)
class Taken:
    """One letter as it came over the wire."""

    recipients: tuple[str, ...]
    raw: bytes
    encrypted: bool

    @property
    def mail(self) -> EmailMessage:
        """The letter, read as a mail program would."""
        return message_from_bytes(self.raw, _class=EmailMessage, policy=policy.default)

    @property
    def text(self) -> str:
        """What the letter says."""
        body = self.mail.get_body(preferencelist=("plain",))
        return str(body.get_content()) if body else ""

    @property
    def subject(self) -> str:
        """What the letter is about."""
        return str(self.mail["Subject"])

    @property
    def message_id(self) -> str:
        """The name under which the letter is known wherever it arrives."""
        return str(self.mail["Message-ID"])


class ScriptedSmtp:
    """What the server was told to say, and what it was given."""

    def __init__(self) -> None:
        """Take everything until told otherwise."""
        self.port = 0
        self.taken: list[Taken] = []
        self._script: list[Line] = []

    def says(self, command: str, reply: str, about: str = "", times: int = ALWAYS) -> None:
        """From now on say this to a command; what was told before comes first."""
        self._script.append(Line(command, reply, about, times))

    def relents(self) -> None:
        """Take everything again."""
        self._script.clear()

    def to(self, address: str) -> list[Taken]:
        """The letters to one address, oldest first."""
        return [one for one in self.taken if address in one.recipients]

    async def _reply(self, server: SMTP, command: str, about: str = "", usual: str = OK) -> str:
        line = next((one for one in self._script if one.command == command and one.about in about and one.times), None)
        if line is None:
            return usual
        line.times -= 1
        if line.reply == DROP:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        if line.reply in (DROP, SILENCE):
            await asyncio.sleep(3600)  # aiosmtpd cancels this when the line is cut
        return line.reply

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Greet."""
        session.host_name = hostname
        reply = await self._reply(server, "EHLO")
        return responses if reply == OK else [reply]

    async def handle_HELO(self, server: SMTP, session: Session, envelope: Envelope, hostname: str) -> str:  # noqa: N802 - as above
        """Greet in the old way."""
        session.host_name = hostname
        return await self._reply(server, "EHLO")

    async def handle_MAIL(  # noqa: N802 - as above
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Hear who sends."""
        envelope.mail_from = address
        return await self._reply(server, "MAIL", address)

    async def handle_RCPT(  # noqa: N802 - as above
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Hear who is to have it."""
        reply = await self._reply(server, "RCPT", address)
        if reply == OK:
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Keep the letter, unless told to refuse it; who hangs up now has it all the same."""
        refused = next((one for one in self._script if one.command == "DATA" and one.times and one.reply != DROP), None)
        if refused is None:
            taken = Taken(recipients=tuple(envelope.rcpt_tos), raw=envelope.original_content or b"", encrypted=session.ssl is not None)
            self.taken.append(taken)
        return await self._reply(server, "DATA")


@asynccontextmanager
async def scripted(tls: ssl.SSLContext | None = None) -> AsyncIterator[ScriptedSmtp]:
    """A server on a port of its own; with a context it offers STARTTLS and takes nothing without."""
    told, loop = ScriptedSmtp(), asyncio.get_running_loop()

    def counter() -> SMTP:
        return SMTP(told, hostname="mail.example.jp", enable_SMTPUTF8=True, loop=loop, tls_context=tls, require_starttls=tls is not None)

    server = await loop.create_server(counter, LOOPBACK, 0)
    async with server:
        told.port = int(server.sockets[0].getsockname()[1])
        yield told


def posted_to(server: ScriptedSmtp, monkeypatch: pytest.MonkeyPatch, security: str = "none", authority: Path | None = None) -> None:
    """Let the office's letters go to this server."""
    monkeypatch.setenv("MADOGUCHI_SMTP_HOST", LOOPBACK)
    monkeypatch.setenv("MADOGUCHI_SMTP_PORT", str(server.port))
    monkeypatch.setenv("MADOGUCHI_SMTP_SECURITY", security)
    if authority:
        monkeypatch.setenv("MADOGUCHI_SMTP_CA", str(authority))
    settings.cache_clear()


def certified(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A context with a certificate the server made for itself, and the file by which a client may trust it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example.jp")])
    now, here = datetime.now(UTC), x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))])
    itself = x509.CertificateBuilder().issuer_name(name).subject_name(name).public_key(key.public_key())
    itself = itself.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(hours=1))
    itself = itself.not_valid_after(now + timedelta(days=1)).add_extension(here, critical=False)
    certificate = itself.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    public, private = folder / "server.pem", folder / "server.key"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    private.write_bytes(key.private_bytes(*form))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context, public
