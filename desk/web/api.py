"""The JSON API: what surface.md promises, and nothing a page could not do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import StreamingResponse

from desk import clock
from desk.domain.case import NoSuchCase
from desk.domain.gates import Role
from desk.domain.policy import Text
from desk.policies import policies
from desk.store import account, drafts, officers, proofs, sessions, wishes
from desk.store.cases import row_of
from desk.store.ledger import reading, writing
from desk.web import access, forms, view
from desk.web.errors import KeyMissing, NotSignedIn, NotYourRole, TooMany
from desk.web.intake import take_in
from desk.web.pages import language_of
from desk.web.security import client_of, counted
from desk.web.shapes import (
    Accepted,
    Assertion,
    Code,
    CodeFor,
    Drafted,
    Login,
    Problem,
    Received,
    RequestBody,
    Status,
    Token,
    Words,
)

MOST_KEY = 200
WRITERS = frozenset({Role.CLERK, Role.INVESTIGATOR, Role.APPROVER, Role.SECOND_APPROVER})
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": "A problem document", "content": {"application/problem+json": {}}}
    for status in (400, 401, 403, 404, 409, 410, 413, 422, 429, 500, 503)
}
Counted = Depends(counted)


async def bearer(number: str, request: Request) -> str:
    """The number of a request whose session this is; what cannot be a number is not found, and so is anybody else's."""
    mine = await access.case_of(_token_after(number, request))
    if mine != access.known_form(number):
        raise NoSuchCase
    return mine


def _token_after(number: str, request: Request) -> str:
    access.known_form(number)
    return _bearer_token(request)


def _bearer_token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def officer(request: Request) -> officers.Officer:
    """The officer whose session this is; NotSignedIn if it has ended."""
    async with writing() as db:
        who = await sessions.subject_of(db, _bearer_token(request), "officer")
        found = await officers.read(db, who) if who else None
    if found is None or found.disabled:
        raise NotSignedIn
    return found


def api_router(systems: Mapping[str, bool], labels: Mapping[str, Text]) -> APIRouter:
    """The routes under /api/v1; `systems` are those a new request is searched in, each with whether an officer searches it."""
    router = APIRouter(prefix="/api/v1", responses=PROBLEMS)
    _requests(router, systems, labels)
    _proofs(router)
    _persons_deeds(router)
    _officers(router)
    return router


def _requests(router: APIRouter, systems: Mapping[str, bool], labels: Mapping[str, Text]) -> None:
    @router.post("/requests", status_code=201)
    async def make_request(
        body: RequestBody, request: Request, key: Annotated[str | None, Header(alias="Idempotency-Key")] = None
    ) -> Received:
        """Take a request in; the same key and body give the same answer, the same key and another body a 409."""
        request.state.language = body.language
        receipt = await take_in(request, body.submission(), f"api {_checked_key(key)}", systems)
        return Received(
            number=receipt.number,
            received_at=receipt.received_at,
            target_date=receipt.target_date,
            suit_date=receipt.suit_date,
            status_url=receipt.status_url,
        )

    @router.get("/requests/{number}")
    async def read_request(number: Annotated[str, Depends(bearer)], request: Request) -> Status:
        """Where the request stands; `coverage` and `items` stay empty until identity is confirmed."""
        async with reading() as db:
            seen = await view.see(db, number)
        policy = policies().version(seen.case.policy, seen.case.law)
        asked = request.headers.get("accept-language") or "lang" in request.query_params
        language = language_of(request) if asked else seen.case.language
        return view.status(seen, policy, labels, clock.now(), language)


def _checked_key(key: str | None) -> str:
    if not key or len(key) > MOST_KEY or not key.isascii() or not key.isprintable():
        raise KeyMissing
    return key


def _proofs(router: APIRouter) -> None:
    @router.post("/requests/{number}/codes", status_code=202, dependencies=[Counted])
    async def ask_code(number: str, body: CodeFor) -> Accepted:
        """Send a code to whoever may have it; the answer is the same whether one was sent or not."""
        await access.send_code(number, body.for_)
        return Accepted()

    @router.post("/requests/{number}/sessions", status_code=201, dependencies=[Counted])
    async def open_session(number: str, body: Code) -> Token:
        """Open a session for this request with the code that went to its contact."""
        return Token(token=await access.open_session(access.known_form(number), body.code))

    @router.post("/requests/{number}/account", dependencies=[Counted])
    async def prove_account(number: str, body: Assertion) -> Accepted:
        """Let the service vouch for the account the person is logged in to."""
        await account.prove_account(access.known_form(number), body.assertion)
        return Accepted()

    @router.post("/proofs/{token}", dependencies=[Counted])
    async def prove(token: str, body: Code) -> Accepted:
        """Prove an address by the code of its letter, once."""
        await proofs.consume_code(token, body.code)
        return Accepted()

    @router.post("/proofs/{token}/codes", status_code=202, dependencies=[Counted])
    async def fresh_code(token: str) -> Accepted:
        """Send a fresh code to the same address."""
        await reissue(token)
        return Accepted()


async def reissue(token: str) -> None:
    """A fresh code under the same link; UsedAlready, LinkExpired or TooMany where none is sent."""
    if await proofs.reissue(token):
        return
    match await proofs.state_of(token):
        case "used":
            raise proofs.UsedAlready
        case "open":
            raise TooMany(3600)
        case _:
            raise proofs.LinkExpired


def _persons_deeds(router: APIRouter) -> None:
    @router.post("/requests/{number}/withdrawal", status_code=202, dependencies=[Counted])
    async def withdraw(number: Annotated[str, Depends(bearer)]) -> Accepted:
        """Take the request back; possible until the data is being handed over."""
        async with writing() as db:
            await wishes.withdraw(db, number)
        return Accepted()

    @router.post("/requests/{number}/objection", status_code=202, dependencies=[Counted])
    async def object_to(number: Annotated[str, Depends(bearer)], body: Words) -> Accepted:
        """Object to how the request ended; somebody who had no part in it reviews it."""
        said = forms.words(body.words)
        async with writing() as db:
            await wishes.object_to(db, number, said)
        return Accepted()

    @router.post("/requests/{number}/package", dependencies=[Counted], response_class=StreamingResponse)
    async def fetch_package(number: Annotated[str, Depends(bearer)], body: Code) -> StreamingResponse:
        """The package as a zip, for a code of its own."""
        return zipped(number, await access.unpacked(number, body.code))


def zipped(number: str, chunks: Any) -> StreamingResponse:  # noqa: ANN401 - whatever Starlette can stream
    """A package as an attachment under a name of our own making; no part of it can be asked for alone (T22)."""
    headers = {"Content-Disposition": f'attachment; filename="madoguchi-{number}.zip"', "Accept-Ranges": "none"}
    return StreamingResponse(chunks, media_type="application/zip", headers=headers)


def _officers(router: APIRouter) -> None:
    @router.post("/login", dependencies=[Counted])
    async def log_in(body: Login, request: Request) -> Token:
        """Open an officer's session."""
        return Token(token=await officers.log_in(body.officer, body.password, body.code, f"api {client_of(request)}"))

    @router.post("/requests/{number}/drafts", status_code=201, dependencies=[Counted])
    async def write_draft(number: str, body: Words, who: Annotated[officers.Officer, Depends(officer)]) -> Drafted:
        """Keep an officer's words under a number, to be confirmed by it in a form."""
        if not who.roles & WRITERS:
            raise NotYourRole
        async with writing() as db:
            tidy = access.known_form(number)
            await row_of(db, tidy)
            return Drafted(draft=await drafts.add(db, tidy, who.id, forms.words(body.words)))
