"""The pages before there is a request: what each right does, the form, the answers to check, and the receipt."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from desk import clock
from desk.domain.case import EVERYTHING, Form, Language, Right
from desk.domain.policy import Entitlement, Policy
from desk.settings import CHECKOUT, settings
from desk.web import words
from desk.web.errors import NotSignedIn
from desk.web.forms import BadForm, FieldError, Refused, Submission, checked, once, submission
from desk.web.intake import receipt_of, take_in
from desk.web.pages import language_of, page, policy_now
from desk.web.security import RECEIPT_COOKIE, cookie, own_form, set_cookie, tagged, untagged

KEY = re.compile(r"[\w-]{32}", re.ASCII)
STATIC = {"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}
BLANK = Submission(values={"form": Form.ELECTRONIC.value}, items=(EVERYTHING,))

root = APIRouter(include_in_schema=False)
files = APIRouter(include_in_schema=False)


@root.get("/")
async def choose_language(request: Request) -> Response:
    """On to the start page, in the language the browser prefers."""
    return RedirectResponse(f"/{language_of(request)}", 303)


def _static(name: str, kind: str) -> None:
    content = (CHECKOUT / "templates" / "web" / name).read_bytes()

    @files.get(f"/{name}", name=name)
    async def file() -> Response:
        return Response(content, media_type=kind, headers={"Cache-Control": "public, max-age=3600"})


for _name, _kind in STATIC.items():
    _static(_name, _kind)


def pages_in(language: Language, systems: Mapping[str, bool]) -> APIRouter:
    """The pages in one language; `systems` are those a new request is searched in."""
    router = APIRouter(prefix=f"/{language}", include_in_schema=False)
    _reading(router, language)
    _asking(router, language, systems)
    return router


def _reading(router: APIRouter, language: Language) -> None:
    @router.get("")
    async def start(request: Request) -> Response:
        """What each right does, what it costs, how long it takes, what must be proven, and every way to ask."""
        policy = policy_now()
        return page(request, language, "start.html", groups=_groups(policy), fees=_fees(policy))

    @router.get("/accessibility")
    async def accessibility(request: Request) -> Response:
        """How these pages can be used, and whom to tell when they cannot."""
        return page(request, language, "accessibility.html")

    @router.get("/disclosure")
    async def ask(request: Request) -> Response:
        """The form, empty."""
        return _form(request, language, BLANK)

    @router.get("/receipt")
    async def receipt(request: Request) -> Response:
        """The receipt of the request this browser has just sent."""
        number = untagged(cookie(request, RECEIPT_COOKIE))
        if not number:
            raise NotSignedIn
        return page(request, language, "receipt.html", receipt=await receipt_of(number), account_url=settings().account_url)


def _asking(router: APIRouter, language: Language, systems: Mapping[str, bool]) -> None:
    @router.post("/disclosure/check")
    async def check(request: Request) -> Response:
        """The answers to check before they are sent, or the form again with what is wrong."""
        fields = await own_form(request)
        given = submission(fields, Right.DISC, language)
        if "edit" in fields:
            return _form(request, language, given)
        try:
            asked = checked(given, policy_now(), clock.today())
        except Refused as refused:
            return _form(request, language, given, refused.errors)
        fee = policy_now().fee_for(Right.DISC, clock.today())
        return page(request, language, "check.html", switch="", given=given, asked=asked, key=secrets.token_urlsafe(24), fee=fee)

    @router.post("/disclosure/send")
    async def send(request: Request) -> Response:
        """Take the request in; the same page sent twice is one request."""
        fields = await own_form(request)
        given, key = submission(fields, Right.DISC, language), once(fields, "key")
        if not KEY.fullmatch(key):
            raise BadForm
        try:
            receipt = await take_in(request, given, f"form {key}", systems)
        except Refused as refused:
            return _form(request, language, given, refused.errors)
        response = RedirectResponse(f"/{language}/receipt", 303)
        set_cookie(response, RECEIPT_COOKIE, tagged(receipt.number))
        return response


def _form(request: Request, language: Language, given: Submission, errors: Sequence[FieldError] = ()) -> Response:
    policy = policy_now()
    said = {error.field: words.field_error(error.code, policy, language) for error in reversed(errors)}
    switch = None if request.method == "GET" else ""
    ordered = dict(reversed(said.items()))
    return page(
        request,
        language,
        "disclosure.html",
        status=422 if errors else 200,
        switch=switch,
        given=given,
        errors=ordered,
        clauses=_clauses(policy),
    )


def _clauses(policy: Policy) -> dict[str, list[str]]:
    """The items by the clause of the policy they stand in."""
    found: dict[str, list[str]] = {}
    for code, item in policy.items.items():
        found.setdefault(item.clause, []).append(code)
    return found


def _groups(policy: Policy) -> dict[str, list[Entitlement]]:
    """The rights by the plain question they answer; what the form takes comes first."""
    found: dict[str, list[Entitlement]] = {question: [] for question in words.QUESTIONS}
    for entry in sorted(policy.law.rights.values(), key=lambda entry: entry.right not in policy.rights_by_form):
        found[entry.question].append(entry)
    return found


def _fees(policy: Policy) -> dict[Right, int]:
    return {right: policy.fee_for(right, clock.today()) for right in policy.law.rights}
