"""A browser without scripts: it opens pages, reads their forms, fills them in and sends them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

Attributes = Mapping[str, str | None]
CHOSEN_ONLY = ("radio", "checkbox")
NOT_SENT = ("submit", "button", "image", "reset", "file")


class PageRefused(Exception):
    """A page answered with an error; says the address's path and the status, never what was sent."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """A form as the page shows it: where it goes, and what is already filled in."""

    action: str
    fields: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Page:
    """What the browser shows."""

    url: str
    html: str
    forms: tuple[Form, ...]
    content: bytes = field(repr=False)

    def form(self, action: str) -> Form:
        """The form that goes to an address ending so."""
        return next(form for form in self.forms if form.action.partition("?")[0].endswith(action))

    def said(self, pattern: str) -> str:
        """The first group of the first match in the page; PageRefused if the page does not say it."""
        found = re.search(pattern, self.html, re.DOTALL)
        if found is None:
            raise PageRefused(f"{httpx.URL(self.url).path} does not say what was expected")
        return found.group(1).strip()


class _Forms(HTMLParser):
    """Reads the forms out of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[str, str]]]] = []
        self._writing: tuple[str, list[str]] | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.found.append((given.get("action") or "", []))
        elif tag == "textarea" and self.found:
            self._writing = (given.get("name") or "", [])
        elif tag == "select":
            self._select = given.get("name") or ""
        elif tag == "option" and "selected" in given:
            self._fill(self._select, given.get("value") or "")
        elif tag == "input" and _is_sent(given):
            self._fill(given.get("name") or "", given.get("value") or "")

    def handle_data(self, data: str) -> None:
        if self._writing:
            self._writing[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._writing:
            self._fill(self._writing[0], "".join(self._writing[1]).removeprefix("\n"))
            self._writing = None

    def _fill(self, name: str, value: str) -> None:
        if self.found and name:
            self.found[-1][1].append((name, value))


def _is_sent(given: Attributes) -> bool:
    kind = given.get("type") or "text"
    return kind not in NOT_SENT and (kind not in CHOSEN_ONLY or "checked" in given)


def forms_in(html: str) -> tuple[Form, ...]:
    """The forms of a page with what is filled in, as a browser without scripts would send them."""
    reader = _Forms()
    reader.feed(html)
    forms = [Form(action=action, fields={}) for action, _ in reader.found]
    for place, (_, pairs) in enumerate(reader.found):
        names = dict.fromkeys(name for name, _ in pairs)
        forms[place] = replace(forms[place], fields={name: tuple(v for n, v in pairs if n == name) for name in names})
    return tuple(forms)


class Browser:
    """One person's browser, with cookies of its own."""

    def __init__(self, language: str = "ja") -> None:
        """Open it; `close` when done."""
        self._client = httpx.AsyncClient(trust_env=False, follow_redirects=True, timeout=30, headers={"Accept-Language": language})

    async def open(self, url: str) -> Page:
        """Open an address."""
        return _page(await self._client.get(url))

    async def send(self, page: Page, action: str, filled: Mapping[str, str]) -> Page:
        """Fill in a form of a page and send it; the page that follows."""
        form = page.form(action)
        values = {**{name: list(given) for name, given in form.fields.items()}, **filled}
        return _page(await self._client.post(urljoin(page.url, form.action), data=values))

    async def close(self) -> None:
        """Close it."""
        await self._client.aclose()


def _page(answer: httpx.Response) -> Page:
    if not answer.is_success:
        raise PageRefused(f"{answer.url.path.split('/')[1]} answered {answer.status_code}")
    html = answer.text if "html" in answer.headers.get("content-type", "") else ""
    return Page(url=str(answer.url), html=html, forms=forms_in(html), content=answer.content)
