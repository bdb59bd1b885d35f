"""What the ledger survives: locks, full disks, dead databases, killed processes, and verbs that meet each other half-way."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from desk import clock
from desk.domain.case import CaseError, NotAllowed, State
from desk.domain.gates import Answer, Gate, Role
from desk.settings import CHECKOUT, settings
from desk.store import agenda, answers, audit, cases, drafts, halts, letters, packages, proofs, questions, searches, upkeep, wishes
from desk.store import ledger as door
from desk.store.ledger import close_ledger, ledger_is_sound, reading, writing
from desk.store.proofs import Purpose
from desk.store.schema import metadata
from tests.conftest import founded
from tests.integration.ledger_office import PERSON, asked, at_once, at_state, case_of, hired, issued, owed, received, rows

PATIENCE = timedelta(seconds=0.3)


@pytest.fixture
async def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger waits a third of a second for a lock."""
    await close_ledger()
    monkeypatch.setattr(door, "PATIENCE", PATIENCE)


@pytest.fixture
async def on_postgres(fresh_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """An office on PostgreSQL; the URL of its database is given."""
    url = fresh_database()
    async for _ in founded(tmp_path / "office", monkeypatch, url):
        yield url


async def withdraw(number: str) -> None:
    """The person takes the request back."""
    async with writing() as db:
        await wishes.withdraw(db, number)


@pytest.mark.usefixtures("ledger", "impatient")
async def test_f35_a_locked_ledger_is_waited_for_and_then_said_to_be_busy() -> None:
    """While somebody else holds the case, a verb waits its time, then fails as a passing trouble, and has changed nothing (F35)."""
    number = await received()
    async with writing() as db:
        await agenda.lock(db, number)
        with pytest.raises(OperationalError):
            await asyncio.wait_for(withdraw(number), 10)
    assert (await case_of(number)).withdrawal_at is None
    await withdraw(number)
    assert (await case_of(number)).withdrawal_at is not None


async def test_f36_a_full_disk_takes_a_request_whole_or_not_at_all(office: Path) -> None:
    """When the disk of the ledger is full, requests are refused as a passing trouble; those taken before are whole (F36, E18)."""
    async with writing() as db:
        pages = await db.scalar(text("PRAGMA page_count"))
        await db.execute(text(f"PRAGMA max_page_count = {pages + 8}"))
    outcomes = [outcome for n in range(40) for outcome in await at_once(received(str(n)))]
    taken = [outcome for outcome in outcomes if isinstance(outcome, str)]
    assert [outcome for outcome in outcomes if not isinstance(outcome, str | OperationalError)] == []
    assert 0 < len(taken) < 40
    async with reading() as db:
        assert sorted(row["number"] for row in await rows(db, metadata.tables["cases"])) == sorted(taken)
        assert [await cases.person(db, number) for number in taken] == [PERSON] * len(taken)
    assert await ledger_is_sound()
    assert (await audit.verify()).faults == ()
    async with writing() as db:
        await db.execute(text("PRAGMA max_page_count = 1000000"))
    assert await received("again")
    assert (office / "ledger.db").stat().st_mode & 0o777 == 0o600


async def test_f38_a_ledger_that_is_not_whole_is_not_trusted(office: Path) -> None:
    """A file with flipped bytes is not sound, and the check says what to do instead of breaking (F38)."""
    file = office / "ledger.db"
    for n in range(8):
        await received(str(n))
    assert await ledger_is_sound()
    await close_ledger()
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2] + os.urandom(9000) + whole[len(whole) // 2 + 9000 :])
    assert not await ledger_is_sound()
    await close_ledger()
    file.write_bytes(os.urandom(4096) + whole[4096:])
    assert not await ledger_is_sound()
    assert "restore" in str(await upkeep.problems())
    await close_ledger()
    file.write_bytes(whole)
    assert await ledger_is_sound()


async def test_sqlite_keeps_what_it_promised(office: Path) -> None:
    """Below 3.51.3 the journal is no WAL; commits are synced, foreign keys hold, and what was deleted is overwritten."""
    async with reading() as db:
        found = {name: await db.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")}
    journal = "wal" if sqlite3.sqlite_version_info >= door.SAFE_WAL else "truncate"
    assert found == {"journal_mode": journal, "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
    await asyncio.to_thread(_none_left, office)


def _none_left(office: Path) -> None:
    assert [path.name for path in office.glob("ledger.db-*") if path.stat().st_size] == []


async def test_f37_a_connection_that_dies_loses_its_transaction_and_nothing_else(on_postgres: str) -> None:
    """When the database cuts a connection in the middle, nothing of that transaction stays, and the next one works (F37)."""
    number = await received()

    async def cut_off() -> None:
        async with writing() as db:
            await wishes.withdraw(db, number)
            here = await db.scalar(text("SELECT pg_backend_pid()"))
            async with writing() as other:
                await other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": here})
            await cases.read(db, number)

    (outcome,) = await at_once(cut_off())
    assert isinstance(outcome, OperationalError)
    assert (await case_of(number)).withdrawal_at is None
    assert on_postgres in settings().database
    await withdraw(number)


async def test_f37_a_database_that_is_away_is_a_passing_trouble(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no database answers, a verb fails at once as a passing trouble, and the check says what to do (F37)."""
    monkeypatch.setenv("MADOGUCHI_DATABASE", "postgresql+asyncpg://nobody@127.0.0.1:1/nothing")
    settings.cache_clear()
    for verb in (reading, writing):
        with pytest.raises(OperationalError):
            async with verb():
                pass
    assert not await ledger_is_sound()
    assert "start its database" in str(await upkeep.problems())
    assert office.name


async def test_a_look_is_as_of_one_instant(on_postgres: str) -> None:
    """What is read is as of one instant, whatever is committed meanwhile."""
    number = await received()
    async with reading() as db:
        before = await cases.read(db, number)
        await withdraw(number)
        assert await cases.read(db, number) == before
    async with reading() as db:
        assert (await cases.read(db, number)).withdrawal_at is not None
    assert on_postgres


@pytest.mark.usefixtures("ledger")
async def test_a_look_changes_nothing() -> None:
    """A verb that writes is refused in a look, on both databases."""
    number = await received()
    (outcome,) = await at_once(_written_in_a_look(number))
    assert isinstance(outcome, DBAPIError)
    async with reading() as db:
        assert await drafts.of(db, number) == ()


async def _written_in_a_look(number: str) -> None:
    async with reading() as db:
        await drafts.add(db, number, "clerk", "言葉")


@pytest.mark.usefixtures("ledger")
async def test_verbs_that_meet_half_way_never_wait_in_a_circle() -> None:
    """Deeds, proofs, answers, letters, looks and wishes about one case at the same moment all come through (2.3.4, 15.4.2)."""
    clerk = await hired("clerk", Role.CLERK)
    number = await at_state(State.ID_CHECK)
    await issued(number)
    async with writing() as db:
        await letters.owe(db, number, "N10", "contact")
        lease = await agenda.claim(db, agenda.ADVANCE, number)
    assert lease is not None
    question, letter = await asked(number, Gate.REVIEW), await owed(number, "N10")
    given = Answer(officer="clerk", answer="本人と認める")

    async def deed(n: int) -> None:
        async with writing() as db:
            await agenda.confirm(db, lease)
            await cases.note(db, number, looked_up=bool(n % 2))
            await questions.supersede_others(db, await cases.read(db, number), Gate.REVIEW, "")
            await audit.enter(db, number, "done")

    async def post() -> None:
        async with writing() as db:
            await letters.sent(db, letter, "件名", "本文")

    async def other(n: int) -> None:
        async with writing() as db:
            match n % 6:
                case 0:
                    await drafts.add(db, number, "clerk", "言葉")
                case 1:
                    await searches.looked_at(db, number, "clerk", "cards")
                case 2:
                    await packages.fetched(db, number)
                case 3:
                    await halts.halt(db, number, "clerk")
                    await halts.lift(db, number, "clerk")
                case 4:
                    await questions.rotate(db, number)
                case _:
                    await agenda.renew(db, [lease])

    tried = [proofs.consume_for(number, Purpose.STATUS, "AAAAAAAA") for _ in range(6)]
    taken = [answers.take(question.key, given, clerk.code(), clock.now(), "desk") for _ in range(2)]
    issues = [_issue(number) for _ in range(3)]
    deeds = [deed(n) for n in range(12)]
    outcomes = await at_once(*deeds, post(), *(other(n) for n in range(18)), *tried, *taken, *issues, withdraw(number))
    assert [one for one in outcomes if isinstance(one, BaseException) and not isinstance(one, CaseError)] == []
    assert not any(isinstance(one, NotAllowed) for one in outcomes)
    assert (await audit.verify()).faults == ()


async def _issue(number: str) -> None:
    async with writing() as db:
        await proofs.issue(db, number, Purpose.STATUS, "contact")


KILLED = """
import asyncio, io, sys
from desk import clock
from desk.domain.gates import Answer
from desk.store import answers, packages
from desk.store.keys import key_of
from desk.store.ledger import reading
from tests.integration.ledger_office import received

async def sealed(number):
    async with reading() as db:
        key = await key_of(db, number)
    await packages.seal_package(key, number, 1, io.BytesIO(b"a package"))

def answered(key, code):
    return answers.take(key, Answer(officer="clerk", answer="本人と認める"), code, clock.now(), "desk")

deed, *given = sys.argv[1:]
asyncio.run({"received": received, "answered": answered, "sealed": sealed}[deed](*given))
"""


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """A folder that remembers which crash points have fired."""
    folder = tmp_path / "mark"
    folder.mkdir()
    return folder


async def killed(point: str, mark: Path, *deed: str) -> None:
    """Do a deed in a process of its own that is killed at a crash point."""
    world = {**os.environ, "CRASH_AT": point, "CRASH_MARK": str(mark), "PYTHONPATH": str(CHECKOUT)}
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", KILLED, *deed], env=world, cwd=CHECKOUT, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


@pytest.mark.usefixtures("ledger")
async def test_f1_a_request_is_on_record_or_was_never_taken(mark: Path) -> None:
    """Killed just before the commit, nothing of a request is on record, and the same submission is taken afterwards (F1)."""
    await close_ledger()
    await killed("intake.before_commit", mark, "received", "same")
    async with reading() as db:
        assert {name for name, table in metadata.tables.items() if await rows(db, table)} == set()
    number = await received("same")
    assert (await case_of(number)).state is State.RECEIVED


@pytest.mark.usefixtures("ledger")
async def test_f37_an_answer_counts_whole_or_not_at_all(mark: Path) -> None:
    """Killed just before the commit, the question is open and the officer's code unspent: the same answer counts afterwards (F8, F37)."""
    clerk = await hired("clerk", Role.CLERK)
    question = await asked(await at_state(State.ID_CHECK), Gate.REVIEW)
    code = clerk.code()
    await close_ledger()
    await killed("answered.before_commit", mark, "answered", question.key, code)
    assert (await case_of(question.number)).identity.review == ""
    given = Answer(officer="clerk", answer="本人と認める")
    assert (await answers.take(question.key, given, code, clock.now(), "desk")).counts
    assert (await audit.verify()).faults == ()


@pytest.mark.usefixtures("ledger")
async def test_f46_a_package_is_on_record_only_when_it_is_whole(mark: Path) -> None:
    """Killed between sealing and the record, there is no package yet; what lies there goes with the next one's purge (F46)."""
    number = await at_state(State.FULFILLING)
    await close_ledger()
    await killed("package.sealed", mark, "sealed", number)
    with pytest.raises(packages.NoPackage):
        await anext(packages.open_package(number))
    (left,) = settings().packages.iterdir()
    with clock.travelled(timedelta(days=2)):
        async with writing() as db:
            assert await packages.purge(db, number, f"{number.lower()}-1-00000000.sealed") is None
    assert not left.exists()
