"""An office with people and requests at every gate, for the tests of the officers' pages. Everyone here is invented."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx
import pyotp
from fastapi import FastAPI

from desk import clock
from desk.domain import decision
from desk.domain.case import Authority, Case, Form, Person, Record, Right, Rung, State
from desk.domain.gates import SECOND, Gate, Question, Role
from desk.domain.life import Ask, next_act
from desk.domain.policy import Text
from desk.policies import policies
from desk.store import agenda, audit, cases, drafts, fees, letters, officers, packages, proofs, questions, rulings, searches
from desk.store.ledger import Db, reading, writing
from desk.web.app import desk_app

SYSTEMS = {"cards": False, "crm": False, "archive": True}
LABELS = {
    "cards": Text("名刺受発注", "Card ordering"),
    "crm": Text("顧客対応", "Customer relations"),
    "archive": Text("紙の書庫", "Archive"),
}
PERSON = Person(
    family="見本",
    given="花子",
    family_kana="ミホン",
    given_kana="ハナコ",
    email="hanako@example.jp",
    telephone="03-0000-9999",
    identifiers={"email": "hanako@example.jp", "login_id": "hanako-77", "company": "架空商事"},
    details="去年の注文について知りたいです。",
)
OPERATOR, CLIENT = Authority.OPERATOR, Authority.CLIENT
HELD = (
    Record(system="cards", table="users", key="77", authority=OPERATOR, items={"name": "見本 花子", "email": "hanako@example.jp"}),
    Record(system="cards", table="orders", key="9001", authority=OPERATOR, items={"form_input": "窓口町の本社あて"}),
    Record(system="cards", table="client_roster", key="5", authority=CLIENT, items={"title": "課長"}),
)
PEOPLE: Mapping[str, tuple[Role, ...]] = {
    "uketsuke": (Role.CLERK,),
    "chosa": (Role.INVESTIGATOR,),
    "shonin": (Role.APPROVER,),
    "shonin-2": (Role.APPROVER,),
    "daini": (Role.SECOND_APPROVER,),
    "keiri": (Role.ACCOUNTING,),
    "kansa": (Role.AUDITOR,),
    "kanri": (Role.MANAGER,),
    "kennin": (Role.INVESTIGATOR, Role.APPROVER),
}
BASE = "http://desk.test"


@dataclass
class Desk:
    """The desk's own host as a browser reaches it, one officer at a time."""

    application: FastAPI
    enrolled: dict[str, officers.Enrolled] = field(default_factory=dict)
    browser: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        """Open a browser with nothing in it."""
        self.fresh()

    def fresh(self) -> None:
        """Another browser."""
        self.browser = httpx.AsyncClient(transport=httpx.ASGITransport(self.application), base_url=BASE)

    async def enrol(self, who: str) -> officers.Enrolled:
        """Somebody of the office, enrolled when first needed."""
        if who not in self.enrolled:
            async with writing() as db:
                self.enrolled[who] = await officers.add(db, who, PEOPLE[who], f"{who}@corezo.example.jp")
        return self.enrolled[who]

    def code(self, who: str, ahead: int = 0) -> str:
        """The one-time code an enrolled officer's device shows, or the one after it."""
        return pyotp.TOTP(self.enrolled[who].secret).at(clock.now() + timedelta(seconds=30 * ahead))

    async def csrf(self, path: str = "/desk/login") -> str:
        """The token that a page's forms carry."""
        return token_in((await self.browser.get(path)).text)

    async def log_in(self, who: str, **changed: str) -> httpx.Response:
        """Log somebody in, in a browser of their own."""
        self.fresh()
        fields = {"officer": who, "password": (await self.enrol(who)).password, "code": self.code(who), "next": "/desk"}
        return await self.browser.post("/desk/login", data={"csrf": await self.csrf(), **fields, **changed})

    async def get(self, path: str) -> httpx.Response:
        """A page."""
        return await self.browser.get(path)

    async def post(self, path: str, fields: Mapping[str, str | list[str]]) -> httpx.Response:
        """A form of a page, sent from that page."""
        return await self.browser.post(path, data={"csrf": await self.csrf(), **fields})

    async def answer(self, who: str, question: Question, answer: str, **extra: str) -> httpx.Response:
        """An answer given on the page of the request."""
        about = {"gate": question.gate.value, "about": question.about, "plan": question.plan}
        fields = {**about, "answer": answer, "code": self.code(who), **extra}
        return await self.post(f"/desk/cases/{question.number}/answers", fields)


def token_in(page: str) -> str:
    """The CSRF token of a page."""
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    return found.group(1) if found else ""


def desk_with_people() -> Desk:
    """The officers' host of an office; its people are enrolled as they are needed."""
    return Desk(application=desk_app(systems=SYSTEMS, labels=LABELS))


async def request_received(person: Person = PERSON, arrived: datetime | None = None, **changed: object) -> str:
    """A request for disclosure on record; gives its number."""
    asked = {"right": Right.DISC, "language": "ja", "channel": "web", "form": Form.ELECTRONIC, "items": ("*",), **changed}
    at = arrived or clock.now()
    request = cases.Request(person=person, arrived_at=at, **asked)  # type: ignore[arg-type]  # the fields stand in `asked`
    policy = policies().in_force(clock.today())
    async with writing() as db:
        return await cases.receive(db, request, policy=policy, systems=SYSTEMS, key=f"{at} {person} {changed}", digest="0")


async def at_state(state: State, **changed: object) -> str:
    """A request whose identity is confirmed, at a state of its life; gives its number."""
    number = await request_received(**changed)  # type: ignore[arg-type]  # as above
    async with writing() as db:
        await proofs.confirm(db, number, Rung.PERSON, "mail-code", {"email": PERSON.email})
        await proofs.confirm(db, number, Rung.RECORDS, "account", {"login_id": "hanako-77"})
        await cases.note(db, number, state=state, state_since=clock.now(), confirmed_at=clock.now(), looked_up=True, invited=True)
    return number


async def searched(db: Db, number: str, held: tuple[Record, ...] = HELD) -> None:
    """Every system has answered."""
    for system in SYSTEMS:
        await searches.found(db, number, system, [record for record in held if record.system == system])


async def ruled(state: State = State.DRAFTED, held: tuple[Record, ...] = HELD, **changed: object) -> str:
    """A request with a ruling proposed from what was found; gives its number."""
    number = await at_state(state, **changed)
    async with writing() as db:
        await searched(db, number, held)
        case = await cases.read(db, number)
        await rulings.record(db, number, decision.propose(case, policies().version(case.policy, case.law), 1))
    return number


async def signed(number: str, *who: str) -> str:
    """The ruling bears these officers' signatures, first and second."""
    async with writing() as db:
        case = await cases.read(db, number)
        for place, officer in enumerate(who, start=1):
            await rulings.sign(db, number, place, officer, case.ruling.plan_hash() if case.ruling else "")
    return number


async def asked(number: str) -> Question:
    """The question the request needs answered now, put on record."""
    async with writing() as db:
        case = await cases.read(db, number)
        act = _act(case)
        assert isinstance(act, Ask)
        return await questions.ask(db, case, act.gate, act.about)


def _act(case: Case) -> object:
    return next_act(case, policies().version(case.policy, case.law), clock.now())


async def case_of(number: str) -> Case:
    """The request as the ledger has it now."""
    async with reading() as db:
        return await cases.read(db, number)


async def deeds_of(number: str, deed: str) -> list[tuple[str, object]]:
    """Who did this, and why it was refused where it was."""
    async with reading() as db:
        return [(entry.actor, entry.facts.get("reason", "")) for entry in await audit.history(db, number) if entry.deed == deed]


async def words_of(number: str, who: str, words: str = "書庫の棚にありました。") -> str:
    """Words of an officer on file; gives their number as it is chosen in a form."""
    async with writing() as db:
        return str(await drafts.add(db, number, who, words))


async def at_gate(gate: Gate, about: str = "") -> Question:
    """A request that waits at a gate, and its question."""
    number = await _PLACES[gate](about)
    return await asked(number)


async def _review(_: str) -> str:
    number = await at_state(State.ID_CHECK)
    async with writing() as db:
        await cases.note(db, number, conflicting=True, confirmed_at=None)
    return number


async def _archive(_: str) -> str:
    number = await at_state(State.INVESTIGATING)
    async with writing() as db:
        for system in ("cards", "crm"):
            await searches.found(db, number, system, [record for record in HELD if record.system == system])
    return number


async def _search(_: str) -> str:
    number = await at_state(State.INVESTIGATING)
    async with writing() as db:
        await searches.found(db, number, "cards", [record for record in HELD if record.system == "cards"])
        await searches.failed(db, number, "crm", "unreachable")
    return number


async def _decision(about: str) -> str:
    if about != SECOND:
        return await ruled()
    return await signed(await ruled(State.APPROVED1), "shonin")


async def _payment(_: str) -> str:
    number = await signed(await ruled(State.FEE_NOTICED), "shonin", "daini")
    async with writing() as db:
        await fees.bill(db, number, 1000, "2026-04")
    return number


async def _lapse(_: str) -> str:
    number = await _payment("")
    before = clock.now() - timedelta(days=40)
    async with writing() as db:
        await fees.note(db, number, noticed_at=before, reminded_at=before + timedelta(days=14))
        await cases.note(db, number, state=State.FEE_REMINDED, state_since=before + timedelta(days=14))
    return number


async def _dispatch(_: str) -> str:
    number = await signed(await ruled(State.FULFILLING, form=Form.PAPER), "shonin", "daini")
    async with writing() as db:
        await packages.record(db, number, f"{number.lower()}-1.sealed", "ab" * 32, clock.now() + timedelta(days=30))
    return number


async def _resend(_: str) -> str:
    number = await at_state(State.INVESTIGATING)
    async with writing() as db:
        await letters.owe(db, number, "N01", "contact")
        await letters.refused(db, await _first_letter(db, number), "refused")
    return number


async def _first_letter(db: Db, number: str) -> letters.Owed:
    row = next(one for one in await _due(db) if one[0] == number)
    return await letters.read(db, *row)


async def _due(db: Db) -> tuple[tuple[str, str], ...]:
    return await agenda.due_letters(db, 1000)


async def _objection(_: str) -> str:
    number = await ruled(State.REOPENED)
    async with writing() as db:
        await cases.note(db, number, returned_from=State.NOTIFIED)
    return number


_PLACES = {
    Gate.REVIEW: _review,
    Gate.ARCHIVE: _archive,
    Gate.SEARCH: _search,
    Gate.DECISION: _decision,
    Gate.PAYMENT: _payment,
    Gate.LAPSE: _lapse,
    Gate.DISPATCH: _dispatch,
    Gate.RESEND: _resend,
    Gate.OBJECTION: _objection,
}
