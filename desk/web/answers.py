"""An error becomes an answer: a problem document for a program, a kind page for a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from desk.domain.case import Language
from desk.web import words
from desk.web.errors import INVALID, NOT_FOUND, Answer, answer_to
from desk.web.forms import FieldError, Refused
from desk.web.pages import LANGUAGES, error_page, language_of, policy_now
from desk.web.shapes import Problem, ProblemField

PROGRAMS = ("/api/", "/healthz", "/metrics")
CODES = {
    "missing": "missing",
    "extra_forbidden": "unknown-field",
    "literal_error": "unknown-value",
    "enum": "unknown-value",
    "string_too_long": "too-long",
    "too_long": "too-long",
    "string_unicode": "not-allowed-characters",
    "json_invalid": "not-json",
}
OF_TYPE = ("_type", "_parsing")  # how pydantic ends the name of an error about a type
PLACES = frozenset({"body", "path", "query", "header"})


def answered(request: Request, error: Exception) -> Response:
    """The answer to an error, in the form and the language its reader needs."""
    if request.url.path.startswith(PROGRAMS):
        return _problem_response(request, error)
    return error_page(request, NOT_FOUND if isinstance(error, RequestValidationError) else answer_to(error))


def _problem_response(request: Request, error: Exception) -> JSONResponse:
    language = _language(request, error)
    answer = INVALID if isinstance(error, RequestValidationError) else answer_to(error)
    headers = {"Content-Language": language} | ({"Retry-After": str(answer.retry_after)} if answer.retry_after else {})
    if answer.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    body = _problem(answer, _fields(error, answer), language)
    return JSONResponse(body.model_dump(mode="json"), answer.status, headers, media_type="application/problem+json")


def _problem(answer: Answer, fields: Iterable[FieldError], language: Language) -> Problem:
    errors = [ProblemField(field=one.field, code=one.code, message=_message(one, answer, language)) for one in fields]
    return Problem(
        title=HTTPStatus(answer.status).phrase, status=answer.status, code=answer.code, detail=answer.said.said(language), errors=errors
    )


def _message(wrong: FieldError, answer: Answer, language: Language) -> str:
    if wrong.field == answer.field:
        return answer.said.said(language)
    return words.field_error(wrong.code, policy_now(), language)


def _fields(error: Exception, answer: Answer) -> Iterable[FieldError]:
    if isinstance(error, Refused):
        return error.errors
    if isinstance(error, RequestValidationError):
        return [FieldError(field=_dotted(one["loc"]), code=_code(one["type"])) for one in error.errors()]
    return [FieldError(field=answer.field, code=answer.code)] if answer.field else []


def _dotted(place: Iterable[object]) -> str:
    """Body → name → family is name.family; where a body is no JSON there is no field to name."""
    parts = [str(part) for part in place]
    return ".".join(parts[1:] if parts[:1] and parts[0] in PLACES else parts)


def _code(kind: str) -> str:
    if kind in CODES:
        return CODES[kind]
    return "wrong-type" if kind.endswith(OF_TYPE) else "not-accepted"


def _language(request: Request, error: Exception) -> Language:
    """The language the body asks for, where there is one; else the one of the request."""
    body: Any = error.body if isinstance(error, RequestValidationError) else None
    wanted = body.get("language") if isinstance(body, Mapping) else getattr(request.state, "language", None)
    if isinstance(wanted, str) and wanted in LANGUAGES:
        return "en" if wanted == "en" else "ja"
    return language_of(request)
