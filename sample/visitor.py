"""A person at the desk's public pages: asks, proves who asks, looks where it stands, and fetches what is given."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import httpx
import jwt

from sample.browser import Browser, Page
from sample.mailbox import CODE, PROOF, Mailbox
from sample.waiting import until

NUMBER = r"/status/([A-Z0-9-]{10,32})"
ASSERTION_SECONDS = 240


class Visitor:
    """One of the sample's people, with a browser and a mailbox."""

    def __init__(self, demo: Mapping[str, Any], person: Mapping[str, Any]) -> None:
        """Know the office (build/demo.json) and the person (one of its `people`)."""
        self._demo, self._person = demo, person
        self._web: str = demo["web"]
        self.mailbox = Mailbox(demo["mail"], person["email"])
        self._browser = Browser()
        self.number = ""

    async def ask(self) -> str:
        """Fill in the form for a disclosure of everything, check it, send it; the request's number."""
        form = await self._browser.open(f"{self._web}/ja/disclosure")
        check = await self._browser.send(form, "/disclosure/check", self._answers())
        receipt = await self._browser.send(check, "/disclosure/send", {})
        self.number = receipt.said(NUMBER)
        return self.number

    def _answers(self) -> dict[str, str]:
        named = {f"name.{part}": value for part, value in self._person["name"].items()}
        known = {f"identifiers.{kind}": self._person[kind] for kind in ("email", "login_id")}
        return {"scope": "all", "form": "electronic", "contact.email": self._person["email"], **named, **known}

    async def confirm_address(self) -> str:
        """Follow the link in the letter and press its button; the letter's subject."""
        letter, found = await self.mailbox.letter("the letter that asks for the proof of the address", PROOF)
        page = await self._browser.open(found.group())
        await self._browser.send(page, httpx.URL(found.group()).path, {})
        return letter["subject"]

    async def vouch(self) -> None:
        """Let the service, where the person is logged in, vouch for the account."""
        claims = {"sub": self._person["login_id"], "aud": "madoguchi", "exp": int(time.time()) + ASSERTION_SECONDS}
        assertion = jwt.encode(claims, self._demo["account_key"], "HS256")
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            answer = await client.post(f"{self._web}/api/v1/requests/{self.number}/account", json={"assertion": assertion})
        answer.raise_for_status()

    async def enter(self) -> Page:
        """Ask for a code, read it in the mail, and enter: the page that says where the request stands."""
        page = await self._browser.open(f"{self._web}/ja/status/{self.number}")
        await self.mailbox.empty()
        await self._browser.send(page, "/status/code", {"number": self.number})
        _, found = await self.mailbox.letter("the letter with the code for the status", CODE)
        return await self._browser.send(page, "/status/open", {"code": found.group(1)})

    async def look(self) -> Page:
        """Where the request stands, in the session that is open."""
        return await self._browser.open(f"{self._web}/ja/request")

    async def package_page(self) -> Page | None:
        """The page of the package, or nothing while there is none to fetch."""
        page = await self._browser.open(f"{self._web}/ja/request/package")
        return page if any(form.action.endswith("/package/code") for form in page.forms) else None

    async def fetch(self) -> bytes:
        """Ask for the package's own code and download the zip."""
        page = await until("the package", self.package_page)
        await self.mailbox.empty()
        await self._browser.send(page, "/request/package/code", {})
        _, found = await self.mailbox.letter("the letter with the code for the package", CODE)
        return (await self._browser.send(page, "/request/package", {"code": found.group(1)})).content

    async def leave(self) -> None:
        """Close the browser."""
        await self._browser.close()
