"""The officers' pages: log-in, the queue, one request, the office; what changes something is in officer_deeds.py."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from desk.domain import number as numbers
from desk.domain import office_words as words
from desk.domain.case import NoSuchCase
from desk.domain.gates import Role
from desk.domain.life import STEPS
from desk.domain.policy import Text
from desk.settings import CHECKOUT, settings
from desk.store import cases, officers
from desk.store.ledger import reading
from desk.store.officers import BadLogin, TooManyLogins
from desk.web.access import known_form
from desk.web.errors import answer_to
from desk.web.forms import once
from desk.web.officer_deeds import deeds_for
from desk.web.officer_forms import code_of
from desk.web.officer_pages import case_page, office_page
from desk.web.officer_queue import Due, queue_for, states_open, wanted
from desk.web.officer_roles import May, may
from desk.web.officer_session import DeskRoute, desk_page, give_session, inside, leave, seated, take_session
from desk.web.security import client_of, counted, own_form

MOST_ID, MOST_PASSWORD = 64, 200
Counted = Depends(counted)
STYLE = (CHECKOUT / "templates" / "web" / "desk" / "style.css").read_bytes()


def router_for(labels: Mapping[str, Text]) -> APIRouter:
    """Every page and deed of the desk; `labels` is what the systems are called."""
    router = APIRouter(route_class=DeskRoute, include_in_schema=False)
    _door(router)
    _pages(router, labels)
    router.include_router(deeds_for(labels))
    return router


def _door(router: APIRouter) -> None:
    @router.get("/")
    async def root() -> Response:
        """The desk's own host begins at the queue."""
        return RedirectResponse("/desk", 303)

    @router.get("/desk/style.css")
    async def style() -> Response:
        """How the pages look."""
        return Response(STYLE, media_type="text/css; charset=utf-8", headers={"Cache-Control": "public, max-age=3600"})

    @router.get("/desk/login")
    async def door(request: Request) -> Response:
        """The log-in, empty."""
        return desk_page(request, None, "login.html", next=inside(request.query_params.get("next", "")), given="", problem="")

    @router.post("/desk/login", dependencies=[Counted])
    async def log_in(request: Request) -> Response:
        """Open a session; what was wrong is not told."""
        fields = await own_form(request)
        who, password, onwards = once(fields, "officer").strip()[:MOST_ID], once(fields, "password"), inside(once(fields, "next"))
        try:
            token = await officers.log_in(who, password[:MOST_PASSWORD], code_of(fields), f"desk {client_of(request)}")
        except (BadLogin, TooManyLogins) as error:
            answer = answer_to(error)
            return desk_page(request, None, "login.html", status=answer.status, next=onwards, given=who, problem=answer.said.ja)
        await leave(request)
        response = RedirectResponse(onwards, 303)
        give_session(response, token)
        return response

    @router.post("/desk/logout", dependencies=[Counted])
    async def log_out(request: Request) -> Response:
        """End the session."""
        await own_form(request)
        await leave(request)
        response = RedirectResponse("/desk/login", 303)
        take_session(response)
        return response


def _pages(router: APIRouter, labels: Mapping[str, Text]) -> None:
    @router.get("/desk")
    async def open_requests(request: Request) -> Response:
        """Every open request by its date; a number that was typed leads straight to its request, open or not."""
        officer = await seated(request, May.QUEUE)
        asked = wanted(request.query_params)
        if asked.typed and may(officer.roles, May.CASE) and (number := numbers.tidy(asked.typed)) and await _is_on_record(number):
            return RedirectResponse(f"/desk/cases/{number}", 303)
        return desk_page(
            request,
            officer,
            "queue.html",
            queue=await queue_for(officer, asked),
            labels=labels,
            roles=tuple(Role),
            dues=Due,
            states=states_open(),
            prefect=settings().prefect_ui_url,
            steps={state: words.STEPS[step] for state, step in STEPS.items()},
        )

    @router.get("/desk/office")
    async def office(request: Request) -> Response:
        """Who works here, and what is stopped."""
        return await office_page(request, await seated(request, May.OFFICE))

    @router.get("/desk/cases/{number}")
    async def one_request(number: str, request: Request) -> Response:
        """One request: what is asked first; nothing personal before it is asked for."""
        officer = await seated(request, May.CASE)
        return await case_page(request, officer, known_form(number), labels)


async def _is_on_record(number: str) -> bool:
    async with reading() as db:
        try:
            await cases.row_of(db, number)
        except NoSuchCase:
            return False
    return True
