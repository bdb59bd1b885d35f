"""What mail servers do to letters (F27-F34, T28-T31), over real SMTP: nothing is lost, and nobody else is written to."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from desk import clock
from desk.domain.case import Person
from desk.domain.gates import Gate, Role
from desk.domain.life import Act, Ask, next_act
from desk.settings import settings
from desk.store import agenda, letters
from desk.store.ledger import reading, writing
from desk.store.schema import agenda as agenda_rows
from desk.store.schema import letters as letter_rows
from engine import worker
from tasks import post
from tests.integration.ledger_office import PERSON, Hand, answered, asked, case_of, hired, policy, received
from tests.integration.scripted_smtp import DROP, SILENCE, ScriptedSmtp, certified, posted_to, scripted

HOUR = timedelta(hours=1)
OURS = {"From", "To", "Subject", "Message-ID", "Date", "Auto-Submitted", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}
RESEND = Ask(Gate.RESEND, "N01")


pytestmark = pytest.mark.usefixtures("office")


@pytest.fixture
async def mail(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ScriptedSmtp]:
    """The mail server of an office, taking everything until told otherwise."""
    async with scripted() as server:
        posted_to(server, monkeypatch)
        yield server


async def owing(email: str = PERSON.email, name: str = "N01", key: str = "one", person: Person = PERSON) -> str:
    """A request whose person is owed a letter at this address; its number."""
    number = await received(key, person=replace(person, email=email))
    async with writing() as db:
        await letters.owe(db, number, name, "contact")
    return number


async def state(number: str, name: str = "N01") -> tuple[str, str]:
    """How the one letter of this name stands, and its Message-ID."""
    async with reading() as db:
        mine = (letter_rows.c.number == number, letter_rows.c.name == name)
        row = (await db.execute(select(letter_rows.c.state, letter_rows.c.message_id).where(*mine))).one()
    return row.state, row.message_id


async def due() -> tuple[tuple[str, str], ...]:
    """The letters due now."""
    async with reading() as db:
        return await agenda.due_letters(db)


async def what_next(number: str) -> Act:
    """What the request needs."""
    return next_act(await case_of(number), policy(), clock.now())


async def refused(mail: ScriptedSmtp) -> tuple[str, Hand]:
    """A request whose receipt a server refused for good, and a clerk who may say what to do; the server takes letters again."""
    number, clerk = await owing(), await hired("uketsuke", Role.CLERK)
    mail.says("RCPT", "550 5.1.1 no such mailbox", times=1)
    await worker.post()
    return number, clerk


@pytest.mark.parametrize("reply", ["421 4.3.2 closing", "451 4.7.1 greylisted"])
@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
async def test_f27_a_letter_not_taken_now_is_taken_later(mail: ScriptedSmtp, command: str, reply: str) -> None:
    """A passing refusal, wherever it comes, leaves the letter owed; it is sent later, once, under the Message-ID it always had."""
    number = await owing()
    mail.says(command, reply, times=1)
    await worker.post()
    assert (mail.taken, await due(), (await state(number))[0]) == ([], (), "owed")
    with clock.travelled(HOUR):
        await worker.post()
        await worker.post()
    assert [("sent", one.message_id) for one in mail.taken] == [await state(number)]


async def test_f27_the_pauses_between_tries_grow(mail: ScriptedSmtp, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each try waits longer than the one before, and never more than two hours."""
    monkeypatch.setenv("MADOGUCHI_RETRY_SECONDS", "2")
    settings.cache_clear()
    await owing()
    mail.says("MAIL", "451 4.7.1 greylisted")
    tried, at = [], timedelta()
    for _ in range(12):
        with clock.travelled(at):
            await worker.post()
            async with reading() as db:
                row = await db.execute(select(agenda_rows.c.due_at).where(agenda_rows.c.kind == agenda.LETTER))
            pause = row.scalar_one() - clock.now()
        tried.append(round(pause.total_seconds()))
        at += pause
    assert tried == sorted(tried)
    assert (tried[0], tried[-1]) == (30, 7200)


async def test_f27_a_letter_nobody_takes_for_two_days_becomes_a_question(mail: ScriptedSmtp) -> None:
    """Within two days a letter is tried again; after that an officer is asked."""
    number = await owing()
    mail.says("MAIL", "451 4.7.1 greylisted")
    with clock.travelled(47 * HOUR):
        await worker.post()
        assert (await state(number))[0] == "owed"
    with clock.travelled(51 * HOUR):
        await worker.post()
        assert ((await state(number))[0], await what_next(number)) == ("refused", RESEND)


async def test_f28_a_letter_refused_for_good_becomes_a_question_about_it(mail: ScriptedSmtp) -> None:
    """A lasting refusal is not tried again; the request asks an officer about this very letter, and goes nowhere before."""
    number, _ = await refused(mail)
    with clock.travelled(HOUR):
        await worker.post()
    assert (mail.taken, (await state(number))[0], await what_next(number)) == ([], "refused", RESEND)


async def test_f28_an_officer_has_it_sent_again_under_its_message_id(mail: ScriptedSmtp) -> None:
    """再送する sends the same letter under the same Message-ID, and the request goes on."""
    number, clerk = await refused(mail)
    _, message_id = await state(number)
    taken = await answered(await asked(number, Gate.RESEND, "N01"), clerk, "再送する")
    await worker.post()
    assert (taken.counts, await state(number)) == (True, ("sent", message_id))
    assert [one.message_id for one in mail.to(PERSON.email)] == [message_id]
    assert await what_next(number) != RESEND


async def test_f28_an_officer_has_it_go_on_paper(mail: ScriptedSmtp) -> None:
    """書面にする settles the letter without a mail, and the request goes on."""
    number, clerk = await refused(mail)
    taken = await answered(await asked(number, Gate.RESEND, "N01"), clerk, "書面にする")
    await worker.post()
    assert (taken.counts, (await state(number))[0], mail.to(PERSON.email)) == (True, "on-paper", [])
    assert await what_next(number) != RESEND


@pytest.mark.parametrize("reply", ["554 5.7.1 nothing from you", "421 4.3.2 closing"])
async def test_f28_a_server_that_takes_nothing_from_the_office_refuses_no_letter(mail: ScriptedSmtp, reply: str) -> None:
    """Turned away at the door, for now or for good, the office keeps its letters for later: it is no letter's fault."""
    number = await owing()
    mail.says("EHLO", reply)
    await worker.post()
    assert (mail.taken, (await state(number))[0]) == ([], "owed")


async def test_f29_a_letter_of_unknown_fate_is_sent_again_under_its_message_id(mail: ScriptedSmtp) -> None:
    """Cut off between the last dot and the reply, the letter is sent again; both bear one Message-ID, so that one is shown."""
    number = await owing()
    mail.says("DATA", DROP, times=1)
    await worker.post()
    assert (len(mail.taken), (await state(number))[0]) == (1, "owed")
    with clock.travelled(HOUR):
        await worker.post()
    first, second = mail.taken
    assert (first.message_id, first.text) == (second.message_id, second.text)
    assert await state(number) == ("sent", first.message_id)


async def test_f30_one_refused_recipient_is_seen_and_the_other_gets_the_letter(mail: ScriptedSmtp) -> None:
    """Each recipient has a letter of its own: of two officers told of one question, the one whose address is refused is on record."""
    number = await received()
    for officer in ("uketsuke", "yasumi"):
        await hired(officer, Role.CLERK)
    await asked(number, Gate.RESEND, "N01")
    mail.says("RCPT", "550 5.1.1 no such mailbox", about="yasumi@")
    await worker.post()
    async with reading() as db:
        rows = await db.execute(select(letter_rows.c.recipient, letter_rows.c.state).where(letter_rows.c.number == number))
        assert sorted(map(tuple, rows)) == [("officer:uketsuke", "sent"), ("officer:yasumi", "refused")]
    assert [one.recipients for one in mail.taken] == [("uketsuke@corezo.example.jp",)]


@pytest.mark.parametrize("command", ["EHLO", "DATA"])
async def test_f31_a_server_that_falls_silent_is_left_in_time(mail: ScriptedSmtp, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that says nothing any more holds a letter up for its time only; the letter is tried again later."""
    monkeypatch.setattr(post, "SECONDS", 0.3)
    number = await owing()
    mail.says(command, SILENCE)
    begun = time.monotonic()
    await worker.post()
    assert time.monotonic() - begun < 5
    mail.relents()
    with clock.travelled(HOUR):
        await worker.post()
    assert [("sent", one.message_id) for one in mail.taken] == [await state(number)]


async def test_f31_other_letters_go_on_meanwhile(mail: ScriptedSmtp, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one letter waits for a server that says nothing, the others are taken."""
    monkeypatch.setattr(post, "SECONDS", 1)
    slow = await owing("silent@example.jp")
    others = [await owing(f"person{place}@example.jp", key=f"other {place}") for place in range(4)]
    mail.says("RCPT", SILENCE, about="silent@")
    await worker.post()
    assert [(await state(number))[0] for number in (slow, *others)] == ["owed", "sent", "sent", "sent", "sent"]


async def test_f34_a_letter_that_cannot_be_written_becomes_a_question_and_others_go_on(mail: ScriptedSmtp) -> None:
    """A bill without a fee on record is never sent with a hole in it; it becomes a question, and other letters are sent."""
    broken, whole = await owing(name="N08"), await owing("person@example.jp", key="other")
    await worker.post()
    assert ((await state(broken, "N08"))[0], await what_next(broken)) == ("refused", Ask(Gate.RESEND, "N08"))
    assert (await state(whole))[0] == "sent"
    assert [one.recipients for one in mail.taken] == [("person@example.jp",)]
    assert not any(hole in mail.taken[0].text for hole in ("{{", "{%", "None", "Undefined"))


@pytest.mark.parametrize(
    "address",
    [
        "a@example.jp, evil@example.jp",
        "a@example.jp; evil@example.jp",
        "a@example.jp\r\nBcc: evil@example.jp",
        '"a\r\nDATA"@example.jp',
        "a@example.jp\r\nRCPT TO:<evil@example.jp>",
        "a@example.jp> NOTIFY=NEVER ORCPT=<evil@example.jp",
        "Evil <evil@example.jp>",
        "a@evil.example.jp(@example.jp",
        "a@example.jp\x00",
        "a@",
        "@example.jp",
        "花子@example.jp",
        "a" * 250 + "@example.jp",
        "",
    ],
)
async def test_t29_an_address_that_is_not_one_address_gets_nothing(mail: ScriptedSmtp, address: str) -> None:
    """Whatever got into the ledger, only exactly one plain address is written to; anything else becomes a question, and others go on."""
    odd, plain = await owing(address), await owing("person@example.jp", key="other")
    await worker.post()
    assert [one.recipients for one in mail.taken] == [("person@example.jp",)]
    assert ((await state(odd))[0], await what_next(odd), (await state(plain))[0]) == ("refused", RESEND, "sent")


@pytest.mark.parametrize("address", ["o'hara+tag@example.jp", "a..b.@docomo.example.jp", "A_B-c@sub.example.jp"])
async def test_t29_an_unusual_address_is_one_recipient_as_it_is(mail: ScriptedSmtp, address: str) -> None:
    """What some carriers gave out is written to unchanged."""
    await owing(address)
    await worker.post()
    assert [one.recipients for one in mail.taken] == [(address,)]


@pytest.mark.parametrize("name", ["花子\r\nBcc: evil@example.jp", "花子\n\n<b>evil</b>", "<evil@example.jp>, x", "\u202eetisoppo", "."])
async def test_t28_a_name_adds_neither_header_nor_recipient(mail: ScriptedSmtp, name: str) -> None:
    """However a person is called, a letter has our headers, each once, and goes to one recipient."""
    await owing(person=replace(PERSON, family=name, given=""))
    await worker.post()
    (letter,) = mail.taken
    assert letter.recipients == (PERSON.email,)
    assert sorted(letter.mail.keys()) == sorted(OURS)
    assert "evil" not in letter.raw.partition(b"\r\n\r\n")[0].decode()


async def test_t31_where_encryption_is_demanded_nothing_goes_in_the_clear(mail: ScriptedSmtp, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that offers no STARTTLS gets nothing; the letter waits, for it may have been stripped on the way."""
    posted_to(mail, monkeypatch, "starttls")
    number = await owing()
    await worker.post()
    assert (mail.taken, (await state(number))[0]) == ([], "owed")


async def test_t31_a_server_whose_certificate_is_trusted_gets_the_letter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over STARTTLS, with the office's own authority set, the letter goes encrypted."""
    context, authority = certified(tmp_path)
    async with scripted(context) as server:
        posted_to(server, monkeypatch, "starttls", authority)
        number = await owing()
        await worker.post()
        assert [one.encrypted for one in server.taken] == [True]
        assert (await state(number))[0] == "sent"


async def test_t31_a_server_whose_certificate_nobody_vouches_for_gets_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate the server made for itself is not trusted by default."""
    context, _ = certified(tmp_path)
    async with scripted(context) as server:
        posted_to(server, monkeypatch, "starttls")
        number = await owing()
        await worker.post()
        assert (server.taken, (await state(number))[0]) == ([], "owed")
