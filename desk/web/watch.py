"""For those who watch over the desk: whether the ledger answers, and how much is waiting; nothing about any person."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from desk.domain.case import NoSuchCase
from desk.settings import settings
from desk.store import agenda, figures
from desk.store.ledger import reading
from desk.web.security import is_local

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

router = APIRouter()


@router.get("/healthz")
async def health() -> dict[str, bool]:
    """That the ledger answers."""
    async with reading() as db:
        await agenda.backlog(db)
    return {"ok": True}


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request) -> PlainTextResponse:
    """What is waiting, for Prometheus; for the machine itself, or whoever holds the token."""
    if not _may_watch(request):
        raise NoSuchCase
    async with reading() as db:
        backlog, states, owed = await agenda.backlog(db), await figures.by_state(db), await figures.letters_owed(db)
    lines = _gauge("madoguchi_agenda_due", "Rows of the agenda that are due", "kind", backlog)
    lines += _gauge("madoguchi_requests", "Requests by state", "state", states)
    lines += ["# HELP madoguchi_letters_owed Letters to be sent", "# TYPE madoguchi_letters_owed gauge", f"madoguchi_letters_owed {owed}"]
    return PlainTextResponse("\n".join([*lines, ""]), media_type=METRICS_TYPE)


def _may_watch(request: Request) -> bool:
    token = settings().metrics_token
    if token is None:
        return is_local(request)
    return hmac.compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {token.get_secret_value()}".encode())


def _gauge(name: str, told: str, label: str, values: Mapping[str, int]) -> list[str]:
    head = [f"# HELP {name} {told}", f"# TYPE {name} gauge"]
    return head + [f'{name}{{{label}="{value}"}} {count}' for value, count in sorted(values.items())]
