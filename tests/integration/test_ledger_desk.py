"""What the desk reads of the ledger and does to it, on every kind of database: the queue, looks, items kept back, stops."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest

from desk import clock
from desk.domain.case import NoSuchCase, NotAllowed, State
from desk.domain.gates import Gate, Refusal, Role
from desk.store import agenda, audit, letters, looking, officers, queue, stopping, withholding
from desk.store.ledger import reading, writing
from desk.store.reading_case import EVERY_CASE
from tests.integration.officers_office import PERSON, at_gate, at_state, case_of, request_received, ruled

pytestmark = pytest.mark.usefixtures("ledger")


async def hired(who: str, *roles: Role) -> officers.Enrolled:
    """Somebody new at the office."""
    async with writing() as db:
        return await officers.add(db, who, roles, f"{who}@corezo.example.jp")


async def test_the_queue_holds_every_open_request_oldest_first() -> None:
    """However old, with its question, its run and whether a delay was told; what has ended is not in it."""
    old = await request_received(arrived=clock.now() - timedelta(days=400))
    asked, ended = await at_gate(Gate.DECISION), await at_state(State.CLOSED)
    async with writing() as db:
        await letters.owe(db, old, "N07", "contact")
        await agenda.made_run(db, old, "a-run", 1)
    async with reading() as db:
        found = await queue.open_cases(db)
        assert await queue.run_of(db, old) == "a-run"
    assert [case.number for case in found] == [old, asked.number]
    assert ended not in {case.number for case in found}
    assert [(case.run, case.delayed, len(case.questions)) for case in found] == [("a-run", True, 0), ("", False, 1)]
    assert found[1].questions[0].key == asked.key


async def test_what_is_personal_is_read_and_the_look_written_in_one_transaction() -> None:
    """Request, proofs, letters and drafts are each opened by a named officer only."""
    number = (await at_gate(Gate.DECISION)).number
    async with writing() as db:
        assert await looking.request(db, number, "clerk") == PERSON
        assert (await looking.identifiers(db, number, "clerk"))["account"] == {"login_id": "hanako-77"}
        assert await looking.thread(db, number, "clerk") == ()
        assert await looking.drafted(db, number, "clerk") == ()
    async with reading() as db:
        looks = [(entry.deed, entry.actor) for entry in (await audit.history(db, number))[-4:]]
    assert looks == [(f"{what} looked at", "clerk") for what in ("request", "proofs", "letters", "drafts")]


async def test_an_item_kept_back_takes_the_ruling_back() -> None:
    """A ruling in preparation is set aside and everything connected is searched afresh; the wish is on record with its reasons."""
    await hired("chosa", Role.INVESTIGATOR)
    number = await ruled()
    async with writing() as db:
        draft = await withholding.withhold(db, number, "form_input", "harm", "because", "chosa")
    case = await case_of(number)
    assert (case.state, case.ruling, case.coverage.unfinished) == (State.INVESTIGATING, None, ("cards", "crm"))
    async with reading() as db:
        assert await looking.withheld(db, number) == (looking.Withheld(item="form_input", ground="harm", officer="chosa", draft=draft),)
    async with writing() as db:
        await withholding.give(db, number, "form_input", "chosa")
    assert dict((await case_of(number)).withheld) == {}


async def test_nothing_is_kept_back_after_the_last_signature_or_by_who_may_sign() -> None:
    """A signed ruling stands; and a signer cannot undo a proposal, for nothing would show that the signer prepared the ruling."""
    await hired("kennin", Role.INVESTIGATOR, Role.APPROVER)
    signed, drafted = await ruled(State.APPROVED2), await ruled()
    async with writing() as db:
        await withholding.withhold(db, drafted, "form_input", "harm", "because", "chosa")
    for verb in (
        lambda db: withholding.withhold(db, signed, "form_input", "harm", "because", "chosa"),
        lambda db: withholding.give(db, drafted, "form_input", "kennin"),
        lambda db: withholding.give(db, drafted, "name", "chosa"),
    ):
        with pytest.raises(NotAllowed):
            async with writing() as db:
                await verb(db)


async def test_a_stop_takes_a_fresh_code_and_is_on_record() -> None:
    """One request or all; a code is spent by it, and a request nobody has cannot be stopped."""
    manager = await hired("kanri", Role.MANAGER)
    number = await request_received()
    now = [pyotp.TOTP(manager.secret).at(clock.now() + timedelta(seconds=30 * ahead)) for ahead in (-1, 0, 1)]
    assert await stopping.stop(number, "kanri", "000000") is Refusal.WRONG_CODE
    assert await stopping.stop(number, "kanri", now[0]) is None
    assert await stopping.let_go(number, "kanri", now[0]) is Refusal.USED_CODE
    async with reading() as db:
        assert [stop.number for stop in await queue.halted(db)] == [number]
    assert await stopping.stop(EVERY_CASE, "kanri", now[1]) is None
    async with reading() as db:
        assert [stop.number for stop in await queue.halted(db)] == [EVERY_CASE, number]
    with pytest.raises(NoSuchCase):
        await stopping.stop("2611-AAAAA-BBBBB-C", "kanri", now[2])
    assert await stopping.let_go(number, "kanri", now[2]) is None
    assert (await case_of(number)).halted
