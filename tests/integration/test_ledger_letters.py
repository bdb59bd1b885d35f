"""Letters: owed once, under one name for ever, sealed, and without the codes they carried once they are sent."""

from __future__ import annotations

import pytest

from desk.domain.case import NoSuchCase, State
from desk.store import agenda, audit, cases, letters, proofs
from desk.store.ledger import reading, writing
from desk.store.schema import letters as letter_rows
from tests.integration.ledger_office import ADDRESS, at_once, at_state, case_of, issued, owed, received, rows

pytestmark = pytest.mark.usefixtures("ledger")


async def owe(number: str, name: str = "N01", occasion: str | None = None) -> None:
    """Owe a letter to the contact."""
    async with writing() as db:
        await letters.owe(db, number, name, "contact", occasion, words="目印の言葉")


async def sent(number: str, name: str) -> letters.Owed:
    """A mail server takes a letter over."""
    letter = await owed(number, name)
    async with writing() as db:
        await letters.sent(db, letter, "件名 目印山", "本文 目印の言葉")
    return letter


async def refused(number: str, name: str) -> None:
    """A mail server refuses a letter for good."""
    letter = await owed(number, name)
    async with writing() as db:
        await letters.refused(db, letter, "refused")


async def kept() -> list[dict[str, object]]:
    """What the ledger keeps of letters."""
    async with reading() as db:
        return await rows(db, letter_rows)


async def thread(number: str) -> tuple[letters.Sent, ...]:
    """The conversation of a case."""
    async with reading() as db:
        return await letters.thread(db, number)


async def test_a_letter_is_owed_once_per_occasion() -> None:
    """However often and at once a letter is owed on one occasion, there is one; another occasion or round is another letter."""
    number = await received()
    assert await at_once(*(owe(number) for _ in range(6))) == [None] * 6
    assert len(await kept()) == 1
    await owe(number, occasion="objection 1")
    async with writing() as db:
        await cases.note(db, number, round=2)
    await owe(number)
    assert sorted(str(row["occasion"]) for row in await kept()) == ["objection 1", "round 1", "round 2"]
    assert len({row["message_id"] for row in await kept()}) == 3
    assert (await case_of(number)).letters == {"N01"}


async def test_f29_a_letter_keeps_its_message_id() -> None:
    """The Message-ID is made when the letter is owed, at the office's own domain, and never changes (F29)."""
    number = await received()
    await owe(number)
    first = (await owed(number, "N01")).message_id
    assert first.startswith("<")
    assert first.endswith("@corezo.example.jp>")
    await refused(number, "N01")
    async with writing() as db:
        await letters.send_again(db, number, "N01")
    assert (await owed(number, "N01")).message_id == first
    assert (await sent(number, "N01")).message_id == first


async def test_what_was_said_is_sealed_and_read_again() -> None:
    """The conversation is sealed in the ledger and opens to its reader in order; what a letter had to carry is gone once it is sent."""
    number = await received()
    for name in ("N01", "N07"):
        await owe(number, name)
    await sent(number, "N01")
    for row in await kept():
        assert "目印".encode() not in b"".join(value for value in row.values() if isinstance(value, bytes))
    said = await thread(number)
    assert [(one.name, one.state, one.subject, one.body) for one in said] == [
        ("N01", "sent", "件名 目印山", "本文 目印の言葉"),
        ("N07", "owed", "", ""),
    ]
    assert [row["extra"] is None for row in await kept() if row["name"] == "N01"] == [True]


async def test_t17_codes_are_not_kept_once_they_are_sent() -> None:
    """Of a letter with a code, neither the code nor its text stays, whether it was sent, refused or overtaken by a newer (T17)."""
    one, two, three = [await received(key) for key in "abc"]
    for number in (one, two, three):
        await issued(number)
    await sent(one, "status-code")
    await refused(two, "status-code")
    await issued(three)
    await sent(three, "status-code")
    assert [row["extra"] for row in await kept()] == [None] * 4
    assert [said.body for said in await thread(one)] == [""]
    assert [said.state for said in await thread(three)] == ["sent"]


async def test_letters_to_officers_are_no_part_of_the_conversation() -> None:
    """What officers are told about a case is not shown to the person."""
    number = await received()
    async with writing() as db:
        await letters.owe(db, number, "question", "officer:clerk", "審査")
    assert await thread(number) == ()


async def test_a_letter_that_was_overtaken_bothers_nobody() -> None:
    """When a server refuses a letter that is no longer good, no officer is asked about it."""
    number = await received()
    await owe(number)
    letter = await owed(number, "N01")
    async with writing() as db:
        await letters.supersede(db, number, "N01")
        await letters.refused(db, letter, "refused")
    assert [row["state"] for row in await kept()] == ["superseded"]
    assert (await case_of(number)).undelivered == ()


async def test_f28_a_refused_letter_is_the_offices_business() -> None:
    """A letter refused for good wakes the case and waits for an officer, of whatever round; a code is simply asked for again (F28)."""
    number = await received()
    await owe(number)
    await owe(number, "N18", "objection 1")
    await issued(number, proofs.Purpose.STATUS)
    async with reading() as db:
        before = await agenda.look(db, number)
    for name in ("N01", "N18", "status-code"):
        await refused(number, name)
    assert (await case_of(number)).undelivered == ("N01", "N18")
    async with reading() as db:
        assert await agenda.look(db, number) == before + 3
        assert [entry.facts["letter"] for entry in await audit.history(db, number) if entry.deed == "letter refused"] == [
            "N01",
            "N18",
            "status-code",
        ]


@pytest.mark.parametrize(
    ("name", "occasion", "delivered"),
    [
        ("N10", None, 1),
        ("N11", None, 1),
        ("N18", "objection 1", 1),
        ("N13", None, 0),
        ("N18", "objection 0", 0),
        ("N10", "round 0", 0),
    ],
)
async def test_only_the_answer_of_this_round_is_delivered_by_its_letter(name: str, occasion: str | None, delivered: int) -> None:
    """An answer that is a letter is delivered when it is sent; a late one of an earlier round begins no days (domain §4)."""
    number = await at_state(State.NOTIFIED)
    await owe(number, name, occasion)
    await sent(number, name)
    assert int((await case_of(number)).delivered_at is not None) == delivered


async def test_a_letter_that_does_not_exist_is_not_sent() -> None:
    """A letter nobody owes, or of another case, is NoSuchLetter; no letter is owed in a case that does not exist."""
    one, other = await received("one"), await received("two")
    await issued(one, proofs.Purpose.ADDRESS, ADDRESS)
    letter = await owed(one, "proof")
    async with writing() as db:
        for number, wanted in [(other, letter.id), (one, "0" * 32)]:
            with pytest.raises(letters.NoSuchLetter):
                await letters.read(db, number, wanted)
        with pytest.raises(NoSuchCase):
            await letters.owe(db, "2611-22222-22222-2", "N01", "contact")
