"""What stands before every route: a cap on what comes in, headers on what goes out, and no error without an answer."""

from __future__ import annotations

from collections.abc import Callable

import anyio
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from desk.log import log
from desk.settings import settings
from desk.web.errors import UNKNOWN, NotWhole, TooLarge, answer_to
from desk.web.forms import BadForm

MOST_BYTES = 64 * 1024
BODY_SECONDS = 20
WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cache-Control": "no-store",
}
Answering = Callable[[Request, Exception], Response]


class Guard:
    """The outermost part of the front."""

    def __init__(self, app: ASGIApp, answering: Answering) -> None:
        """Guard an application; `answering` turns an error into a response."""
        self.app = app
        self.answering = answering

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                _add_headers(message)
            await send(message)

        try:
            read = receive if scope["method"] in WITHOUT_BODY else await _whole(scope, receive)
            await self.app(scope, read, sending)
        except Exception as error:
            if started:  # half an answer is out: cutting the line is the only honest end
                raise
            _note(scope, error)
            await self.answering(Request(scope), error)(scope, receive, sending)


def _add_headers(message: Message) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if settings().public_url.startswith("https://"):
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")


def _note(scope: Scope, error: Exception) -> None:
    """Log what nobody expected; the path may hold a secret, so its first part only."""
    if answer_to(error) is UNKNOWN:
        log("web").error("unexpected", exc_info=error, extra={"what": scope["path"].split("/")[1][:20]})


async def _whole(scope: Scope, receive: Receive) -> Receive:
    """Read the body before anything parses it: TooLarge beyond the cap, NotWhole if it takes too long, BadForm unless it is UTF-8."""
    stated = dict(scope["headers"]).get(b"content-length", b"0")
    if not stated.isdigit() or int(stated) > MOST_BYTES:
        raise TooLarge
    try:
        with anyio.fail_after(BODY_SECONDS):
            body = await _read(receive)
        body.decode()
    except TimeoutError:
        raise NotWhole from None
    except UnicodeDecodeError:
        raise BadForm from None
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise NotWhole
        body += message.get("body", b"")
        if len(body) > MOST_BYTES:
            raise TooLarge
        more = message.get("more_body", False)
    return bytes(body)
