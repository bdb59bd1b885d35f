"""What is due, and who holds it: one worker at a time, no wake lost, nothing written by a worker that was replaced."""

from __future__ import annotations

import os
import socket
from datetime import timedelta

import pytest
from sqlalchemy import update

from desk import clock
from desk.domain.case import LeaseLost
from desk.settings import settings
from desk.store import agenda
from desk.store.agenda import ADVANCE, LETTER, PURGE, DueCase, Lease
from desk.store.ledger import reading, writing
from desk.store.schema import agenda as agenda_rows
from tests.integration.ledger_office import DAY, at_once, received

pytestmark = pytest.mark.usefixtures("ledger")
SECOND = timedelta(seconds=1)


async def claimed(number: str) -> Lease | None:
    """Try to hold a case."""
    async with writing() as db:
        return await agenda.claim(db, ADVANCE, number)


async def held(number: str) -> Lease:
    """Hold a case."""
    lease = await claimed(number)
    assert lease is not None
    return lease


async def due() -> tuple[DueCase, ...]:
    """What is due now."""
    async with reading() as db:
        return await agenda.due_cases(db)


async def only_due() -> DueCase:
    """The one case that is due now."""
    (one,) = await due()
    return one


async def woken(number: str) -> None:
    """Somebody does something about a case."""
    async with writing() as db:
        await agenda.wake(db, number)


async def put_down(lease: Lease, seen: int, until: timedelta | None = None) -> None:
    """A run reaches a rest and gives its lease back."""
    async with writing() as db:
        await agenda.rest(db, lease, seen, clock.now() + until if until else None)


async def seen_by(number: str) -> int:
    """What a run remembers when it reads the ledger."""
    async with reading() as db:
        return await agenda.look(db, number)


async def confirmed(lease: Lease) -> None:
    """Begin a transaction that acts on a case, as every deed does."""
    async with writing() as db:
        await agenda.confirm(db, lease)


async def made(one: DueCase, run: str) -> int:
    """The door makes a run."""
    async with writing() as db:
        runs = await agenda.next_run(db, one)
        await agenda.made_run(db, one.number, run, runs)
    return runs


async def test_f11_of_many_workers_at_once_one_holds_the_case() -> None:
    """Of twenty workers that claim a case at once exactly one is given the lease (F11)."""
    number = await received()
    leases = [lease for lease in await at_once(*(claimed(number) for _ in range(20))) if lease is not None]
    assert len(leases) == 1
    assert await due() == ()


async def test_f12_a_worker_that_was_replaced_writes_nothing_any_more() -> None:
    """Once a lease ran out and another worker holds the case, the first can neither act, nor renew, nor give it back (F12)."""
    number = await received()
    old = await held(number)
    await confirmed(old)
    with clock.travelled(timedelta(seconds=settings().lease_seconds) + SECOND):
        await confirmed(old)  # late, but nobody else has come
        new = await held(number)
        assert new.fence > old.fence
        with pytest.raises(LeaseLost):
            await confirmed(old)
        async with writing() as db:
            await agenda.renew(db, [old])
            await agenda.rest(db, old, 99, None)
            await agenda.finish(db, old, clock.now())
        await confirmed(new)
        assert await claimed(number) is None


async def test_a_lease_that_is_renewed_lives_on() -> None:
    """A worker keeps its case as long as it renews the lease, and not longer."""
    number = await received()
    lease, life = await held(number), timedelta(seconds=settings().lease_seconds)
    with clock.travelled(life - SECOND):
        async with writing() as db:
            await agenda.renew(db, [lease])
    with clock.travelled(2 * life - 3 * SECOND):
        assert await claimed(number) is None
    with clock.travelled(2 * life + SECOND):
        assert await claimed(number) is not None


async def test_a_wake_during_the_last_step_is_not_lost() -> None:
    """A case woken after the run last read the ledger is due at once when the run rests; one that was not rests until its date."""
    number = await received()
    lease, seen = await held(number), await seen_by(number)
    await woken(number)
    assert await due() == ()
    await put_down(lease, seen, DAY)
    assert (await only_due()).number == number
    lease, seen = await held(number), await seen_by(number)
    await put_down(lease, seen, DAY)
    assert await due() == ()
    with clock.travelled(DAY + SECOND):
        assert (await only_due()).number == number


async def test_wakes_and_rests_at_once_never_leave_a_case_asleep() -> None:
    """However a wake and a rest fall together, the case is due afterwards if the wake came after the look."""
    number = await received()
    for _ in range(8):
        lease, seen = await held(number), await seen_by(number)
        assert await at_once(put_down(lease, seen), woken(number)) == [None, None]
        assert (await only_due()).number == number


async def test_a_case_without_a_date_sleeps_until_somebody_acts() -> None:
    """With nothing ahead a case is never due by itself; it is forgotten only as far as the sweep looks after it."""
    number = await received()
    await put_down(await held(number), await seen_by(number))
    with clock.travelled(400 * DAY):
        assert await due() == ()
        async with reading() as db:
            assert await agenda.forgotten(db) == (number,)
        await woken(number)
        assert (await only_due()).attempt == 0


async def test_a_case_that_was_set_going_is_looked_at_again_later_each_time() -> None:
    """When no run starts, the door tries again after 1, 2, 4 … at most 300 seconds; of two doors at once one counts."""

    async def set_going() -> None:
        async with writing() as db:
            await agenda.set_going(db, one)

    await received()
    ahead = timedelta()
    for attempt in range(10):
        with clock.travelled(ahead):
            one = await only_due()
            assert one.attempt == attempt
            assert await at_once(set_going(), set_going()) == [None, None]
            assert await due() == ()
        ahead += timedelta(seconds=min(agenda.MOST_BACKOFF, 2**attempt)) + SECOND


async def test_f6_two_doors_at_once_make_one_run() -> None:
    """Two doors that find the same ended run give its successor the same number, and so the same key in Prefect (F6)."""
    number = await received()
    assert await made(await only_due(), "first") == 1
    one = await only_due()
    assert await at_once(made(one, "second"), made(one, "second")) == [2, 2]
    async with reading() as db:
        assert await agenda.runs_of(db, number) == 2
    assert (await only_due()).run == "second"


async def test_a_run_that_holds_the_case_is_not_replaced() -> None:
    """A door that looked long ago does not take the case from the run that moves it by now."""
    number = await received()
    await made(await only_due(), "first")
    stale = await only_due()
    lease = await held(number)
    assert await made(stale, "other") == 1
    async with writing() as db:
        assert not await agenda.free(db, stale)
    await confirmed(lease)


async def test_the_run_before_the_last_is_worth_nothing() -> None:
    """A case that is given a new run refuses whatever an older one still writes, and notes no other run's id."""
    number = await received()
    await made(await only_due(), "first")
    lease = await held(number)
    with clock.travelled(timedelta(seconds=settings().lease_seconds) + SECOND):
        one = await only_due()
        assert one.abandoned
        assert await made(one, "second") == 2
        with pytest.raises(LeaseLost):
            await confirmed(lease)
        async with writing() as db:
            await agenda.made_run(db, number, "late", 1)
        assert (await only_due()).run == "second"


async def test_a_started_worker_frees_the_leases_of_the_dead_of_its_host() -> None:
    """Leases of this host's processes that are gone end at once; those of the living and of other hosts stay (F9)."""
    here = socket.gethostname()
    odd = "_" * len(here)  # as a pattern it would fit this host
    numbers = [await received(key) for key in "abc"]
    for number, holder in zip(numbers, (f"{here}/1/x", f"{here}/{os.getpid()}/x", f"{odd}/1/x"), strict=True):
        await held(number)
        async with writing() as db:
            await db.execute(update(agenda_rows).where(agenda_rows.c.number == number).values(holder=holder))
    async with writing() as db:
        assert await agenda.release_dead(db, [os.getpid()]) == 1
    assert [one.number for one in await due()] == [numbers[0]]
    assert (await only_due()).abandoned


async def test_letters_and_purges_are_claimed_like_cases() -> None:
    """A letter that is due is claimed once, done with for good, or due again at an instant; each try is counted."""
    number = await received()
    async with writing() as db:
        await agenda.put(db, LETTER, number, "a letter")
        await agenda.put(db, PURGE, number, "a file", clock.now() + DAY)
    async with reading() as db:
        assert await agenda.due_letters(db) == ((number, "a letter"),)
        assert await agenda.due_purges(db) == ()
        assert await agenda.backlog(db) == {ADVANCE: 1, LETTER: 1}
    async with writing() as db:
        lease = await agenda.claim(db, LETTER, number, "a letter")
        assert lease is not None
        assert await agenda.claim(db, LETTER, number, "a letter") is None
        assert await agenda.due_letters(db) == ()
        await agenda.finish(db, lease, clock.now() + DAY)
        assert await agenda.attempts(db, lease) == 1
        assert await agenda.due_letters(db) == ()
    with clock.travelled(DAY + SECOND):
        async with writing() as db:
            assert await agenda.due_purges(db) == ((number, "a file"),)
            lease = await agenda.claim(db, LETTER, number, "a letter")
            assert lease is not None
            await agenda.finish(db, lease)
            assert await agenda.due_letters(db) == ()


async def test_sleeping_cases_are_those_whose_runs_should_be_asleep() -> None:
    """Only a case that has a run, is not held and not due now is looked after as asleep."""
    sleeping, unheard, moving = [await received(key) for key in "abc"]
    for one in await due():
        if one.number != unheard:
            await made(one, "a run")
    for number in (sleeping, unheard):
        await put_down(await held(number), await seen_by(number), DAY)
    await held(moving)
    async with reading() as db:
        assert [one.number for one in await agenda.waiting_cases(db)] == [sleeping]


async def test_f24_a_clock_that_goes_back_frees_no_case_early() -> None:
    """When the clock goes back an hour, a lease stays with its holder; what is due comes later, never twice (F24)."""
    number = await received()
    lease = await held(number)
    with clock.travelled(-timedelta(hours=1)):
        assert await claimed(number) is None
        await confirmed(lease)
        await put_down(lease, await seen_by(number))
    assert await due() == ()
