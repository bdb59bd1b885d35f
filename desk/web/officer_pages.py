"""How the desk's own pages are put together: the office, and one request."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from fastapi import Request
from fastapi.responses import Response

from desk import clock
from desk.domain.gates import Refusal
from desk.domain.policy import Text
from desk.settings import settings
from desk.store import audit, officers, queue, withholding
from desk.store.audit import OFFICE
from desk.store.ledger import reading
from desk.store.officers import Officer
from desk.web.officer_case import MOST_RECORDS, Seen, previewed, see
from desk.web.officer_roles import May, may
from desk.web.officer_session import desk_page


async def office_page(request: Request, officer: Officer, *, status: int = 200, problem: str = "", typed: str = "") -> Response:
    """The office: its people, its stops, and what was done that belongs to no request."""
    async with reading() as db:
        people, halts = await officers.everyone(db), await queue.halted(db)
        history = (await audit.history(db, OFFICE))[-50:]
    facts = {"people": people, "halts": halts, "history": history, "problem": problem, "typed": typed}
    return desk_page(request, officer, "office.html", status=status, today=clock.today(), **facts)


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
    facts = {**_shown(request, officer, seen), "problem": "", "at": "", "field": "", "given": {}, **said}
    return desk_page(request, officer, "case.html", status=status, previews=letters, labels=labels, **facts)


def _shown(request: Request, officer: Officer, seen: Seen) -> dict[str, object]:
    """What the page of a request needs beside the words."""
    draft = request.query_params.get("draft", "")
    return {
        "seen": seen,
        "case": seen.case,
        "case_policy": seen.policy,
        "run": f"{settings().prefect_ui_url}/runs/flow-run/{seen.run}" if seen.run else "",
        "new_draft": next((kept.draft for kept in seen.kept if draft == str(kept.draft) and kept.officer == officer.id), 0),
        "own_work": Refusal.OWN_WORK,
        "most_records": MOST_RECORDS,
        "may_withhold": seen.case.state in withholding.OPEN,
        "signer": bool(officer.roles & withholding.SIGNERS),
    }
