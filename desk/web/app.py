"""The front as two applications: one for people, one for the office's own host; both carry the JSON API."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from desk.domain.policy import Text
from desk.web import officers, proof, public, request_pages, watch
from desk.web.answers import answered
from desk.web.api import api_router
from desk.web.guard import Guard
from desk.web.pages import LANGUAGES, templates


def public_app(*, systems: Mapping[str, bool], labels: Mapping[str, Text]) -> FastAPI:
    """What people reach: the pages and the API. `systems` is name → searched by an officer, `labels` what they are called.

    Serve it with uvicorn's own proxy headers off: what a forwarding header says counts only from settings().trusted_proxies.
    """
    app = _app(systems, labels)
    app.include_router(public.root)
    app.include_router(proof.router)
    for language in sorted(LANGUAGES):
        app.include_router(public.pages_in(language, systems))
        app.include_router(request_pages.pages_in(language, labels))
    return app


def desk_app(*, systems: Mapping[str, bool], labels: Mapping[str, Text]) -> FastAPI:
    """What the office reaches, on a host of its own: the API, and the officers' pages."""
    app = _app(systems, labels)
    app.include_router(officers.router_for(labels))
    return app


def _app(systems: Mapping[str, bool], labels: Mapping[str, Text]) -> FastAPI:
    app = FastAPI(title="Madoguchi", version="1", openapi_url="/api/v1/openapi.json", docs_url=None, redoc_url=None)
    app.add_middleware(Guard, answering=answered)
    for kind in (HTTPException, RequestValidationError):
        app.add_exception_handler(kind, _answer)
    app.include_router(watch.router)
    app.include_router(public.files)
    app.include_router(api_router(systems, labels))
    templates()
    return app


async def _answer(request: Request, error: Exception) -> Response:
    return answered(request, error)
