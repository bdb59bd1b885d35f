"""How an officer's answer is taken: proven to be the officer's, judged, and put on record with its effect, all in one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from desk import clock
from desk.crashpoint import crashpoint, registered
from desk.domain.case import Authority, Case, Record, State
from desk.domain.gates import SECOND, Answer, Gate, Question, Refusal, plan_of, refusal
from desk.store import agenda, audit, cases, drafts, fees, letters, limits, officers, packages, questions, rulings, searches
from desk.store.ledger import Db, writing

registered("answered.before_commit")
WRONG_CODES_PER_QUARTER = 10
QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class Taken:
    """Whether an answer counts, and if not, why."""

    refusal: Refusal | None = None

    @property
    def counts(self) -> bool:
        """Whether the gate is open now."""
        return self.refusal is None


async def take(
    key: str, answer: Answer | None, code: str, given_at: datetime, where: Literal["engine", "desk"], expected: Question | None = None
) -> Taken:
    """Take an answer to the question with this key, as of the instant it was given.

    A bad answer from the engine closes the question, which is then asked afresh under a new key; a bad one on the desk leaves it
    open, because the officer is still there to try again.
    """
    async with writing() as db:
        await agenda.lock(db, (await questions.read(db, key)).number)
        question = await questions.read(db, key)  # as it stands now that nobody else can answer it
        if expected and (expected.gate, expected.about, expected.plan) != (question.gate, question.about, question.plan):
            return Taken(refusal=Refusal.STALE_PLAN)
        case = await cases.read(db, question.number)
        problem = await _problem(db, question, answer, code, given_at, case)
        if answer and not problem:
            await _put_on_record(db, question, answer, case)
        elif where == "engine" or problem is Refusal.STALE_PLAN:
            await _refuse(db, question, answer, problem or Refusal.NO_ANSWER)
        crashpoint("answered.before_commit")
        return Taken(refusal=problem)


async def _problem(db: Db, question: Question, answer: Answer | None, code: str, given_at: datetime, case: Case) -> Refusal | None:
    if answer is None:
        return Refusal.NO_ANSWER
    if case.halted or question.state != "open":
        return Refusal.HALTED if case.halted else Refusal.CLOSED
    officer = await officers.read(db, answer.officer)
    if officer is None or officer.disabled:
        return Refusal.UNKNOWN_OFFICER
    if problem := await code_problem(db, answer.officer, code, max(given_at, question.asked_at)):  # no answer before its question
        return problem
    problem = refusal(question, answer, officer.roles, case, plan_of(question.gate, question.about, case))
    if not problem and answer.draft is not None and not await drafts.exists(db, question.number, answer.draft):
        return Refusal.NO_SUCH_DRAFT
    return problem


async def code_problem(db: Db, officer: str, code: str, given_at: datetime) -> Refusal | None:
    """Spend an officer's one-time code as of the instant it was given, or say why it does not count."""
    if await limits.so_far(db, "wrong-answer-code", officer, QUARTER) >= WRONG_CODES_PER_QUARTER:
        return Refusal.WRONG_CODE
    counter = await officers.code_counter(db, officer, code, min(given_at, clock.now()))
    if counter is None:
        await limits.count(db, "wrong-answer-code", officer, QUARTER)
        return Refusal.WRONG_CODE
    return None if await officers.spend(db, officer, "answer", counter) else Refusal.USED_CODE


async def _refuse(db: Db, question: Question, answer: Answer | None, problem: Refusal) -> None:
    who = answer.officer if answer and await officers.read(db, answer.officer) else ""
    await questions.close(db, question.key, "refused", reason=problem, officer=who, answered_at=clock.now())
    await audit.enter(db, question.number, "answer refused", who or "unknown", gate=question.gate, reason=problem)
    await agenda.wake(db, question.number)


async def _put_on_record(db: Db, question: Question, answer: Answer, case: Case) -> None:
    extra = answer.draft or answer.amount or answer.tracking or ""
    said = {"answer": answer.answer, "extra": str(extra), "officer": answer.officer, "answered_at": clock.now()}
    await questions.close(db, question.key, "answered", **said)
    facts = {"draft": answer.draft, "amount": answer.amount}
    await audit.enter(
        db, question.number, "answered", answer.officer, gate=question.gate, about=question.about, answer=answer.answer, **facts
    )
    await EFFECTS[question.gate](db, question, answer, case)
    await agenda.wake(db, question.number)


async def _review(db: Db, question: Question, answer: Answer, _case: Case) -> None:
    await cases.note(db, question.number, review=answer.answer, review_at=clock.now())


async def _archive(db: Db, question: Question, answer: Answer, _case: Case) -> None:
    records: tuple[Record, ...] = ()
    if answer.draft is not None:
        words = next(one.words for one in await drafts.of(db, question.number) if one.draft == answer.draft)
        held = {"form_input": words}
        records = (Record(system=question.about, table="archive", key=f"draft {answer.draft}", authority=Authority.OPERATOR, items=held),)
    await searches.found(db, question.number, question.about, records, answer.officer)


async def _search(db: Db, question: Question, answer: Answer, _case: Case) -> None:
    if answer.draft is not None:
        await searches.excuse(db, question.number, question.about, answer.officer, answer.draft)
    else:
        await searches.search_again(db, question.number, question.about)


async def _decision(db: Db, question: Question, answer: Answer, case: Case) -> None:
    if answer.answer == "差し戻す":
        await send_back(db, case, answer.officer)
        return
    place, state = (2, State.APPROVED2) if question.about == SECOND else (1, State.APPROVED1)
    await rulings.sign(db, question.number, place, answer.officer, case.ruling.plan_hash() if case.ruling else "")
    await cases.move(db, question.number, state, answer.officer)


async def send_back(db: Db, case: Case, officer: str) -> None:
    """Back to the investigation: the ruling is set aside and every connected system is searched afresh."""
    await rulings.set_aside(db, case.number)
    for system in case.coverage.systems:
        if system not in case.manual:
            await searches.search_again(db, case.number, system)
    await cases.move(db, case.number, State.INVESTIGATING, officer)


async def _payment(db: Db, question: Question, answer: Answer, _case: Case) -> None:
    if answer.amount is not None:
        await fees.paid(db, question.number, question.key, answer.amount, answer.officer)
    elif answer.answer == "免除する":
        await fees.waived(db, question.number, answer.officer)


async def _lapse(db: Db, question: Question, answer: Answer, case: Case) -> None:
    if answer.answer == "取下げとみなす":
        await cases.move(db, question.number, State.DEEMED_WITHDRAWN, answer.officer)
        await letters.owe(db, question.number, "N05", "proven" if case.identity.address_proven else "contact")
    elif case.fee is not None:
        await fees.note(db, question.number, deemed_answer=answer.answer, deemed_at=clock.now())
    else:
        await cases.note(db, question.number, state_since=clock.now())


async def _dispatch(db: Db, question: Question, answer: Answer, _case: Case) -> None:
    await packages.dispatched(db, question.number, answer.officer, answer.tracking or "")


async def _resend(db: Db, question: Question, answer: Answer, _case: Case) -> None:
    again = letters.send_again if answer.answer == "再送する" else letters.sent_on_paper
    await again(db, question.number, question.about)


async def _objection(db: Db, question: Question, answer: Answer, _case: Case) -> None:
    await cases.note(db, question.number, objection_answer=answer.answer)


Effect = Callable[[Db, Question, Answer, Case], Awaitable[None]]
EFFECTS: Mapping[Gate, Effect] = {
    Gate.REVIEW: _review,
    Gate.ARCHIVE: _archive,
    Gate.SEARCH: _search,
    Gate.DECISION: _decision,
    Gate.PAYMENT: _payment,
    Gate.LAPSE: _lapse,
    Gate.DISPATCH: _dispatch,
    Gate.RESEND: _resend,
    Gate.OBJECTION: _objection,
}
