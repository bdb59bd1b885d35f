"""How a page is made: a template of templates/web, in one language, with what every page carries."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from desk import clock
from desk.domain.articles import cited
from desk.domain.case import Language
from desk.domain.dates import TOKYO, long_date, on_day
from desk.domain.policy import Policy, Text
from desk.policies import policies
from desk.settings import CHECKOUT
from desk.web import words
from desk.web.errors import Answer
from desk.web.security import FORM_COOKIE, csrf_token, form_secret, set_cookie

OTHER: Mapping[Language, Language] = {"ja": "en", "en": "ja"}
LANGUAGES = frozenset(OTHER)
Spoken = Literal["ja", "en"]


@cache
def templates() -> Environment:
    """The templates of the pages; everything written into one is escaped."""
    loader = FileSystemLoader(CHECKOUT / "templates" / "web")
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=False)
    made.globals |= {"words": words, "on_day": on_day}
    return made


def policy_now() -> Policy:
    """The policy every page speaks of, unless it is about an older request."""
    return policies().in_force(clock.today())


def language_of(request: Request) -> Language:
    """The language a page or an answer is wanted in: by its address, by ?lang=, by what the browser prefers; else Japanese."""
    first = request.url.path.split("/")[1]
    for wanted in (first, request.query_params.get("lang", "")):
        if wanted in LANGUAGES:
            return "en" if wanted == "en" else "ja"
    return preferred(request.headers.get("accept-language", ""))


def preferred(header: str) -> Language:
    """Japanese or English, whichever an Accept-Language header ranks first; Japanese if neither."""
    ranked = sorted((_ranked(part) for part in header.split(",")), key=lambda pair: -pair[1])
    named = [tag for tag, weight in ranked if tag in LANGUAGES and weight > 0]
    return "en" if named[:1] == ["en"] else "ja"


def _ranked(part: str) -> tuple[str, float]:
    tag, _, weight = part.strip().lower().partition(";q=")
    try:
        return tag.split("-")[0], float(weight or 1)
    except ValueError:
        return "", 0.0


def page(
    request: Request, language: Language, template: str, *, status: int = 200, switch: str | None = None, **facts: object
) -> HTMLResponse:
    """One page; `switch` is the same page in the other language, by default the same address there ('' where a button does it)."""
    secret, fresh = form_secret(request)
    said = templates().get_template(template).render(**_common(request, language, secret, switch), **facts)
    response = HTMLResponse(said, status)
    response.headers["Content-Language"] = language
    if fresh:
        set_cookie(response, FORM_COOKIE, secret)
    return response


def _common(request: Request, language: Language, secret: str, switch: str | None) -> dict[str, object]:
    policy = policy_now()

    def say(ja: object, en: object = None) -> object:
        """The words of a pair, or of a bilingual text, in the language of the page."""
        pair = Text(str(ja), str(en)) if en is not None else ja
        return pair.said(language) if isinstance(pair, Text) else pair

    return {
        "language": language,
        "other": OTHER[language],
        "switch": _elsewhere(request, language) if switch is None else switch,
        "here": f"/{language}",
        "policy": policy,
        "desk": policy.contacts["desk"],
        "csrf": csrf_token(secret),
        "say": say,
        "date": lambda day: long_date(day, language),
        "day": lambda instant: long_date(on_day(instant), language),
        "moment": lambda instant: f"{long_date(on_day(instant), language)} {instant.astimezone(TOKYO):%H:%M}",
        "cited": lambda article: cited(article, language),
    }


def _elsewhere(request: Request, language: Language) -> str:
    parts = request.url.path.split("/")
    if parts[1] in LANGUAGES:
        return "/".join(["", OTHER[language], *parts[2:]])
    return f"{request.url.path}?lang={OTHER[language]}"


def error_page(request: Request, answer: Answer) -> HTMLResponse:
    """What went wrong, in kind words, with the way on and the desk's telephone."""
    language = language_of(request)
    response = page(request, language, "error.html", status=answer.status, switch=f"/{OTHER[language]}", answer=answer)
    if answer.retry_after:
        response.headers["Retry-After"] = str(answer.retry_after)
    return response
