"""A whole request walked by hand in an office whose crew is known by name, and whose letters are read as they arrived."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from desk.domain.case import Case, State
from desk.domain.gates import Gate, Question, Role
from desk.domain.life import Ask
from desk.policies import policies
from desk.settings import CHECKOUT, settings
from desk.store import answers, audit, drafts, letters, questions
from desk.store.ledger import reading, writing
from sample.people import Invented, invented
from tasks.systems import close_systems
from tests.e2e.smtp import Postmaster
from tests.e2e.walk import PEOPLE, Office, known, walking
from tests.integration.ledger_office import Hand, answered, hired

CREW = {
    "uketsuke": Role.CLERK,
    "chosa": Role.INVESTIGATOR,
    "shonin": Role.APPROVER,
    "daini": Role.SECOND_APPROVER,
    "keiri": Role.ACCOUNTING,
    "shinsa": Role.APPROVER,  # the second of this role: whoever reviews must be new to the case
}
ARCHIVE, FIRST, SECOND = Ask(Gate.ARCHIVE, "archive"), Ask(Gate.DECISION, "1"), Ask(Gate.DECISION, "2")


class OnFoot(Office):
    """One office, those who act in it, and what reaches the person."""

    def __init__(self, mail: Postmaster, crew: dict[str, Hand]) -> None:
        """Know the mail server and the crew."""
        super().__init__(mail)
        self.crew = crew

    async def asks(self, who: Invented, named: dict[str, str] | None = None, **wishes: Any) -> str:  # noqa: ANN401 - fields of a request
        """Somebody asks from an address no system knows, naming address and log-in (or what is given); the number."""
        given = {"email": who.email, "login_id": who.login_id} if named is None else named
        return await self.received(known(who, email=home(who), identifiers=given), **wishes)

    async def goes(self, number: str) -> Ask | None:
        """Do what the request needs until it asks (what?) or waits, and send every letter due."""
        question = await self.moved(number)
        await self.post()
        return Ask(question.gate, question.about) if question else None

    async def question(self, number: str, gate: Gate) -> Question:
        """The open question at a gate."""
        async with reading() as db:
            return next(one for one in await questions.open_questions(db, number) if one.gate is gate)

    async def tries(self, number: str, gate: Gate, said: str, by: str = "", **extra: int | str) -> answers.Taken:
        """An officer answers, whether it counts or not; by default the first who has the role."""
        question = await self.question(number, gate)
        officer = by or next(name for name, role in CREW.items() if role is question.choices[said].role)
        return await answered(question, self.crew[officer], said, **extra)

    async def says(self, number: str, gate: Gate, said: str, by: str = "", **extra: int | str) -> Ask | None:
        """An officer answers, it counts, and the request goes on."""
        taken = await self.tries(number, gate, said, by, **extra)
        assert taken.counts, taken.refusal
        return await self.goes(number)

    async def to_archive(self, who: Invented, **wishes: Any) -> str:  # noqa: ANN401 - as asks
        """A request of a person who proves everything, searched for in every connected system; its number."""
        number = await self.asks(who, **wishes)
        await self.goes(number)
        await self.prove(number, who)
        assert await self.goes(number) == ARCHIVE
        return number

    async def to_decision(self, who: Invented, **wishes: Any) -> str:  # noqa: ANN401 - as asks
        """The same with nothing in the paper archive, waiting for its first signature; its number."""
        number = await self.to_archive(who, **wishes)
        assert await self.says(number, Gate.ARCHIVE, "該当なし") == FIRST
        return number

    async def signed(self, number: str) -> Ask | None:
        """As many people sign as must."""
        asked = await self.says(number, Gate.DECISION, "承認する")
        return await self.says(number, Gate.DECISION, "承認する") if asked == SECOND else asked

    async def draft(self, number: str, words: str, by: str) -> int:
        """Words an officer wrote on the desk; their number."""
        async with writing() as db:
            return await drafts.add(db, number, by, words)

    async def told(self, number: str) -> list[str]:
        """The names of the notices a mail server took over, in order."""
        async with reading() as db:
            return [one.name for one in await letters.thread(db, number) if one.name.startswith("N") and one.state == "sent"]

    async def letter(self, number: str, name: str) -> EmailMessage:
        """The last notice of this name as it arrived: once, and with the words that are on record."""
        async with reading() as db:
            kept = [one for one in await letters.thread(db, number) if one.name == name and one.state == "sent"][-1]
        (arrived,) = (mail for mail in self.mail.arrived if mail["Subject"] == kept.subject and text(mail) == kept.body.strip())
        return arrived

    async def says_in(self, number: str, name: str, *words: str) -> None:
        """A notice that was sent says all of this, and has no hole in it."""
        said = text(await self.letter(number, name))
        assert [word for word in words if word not in said] == []
        assert not any(hole in said for hole in ("{{", "{%", "None", "Undefined"))
        assert number in said

    async def deeds(self, number: str) -> set[str]:
        """What is on record; a state is entered by its name in small letters."""
        async with reading() as db:
            return {entry.deed for entry in await audit.history(db, number)}

    async def at(self, number: str, *states: State) -> Case:
        """The request, which stands at one of these states."""
        case = await self.case(number)
        assert case.state in states
        return case


def home(who: Invented) -> str:
    """Where somebody asks from: an address no system knows."""
    return f"home-{who.email}"


def text(mail: EmailMessage) -> str:
    """What a letter says."""
    return str(mail.get_content()).strip()


def everywhere() -> Invented:
    """Somebody of whom every table about users holds something, inquiries among it."""
    return next(one for one in invented(PEOPLE) if one.id > 100 and one.id % 24 == 0 and one.is_user and not one.is_on_roster)


def known_to_marketing_only() -> Invented:
    """Somebody without an account, whom newsletters go to."""
    return next(one for one in invented(PEOPLE) if not one.is_user and one.is_contact)


def on_a_roster_only() -> Invented:
    """Somebody of whom the service holds nothing but what a client company entrusted to it."""
    return next(one for one in invented(PEOPLE) if not one.is_user and one.is_on_roster and not one.is_contact)


@asynccontextmanager
async def on_foot(folder: Path, patch: pytest.MonkeyPatch, mail: Postmaster) -> AsyncIterator[OnFoot]:
    """The office in a folder with its crew."""
    async with walking(folder, patch, mail):
        yield OnFoot(mail, {name: await hired(name, role) for name, role in CREW.items()})


@asynccontextmanager
async def published(folder: Path, patch: pytest.MonkeyPatch, *changes: tuple[str, str]) -> AsyncIterator[None]:
    """Let the office live by its published policy with some words of the file changed."""
    copy = folder / "config"
    shutil.copytree(CHECKOUT / "config", copy)
    (file,) = (copy / "policy").glob("*.toml")
    words = file.read_text(encoding="utf-8")
    for before, after in changes:
        assert words.count(before) == 1
        words = words.replace(before, after)
    file.write_text(words, encoding="utf-8")
    await _read_anew(patch, copy)
    try:
        yield
    finally:
        await _read_anew(patch, CHECKOUT / "config")


async def _read_anew(patch: pytest.MonkeyPatch, config: Path) -> None:
    patch.setenv("MADOGUCHI_CONFIG", str(config))
    settings.cache_clear()
    policies.cache_clear()
    await close_systems()
