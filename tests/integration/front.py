"""The front with an office behind it, and short ways to bring a request to where a test needs it."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from html import unescape

import httpx
from fastapi import FastAPI

from desk import clock
from desk.domain.case import Authority, Record, Rung, State
from desk.domain.decision import propose
from desk.domain.policy import Text
from desk.policies import policies
from desk.store import agenda, cases, fees, letters, packages, proofs, rulings, searches
from desk.store.keys import key_of
from desk.store.ledger import reading, writing
from desk.store.proofs import Purpose
from desk.web.app import desk_app, public_app

SYSTEMS = {"cards": False, "archive": True}
LABELS = {"cards": Text("名刺受発注", "Card ordering"), "archive": Text("倉庫の書類", "Paper archive")}
HANAKO = "hanako@example.jp"
ON_THE_WAY = (
    "ACKNOWLEDGED",
    "SCOPED",
    "ID_CHECK",
    "INVESTIGATING",
    "DRAFTED",
    "APPROVED1",
    "APPROVED2",
    "DECIDED",
    "FULFILLING",
    "NOTIFIED",
)


def body(**changes: object) -> dict[str, object]:
    """A request as JSON, with changes."""
    return {
        "right": "DISC",
        "language": "ja",
        "name": {"family": "見本", "given": "花子", "family_kana": "ミホン", "given_kana": "ハナコ"},
        "contact": {"email": HANAKO},
        "identifiers": {"email": HANAKO},
        "items": ["*"],
        "period": {},
        "form": "electronic",
        "details": "",
        **changes,
    }


def public() -> FastAPI:
    """The public application with two systems."""
    return public_app(systems=SYSTEMS, labels=LABELS)


def desk() -> FastAPI:
    """The office's own application."""
    return desk_app(systems=SYSTEMS, labels=LABELS)


@asynccontextmanager
async def visitor(app: FastAPI, host: str = "127.0.0.1") -> AsyncIterator[httpx.AsyncClient]:
    """Somebody at a browser or a program, with cookies of their own."""
    transport = httpx.ASGITransport(app, client=(host, 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        yield client


async def asked(client: httpx.AsyncClient, key: str = "first", **changes: object) -> str:
    """The number of a request made by JSON."""
    answer = await client.post("/api/v1/requests", json=body(**changes), headers={"Idempotency-Key": key})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["number"])


async def extra_of(number: str, name: str) -> Mapping[str, str]:
    """What the newest owed letter of a name carries: its code, its link."""
    async with reading() as db:
        owed = [await letters.read(db, case, letter) for case, letter in await agenda.due_letters(db, 1000) if case == number]
    found = [letter for letter in owed if letter.name == name and letter.state == "owed"]
    return found[-1].extra if found else {}


async def signed_in(client: httpx.AsyncClient, number: str) -> dict[str, str]:
    """The header of a session for a request, by the code that went to its contact."""
    await client.post(f"/api/v1/requests/{number}/codes", json={"for": "status"})
    code = (await extra_of(number, "status-code"))["code"]
    answer = await client.post(f"/api/v1/requests/{number}/sessions", json={"code": code})
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['token']}"}


async def invited(number: str, address: str = HANAKO) -> str:
    """The token of a link sent to an address on file."""
    async with writing() as db:
        await proofs.issue(db, number, Purpose.ADDRESS, address)
    return (await extra_of(number, "proof"))["link"].rpartition("/")[2]


async def moved(number: str, until: State) -> None:
    """Take a request along the plain way, as far as a state."""
    async with writing() as db:
        for name in ON_THE_WAY[: ON_THE_WAY.index(until) + 1]:
            if State((await cases.row_of(db, number)).state) is not until and _later(name, (await cases.row_of(db, number)).state):
                await cases.move(db, number, State(name))


def _later(name: str, here: str) -> bool:
    return here not in ON_THE_WAY or ON_THE_WAY.index(name) > ON_THE_WAY.index(here)


async def confirmed(number: str, address: str = HANAKO) -> None:
    """Identity proven by a mail code to an address on file and the account, and the search about to begin."""
    async with writing() as db:
        await proofs.confirm(db, number, Rung.PERSON, "mail-code", {"email": address})
        await proofs.confirm(db, number, Rung.RECORDS, "account", {"login_id": "hanako"})
        await cases.note(db, number, confirmed_at=clock.now(), looked_up=True, invited=True)
    await moved(number, State.INVESTIGATING)


async def ruled(number: str, *, signed: bool = True) -> None:
    """Everything searched, a ruling proposed and (or not) signed by two."""
    await confirmed(number)
    items = {"name": "見本 花子", "email": HANAKO, "usage": "2026-01-01"}
    async with writing() as db:
        record = Record(system="cards", table="users", key="1", authority=Authority.OPERATOR, items=items)
        for system in (await cases.read(db, number)).coverage.systems:
            await searches.found(db, number, system, [record] if system == record.system else [])
        case = await cases.read(db, number)
        ruling = propose(case, policies().version(case.policy, case.law), 1)
        await rulings.record(db, number, ruling)
        for place, officer in enumerate(("ito", "mori"), start=1) if signed else ():
            await rulings.sign(db, number, place, officer, ruling.plan_hash())
    await moved(number, State.DECIDED if signed else State.DRAFTED)


async def billed(number: str) -> None:
    """Decided, and a fee billed that is not paid yet."""
    await ruled(number)
    async with writing() as db:
        await fees.bill(db, number, 1000, "2026-04")
        await cases.move(db, number, State.FEE_NOTICED)


async def delivered(number: str, content: bytes = b"PK a package") -> None:
    """Decided, packed and announced."""
    await ruled(number)
    async with writing() as db:
        key = await key_of(db, number)
    file = await packages.seal_package(key, number, 1, io.BytesIO(content))
    async with writing() as db:
        await packages.record(db, number, file, "0" * 64, clock.now().replace(year=clock.now().year + 1))
    await moved(number, State.NOTIFIED)


async def sent(number: str, name: str, recipient: str, subject: str, text: str) -> None:
    """A letter of the desk, owed and taken over by a mail server."""
    async with writing() as db:
        await letters.owe(db, number, name, recipient)
        for case, letter in await agenda.due_letters(db, 1000):
            owed = await letters.read(db, case, letter)
            if (case, owed.name, owed.state) == (number, name, "owed"):
                await letters.sent(db, owed, subject, text)


def hidden(page: str) -> dict[str, list[str]]:
    """The hidden fields of a page's forms."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page):
        found.setdefault(name, []).append(unescape(value))
    return found


async def csrf(client: httpx.AsyncClient, path: str) -> dict[str, str]:
    """The token of the forms of a page."""
    return {"csrf": hidden((await client.get(path)).text)["csrf"][0]}
