"""Requests that go back: asked for papers twice, reviewed twice, billed twice; the tasks on a real ledger, without the engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from prefect import Task
from sqlalchemy import select

from desk import clock
from desk.domain.case import Case, Rung, State
from desk.domain.gates import Gate
from desk.domain.life import Ask, Deed, Do, next_act
from desk.store import agenda, cases, fees, letters, packages, proofs, rulings
from desk.store.ledger import reading, writing
from desk.store.schema import letters as letter_rows
from flows.request import DEEDS
from tasks import post
from tasks.lease import holding
from tasks.systems import close_systems
from tests.integration.ledger_office import DAY, at_state, case_of, owed, policy, proven, received, ruled


@pytest.fixture(autouse=True)
async def systems(office: Path) -> AsyncIterator[Path]:
    """The office, whose systems are let go of afterwards."""
    yield office
    await close_systems()


async def done(number: str, *deeds: Deed) -> Case:
    """Do these deeds, each because the table asks for it; the request afterwards."""
    for deed in deeds:
        case = await case_of(number)
        assert next_act(case, policy(), clock.now()) == Do(deed)
        task: Task[[str], object] = DEEDS[deed]
        async with holding(number, 1):
            await task.fn(number)  # type: ignore[misc] # a task wraps a coroutine function
    return await case_of(number)


async def told(number: str) -> list[str]:
    """The names of the letters owed, oldest first."""
    async with reading() as db:
        rows = await db.execute(select(letter_rows.c.name).where(letter_rows.c.number == number).order_by(letter_rows.c.owed_at))
        return list(rows.scalars())


async def noted(number: str, **facts: object) -> None:
    """Put facts of a request on record."""
    async with writing() as db:
        await cases.note(db, number, **facts)


async def unconfirmed(state: State, **facts: object) -> str:
    """A request at a state whose person is not confirmed yet; its number."""
    number = await received()
    await noted(number, state=state, state_since=clock.now(), looked_up=True, **facts)
    return number


async def test_papers_asked_for_again_have_a_letter_and_a_reminder_of_their_own() -> None:
    """Asked for a second time, the person gets a second letter, the days begin anew, and so does the reminder."""
    number = await unconfirmed(State.ID_CHECK, review="書類を求める")
    await done(number, Deed.ASK_PAPERS)
    with clock.travelled(10 * DAY):
        reminded = await done(number, Deed.REMIND_PAPERS)
        assert reminded.identity.papers_reminded_at is not None
        assert "N04" in reminded.letters
        await noted(number, review="書類を求める")
        again = await done(number, Deed.LOOK_AGAIN, Deed.ASK_PAPERS)
        assert again.identity.papers_reminded_at is None
    with clock.travelled(19 * DAY):
        assert next_act(await case_of(number), policy(), clock.now()) == Ask(Gate.REVIEW)
    with clock.travelled(20 * DAY):
        await done(number, Deed.REMIND_PAPERS)
    assert await told(number) == ["N03", "N04", "N03", "N04"]


async def test_each_objection_is_answered_and_the_answer_can_be_written() -> None:
    """Upheld twice, a person hears twice, from what the ledger knows once the desk has gone on."""
    number = await at_state(State.NOTIFIED)
    for times in (1, 2):
        await noted(number, objection_at=clock.now())
        await done(number, Deed.REOPEN)
        await noted(number, objection_answer="維持する")
        case = await done(number, Deed.RESUME)
        assert (case.state, case.round) == (State.NOTIFIED, 1 + times)
    assert await told(number) == ["N18", "N18"]
    async with reading() as db:
        letter = (await db.execute(select(letter_rows.c.id).where(letter_rows.c.number == number))).scalars().first()
    async with writing() as db:
        _, written = await post._prepared(await letters.read(db, number, str(letter)))
    assert number in written.subject


async def test_an_unpaid_request_that_comes_back_is_billed_with_fresh_days() -> None:
    """After a lapse and an objection the ruling stands, a new bill goes out, its days begin anew, and what was paid stays paid."""
    number = await ruled(State.APPROVED2)
    await proven(number)
    plan = (await case_of(number)).ruling
    async with writing() as db:
        for place, officer in ((1, "shonin"), (2, "daini")):
            await rulings.sign(db, number, place, officer, plan.plan_hash() if plan else "")
    await done(number, Deed.DECIDE, Deed.CHARGE)
    with clock.travelled(14 * DAY):
        await done(number, Deed.REMIND_FEE)
    with clock.travelled(31 * DAY):
        assert next_act(await case_of(number), policy(), clock.now()) == Ask(Gate.LAPSE)
        async with writing() as db:
            await cases.move(db, number, State.DEEMED_WITHDRAWN)
            await fees.paid(db, number, "q-1", 300, "keiri")
        await noted(number, objection_at=clock.now())
        await done(number, Deed.REOPEN)
        await noted(number, objection_answer="審査し直す")
        billed = await done(number, Deed.RESUME, Deed.CHARGE)
        assert billed.fee is not None
        assert (billed.state, billed.fee.paid, billed.fee.reminded_at) == (State.FEE_NOTICED, 300, None)
        assert next_act(billed, policy(), clock.now()) == Ask(Gate.PAYMENT)
    assert (await told(number))[-2:] == ["N18", "N08"]


async def test_who_objects_to_a_rejection_is_looked_up_anew() -> None:
    """A reviewer who sends an unconfirmed request back lets the address on file be written to once more."""
    number = await unconfirmed(State.REJECTED, invited=True, conflicting=True, review="認められない")
    await noted(number, objection_at=clock.now())
    await done(number, Deed.REOPEN)
    await noted(number, objection_answer="審査し直す")
    case = await done(number, Deed.RESUME)
    assert (case.state, case.identity.conflicting, case.identity.review) == (State.ID_CHECK, False, "")
    assert next_act(case, policy(), clock.now()) == Do(Deed.INVITE)


async def test_a_new_proof_lets_the_proofs_be_held_against_each_other_again() -> None:
    """A conflict stands until something else is proven; then the desk looks again."""
    number = await unconfirmed(State.ID_CHECK, invited=True, conflicting=True)
    async with writing() as db:
        await proofs.confirm(db, number, Rung.RECORDS, "account", {"login_id": "canary-login"})
    assert not (await case_of(number)).identity.conflicting


async def test_a_package_made_anew_is_purged_on_its_own_day() -> None:
    """A package that replaces one whose days were over has its own last day on the agenda."""
    number = await received()
    first, second = clock.now() + DAY, clock.now() + timedelta(days=31)
    for until in (first, second):
        async with writing() as db:
            await packages.record(db, number, f"{number.lower()}-1.sealed", "0" * 64, until)
    with clock.travelled(2 * DAY):
        async with reading() as db:
            assert await agenda.due_purges(db) == ()
    with clock.travelled(32 * DAY):
        async with reading() as db:
            assert len(await agenda.due_purges(db)) == 1


async def test_the_letter_that_asks_for_papers_is_written_for_each_asking() -> None:
    """The reminder names the days of the asking it belongs to."""
    number = await unconfirmed(State.ID_CHECK, review="書類を求める")
    await done(number, Deed.ASK_PAPERS)
    with clock.travelled(12 * DAY):
        await done(number, Deed.REMIND_PAPERS)
        _, written = await post._prepared(await owed(number, "N04"))
        last = clock.today() + timedelta(days=policy().days.papers_deemed - policy().days.papers_reminder)
        assert f"{last.month}月{last.day}日" in written.body
