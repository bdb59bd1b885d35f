"""The page a letter's link leads to: it lands without doing anything, and proves only when somebody presses the button (F47, T20)."""

from __future__ import annotations

from contextlib import suppress

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from desk.domain.case import Language
from desk.store import cases, proofs
from desk.store.ledger import reading
from desk.store.proofs import LinkExpired, NoSuchProof, UsedAlready
from desk.web.pages import LANGUAGES, OTHER, page
from desk.web.security import counted, own_form

router = APIRouter(include_in_schema=False)


@router.get("/proof/{token}")
async def land(request: Request, token: str) -> Response:
    """What the link is for, without naming a right or anything held; whether it is open, used or over."""
    state = await proofs.state_of(token)
    if state == "unknown":
        raise NoSuchProof
    language = await _language(request, token)
    other = f"/proof/{token}?lang={OTHER[language]}"
    return page(request, language, "proof.html", switch=other, token=token, state=state)


@router.post("/proof/{token}")
async def prove(request: Request, token: str) -> Response:
    """Prove the address by the link; pressed twice, it is simply done."""
    await own_form(request)
    await counted(request)
    with suppress(UsedAlready, LinkExpired):  # the page itself says so, kindly
        await proofs.consume_link(token)
    chosen = request.query_params.get("lang", "")
    return RedirectResponse(f"/proof/{token}" + (f"?lang={chosen}" if chosen in LANGUAGES else ""), 303)


async def _language(request: Request, token: str) -> Language:
    """The language of the request, unless the switch was used."""
    wanted = request.query_params.get("lang", "")
    found = await proofs.number_of(token)
    if wanted not in LANGUAGES and found:
        async with reading() as db:
            return (await cases.read(db, found[0])).language
    return "en" if wanted == "en" else "ja"
