"""A mail server that is busy, refuses, drops the line or says nothing: no letter is lost, and none that arrives twice looks like two (E7)."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter as Tally
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from desk import clock
from desk.domain.gates import Gate
from desk.settings import settings
from desk.store import letters, looking
from desk.store.ledger import reading, writing
from engine.worker import LETTERS_AT_ONCE
from tasks import post
from tests.e2e.smtp import Postmaster
from tests.e2e.test_walks_killed import killed
from tests.e2e.walk import Office, known

BATCH = 20
pytestmark = pytest.mark.usefixtures("walkable")


async def owed(office: Office, *names: str) -> tuple[str, str]:
    """A request that owes letters to its contact; its number and that address."""
    person = office.someone()
    number = await office.received(known(person))
    async with writing() as db:
        for name in names or ("N01",):
            await letters.owe(db, number, name, "contact")
    return number, person.email


async def states(number: str) -> list[str]:
    """How the letters of a request stand."""
    async with reading() as db:
        return [letter.state for letter in await looking.written(db, number)]


@pytest.mark.parametrize("reply", ["421 4.3.2 closing", "451 4.7.1 greylisted", "452 4.2.2 full"])
async def test_a_passing_refusal_is_tried_again_with_the_same_message_id(walkable: Office, mail: Postmaster, reply: str) -> None:
    """Not taken now, the letter stays owed; a little later it is sent again under its own Message-ID, once (F27)."""
    number, address = await owed(walkable)
    mail.at_data[address] = reply
    await walkable.post()
    assert await states(number) == ["owed"]
    mail.at_data.clear()
    await walkable.post()  # not due yet: the server is not pressed
    assert mail.arrived == []
    with clock.travelled(timedelta(minutes=2)):
        await walkable.post()
        await walkable.post()
    assert await states(number) == ["sent"]
    assert (len(mail.offered), len(mail.arrived)) == (2, 1)
    assert len({letter["Message-ID"] for letter in mail.offered}) == 1


async def test_two_days_of_passing_refusals_are_one_lasting_one(walkable: Office, mail: Postmaster) -> None:
    """What no server takes within two days becomes a question to a clerk (F27)."""
    number, address = await owed(walkable)
    mail.at_rcpt[address] = "451 4.7.1 later"
    await walkable.post()
    with clock.travelled(timedelta(hours=49)):
        await walkable.post()
        assert await states(number) == ["refused"]
        question = await walkable.moved(number)
    assert question is not None
    assert question.gate is Gate.RESEND


@pytest.mark.parametrize("answer", ["再送する", "書面にする"])
async def test_a_lasting_refusal_is_asked_about_and_never_tried_by_itself(walkable: Office, mail: Postmaster, answer: str) -> None:
    """Refused for good, nothing is sent again until a clerk says so at 再送; or it goes on paper (F28)."""
    number, address = await owed(walkable)
    mail.at_rcpt[address] = "550 5.1.1 no such mailbox"
    await walkable.post()
    question = await walkable.moved(number)
    assert question is not None
    assert (question.gate, question.about) == (Gate.RESEND, "N01")
    mail.at_rcpt.clear()
    with clock.travelled(timedelta(days=1)):
        await walkable.post()
        assert await states(number) == ["refused"]
        await walkable.answer(question, answer)
        await walkable.post()
    again = answer == "再送する"
    assert await states(number) == ["sent" if again else "on-paper"]
    assert len(mail.to(address)) == int(again)


async def test_a_line_that_drops_before_the_answer_means_one_letter_twice(walkable: Office, mail: Postmaster) -> None:
    """Dropped after the end of the letter and before 250, it is sent again with an equal Message-ID and an equal text (F29)."""
    number, address = await owed(walkable)
    mail.at_data[address] = "drop"
    await walkable.post()
    assert await states(number) == ["owed"]
    mail.at_data.clear()
    with clock.travelled(timedelta(minutes=2)):
        await walkable.post()
    first, second = mail.to(address)
    assert first["Message-ID"] == second["Message-ID"]
    assert (first["Date"], first.get_content()) == (second["Date"], second.get_content())


async def test_a_silent_server_holds_up_its_own_letter_only(
    walkable: Office, mail: Postmaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that says nothing is given up in time, and letters to others arrive meanwhile (F31)."""
    assert post.SECONDS <= settings().lease_seconds
    monkeypatch.setattr(post, "SECONDS", 3)
    silent, address = await owed(walkable)
    others = [await owed(walkable) for _ in range(3)]
    mail.at_rcpt[address] = "silence"
    begun = time.monotonic()
    sending = asyncio.create_task(walkable.post())
    await asyncio.sleep(1.5)
    assert len(mail.arrived) == len(others)
    await sending
    assert time.monotonic() - begun < 6
    assert await states(silent) == ["owed"]


async def test_a_server_without_tls_gets_no_letter(walkable: Office, mail: Postmaster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where STARTTLS is asked for and not offered, nothing goes over the line in the clear, and the letter stays owed (T31)."""
    monkeypatch.setenv("MADOGUCHI_SMTP_SECURITY", "starttls")
    settings.cache_clear()
    number, _ = await owed(walkable)
    await walkable.post()
    assert await states(number) == ["owed"]
    assert mail.offered == []


async def test_a_post_killed_in_the_middle_of_a_batch_loses_no_letter(
    walkable: Office, mail: Postmaster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed just after a letter was handed over, the others still go, and no more arrive twice than were in hand (F33)."""
    numbers = [(await owed(walkable))[0] for _ in range(BATCH)]
    monkeypatch.setenv("CRASH_AT", "post.after_send:SIGUSR1")
    monkeypatch.setenv("CRASH_MARK", str(tmp_path))
    before = signal.signal(signal.SIGUSR1, killed)
    with suppress(BaseExceptionGroup):
        await walkable.post()
    signal.signal(signal.SIGUSR1, before)
    await asyncio.sleep(0.2)  # the ledger's connections are let go of
    await walkable.restarted()
    for _ in range(BATCH // 20 + 1):
        await walkable.post()
    assert {state for number in numbers for state in await states(number)} == {"sent"}
    arrived = Tally(letter["Message-ID"] for letter in mail.arrived)
    assert len(arrived) == BATCH
    assert 1 <= arrived.total() - BATCH <= LETTERS_AT_ONCE
