"""An office moved by hand: the deeds and questions of a request on the real ledger, systems and mail, without the engine.

Time may travel here, which it cannot in processes of their own; and what dies here dies by an exception.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest

from desk import clock
from desk.domain.case import Case, Form, Person, Right
from desk.domain.gates import Answer, Question, Role
from desk.domain.life import Ask, Do
from desk.policies import policies
from desk.settings import settings
from desk.store import account, agenda, answers, audit, cases, officers, proofs, questions
from desk.store.ledger import reading, writing
from engine import worker
from flows.request import DEEDS
from sample import systems
from sample.people import Invented, invented
from tasks import questions as asking
from tasks.lease import holding
from tasks.once import judged
from tasks.systems import close_systems, system_kinds
from tests.e2e.live import assertion, is_plain
from tests.e2e.smtp import Postmaster

PEOPLE = 400
LINK = re.compile(r"/proof/([\w-]+)")
ABOUT = ("letter", "system", "gate")
LONGEST = 40  # deeds of one walk


class Killed(BaseException):
    """The process died here."""


class Office:
    """The desk's people and the mail server, and one request after the other."""

    def __init__(self, mail: Postmaster) -> None:
        """Know the mail server."""
        self.mail = mail
        self._people = (one for one in invented(PEOPLE) if is_plain(one))
        self._officers = 0

    def someone(self) -> Invented:
        """A person the systems know."""
        return next(self._people)

    async def received(self, person: Person, **changes: Any) -> str:  # noqa: ANN401 - fields of a request
        """A request on record; its number."""
        usual = {"right": Right.DISC, "language": "ja", "channel": "web", "form": Form.ELECTRONIC, "items": ("*",)}
        request = cases.Request(person=person, arrived_at=clock.now(), **{**usual, **changes})
        async with writing() as db:
            policy = policies().in_force(clock.today())
            return await cases.receive(db, request, policy=policy, systems=system_kinds(), key=person.email, digest="0")

    async def moved(self, number: str) -> Question | None:
        """Do what the request needs, again after every death, until it asks or waits; the question, if it asks."""
        while True:
            try:
                return await self._moved(number)
            except Killed:
                await self.restarted()

    async def restarted(self) -> None:
        """Free the leases of everyone who died, as a worker does that starts again."""
        async with writing() as db:
            await agenda.release_dead(db, [])

    async def _moved(self, number: str) -> Question | None:
        async with holding(number, 1):
            for _ in range(LONGEST):
                match await judged(number):
                    case Do(deed):
                        await DEEDS[deed].fn(number)
                    case Ask(gate, about):
                        return await asking.put(number, gate, about)
                    case _:
                        return None
        raise AssertionError("it goes round in circles")

    async def post(self) -> None:
        """Send every letter that is due, as the worker does."""
        await worker.post()

    async def prove(self, number: str, person: Invented) -> None:
        """The person follows the link of the mail, and the service vouches for the account."""
        await self.post()
        found = [LINK.search(mail.get_content()) for mail in self.mail.to(person.email)]
        await proofs.consume_link([one.group(1) for one in found if one][-1])
        secret = settings().account_key
        assert secret is not None
        await account.prove_account(number, assertion({"account_key": secret.get_secret_value()}, person.login_id, clock.now()))

    async def answer(self, question: Question | None, said: str, role: Role | None = None, **extra: Any) -> None:  # noqa: ANN401 - draft, amount
        """A new officer answers on the desk."""
        assert question is not None
        self._officers += 1
        async with writing() as db:
            made = await officers.add(db, f"te-{self._officers}", [role or question.roles[0]], "te@corezo.example.jp")
            await officers.away(db, made.id, clock.today() + timedelta(days=365))  # no mails about later questions
        code = pyotp.TOTP(made.secret).at(int(clock.now().timestamp()))
        taken = await answers.take(question.key, Answer(officer=made.id, answer=said, **extra), code, clock.now(), "desk")
        assert taken.counts, taken.refusal

    async def case(self, number: str) -> Case:
        """The request as the ledger knows it."""
        async with reading() as db:
            return await cases.read(db, number)

    async def history(self, number: str) -> list[str]:
        """The deeds on record, oldest first, each with the letter, system or gate it is about."""
        async with reading() as db:
            entries = await audit.history(db, number)
        return [" ".join([entry.deed, *(str(entry.facts[name]) for name in ABOUT if name in entry.facts)]) for entry in entries]

    async def asked(self, number: str) -> tuple[str, ...]:
        """The gates at which a question is open."""
        async with reading() as db:
            return tuple(question.gate for question in await questions.open_questions(db, number))


def known(person: Invented, **changes: Any) -> Person:  # noqa: ANN401 - fields of a person
    """What a person writes who is known by address and login."""
    ids = {"email": person.email, "login_id": person.login_id}
    return Person(**{"family": person.name["family"], "given": person.name["given"], "email": person.email, "identifiers": ids, **changes})


@asynccontextmanager
async def walking(folder: Path, patch: pytest.MonkeyPatch, mail: Postmaster) -> AsyncIterator[Office]:
    """The sample's systems and a mail server behind the office in a folder."""
    patch.setenv("MADOGUCHI_SMTP_PORT", str(mail.port))
    patch.setenv("MADOGUCHI_SMTP_SECURITY", "none")
    settings.cache_clear()
    await close_systems()  # those of another office
    systems.build(folder, PEOPLE)
    yield Office(mail)
    await close_systems()


def later(days: int) -> timedelta:
    """So many days and an hour: past the start of the day."""
    return timedelta(days=days, hours=1)
