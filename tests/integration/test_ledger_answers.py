"""How an officer's answer is taken: proven, judged, and on record with its effect, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from desk import clock
from desk.domain.case import State
from desk.domain.gates import SECOND, Answer, Gate, Question, Refusal, Role
from desk.store import agenda, answers, audit, fees, officers, questions, rulings, withholding
from desk.store.answers import Taken
from desk.store.ledger import reading, writing
from desk.store.schema import letters as letter_rows
from tests.integration.ledger_office import Hand, answered, asked, at_once, at_state, case_of, hired, propose, rows, ruled

pytestmark = pytest.mark.usefixtures("ledger")
MINUTE = timedelta(minutes=1)


async def reviewed(number: str = "") -> tuple[Question, Hand]:
    """A question whether the person is who they say, and a clerk to answer it."""
    return await asked(number or await at_state(State.ID_CHECK), Gate.REVIEW), await hired("clerk", Role.CLERK)


async def to_decide() -> tuple[Question, Hand, Hand]:
    """A ruling to be signed, an approver and a second approver."""
    question = await asked(await ruled(), Gate.DECISION, "1")
    return question, await hired("first", Role.APPROVER), await hired("second", Role.SECOND_APPROVER)


async def open_now(number: str) -> list[Question]:
    """What waits for an answer."""
    async with reading() as db:
        return list(await questions.open_questions(db, number))


async def deeds(number: str) -> list[tuple[str, str]]:
    """What was done, by whom."""
    async with reading() as db:
        return [(entry.deed, entry.actor) for entry in await audit.history(db, number)]


async def wakes(number: str) -> int:
    """How often the case was made due."""
    async with reading() as db:
        return await agenda.look(db, number)


async def test_a_good_answer_opens_its_gate_and_wakes_the_case() -> None:
    """An answer by the right officer, with a good code, is on record with its effect in one transaction."""
    question, clerk = await reviewed()
    before = await wakes(question.number)
    assert (await answered(question, clerk, "本人と認める")).counts
    case = await case_of(question.number)
    assert (case.identity.review, case.makers) == ("本人と認める", frozenset({"clerk"}))
    assert await open_now(question.number) == []
    assert ("answered", "clerk") in await deeds(question.number)
    assert await wakes(question.number) > before


@pytest.mark.parametrize("where", ["engine", "desk"])
async def test_f23_no_answer_never_opens_a_gate(where: str) -> None:
    """A form that came back empty is NO_ANSWER: it closes the question in the engine, and changes nothing on the desk (F20, F23)."""
    question, _ = await reviewed()
    taken = await answers.take(question.key, None, "", clock.now(), "engine" if where == "engine" else "desk")
    assert taken.refusal is Refusal.NO_ANSWER
    assert bool(await open_now(question.number)) is (where == "desk")
    assert (await case_of(question.number)).identity.review == ""


async def test_a_bad_answer_closes_in_the_engine_and_stays_open_on_the_desk() -> None:
    """A wrong code through the engine closes the question, which is asked afresh under a new key; on the desk one may try again."""
    question, clerk = await reviewed()
    given = Answer(officer="clerk", answer="本人と認める")
    for odd in ("", "000000x", "\ud800", "０" * 6):
        assert (await answers.take(question.key, given, odd, clock.now(), "desk")).refusal is Refusal.WRONG_CODE
    assert [one.key for one in await open_now(question.number)] == [question.key]
    assert (await answers.take(question.key, given, "wrong", clock.now(), "engine")).refusal is Refusal.WRONG_CODE
    assert await open_now(question.number) == []
    assert ("answer refused", "clerk") in await deeds(question.number)
    async with reading() as db:
        assert await questions.last_answer(db, question.number) == (Gate.REVIEW, "refused", Refusal.WRONG_CODE)
    afresh = await asked(question.number, Gate.REVIEW)
    assert afresh.key != question.key
    assert (await answered(afresh, clerk, "本人と認める")).counts


@pytest.mark.parametrize("officer", ["nobody", "\0", "\ud800", "gone"])
async def test_f21_whoever_is_not_an_officer_answers_nothing(officer: str) -> None:
    """An officer who is unknown or was disabled is refused by that name, whatever the code (F21)."""
    question, _ = await reviewed()
    await hired("gone", Role.CLERK)
    async with writing() as db:
        await officers.disable(db, "gone")
    given = Answer(officer=officer, answer="本人と認める")
    assert (await answers.take(question.key, given, "000000", clock.now(), "engine")).refusal is Refusal.UNKNOWN_OFFICER
    assert ("answer refused", "gone" if officer == "gone" else "unknown") in await deeds(question.number)


async def test_a_code_answers_once() -> None:
    """A code that opened one gate opens no second one, of another case neither, and at the same moment neither (6.5.1)."""
    clerk = await hired("clerk", Role.CLERK)
    gates = [await asked(await at_state(State.ID_CHECK, key), Gate.REVIEW) for key in "abcd"]
    code, given = clerk.code(), Answer(officer="clerk", answer="本人と認める")
    taken = await at_once(*(answers.take(question.key, given, code, clock.now(), "desk") for question in gates))
    assert taken.count(Taken()) == 1
    assert taken.count(Taken(refusal=Refusal.USED_CODE)) == 3


async def test_a_code_is_judged_as_of_when_it_was_given_and_never_before_its_question() -> None:
    """A worker may come hours late to a good answer; a code from before the question was asked is worth nothing (F13)."""
    clerk = await hired("clerk", Role.CLERK)
    seen, then = clerk.code(), clock.now()
    with clock.travelled(10 * MINUTE):
        question = await asked(await at_state(State.ID_CHECK), Gate.REVIEW)
        given = Answer(officer="clerk", answer="本人と認める")
        assert (await answers.take(question.key, given, seen, then, "desk")).refusal is Refusal.WRONG_CODE
        code, pressed = clerk.code(), clock.now()
    with clock.travelled(10 * MINUTE + 9 * timedelta(hours=1)):
        assert (await answers.take(question.key, given, code, clock.now(), "desk")).refusal is Refusal.WRONG_CODE
        assert (await answers.take(question.key, given, code, pressed, "engine")).counts


async def test_t12_codes_of_one_officer_cannot_be_guessed() -> None:
    """After ten wrong codes in a quarter of an hour an officer's right one waits for the next quarter (T12)."""
    question, clerk = await reviewed()
    given = Answer(officer="clerk", answer="本人と認める")
    for _ in range(answers.WRONG_CODES_PER_QUARTER):
        assert (await answers.take(question.key, given, "x", clock.now(), "desk")).refusal is Refusal.WRONG_CODE
    assert (await answered(question, clerk, "本人と認める")).refusal is Refusal.WRONG_CODE
    with clock.travelled(answers.QUARTER):
        assert (await answered(question, clerk, "本人と認める")).counts


async def test_f21_an_answer_takes_its_role_its_choice_and_its_extra() -> None:
    """A role that may not, an answer that is none, an extra that is missing, unasked or not on file are each refused by name (F21, T43)."""
    number = await at_state(State.INVESTIGATING)
    review, archive = await asked(number, Gate.REVIEW), await asked(number, Gate.ARCHIVE, "archive")
    clerk, chosa = await hired("clerk", Role.CLERK), await hired("chosa", Role.INVESTIGATOR)
    assert (await answered(review, clerk, "認められない")).refusal is Refusal.WRONG_ROLE
    assert (await answered(review, chosa, "本人と認める")).refusal is Refusal.WRONG_ROLE
    assert (await answered(review, clerk, "approved")).refusal is Refusal.UNKNOWN_ANSWER
    with clock.travelled(MINUTE):
        assert (await answered(review, clerk, "本人と認める", draft=1)).refusal is Refusal.EXTRA_UNASKED
        assert (await answered(archive, chosa, "該当あり")).refusal is Refusal.EXTRA_MISSING
        assert (await answered(archive, chosa, "該当あり", draft=7)).refusal is Refusal.NO_SUCH_DRAFT
    with clock.travelled(2 * MINUTE):
        assert (await answered(archive, chosa, "該当あり", draft=2**40)).refusal is Refusal.NO_SUCH_DRAFT
    assert len(await open_now(number)) == 2


async def test_t6_whoever_prepared_a_ruling_does_not_sign_it() -> None:
    """Maker, first and second signature are three people (F21, T45, invariant 5)."""
    number = await at_state(State.ID_CHECK)
    both = await hired("both", Role.CLERK, Role.APPROVER, Role.SECOND_APPROVER)
    first = await hired("first", Role.APPROVER, Role.SECOND_APPROVER)
    assert (await answered(await asked(number, Gate.REVIEW), both, "本人と認める")).counts
    await propose(number)
    question = await asked(number, Gate.DECISION, "1")
    assert (await answered(question, both, "承認する")).refusal is Refusal.OWN_WORK
    assert (await answered(question, first, "承認する")).counts
    assert (await answered(await asked(number, Gate.DECISION, SECOND), first, "承認する")).refusal is Refusal.OWN_WORK


async def test_f15_of_two_that_answer_at_once_one_decides() -> None:
    """Approved and sent back at the same moment: the first on record wins, the other finds the question closed (F15, F16)."""
    for key in "abcdef":
        question = await asked(await ruled(key=key), Gate.DECISION, "1")
        one, two = await hired(f"one-{key}", Role.APPROVER), await hired(f"two-{key}", Role.APPROVER)
        taken = await at_once(answered(question, one, "承認する"), answered(question, two, "差し戻す"))
        assert sorted(str(getattr(done, "refusal", done)) for done in taken) == ["None", "closed"]
        case = await case_of(question.number)
        assert (case.state, len(case.signatures)) in {(State.APPROVED1, 1), (State.INVESTIGATING, 0)}


async def test_f15_of_eight_that_answer_at_once_one_decides() -> None:
    """Eight resumes of one question at the same moment are one decision (F15, E6)."""
    question, clerk = await reviewed()
    code, given = clerk.code(), Answer(officer="clerk", answer="本人と認める")
    taken = await at_once(*(answers.take(question.key, given, code, clock.now(), "engine", question) for _ in range(8)))
    assert taken.count(Taken()) == 1
    assert taken.count(Taken(refusal=Refusal.CLOSED)) == 7
    assert (await deeds(question.number)).count(("answered", "clerk")) == 1


async def test_f18_an_answer_to_a_plan_that_changed_does_not_count() -> None:
    """A signature under a ruling that was replaced meanwhile is refused, its question closed, and the new ruling asked about (F18, F19)."""
    question, first, _ = await to_decide()
    async with writing() as db:
        await rulings.set_aside(db, question.number)
    await propose(question.number)
    assert (await answered(question, first, "承認する")).refusal is Refusal.STALE_PLAN
    assert await open_now(question.number) == []
    afresh = await asked(question.number, Gate.DECISION, "1")
    assert (afresh.key == question.key, afresh.plan == question.plan) == (False, False)
    assert (await answered(afresh, first, "承認する")).counts
    with clock.travelled(MINUTE):
        assert (await answered(question, first, "承認する")).refusal is Refusal.CLOSED


async def test_f19_an_answer_meant_for_another_question_does_not_count() -> None:
    """What the engine holds for one question cannot answer another, nor one whose key has changed (F19)."""
    review, clerk = await reviewed()
    other = await asked(await ruled(key="two"), Gate.DECISION, "1")
    given = Answer(officer="clerk", answer="本人と認める")
    assert (await answers.take(review.key, given, clerk.code(), clock.now(), "engine", other)).refusal is Refusal.STALE_PLAN
    async with writing() as db:
        await questions.rotate(db, review.number)
    for key in (review.key, "", "\0", "q-" + "0" * 24, "q-\ud800"):
        with pytest.raises(questions.NoSuchQuestion):
            await answers.take(key, given, "000000", clock.now(), "engine")
    (fresh,) = await open_now(review.number)
    with clock.travelled(MINUTE):
        assert (await answered(fresh, clerk, "本人と認める")).counts


async def test_a_question_is_asked_once_and_told_once() -> None:
    """However often and at once a gate is reached, there is one question and one letter to each officer it concerns."""
    await hired("clerk", Role.CLERK)
    await hired("chosa", Role.INVESTIGATOR)
    number = await at_state(State.ID_CHECK)
    asked_at_once = await at_once(*(asked(number, Gate.REVIEW) for _ in range(6)))
    assert len({getattr(question, "key", question) for question in asked_at_once}) == 1
    async with reading() as db:
        written = await rows(db, letter_rows)
    assert [(row["name"], row["recipient"]) for row in written] == [("question", "officer:clerk")]


async def test_a_question_about_a_system_with_a_long_name_is_asked() -> None:
    """The name of a system may be as long as the ledger keeps it: officers are told all the same."""
    chosa, system = await hired("chosa", Role.INVESTIGATOR), "s" * 64
    number = await at_state(State.INVESTIGATING)
    assert (await answered(await asked(number, Gate.ARCHIVE, system), chosa, "該当なし")).counts


async def test_what_the_case_has_moved_past_is_closed() -> None:
    """A question is superseded when the case asks something else; a payment can be booked as long as something is owed."""
    number = await at_state(State.FEE_REMINDED)
    async with writing() as db:
        await fees.bill(db, number, 600, "2026-04")
    payment, review = await asked(number, Gate.PAYMENT), await asked(number, Gate.REVIEW)
    case = await case_of(number)
    async with writing() as db:
        await questions.supersede_others(db, case, Gate.LAPSE, "")
    assert [question.key for question in await open_now(number)] == [payment.key]
    assert review.key != payment.key
    async with writing() as db:
        await questions.supersede_others(db, case, None, "")
    assert await open_now(number) == []


async def test_withholding_sends_a_signed_ruling_back() -> None:
    """An item kept back after a signature sets the ruling aside; whoever proposed it is a maker and signs nothing of the case."""
    question, first, _ = await to_decide()
    number = question.number
    both = await hired("both", Role.INVESTIGATOR, Role.APPROVER)
    assert (await answered(question, first, "承認する")).counts
    async with writing() as db:
        await withholding.withhold(db, number, "name", "harm", "理由", "both")
    case = await case_of(number)
    assert (case.state, case.ruling, dict(case.withheld)) == (State.INVESTIGATING, None, {"name": "harm"})
    await propose(number)
    assert (await answered(await asked(number, Gate.DECISION, "1"), both, "承認する")).refusal is Refusal.OWN_WORK
