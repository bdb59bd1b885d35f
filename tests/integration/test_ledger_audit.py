"""The audit chains: every change of every field is found, and what no checkpoint covers yet is counted as such."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import Row, Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from desk import clock
from desk.domain.case import State
from desk.store import audit, cases
from desk.store.ledger import Db, reading, writing
from desk.store.schema import audit as entries
from desk.store.schema import chains, checkpoints
from tests.integration.ledger_office import at_once, received, rows

pytestmark = pytest.mark.usefixtures("ledger")
TABLES = (entries, chains, checkpoints)


async def lived() -> list[str]:
    """Three chains that two checkpoints cover, and a few entries after the last of them."""
    numbers = [await received(key) for key in "ab"]
    for state in (State.ACKNOWLEDGED, State.SCOPED):
        for number in numbers:
            async with writing() as db:
                await cases.move(db, number, state)
                await audit.enter(db, audit.OFFICE, "looked", "officer")
        assert await audit.checkpoint()
    return numbers


async def faults(kept: dict[int, str] | None = None) -> tuple[str, ...]:
    """What a verification finds."""
    return (await audit.verify(kept)).faults


async def copied(db: Db) -> dict[Table, list[dict[str, object]]]:
    """Every row of the audit."""
    return {table: await rows(db, table) for table in TABLES}


async def put_back(copy: dict[Table, list[dict[str, object]]]) -> None:
    """Make the audit what it was."""
    async with writing() as db:
        for table, were in copy.items():
            await db.execute(delete(table))
            if were:
                await db.execute(insert(table), were)


def changed(value: object, turn: int) -> list[object]:
    """Two values that are not this one; over many turns every way of changing it is used."""
    if isinstance(value, int):
        return [value + 1000, value - 1 - turn % 3 * 1000]
    text = str(value)
    swapped = text[1] + text[0] + text[2:] if len(text) > 1 else text + "x"
    ways = [one for one in ("", "x", "{}", "[]", "null", "x" + text[1:], text[:-1], swapped, text.swapcase()) if one != text]
    return [ways[turn % len(ways)], ways[(turn + 4) % len(ways)]]


async def tried(table: Table, row: dict[str, object], name: str, other: object) -> bool:
    """Change one field, see whether that is found (or refused by the database itself), and mend it."""
    mine = [table.c[column.name] == row[column.name] for column in table.primary_key]
    here = [table.c[column.name] == (other if column.name == name else row[column.name]) for column in table.primary_key]
    try:
        async with writing() as db:
            await db.execute(update(table).where(*mine).values({name: other}))
    except IntegrityError:
        return True
    found = await faults()
    async with writing() as db:
        await db.execute(update(table).where(*here).values({name: row[name]}))
    return bool(found)


async def test_a_ledger_that_nobody_touched_verifies() -> None:
    """A true ledger has no fault; what was entered after the last checkpoint is counted as not yet anchored."""
    numbers = await lived()
    async with writing() as db:
        await audit.enter(db, numbers[0], "looked")
    report = await audit.verify()
    assert (report.faults, report.unanchored, report.entries) == ((), 1, 11)
    assert await audit.checkpoint()
    assert not await audit.checkpoint()
    assert (await audit.verify()).unanchored == 0


async def test_e9_every_change_of_every_field_is_found() -> None:
    """Each field of each row of chains, entries and checkpoints is changed in turn, in several ways: each time it is found (E9, T46)."""
    await lived()
    async with reading() as db:
        copy = await copied(db)
    turn = 0
    for table, were in copy.items():
        for row in were:
            for name, value in row.items():
                for other in changed(value, turn := turn + 1):
                    assert await tried(table, row, name, other), (table.name, name, value, other)
    assert await faults() == ()
    assert turn > 50


async def test_e9_every_word_of_an_entry_is_bound() -> None:
    """Actor, deed, time and each fact inside an entry are found when they are changed, though the entry stays well-formed (T46)."""
    numbers = await lived()
    async with reading() as db:
        lines = [row for row in await rows(db, entries) if row["number"] == numbers[0]]
    for line in lines:
        said = json.loads(line["entry"])
        for word in said:
            async with writing() as db:
                mine = (entries.c.number == line["number"]) & (entries.c.seq == line["seq"])
                await db.execute(update(entries).where(mine).values(entry=json.dumps(said | {word: "x"}, sort_keys=True)))
            assert await faults()
            async with writing() as db:
                await db.execute(update(entries).where(mine).values(entry=line["entry"]))
    assert await faults() == ()


async def test_e9_every_row_that_is_gone_is_missed() -> None:
    """Whichever row of the audit is deleted, a verification misses it (E9, F48)."""
    await lived()
    async with reading() as db:
        copy = await copied(db)
    for table, were in copy.items():
        for row in were:
            async with writing() as db:
                await db.execute(delete(table).where(*(table.c[column.name] == row[column.name] for column in table.primary_key)))
            assert await faults(), (table.name, row)
            await put_back(copy)
    assert await faults() == ()


async def _truncated(db: Db, number: str, keep: int) -> None:
    """Cut the end of a chain off, and mend its head so that the chain itself fits."""
    await db.execute(delete(entries).where(entries.c.number == number, entries.c.seq > keep))
    last = await db.scalar(select(entries.c.hash).where(entries.c.number == number, entries.c.seq == keep))
    await db.execute(update(chains).where(chains.c.number == number).values(seq=keep, hash=last or audit.START))


async def _forked(db: Db, number: str, keep: int) -> None:
    """Tell the end of a chain anew, with hashes that fit."""
    await _truncated(db, number, keep)
    for _ in range(3 - keep):
        await audit.enter(db, number, "another story")


async def _swapped(db: Db, number: str, keep: int) -> None:
    """Exchange two entries, hashes and all."""
    query = select(entries).where(entries.c.number == number, entries.c.seq.in_((keep, keep + 1))).order_by(entries.c.seq)
    first, second = (await db.execute(query)).all()
    await db.execute(delete(entries).where(entries.c.number == number, entries.c.seq.in_((keep, keep + 1))))
    for seq, row in ((keep, second), (keep + 1, first)):
        await db.execute(insert(entries).values(number=number, seq=seq, entry=row.entry, hash=row.hash))


async def _lengthened(db: Db, number: str, keep: int) -> None:
    """Slip an entry in."""
    row: Row[tuple[object, ...]] = (await db.execute(select(entries).where(entries.c.number == number, entries.c.seq == keep))).one()
    await db.execute(insert(entries).values(number=number, seq=99 + keep, entry=row.entry, hash=row.hash))


@pytest.mark.parametrize("harm", [_truncated, _forked, _swapped, _lengthened])
async def test_t46_a_story_told_anew_is_found(harm: Callable[[Db, str, int], Awaitable[None]]) -> None:
    """A chain that is cut, forked, reordered or lengthened before the last checkpoint is found wherever it is done (T46, F48)."""
    for number in await lived():
        for keep in (1, 2):
            async with reading() as db:
                copy = await copied(db)
            async with writing() as db:
                await harm(db, number, keep)
            assert await faults(), (number, keep)
            await put_back(copy)


async def test_t46_a_chain_nobody_knows_is_found() -> None:
    """An entry under a number that has no chain is a fault too."""
    await lived()
    async with writing() as db:
        await db.execute(insert(entries).values(number="X", seq=1, entry="{}", hash="0" * 64))
    assert await faults()


async def test_t46_checkpoints_cannot_be_told_anew() -> None:
    """A checkpoint signed with another key, repeated or left out is found; so is the last one that is cut off."""
    await lived()
    async with reading() as db:
        copy = await copied(db)
    first, second = copy[checkpoints]
    for forged in (
        [first],
        [second],
        [first | {"id": 2}, second | {"id": 1}],
        [first, second | {"statement": first["statement"], "signature": first["signature"]}],
        [first, second | {"statement": str(second["statement"]).replace("heads", "Heads")}],
        [],
    ):
        await put_back(copy | {checkpoints: forged})
        assert await faults()


async def test_t46_an_older_copy_is_told_by_what_was_kept_elsewhere(caplog: pytest.LogCaptureFixture) -> None:
    """A ledger put back as a whole fits in itself; number and hash of a later checkpoint, which the log holds, tell it (T46, 16.4.3)."""
    logging.getLogger("madoguchi").propagate = True
    with caplog.at_level(logging.INFO, "madoguchi.audit"):
        number = await received()
        assert await audit.checkpoint()
        async with reading() as db:
            older = await copied(db)
        async with writing() as db:
            await cases.move(db, number, State.ACKNOWLEDGED)
        assert await audit.checkpoint()
    lines = [str(vars(record)["what"]).split() for record in caplog.records]
    kept = {int(place): noted for place, noted in lines}
    assert await faults(kept) == ()
    await put_back(older)
    assert await faults() == ()
    assert await faults(kept) == ("checkpoint 2: not the one that was kept",)
    assert await faults({1: kept[1]}) == ()


async def test_f48_entries_written_at_once_all_count() -> None:
    """Many that write into one chain at the same moment, its first entry included, each leave theirs, in one unbroken chain (F48)."""

    async def enter(chain: str) -> None:
        async with writing() as db:
            await audit.enter(db, chain, "looked")

    number = await received()
    chosen = [audit.OFFICE, number] * 8
    assert await at_once(*(enter(chain) for chain in chosen)) == [None] * 16
    report = await audit.verify()
    assert (report.faults, report.entries) == ((), 17)


async def test_checkpoints_at_once_are_one() -> None:
    """Of several workers that sign at the same moment one does; entries written meanwhile are signed next time."""

    async def enter() -> bool:
        async with writing() as db:
            await audit.enter(db, number, "looked")
        return False

    number = await received()
    outcomes = await at_once(*(audit.checkpoint() for _ in range(4)), *(enter() for _ in range(4)))
    assert {True, False}.issuperset(outcomes)
    await audit.checkpoint()
    report = await audit.verify()
    assert (report.faults, report.unanchored) == ((), 0)


async def test_a_verification_while_the_office_works_finds_nothing() -> None:
    """Chains that grow while they are verified are seen as of one instant: no fault is invented."""

    async def work() -> tuple[str, ...]:
        for _ in range(12):
            async with writing() as db:
                await audit.enter(db, number, "looked")
        return ()

    number = await received()
    assert await audit.checkpoint()
    assert await at_once(work(), *(faults() for _ in range(6)), work()) == [()] * 8


async def test_f36_what_cannot_be_entered_is_not_done() -> None:
    """When the entry cannot be written, the deed it records is not either (F36, F48)."""
    number = await received()
    async with writing() as db:
        await db.execute(insert(entries).values(number=number, seq=2, entry="{}", hash="0" * 64))

    async def move() -> None:
        async with writing() as db:
            await cases.move(db, number, State.ACKNOWLEDGED)

    (outcome,) = await at_once(move())
    assert isinstance(outcome, Exception)
    async with reading() as db:
        assert (await cases.read(db, number)).state is State.RECEIVED


async def test_a_history_reads_as_it_was_entered() -> None:
    """Deeds, actors, instants and facts come back in order."""
    number, then = await received(), clock.now()
    async with writing() as db:
        await audit.enter(db, number, "looked", "officer", system="cards", rows=2)
    async with reading() as db:
        last = (await audit.history(db, number))[-1]
    assert (last.number, last.seq, last.actor, last.deed, dict(last.facts)) == (
        number,
        2,
        "officer",
        "looked",
        {"system": "cards", "rows": 2},
    )
    assert abs((last.at - then).total_seconds()) < 5
