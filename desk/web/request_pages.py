"""The pages of a request already made: its number and a code, where it stands, and what its asker may do."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from desk import clock
from desk.domain import number as numbers
from desk.domain.case import Language, State, Step
from desk.domain.life import STEPS
from desk.domain.policy import Policy, Text
from desk.policies import policies
from desk.settings import settings
from desk.store import wishes
from desk.store.ledger import reading, writing
from desk.store.proofs import ProofError
from desk.web import access, forms, view, words
from desk.web.api import zipped
from desk.web.errors import answer_to
from desk.web.forms import Refused, once
from desk.web.pages import page, policy_now
from desk.web.security import SESSION_COOKIE, cookie, counted, drop_cookie, own_form, set_cookie

UNFINISHED_ENDS = frozenset({State.REJECTED, State.WITHDRAWN, State.DEEMED_WITHDRAWN, State.REFERRED})


def pages_in(language: Language, labels: Mapping[str, Text]) -> APIRouter:
    """The pages in one language; `labels` say what the systems are called."""
    router = APIRouter(prefix=f"/{language}", include_in_schema=False)
    _entering(router, language)
    _coding(router, language)
    _standing(router, language, labels)
    _wishing(router, language)
    _fetching(router, language)
    return router


def _entering(router: APIRouter, language: Language) -> None:
    @router.get("/status")
    async def enter(request: Request) -> Response:
        """Where a number and a code are entered."""
        return _entry(request, language, "")

    @router.get("/status/{number}")
    async def enter_with(request: Request, number: str) -> Response:
        """The same with the number of a letter filled in."""
        return _entry(request, language, access.known_form(number))

    @router.get("/status/{number}/sent")
    async def sent(request: Request, number: str) -> Response:
        """After a code was asked for; the same whether one was sent or not."""
        return _entry(request, language, access.known_form(number), sent=True)


def _coding(router: APIRouter, language: Language) -> None:
    @router.post("/status/code")
    async def ask_code(request: Request) -> Response:
        """Send a code to the contact."""
        fields = await own_form(request)
        await counted(request)
        number = numbers.tidy(once(fields, "number"))
        if not number:
            return _entry(request, language, once(fields, "number")[:40], wrong={"number": "not-a-number"})
        await access.send_code(number, "status")
        return RedirectResponse(f"/{language}/status/{number}/sent", 303)

    @router.post("/status/open")
    async def open_session(request: Request) -> Response:
        """With the right code, on to where the request stands."""
        fields = await own_form(request)
        await counted(request)
        typed = once(fields, "number")[:40]
        number = numbers.tidy(typed)
        if not number:
            return _entry(request, language, typed, wrong={"number": "not-a-number"})
        try:
            token = await access.open_session(number, once(fields, "code"))
        except ProofError as error:
            return _entry(request, language, number, sent=True, wrong={"code": _wrong(error)})
        response = RedirectResponse(f"/{language}/request", 303)
        set_cookie(response, SESSION_COOKIE, token)
        return response


def _wrong(error: ProofError) -> str:
    """What a page says of a code that did not open anything; an unknown number has no other words than a wrong code."""
    code = answer_to(error).code
    return code if code in words.FIELD_ERRORS else "wrong-code"


def _entry(request: Request, language: Language, number: str, *, sent: bool = False, wrong: Mapping[str, str] | None = None) -> Response:
    errors = {field: words.field_error(code, policy_now(), language) for field, code in (wrong or {}).items()}
    tail = f"/{number}" if numbers.tidy(number) else ""
    switch = f"/{'en' if language == 'ja' else 'ja'}/status{tail}{'/sent' if sent and tail else ''}"
    return page(request, language, "status.html", status=422 if errors else 200, switch=switch, number=number, sent=sent, errors=errors)


def _standing(router: APIRouter, language: Language, labels: Mapping[str, Text]) -> None:
    @router.get("/request")
    async def stand(request: Request) -> Response:
        """Where the request stands."""
        seen, policy = await _seen(request)
        standing = view.status(seen, policy, labels, clock.now(), language)
        return page(
            request,
            language,
            "request.html",
            standing=standing,
            grouped=view.grouped(standing.items),
            case=seen.case,
            its_policy=policy,
            timeline=_timeline(seen, policy),
            may_withdraw=view.may_withdraw(seen.case),
            may_object=view.may_object(seen.case),
            over=view.is_over(seen.case, clock.now()),
            account_url=settings().account_url,
        )

    @router.post("/request/leave")
    async def leave(request: Request) -> Response:
        """End the session of this browser."""
        await own_form(request)
        await access.close_session(cookie(request, SESSION_COOKIE))
        response = RedirectResponse(f"/{language}", 303)
        drop_cookie(response, SESSION_COOKIE)
        return response


async def _mine(request: Request) -> str:
    return await access.case_of(cookie(request, SESSION_COOKIE))


async def _seen(request: Request) -> tuple[view.Seen, Policy]:
    number = await _mine(request)
    async with reading() as db:
        seen = await view.see(db, number)
    return seen, policies().version(seen.case.policy, seen.case.law)


def _timeline(seen: view.Seen, policy: Policy) -> list[tuple[Step, str]]:
    """The six words, each done, now or ahead; no fee where none is asked, and nothing where the way ended half-way."""
    case = seen.case
    if case.state in UNFINISHED_ENDS or case.state is State.REOPENED:
        return []
    free = not policy.fee_for(case.right, clock.today()) and case.fee is None
    steps = [step for step in Step if not (free and step is Step.FEE)]
    here = steps.index(STEPS[case.state])
    closed = case.state in {State.NOTIFIED, State.CLOSED}
    return [(step, "done" if at < here or closed else "now" if at == here else "ahead") for at, step in enumerate(steps)]


def _wishing(router: APIRouter, language: Language) -> None:
    @router.get("/request/withdrawal")
    async def about_withdrawal(request: Request) -> Response:
        """What a withdrawal means, before it is made."""
        seen, policy = await _seen(request)
        return page(request, language, "withdrawal.html", case=seen.case, its_policy=policy, possible=view.may_withdraw(seen.case))

    @router.post("/request/withdrawal")
    async def withdraw(request: Request) -> Response:
        """Take the request back."""
        await own_form(request)
        number = await _mine(request)
        async with writing() as db:
            await wishes.withdraw(db, number)
        return RedirectResponse(f"/{language}/request", 303)

    @router.get("/request/objection")
    async def about_objection(request: Request) -> Response:
        """What an objection means, and where to write it."""
        seen, _ = await _seen(request)
        return _objection(request, language, seen, "", {})

    @router.post("/request/objection")
    async def object_to(request: Request) -> Response:
        """Object to how the request ended."""
        fields = await own_form(request)
        seen, policy = await _seen(request)
        try:
            said = forms.words(once(fields, "words"))
        except Refused as refused:
            errors = {one.field: words.field_error(one.code, policy, language) for one in refused.errors}
            return _objection(request, language, seen, once(fields, "words"), errors)
        async with writing() as db:
            await wishes.object_to(db, seen.case.number, said)
        return RedirectResponse(f"/{language}/request", 303)


def _objection(request: Request, language: Language, seen: view.Seen, said: str, errors: Mapping[str, str]) -> Response:
    possible, status = view.may_object(seen.case), 422 if errors else 200
    return page(request, language, "objection.html", status=status, case=seen.case, possible=possible, said=said, errors=errors)


def _fetching(router: APIRouter, language: Language) -> None:
    @router.get("/request/package")
    async def about_package(request: Request) -> Response:
        """What is in the package, and how to get it."""
        return await _package(request, language)

    @router.get("/request/package/sent")
    async def code_sent(request: Request) -> Response:
        """After a code was asked for."""
        return await _package(request, language, sent=True)

    @router.post("/request/package/code")
    async def ask_code(request: Request) -> Response:
        """Send a code of its own to the address proven."""
        await own_form(request)
        await counted(request)
        await access.send_code(await _mine(request), "package")
        return RedirectResponse(f"/{language}/request/package/sent", 303)

    @router.post("/request/package")
    async def fetch(request: Request) -> Response:
        """The package, for the code."""
        fields = await own_form(request)
        await counted(request)
        number = await _mine(request)
        try:
            return zipped(number, await access.unpacked(number, once(fields, "code")))
        except ProofError as error:
            return await _package(request, language, sent=True, wrong=_wrong(error))


async def _package(request: Request, language: Language, *, sent: bool = False, wrong: str = "") -> Response:
    seen, policy = await _seen(request)
    errors = {"code": words.field_error(wrong, policy, language)} if wrong else {}
    return page(
        request,
        language,
        "package.html",
        status=422 if errors else 200,
        case=seen.case,
        possible=view.may_fetch(seen.case, policy, clock.now()),
        over=view.is_over(seen.case, clock.now()),
        sent=sent,
        errors=errors,
    )
