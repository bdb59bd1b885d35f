"""Two things that letters suffer together: a server that says nothing, and a post that is killed in the middle of a batch (E7)."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter as Tally
from contextlib import suppress
from pathlib import Path

import pytest

from desk.store import letters, looking
from desk.store.ledger import reading, writing
from engine.worker import LETTERS_AT_ONCE
from tasks import post
from tests.e2e.smtp import Postmaster
from tests.e2e.test_walks_killed import killed
from tests.e2e.walk import Office, known

BATCH = 20


async def owed(office: Office) -> tuple[str, str]:
    """A request that owes its receipt; its number and the address it goes to."""
    person = office.someone()
    number = await office.received(known(person))
    async with writing() as db:
        await letters.owe(db, number, "N01", "contact")
    return number, person.email


async def states(number: str) -> list[str]:
    """How the letters of a request stand."""
    async with reading() as db:
        return [letter.state for letter in await looking.written(db, number)]


async def test_f31_a_silent_server_costs_one_letter_its_time(walkable: Office, mail: Postmaster, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that says nothing is given up when the time for one letter is over, farewell included; other letters arrive meanwhile."""
    assert post.SECONDS + post.FAREWELL_SECONDS < 30  # a lease
    monkeypatch.setattr(post, "SECONDS", 3)
    silent, address = await owed(walkable)
    others = [await owed(walkable) for _ in range(3)]
    mail.silent_to.add(address)
    begun = time.monotonic()
    sending = asyncio.create_task(walkable.post())
    await asyncio.sleep(1.5)
    assert len(mail.arrived) == len(others)
    await sending
    assert time.monotonic() - begun < 2 * post.SECONDS - 0.5
    assert await states(silent) == ["owed"]


async def test_f33_a_post_killed_in_the_middle_of_a_batch_loses_no_letter(
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
