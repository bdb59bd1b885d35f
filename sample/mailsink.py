"""A mail server that keeps what it is given in memory and shows it: real SMTP in, JSON and plain pages out, loopback only."""

from __future__ import annotations

import argparse
import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from typing import Any

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from starlette.middleware.base import RequestResponseEndpoint

from sample import mailpages

LOOPBACK = "127.0.0.1"
MOST_KEPT = 50_000
MOST_BYTES = 10 * 1024**2
REFUSED, LATER = "refused.example.jp", "later.example.jp"  # addresses there are refused for good, or for now
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
Message = dict[str, str]  # id, to, from, subject, message_id, text, html, at


class Box:
    """What has arrived, oldest first; beyond fifty thousand letters the oldest are let go."""

    def __init__(self) -> None:
        """Begin empty."""
        self._kept: deque[Message] = deque(maxlen=MOST_KEPT)
        self._numbers = count(1)

    def put(self, raw: bytes, sender: str, recipients: Sequence[str]) -> None:
        """Keep one letter as it came over the wire."""
        mail = message_from_bytes(raw, _class=EmailMessage, policy=policy.default)
        kept: Message = {
            "id": str(next(self._numbers)),
            "to": ", ".join(recipients),
            "from": str(mail.get("From", sender)),
            "subject": str(mail.get("Subject", "")),
            "message_id": str(mail.get("Message-ID", "")),
            "text": _part(mail, "plain"),
            "html": _part(mail, "html"),
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        }
        self._kept.append(kept)

    def messages(self, to: str = "", after: int = 0) -> list[Message]:
        """What arrived, to one address or to all, after the letter with this id."""
        return [one for one in self._kept if int(one["id"]) > after and to.casefold() in ("", one["to"].casefold())]

    def message(self, number: str) -> Message | None:
        """One letter."""
        return next((one for one in self._kept if one["id"] == number), None)


def _part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body(preferencelist=(kind,))
    return str(body.get_content()) if body else ""


class Clerk:
    """Takes letters in at the SMTP counter."""

    def __init__(self, box: Box) -> None:
        """Put them into this box."""
        self._box = box

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take an address, unless it is one of those that stand for a closed or a busy mailbox."""
        domain = address.rpartition("@")[2].casefold()
        if domain == REFUSED:
            return "550 5.1.1 no such mailbox"
        if domain == LATER:
            return "451 4.7.1 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Keep the letter."""
        self._box.put(envelope.original_content or b"", envelope.mail_from or "", envelope.rcpt_tos)
        return "250 OK"


def reading_room(box: Box) -> FastAPI:
    """The letters as JSON and as pages."""
    app = FastAPI(title="mail sink", docs_url=None, redoc_url=None, openapi_url=None)

    @app.middleware("http")
    async def with_headers(request: Request, answer: RequestResponseEndpoint) -> Response:
        response = await answer(request)
        response.headers.update(HEADERS)
        return response

    @app.get("/api/messages")
    async def messages(to: str = "", after: int = 0) -> list[Message]:
        return box.messages(to, after)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"state": "ok"}

    @app.get("/style.css")
    async def style() -> Response:
        return Response(mailpages.STYLE, media_type="text/css")

    @app.get("/")
    async def everything() -> HTMLResponse:
        return HTMLResponse(mailpages.index(box.messages()))

    @app.get("/messages/{number}")
    async def letter(number: str) -> HTMLResponse:
        if found := box.message(number):
            return HTMLResponse(mailpages.letter(found))
        raise HTTPException(404)

    return app


async def serve(smtp_port: int, http_port: int) -> None:
    """Serve both until told to stop."""
    box = Box()
    clerk = Clerk(box)
    loop = asyncio.get_running_loop()

    def counter() -> Any:  # noqa: ANN401 - aiosmtpd carries no types
        return SMTP(clerk, hostname="mail.example.jp", enable_SMTPUTF8=True, data_size_limit=MOST_BYTES, loop=loop)

    smtp = await loop.create_server(counter, LOOPBACK, smtp_port)
    config = uvicorn.Config(reading_room(box), host=LOOPBACK, port=http_port, access_log=False, log_level="warning", server_header=False)
    async with smtp:
        await uvicorn.Server(config).serve()


def main() -> None:
    """Serve on the two ports given."""
    reader = argparse.ArgumentParser(prog="python -m sample.mailsink", description=__doc__)
    reader.add_argument("--smtp-port", type=int, required=True)
    reader.add_argument("--http-port", type=int, required=True)
    given = reader.parse_args()
    asyncio.run(serve(given.smtp_port, given.http_port))


if __name__ == "__main__":
    main()
