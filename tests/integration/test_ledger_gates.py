"""What each answer does to the case: the effect of every gate, in the transaction of its answer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from desk import clock
from desk.domain.case import Record, Searched, State
from desk.domain.gates import SECOND, Gate, Refusal, Role
from desk.store import agenda, audit, cases, drafts, fees, letters, packages, rulings, searches
from desk.store.ledger import reading, writing
from desk.store.schema import letters as letter_rows
from tests.integration.ledger_office import DAY, answered, asked, at_state, case_of, hired, owed, propose, ruled

pytestmark = pytest.mark.usefixtures("ledger")
MINUTE = timedelta(minutes=1)


async def words(number: str, officer: str = "chosa") -> int:
    """An officer's words on file; their number."""
    async with writing() as db:
        return await drafts.add(db, number, officer, "目印の言葉")


async def billed(state: State, amount: int = 600) -> str:
    """A case that owes a fee."""
    number = await at_state(state)
    async with writing() as db:
        await fees.bill(db, number, amount, "2026-04")
        await fees.bill(db, number, amount * 2, "another")
    return number


async def found_by(number: str) -> tuple[Record, ...]:
    """Everything found."""
    async with reading() as db:
        return await searches.records(db, number)


async def bounced(number: str, name: str) -> letters.Owed:
    """A letter of this case that a mail server refused for good."""
    async with writing() as db:
        await letters.owe(db, number, name, "contact")
    letter = await owed(number, name)
    async with writing() as db:
        lease = await agenda.claim(db, agenda.LETTER, number, letter.id)
        assert lease is not None
        await letters.refused(db, letter, "refused")
        await agenda.finish(db, lease)
    return letter


@pytest.mark.parametrize("answer", ["本人と認める", "書類を求める", "認められない"])
async def test_a_review_is_on_record(answer: str) -> None:
    """審査: what the officer found is what the table reads, with the time it was said."""
    number = await at_state(State.ID_CHECK)
    who = await hired("both", Role.CLERK, Role.APPROVER)
    assert (await answered(await asked(number, Gate.REVIEW), who, answer)).counts
    identity = (await case_of(number)).identity
    assert identity.review == answer
    assert identity.review_at is not None


async def test_an_archive_holds_nothing_or_what_the_officer_wrote() -> None:
    """書庫: 該当なし is nothing held; 該当あり is the words on file, found like any record."""
    chosa = await hired("chosa", Role.INVESTIGATOR)
    none, some = await at_state(State.INVESTIGATING, "one"), await at_state(State.INVESTIGATING, "two")
    assert (await answered(await asked(none, Gate.ARCHIVE, "archive"), chosa, "該当なし")).counts
    draft = await words(some)
    assert (await answered(await asked(some, Gate.ARCHIVE, "archive"), chosa, "該当あり", draft=draft)).counts
    assert (await case_of(none)).coverage.systems["archive"].state is Searched.NOTHING_HELD
    assert (await case_of(some)).coverage.systems["archive"].found == {"form_input": 1}
    assert [(record.key, record.items) for record in await found_by(some)] == [("draft 1", {"form_input": "目印の言葉"})]


async def test_a_failed_search_is_tried_again_or_left_out_for_a_reason() -> None:
    """調査: 再試行 waits for the system afresh; 除外する excuses it by the number of the reasons; neither is nothing held."""
    chosa, number = await hired("chosa", Role.INVESTIGATOR), await at_state(State.INVESTIGATING)
    async with writing() as db:
        await searches.failed(db, number, "cards", "unreachable")
    question = await asked(number, Gate.SEARCH, "cards")
    assert (await answered(question, chosa, "再試行")).counts
    assert (await case_of(number)).coverage.unfinished == ("cards", "archive")
    async with writing() as db:
        await searches.failed(db, number, "cards", "unreachable")
    assert (await case_of(number)).coverage.systems["cards"].attempts == 2
    draft = await words(number)
    assert (await answered(await asked(number, Gate.SEARCH, "cards"), chosa, "除外する", draft=draft)).counts
    search = (await case_of(number)).coverage.systems["cards"]
    assert (search.state, search.reason) == (Searched.EXCUSED, "draft 1")


async def test_two_signatures_take_two_steps() -> None:
    """決定: the first signature and the second each move the case one step and are bound to the ruling as it stands."""
    number = await ruled()
    first, second = await hired("first", Role.APPROVER), await hired("second", Role.SECOND_APPROVER)
    assert (await answered(await asked(number, Gate.DECISION, "1"), first, "承認する")).counts
    assert (await case_of(number)).state is State.APPROVED1
    assert (await answered(await asked(number, Gate.DECISION, SECOND), second, "承認する")).counts
    case = await case_of(number)
    assert (case.state, case.signed(1), case.signed(2)) == (State.APPROVED2, True, True)
    assert [signature.officer for signature in case.signatures] == ["first", "second"]


@pytest.mark.parametrize("place", ["1", SECOND])
async def test_what_is_sent_back_is_searched_afresh(place: str) -> None:
    """決定: 差し戻す sets the ruling and its signatures aside and searches every connected system again; the archive's answer stays."""
    number = await ruled()
    first, second = await hired("first", Role.APPROVER), await hired("second", Role.SECOND_APPROVER)
    if place == SECOND:
        assert (await answered(await asked(number, Gate.DECISION, "1"), first, "承認する")).counts
    question, who = await asked(number, Gate.DECISION, place), second if place == SECOND else first
    assert (await answered(question, who, "差し戻す")).counts
    case = await case_of(number)
    assert (case.state, case.ruling, case.signed(1)) == (State.INVESTIGATING, None, False)
    assert case.coverage.unfinished == ("cards",)
    assert await found_by(number) == ()


async def test_a_fee_is_paid_in_parts_and_counted_once() -> None:
    """入金: payments add up, each under its question; the fee is settled when all of it came in."""
    keiri, number = await hired("keiri", Role.ACCOUNTING), await billed(State.FEE_NOTICED)
    question = await asked(number, Gate.PAYMENT)
    assert (await answered(question, keiri, "入金した", amount=0)).refusal is Refusal.EXTRA_MISSING
    assert (await answered(question, keiri, "入金した", amount=200)).counts
    fee = (await case_of(number)).fee
    assert fee is not None
    assert (fee.amount, fee.paid, fee.settled) == (600, 200, False)
    with clock.travelled(MINUTE):
        assert (await answered(question, keiri, "入金した", amount=200)).refusal is Refusal.CLOSED
        assert (await answered(await asked(number, Gate.PAYMENT), keiri, "待つ")).counts
    with clock.travelled(2 * MINUTE):
        assert (await answered(await asked(number, Gate.PAYMENT), keiri, "入金した", amount=400)).counts
    fee = (await case_of(number)).fee
    assert fee is not None
    assert fee.settled


async def test_a_fee_can_be_waived() -> None:
    """入金: 免除する settles the fee and says in the audit who did."""
    keiri, number = await hired("keiri", Role.ACCOUNTING), await billed(State.FEE_REMINDED)
    assert (await answered(await asked(number, Gate.PAYMENT), keiri, "免除する")).counts
    fee = (await case_of(number)).fee
    assert fee is not None
    assert fee.waived
    async with reading() as db:
        assert ("fee waived", "keiri") in [(entry.deed, entry.actor) for entry in await audit.history(db, number)]


async def test_an_unpaid_request_is_deemed_withdrawn_or_waited_for() -> None:
    """取下げ: deemed withdrawn with a letter that says so; 待つ starts the days afresh, for money and for papers."""
    clerk = await hired("clerk", Role.CLERK)
    lapsed = await billed(State.FEE_REMINDED)
    assert (await answered(await asked(lapsed, Gate.LAPSE), clerk, "待つ")).counts
    fee = (await case_of(lapsed)).fee
    assert fee is not None
    assert (fee.deemed_answer, fee.deemed_at is not None) == ("待つ", True)
    assert (await answered(await asked(lapsed, Gate.LAPSE), clerk, "取下げとみなす")).counts
    assert (await case_of(lapsed)).state is State.DEEMED_WITHDRAWN
    assert (await owed(lapsed, "N05")).recipient == "contact"
    papers = await at_state(State.DOCS_REQUESTED, "two")
    with clock.travelled(5 * DAY):
        assert (await answered(await asked(papers, Gate.LAPSE), clerk, "待つ")).counts
        assert (await case_of(papers)).state_since > clock.now() - MINUTE


async def test_paper_that_was_posted_is_delivered() -> None:
    """発送: the tracking number is on file and the days of delivery begin; what is no tracking number is refused."""
    clerk, number = await hired("clerk", Role.CLERK), await at_state(State.FULFILLING)
    async with writing() as db:
        await packages.record(db, number, "a.sealed", "0" * 64, clock.now() + DAY)
    question = await asked(number, Gate.DISPATCH)
    assert (await answered(question, clerk, "発送した", tracking="１２３")).refusal is Refusal.EXTRA_MISSING
    assert (await answered(question, clerk, "発送した", tracking="123-4567 8901")).counts
    case = await case_of(number)
    assert case.package is not None
    assert (case.package.dispatched_at, case.delivered_at) != (None, None)
    async with reading() as db:
        assert await packages.tracking_of(db, number) == "123-4567 8901"


async def test_f28_a_letter_that_came_back_is_sent_again_under_its_own_name() -> None:
    """再送: a refused letter is due once more with the Message-ID it always had (F28, F29)."""
    clerk, number = await hired("clerk", Role.CLERK), await at_state(State.NOTIFIED)
    letter = await bounced(number, "N13")
    assert (await case_of(number)).undelivered == ("N13",)
    assert (await answered(await asked(number, Gate.RESEND, "N13"), clerk, "再送する")).counts
    assert (await case_of(number)).undelivered == ()
    assert (await owed(number, "N13")).message_id == letter.message_id
    async with reading() as db:
        assert (number, letter.id) in await agenda.due_letters(db)


async def test_a_letter_that_goes_on_paper_is_not_mailed_any_more() -> None:
    """再送: 書面にする takes the letter off the agenda; an answer that goes so is delivered."""
    clerk, number = await hired("clerk", Role.CLERK), await at_state(State.NOTIFIED)
    letter = await bounced(number, "N10")
    assert (await answered(await asked(number, Gate.RESEND, "N10"), clerk, "書面にする")).counts
    case = await case_of(number)
    assert (case.undelivered, case.delivered_at is None) == ((), False)
    async with reading() as db:
        assert (number, letter.id) not in await agenda.due_letters(db)
        assert await db.scalar(select(letter_rows.c.state).where(letter_rows.c.id == letter.id)) == "on-paper"


async def test_an_objection_is_ruled_on_by_somebody_new() -> None:
    """異議: the reviewer's answer is on record, with reasons of an officer's own, and the reviewer signs nothing of the case afterwards."""
    number = await ruled(State.NOTIFIED)
    new, second = await hired("new", Role.APPROVER), await hired("second", Role.SECOND_APPROVER)
    async with writing() as db:
        await cases.note(db, number, state=State.REOPENED, returned_from=State.NOTIFIED)
    question = await asked(number, Gate.OBJECTION)
    assert (await answered(question, second, "維持する")).refusal is Refusal.EXTRA_MISSING
    assert (await answered(question, new, "審査し直す", draft=await words(number, "new"))).counts
    case = await case_of(number)
    assert (case.objection_answer, case.reviewers) == ("審査し直す", frozenset({"new"}))
    async with writing() as db:
        await cases.note(db, number, state=State.DRAFTED)
    assert (await answered(await asked(number, Gate.DECISION, "1"), new, "承認する")).refusal is Refusal.OWN_WORK


async def test_a_later_round_begins_without_the_signatures_of_the_first() -> None:
    """What was signed in an earlier round counts for nothing in the next, even under the same outcomes."""
    number = await ruled()
    first = await hired("first", Role.APPROVER)
    assert (await answered(await asked(number, Gate.DECISION, "1"), first, "承認する")).counts
    async with writing() as db:
        await cases.note(db, number, round=2)
        await rulings.set_aside(db, number)
    await propose(number)
    case = await case_of(number)
    assert case.ruling is not None
    assert (case.ruling.round, case.signed(1)) == (2, False)
