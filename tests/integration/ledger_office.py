"""An office on a real ledger, and short ways to bring a request to where a test needs it. Everyone here is invented."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import jwt
import pyotp
from sqlalchemy import Table, insert, select

from desk import clock
from desk.domain import decision
from desk.domain.case import Authority, Case, Form, Person, Record, Right, Rung, State
from desk.domain.gates import Answer, Gate, Question, Role
from desk.domain.policy import Policy
from desk.policies import policies
from desk.settings import settings
from desk.store import answers, cases, letters, proofs, questions, rulings, seal, searches
from desk.store.ledger import Db, reading, writing
from desk.store.schema import letters as letter_rows
from desk.store.schema import officers as officer_rows

SYSTEMS = {"cards": False, "archive": True}
PERSON = Person(
    family="目印山",
    given="花子",
    family_kana="メジルシヤマ",
    given_kana="ハナコ",
    email="canary-contact@example.jp",
    telephone="03-0000-4242",
    identifiers={"email": "canary-known@example.jp", "login_id": "canary-login"},
    details="目印の言葉を添えます。",
)
ADDRESS = "canary-known@example.jp"
HELD = (
    Record(system="cards", table="users", key="77", authority=Authority.OPERATOR, items={"name": "目印山 花子", "email": ADDRESS}),
    Record(system="cards", table="roster", key="5", authority=Authority.CLIENT, items={"title": "目印課長"}),
)
DAY = timedelta(days=1)
Result = TypeVar("Result")


def policy() -> Policy:
    """The policy in force today."""
    return policies().in_force(clock.today())


def a_request(person: Person = PERSON) -> cases.Request:
    """A request for disclosure as it comes in."""
    form: Mapping[str, Any] = {"right": Right.DISC, "language": "ja", "channel": "web", "form": Form.ELECTRONIC, "items": ("*",)}
    return cases.Request(person=person, arrived_at=clock.now(), **form)


async def received(key: str = "one", digest: str = "0", person: Person = PERSON) -> str:
    """A request on record; its number."""
    async with writing() as db:
        return await cases.receive(db, a_request(person), policy=policy(), systems=SYSTEMS, key=key, digest=digest)


async def at_state(state: State, key: str = "one", **facts: object) -> str:
    """A confirmed request that stands at a state; its number."""
    number = await received(key)
    async with writing() as db:
        await cases.note(db, number, state=state, state_since=clock.now(), confirmed_at=clock.now(), **facts)
    return number


async def ruled(state: State = State.DRAFTED, key: str = "one") -> str:
    """A request in which every system was searched and a ruling is proposed; its number."""
    number = await at_state(state, key)
    await propose(number, state)
    return number


async def propose(number: str, state: State = State.DRAFTED) -> None:
    """Search every system of a request afresh and propose what comes of it."""
    async with writing() as db:
        for system in SYSTEMS:
            await searches.found(db, number, system, [record for record in HELD if record.system == system])
        draft = await rulings.next_draft(db, number)
        await rulings.record(db, number, decision.propose(await cases.read(db, number), policy(), draft))
        await cases.note(db, number, state=state, state_since=clock.now())


async def case_of(number: str) -> Case:
    """A request as it stands."""
    async with reading() as db:
        return await cases.read(db, number)


async def issued(number: str, purpose: proofs.Purpose = proofs.Purpose.STATUS, to: str = "contact") -> str:
    """Issue a code and give it, as its letter would carry it."""
    async with writing() as db:
        assert await proofs.issue(db, number, purpose, to)
    return (await owed(number, proofs.LETTER[purpose])).extra["code"]


async def link(number: str) -> str:
    """The token of the link that the newest proof letter carries."""
    return (await owed(number, "proof")).extra["link"].rpartition("/")[2]


async def owed(number: str, name: str) -> letters.Owed:
    """The one letter of this name that is still to be sent."""
    async with reading() as db:
        mine = (letter_rows.c.number == number, letter_rows.c.name == name, letter_rows.c.state == "owed")
        letter = (await db.execute(select(letter_rows.c.id).where(*mine))).scalar_one()
        return await letters.read(db, number, letter)


async def proven(number: str) -> None:
    """The person has proven the address and the account."""
    async with writing() as db:
        await proofs.confirm(db, number, Rung.PERSON, "mail-code", {"email": ADDRESS})
        await proofs.confirm(db, number, Rung.RECORDS, "account", {"login_id": "canary-login"})


def vouched(login: object = "hanako-77", lives: timedelta = timedelta(minutes=1), secret: str = "", **claims: object) -> str:
    """What the service signs for somebody who is logged in."""
    key = settings().account_key
    assert key is not None
    said = {"sub": login, "aud": "madoguchi", "exp": int((clock.now() + lives).timestamp()), **claims}
    return jwt.encode(said, secret or key.get_secret_value(), "HS256")


@dataclass
class Hand:
    """An officer with an authenticator; a code counts once, so each is the one after the last."""

    id: str
    secret: str
    last: int = 0

    def code(self) -> str:
        """The next code the ledger has not seen from this officer; there are two at any instant."""
        step = int(clock.now().timestamp()) // 30
        self.last = max(self.last + 1, step)
        assert self.last <= step + 1, "travel on before this officer answers again"
        return pyotp.TOTP(self.secret).generate_otp(self.last)


async def hired(officer: str, *roles: Role) -> Hand:
    """An officer without a password, which only logging in needs and which takes its time to hash."""
    secret = pyotp.random_base32()
    row = {"id": officer, "roles": sorted(roles), "email": f"{officer}@corezo.example.jp", "password": ""}
    async with writing() as db:
        await db.execute(insert(officer_rows).values(**row, sealed_secret=seal.sealed_for_office(secret, f"totp {officer}")))
    return Hand(id=officer, secret=secret)


async def asked(number: str, gate: Gate, about: str = "") -> Question:
    """The question at a gate, put on record."""
    async with writing() as db:
        return await questions.ask(db, await cases.read(db, number), gate, about)


async def answered(question: Question, who: Hand, answer: str, **extra: int | str) -> answers.Taken:
    """An answer given on the desk, with a good code."""
    given = Answer(officer=who.id, answer=answer, **extra)  # type: ignore[arg-type]  # draft and amount are figures, tracking is a word
    return await answers.take(question.key, given, who.code(), clock.now(), "desk")


async def at_once(*deeds: Coroutine[Any, Any, Result]) -> list[Result | BaseException]:
    """What came of deeds done at the same time."""
    return list(await asyncio.gather(*deeds, return_exceptions=True))


async def rows(db: Db, table: Table) -> list[dict[str, Any]]:
    """Every row of a table."""
    return [dict(row) for row in (await db.execute(select(table))).mappings()]
