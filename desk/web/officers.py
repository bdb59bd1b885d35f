"""The officers' pages: log-in, the queue, one request, the office; what changes something is in officer_deeds.py."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from desk import clock
from desk.domain import number as numbers
from desk.domain.case import NoSuchCase
from desk.domain.gates import Role
from desk.domain.life import STEPS
from desk.domain.policy import Text
from desk.settings import CHECKOUT, settings
from desk.store import audit, cases, officers, queue
from desk.store.audit import OFFICE
from desk.store.ledger import reading
from desk.store.officers import BadLogin, Officer, TooManyLogins
from desk.web import officer_words as words
from desk.web.access import known_form
from desk.web.errors import answer_to
from desk.web.forms import once
from desk.web.officer_case import previewed, see
from desk.web.officer_forms import code_of
from desk.web.officer_queue import Due, queue_for, states_open, wanted
from desk.web.officer_roles import May, may
from desk.web.officer_session import DeskRoute, desk_page, give_session, inside, leave, seated, take_session
from desk.web.security import counted, own_form

MOST_ID, MOST_PASSWORD = 64, 200
Counted = Depends(counted)
STYLE = (CHECKOUT / "templates" / "web" / "desk" / "style.css").read_bytes()


def pages_for(labels: Mapping[str, Text]) -> APIRouter:
    """The pages that show something; `labels` is what the systems are called."""
    router = APIRouter(route_class=DeskRoute, include_in_schema=False)
    _door(router)
    _lists(router, labels)
    _case(router, labels)
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
        who, password, onwards = once(fields, "officer").strip(), once(fields, "password"), inside(once(fields, "next"))
        try:
            token = await officers.log_in(who[:MOST_ID], password[:MOST_PASSWORD], code_of(fields))
        except (BadLogin, TooManyLogins) as error:
            answer = answer_to(error)
            said = {"next": onwards, "given": who[:MOST_ID], "problem": answer.said.ja}
            return desk_page(request, None, "login.html", status=answer.status, **said)
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


def _lists(router: APIRouter, labels: Mapping[str, Text]) -> None:
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
            staff=words,
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


async def _is_on_record(number: str) -> bool:
    async with reading() as db:
        try:
            await cases.row_of(db, number)
        except NoSuchCase:
            return False
    return True


async def office_page(request: Request, officer: Officer, *, status: int = 200, problem: str = "", typed: str = "") -> Response:
    """The office: its people, its stops, and what was done that belongs to no request."""
    async with reading() as db:
        people, halts = await officers.everyone(db), await queue.halted(db)
        history = (await audit.history(db, OFFICE))[-50:]
    facts = {"people": people, "halts": halts, "history": history, "problem": problem, "typed": typed}
    return desk_page(request, officer, "office.html", status=status, staff=words, today=clock.today(), **facts)


def _case(router: APIRouter, labels: Mapping[str, Text]) -> None:
    @router.get("/desk/cases/{number}")
    async def one_request(number: str, request: Request) -> Response:
        """One request: what is asked first; nothing personal before it is asked for."""
        officer = await seated(request, May.CASE)
        return await case_page(request, officer, known_form(number), labels)


async def case_page(
    request: Request,
    officer: Officer,
    number: str,
    labels: Mapping[str, Text],
    *,
    status: int = 200,
    opened: Collection[str] = (),
    **said: object,
) -> Response:
    """The page of one request; `opened` is what of the personal is shown, `said` what is answered to a form."""
    seen = await see(number, officer, labels, opened)
    letters = previewed(seen, labels, clock.now()) if may(officer.roles, May.FINDINGS) else ()
    facts = {"problem": "", "at": "", "given": {}, **said}
    run = f"{settings().prefect_ui_url}/runs/flow-run/{seen.run}" if seen.run else ""
    return desk_page(
        request, officer, "case.html", status=status, seen=seen, case=seen.case, previews=letters, labels=labels, staff=words, run=run, **facts
    )
