"""A sample office that runs, seen from both sides: its people and officers at their pages, and its ledger as it is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pyotp
import pytest

from desk import clock
from desk.domain.case import Case, State
from desk.domain.gates import Question, Role
from desk.settings import settings
from desk.store import audit, cases, looking, officers, questions
from desk.store.ledger import close_ledger, reading, writing
from sample.counter import Counter, OpenForm
from sample.office import SampleOffice, sample_office
from sample.people import SAME_NAME, Invented, invented
from sample.visitor import Visitor
from sample.waiting import Stuck, until

PATIENCE = 120.0
CREW = (Role.CLERK, Role.INVESTIGATOR, Role.APPROVER, Role.SECOND_APPROVER, Role.ACCOUNTING)
Demo = dict[str, Any]


def quiet(who: str, ja: str, en: str) -> None:
    """Nobody listens to the play."""


class Live:
    """A running office, and short ways to do what its people do."""

    def __init__(self, office: SampleOffice) -> None:
        """Know the office; `opened` starts it."""
        self.office = office
        self.counter = Counter(office.demo)
        self._people = (one for one in invented(10_000) if is_plain(one))
        self._crews = count(1)
        self._visitors: list[Visitor] = []
        self.asked: list[Demo] = []  # everybody who was given out here

    @property
    def demo(self) -> Demo:
        """What build/demo.json would say."""
        return self.office.demo

    def person(self) -> Demo:
        """Somebody who has not asked for anything yet, of whom everything held may be disclosed."""
        one = next(self._people)
        self.asked.append({"email": one.email, "login_id": one.login_id, "name": dict(one.name), "telephone": one.telephone})
        return self.asked[-1]

    async def crew(self, *roles: Role) -> Demo:
        """The office with officers of its own for one case, so that nobody waits for somebody else's next one-time code."""
        return {**self.demo, "officers": [await self.officer(role) for role in roles or CREW]}

    async def officer(self, *roles: Role) -> Demo:
        """A new officer, away as far as mails are concerned."""
        async with writing() as db:
            made = await officers.add(db, f"te-{next(self._crews)}", roles, "te@corezo.example.jp")
            await officers.away(db, made.id, clock.today() + timedelta(days=30))
        return {"id": made.id, "roles": [*roles], "totp_secret": made.secret, "password": made.password}

    def visitor(self, person: Demo) -> Visitor:
        """Somebody with a browser and a mailbox, who leaves when the office closes."""
        self._visitors.append(Visitor(self.demo, person))
        return self._visitors[-1]

    async def close(self) -> None:
        """Let go of everything that was opened here."""
        await self.counter.close()
        for visitor in self._visitors:
            await visitor.leave()
        await close_ledger()

    async def ask(self, person: Demo, **changes: object) -> str:
        """A request made over the API; its number."""
        async with httpx.AsyncClient(base_url=self.demo["web"], timeout=60, trust_env=False) as client:
            answer = await client.post("/api/v1/requests", json=body(person, **changes), headers={"Idempotency-Key": str(uuid4())})
        assert answer.status_code == httpx.codes.CREATED, answer.text
        return str(answer.json()["number"])

    async def proven(self, person: Demo, **changes: object) -> Visitor:
        """A request made and identity proven by both of the person's own proofs."""
        visitor = self.visitor(person)
        visitor.number = await self.ask(person, **changes)
        try:
            await visitor.confirm_address()
        except Stuck:  # Prefect on SQLite may hold one run up for a minute
            await visitor.confirm_address()
        await visitor.vouch()
        return visitor

    async def answer(self, form: OpenForm, answer: str, officer: Demo | None = None, **extra: object) -> Demo:
        """Answer a form as Prefect's own pages do, as somebody who may and has not answered anything yet."""
        by = officer or await self.officer(form.roles[0])
        await self.counter.resume(form, {"officer": by["id"], "code": code_of(by), "answer": answer, **extra})
        return by

    async def prefect(self, verb: str, path: str, body: Mapping[str, object] | None = None) -> httpx.Response:
        """Prefect's answer to whoever knows its password; asked again while it says that it is busy."""
        user, _, password = str(self.demo["prefect_auth"]).partition(":")

        async def look() -> httpx.Response | None:
            async with httpx.AsyncClient(auth=(user, password), timeout=60, trust_env=False) as client:
                answer = await client.request(verb, f"{self.demo['prefect']}/api{path}", json=body)
            return None if answer.status_code == 503 else answer

        return await until("an answer of Prefect", look)

    async def artifact(self, number: str) -> str:
        """What Prefect's page of a request says."""
        return str((await self.prefect("GET", f"/artifacts/case-{number.lower()}/latest")).json()["data"])

    async def case(self, number: str) -> Case:
        """The request as the ledger knows it."""
        async with reading() as db:
            return await cases.read(db, number)

    async def numbers(self) -> tuple[str, ...]:
        """Every request that has not ended."""
        async with reading() as db:
            return await cases.open_numbers(db)

    async def history(self, number: str) -> list[str]:
        """The deeds on record, oldest first."""
        async with reading() as db:
            return [entry.deed for entry in await audit.history(db, number)]

    async def last_refusal(self, number: str) -> str:
        """Why the last answer on record does not count; nothing where it does, or where there is none."""
        async with reading() as db:
            last = await questions.last_answer(db, number)
        return last[2] if last and last[1] == "refused" else ""

    async def question(self, number: str) -> Question | None:
        """The question that is open."""
        async with reading() as db:
            return next(iter(await questions.open_questions(db, number)), None)

    async def until(self, number: str, *states: State, patience: float = PATIENCE) -> Case:
        """The request, as soon as it has come to one of these states."""

        async def look() -> Case | None:
            case = await self.case(number)
            return case if case.state in states else None

        return await until(f"{number} to come to {' or '.join(states)}", look, patience)

    async def letters_sent(self, number: str) -> None:
        """Wait until no letter of a request is still to be sent."""

        async def look() -> bool | None:
            async with reading() as db:
                return None if any(letter.state == "owed" for letter in await looking.written(db, number)) else True

        await until(f"the letters of {number} to go out", look)

    async def mail(self, to: str = "") -> list[dict[str, str]]:
        """Every letter that arrived, at one address or at all."""
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            found: list[dict[str, str]] = (await client.get(f"{self.demo['mail']}/api/messages", params={"to": to})).json()
        return found


def is_plain(one: Invented) -> bool:
    """Whether all that is held on somebody may be disclosed, by an address and a login that are theirs alone."""
    return one.id > 100 and one.is_user and not one.is_on_roster and not one.is_in_capitals and one.id not in SAME_NAME


def body(person: Mapping[str, Any], **changes: object) -> dict[str, object]:
    """A request for everything on a person, as JSON, with changes."""
    return {
        "right": "DISC",
        "language": "ja",
        "name": person["name"],
        "contact": {"email": person["email"]},
        "identifiers": {kind: person[kind] for kind in ("email", "login_id") if person[kind]},
        "items": ["*"],
        "period": {},
        "form": "electronic",
        "details": "",
        **changes,
    }


def code_of(officer: Demo) -> str:
    """A one-time code of an officer that is good now and was not given out before: the present one, or one of its neighbours."""
    totp, spent = pyotp.TOTP(officer["totp_secret"]), officer.setdefault("spent", [])
    codes = (totp.at(clock.now() + timedelta(seconds=ahead)) for ahead in (0, totp.interval, -totp.interval))
    spent.append(next(code for code in codes if code not in spent))
    return str(spent[-1])


def assertion(demo: Demo, login: str, now: datetime | None = None) -> str:
    """What the service signs for a person who is logged in."""
    ends = int((now or clock.now()).timestamp()) + 240
    return jwt.encode({"sub": login, "aud": "madoguchi", "exp": ends}, demo["account_key"], "HS256")


@contextmanager
def inside(office: SampleOffice) -> Iterator[None]:
    """Let this process read the ledger of an office."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in office.env.items():
            if name.startswith("MADOGUCHI_") or name in {"CARDS_URL", "CRM_URL"}:
                patch.setenv(name, value)
        settings.cache_clear()
        yield
    settings.cache_clear()


@asynccontextmanager
async def opened(folder: Path, **given: Any) -> AsyncIterator[Live]:  # noqa: ANN401 - as `sample_office` takes them
    """An office that runs in a folder, and everything it started ends when the block is left."""
    async with sample_office(folder, **given) as office:
        with inside(office):
            live = Live(office)
            try:
                yield live
            finally:
                await live.close()
