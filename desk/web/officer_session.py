"""Who is signed in at the desk: a strict cookie, the officer behind it, and what happens to whoever is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from desk.domain import office_words as words
from desk.settings import settings
from desk.store import officers, sessions
from desk.store.ledger import writing
from desk.store.officers import Officer
from desk.web.errors import UNKNOWN, Answer, NotSignedIn, NotYourRole, answer_to
from desk.web.officer_roles import May, may
from desk.web.pages import page

HALF_A_DAY = 12 * 3600
INSIDE = re.compile(r"/desk(?:/office|/cases/[A-Z0-9-]{1,40})?", re.ASCII)
START = "/desk"
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class DeskRoute(APIRoute):
    """A page of the desk: whoever is not signed in is led to the log-in, and a known error is a page in the office's words."""

    def get_route_handler(self) -> Handler:
        """The page, with an answer to what may go wrong."""
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except NotSignedIn:
                return _to_log_in(request)
            except Exception as error:
                answer = answer_to(error)
                if answer is UNKNOWN:
                    raise
                return await _error(request, answer)

        return handled


def _to_log_in(request: Request) -> Response:
    """To the log-in; but a link from elsewhere never carries a strict cookie, so it first lands on a page of ours that goes on."""
    path = inside(request.url.path)
    if request.method == "GET" and request.headers.get("sec-fetch-site") == "cross-site":
        return desk_page(request, None, "enter.html", path=path)
    return RedirectResponse(f"/desk/login?next={quote(path, safe='')}", 303)


async def _error(request: Request, answer: Answer) -> Response:
    response = desk_page(request, await _officer(request), "error.html", status=answer.status, answer=answer)
    if answer.retry_after:
        response.headers["Retry-After"] = str(answer.retry_after)
    return response


def inside(path: str) -> str:
    """A path of the desk to go on to, or its start page where it is anything else."""
    return path if INSIDE.fullmatch(path) else START


def desk_page(request: Request, officer: Officer | None, template: str, *, status: int = 200, **facts: object) -> Response:
    """One page of the desk, in Japanese, with what every page of it carries."""
    able = {what.name.lower(): officer is not None and may(officer.roles, what) for what in May}
    return page(request, "ja", f"desk/{template}", status=status, switch="", officer=officer, able=able, staff=words, **facts)


async def seated(request: Request, what: May) -> Officer:
    """The officer who asks; NotSignedIn without a session, NotYourRole where the roles do not allow it."""
    officer = await _officer(request)
    if officer is None:
        raise NotSignedIn
    if not may(officer.roles, what):
        raise NotYourRole
    return officer


async def _officer(request: Request) -> Officer | None:
    token = request.cookies.get(_name(), "")
    if not token:
        return None
    async with writing() as db:
        subject = await sessions.subject_of(db, token, "officer")
        officer = await officers.read(db, subject) if subject else None
    return officer if officer and not officer.disabled else None


async def leave(request: Request) -> None:
    """End the session this browser holds, if it holds one."""
    if token := request.cookies.get(_name(), ""):
        async with writing() as db:
            await sessions.close_session(db, token)


def give_session(response: Response, token: str) -> None:
    """Hand over a session that no script reads and no other site can use."""
    response.set_cookie(_name(), token, max_age=HALF_A_DAY, secure=_https(), httponly=True, samesite="strict")


def take_session(response: Response) -> None:
    """Take the cookie back."""
    response.delete_cookie(_name(), secure=_https(), httponly=True, samesite="strict")


def _name() -> str:
    return "__Host-madoguchi-officer" if _https() else "madoguchi-officer"


def _https() -> bool:
    return settings().desk_url.startswith("https://")
