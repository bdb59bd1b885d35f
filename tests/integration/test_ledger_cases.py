"""Taking requests in: once per submission, whole or not at all, sealed, and moved along the edges of the table only."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from desk import clock
from desk.domain.case import NoSuchCase, NotAllowed, Purged, Searched, State
from desk.store import audit, cases, drafts, halts, keys, letters, proofs, reading_case, seal, searches, wishes
from desk.store.ledger import reading, writing
from desk.store.schema import cases as case_rows
from desk.store.schema import metadata
from tests.integration.ledger_office import DAY, HELD, PERSON, a_request, at_once, at_state, case_of, issued, policy, received, rows, ruled

pytestmark = pytest.mark.usefixtures("ledger")


async def total(*, of: str = "cases") -> int:
    """How many rows a table has."""
    async with reading() as db:
        return int(await db.scalar(select(func.count()).select_from(metadata.tables[of])) or 0)


async def test_f3_the_same_submission_at_once_is_one_case() -> None:
    """Of 24 identical submissions at once one makes the case, and all are given its number (F3, E5)."""
    numbers = await at_once(*(received("same") for _ in range(24)))
    assert len(set(numbers)) == 1
    assert await total() == 1
    async with reading() as db:
        assert [entry.deed for entry in await audit.history(db, str(numbers[0]))] == ["received"]


async def test_f2_the_same_submission_later_is_the_same_case() -> None:
    """Whoever saw no answer and sends again is given the number that is on record, days later too (F2)."""
    number = await received("same")
    with clock.travelled(3 * DAY):
        assert await received("same") == number
    assert await total() == 1


async def test_another_submission_under_the_same_key_is_refused() -> None:
    """Of two submissions that differ under one key, the first is taken and the second is KeyReused; at once, too."""
    made = await at_once(*(received("same", digest) for digest in "abababab"))
    refused = [one for one in made if isinstance(one, cases.KeyReused)]
    assert len({one for one in made if isinstance(one, str)}) == 1
    assert len(refused) == 4
    assert await total() == 1


async def test_f4_the_same_person_again_is_another_case_that_can_be_proven() -> None:
    """A second request of the same person, days later, is never dropped, and both can be proven (F4)."""
    first = await received("one")
    with clock.travelled(DAY):
        second = await received("two")
        assert first != second
        for number in (first, second):
            code = await issued(number)
            assert (await proofs.consume_for(number, proofs.Purpose.STATUS, code)).number == number


async def test_a_transaction_that_fails_leaves_nothing() -> None:
    """When something raises, no row of what was written in that transaction stays in any table."""

    async def fail() -> None:
        async with writing() as db:
            await cases.receive(db, a_request(), policy=policy(), systems={"cards": False}, key="one", digest="0")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with reading() as db:
        assert {name: await rows(db, table) for name, table in metadata.tables.items() if await rows(db, table)} == {}


async def test_what_a_person_wrote_comes_back_as_it_was() -> None:
    """Names, words and identifiers are opened as they were written, whatever signs they hold."""
    odd = replace(PERSON, given="はな\ud83d\0", details="𠮷野家 \u202e \r\n" + "長" * 4000)
    number = await received(person=odd)
    async with reading() as db:
        assert await cases.person(db, number) == odd


async def test_what_is_sealed_for_one_request_does_not_open_in_another() -> None:
    """A sealed text that is moved to another request, or changed by a bit, is Damaged and never read (11.3.2)."""
    here, there = await received("one"), await received("two")
    async with writing() as db:
        moved = (await cases.row_of(db, there)).person
        mine = update(case_rows).where(case_rows.c.number == here)
        await db.execute(mine.values(person=moved))
        with pytest.raises(seal.Damaged):
            await cases.person(db, here)
        await db.execute(mine.values(person=moved[:-1] + bytes([moved[-1] ^ 1])))
        with pytest.raises(seal.Damaged):
            await cases.person(db, here)
        await db.execute(mine.values(wrapped_key=(await cases.row_of(db, there)).wrapped_key))
        with pytest.raises(seal.Damaged):
            await cases.person(db, here)


async def test_a_purged_request_can_be_judged_and_no_longer_read() -> None:
    """Once its key is destroyed, nothing personal about a request opens again; its course stays on record."""
    number = await ruled()
    async with writing() as db:
        await letters.owe(db, number, "N01", "contact")
        await drafts.add(db, number, "clerk", "言葉")
        await keys.destroy(db, number)
    async with reading() as db:
        for personal in (cases.person, letters.thread, drafts.of, searches.records, proofs.proven_identifiers):
            with pytest.raises(Purged):
                await personal(db, number)
        assert (await cases.read(db, number)).state is State.DRAFTED
        assert await audit.history(db, number)
    async with writing() as db:
        with pytest.raises(Purged):
            await letters.owe(db, number, "N07", "contact")


async def test_a_request_moves_along_the_table_only() -> None:
    """A state that cannot be reached from here is NotAllowed; the same state again is harmless and not entered twice."""
    number = await received()
    async with writing() as db:
        await cases.move(db, number, State.ACKNOWLEDGED)
        await cases.move(db, number, State.ACKNOWLEDGED)
        with pytest.raises(NotAllowed):
            await cases.move(db, number, State.CLOSED)
        assert [entry.deed for entry in await audit.history(db, number)] == ["received", "acknowledged"]
        with pytest.raises(NoSuchCase):
            await cases.move(db, "2611-22222-22222-2", State.CLOSED)


async def test_a_request_is_found_by_what_its_asker_has_proven() -> None:
    """Earlier requests are found by what was proven in them; what somebody merely claimed in one never leads to it (T1)."""
    claimed, mine, now = await at_state(State.CLOSED, "one"), await at_state(State.CLOSED, "two"), await received("three")
    async with writing() as db:
        await cases.remember(db, mine, {"email": "canary-KNOWN@example.jp"})
    async with reading() as db:
        held = await cases.held_on(db, {"email": "CANARY-known@example.jp"}, now)
    assert [record.key for record in held] == [mine]
    assert claimed not in str(held)


async def test_a_system_that_joined_the_office_is_searched_too() -> None:
    """A system registered after the request came in is waited for; what was found before stays (two workers at once)."""

    async def join() -> None:
        async with writing() as db:
            await searches.register(db, number, {"cards": False, "crm": False, "archive": True})

    number = await ruled(State.INVESTIGATING)
    assert await at_once(*(join() for _ in range(4))) == [None] * 4
    systems = (await case_of(number)).coverage.systems
    assert {name: search.state for name, search in systems.items()} == {
        "cards": Searched.SEARCHED,
        "crm": Searched.WAITING,
        "archive": Searched.NOTHING_HELD,
    }


async def test_what_was_found_is_counted_apart_by_authority() -> None:
    """Coverage counts what the operator and what a client may disclose apart; the records themselves are sealed."""
    case = await case_of(await ruled())
    assert case.coverage.systems["cards"].found == {"name": 1, "email": 1}
    assert case.coverage.systems["cards"].entrusted == {"title": 1}
    async with reading() as db:
        assert await searches.records(db, case.number) == HELD


async def test_a_withdrawal_counts_once_and_in_time() -> None:
    """A request is taken back once, however often it is asked, and not after it was fulfilled."""

    async def withdraw() -> None:
        async with writing() as db:
            await wishes.withdraw(db, number)

    number = await received()
    assert await at_once(*(withdraw() for _ in range(6))) == [None] * 6
    async with reading() as db:
        assert [entry.deed for entry in await audit.history(db, number)].count("withdrawal asked") == 1
    number = await at_state(State.FULFILLING, "two")
    with pytest.raises(NotAllowed):
        await withdraw()


async def test_an_objection_counts_once_and_its_words_are_sealed() -> None:
    """A person objects once to how a request ended; the words are a draft of the person's that no officer can confirm as reasons."""
    number = await at_state(State.CLOSED)
    for _ in range(2):
        async with writing() as db:
            await wishes.object_to(db, number, "納得できません。")
    async with reading() as db:
        assert [one.words for one in await drafts.of(db, number)] == ["納得できません。"]
        assert not await drafts.exists(db, number, 1)
    number = await received("two")
    async with writing() as db:
        with pytest.raises(NotAllowed):
            await wishes.object_to(db, number, "まだ終わっていません。")


async def test_drafts_written_at_once_have_numbers_of_their_own() -> None:
    """Words written at the same moment are kept under different numbers, without a gap."""

    async def write(words: str) -> int:
        async with writing() as db:
            return await drafts.add(db, number, "clerk", words)

    number = await received()
    assert sorted(str(one) for one in await at_once(*(write(words) for words in "abcdef"))) == list("123456")
    async with reading() as db:
        assert not await drafts.exists(db, number, 2**40)
        assert await drafts.exists(db, number, 6)


async def test_a_stop_holds_until_it_is_lifted() -> None:
    """One request or all can be stopped, by two at once too; a stop of nothing is refused instead of comforting (T45)."""

    async def stop(number: str) -> None:
        async with writing() as db:
            await halts.halt(db, number, "manager")

    one, other = await received("one"), await received("two")
    assert await at_once(*(stop(one) for _ in range(4))) == [None] * 4
    assert ((await case_of(one)).halted, (await case_of(other)).halted) == (True, False)
    assert await at_once(*(stop(reading_case.EVERY_CASE) for _ in range(4))) == [None] * 4
    assert (await case_of(other)).halted
    with pytest.raises(NoSuchCase):
        await stop("2611-22222-22222-2")
    async with writing() as db:
        await halts.lift(db, reading_case.EVERY_CASE, "manager")
        await halts.lift(db, reading_case.EVERY_CASE, "manager")
    assert ((await case_of(one)).halted, (await case_of(other)).halted) == (True, False)
    async with reading() as db:
        assert [entry.deed for entry in await audit.history(db, audit.OFFICE)] == ["halted", "halt lifted"]
