"""Questions: put on record before the engine asks, and answered on record before a gate opens."""

from __future__ import annotations

import secrets
from datetime import datetime

from desk.domain.gates import Answer, Gate, Question
from desk.log import log
from desk.store import agenda, answers, cases, questions
from desk.store.ledger import writing
from tasks.lease import hold


async def put(number: str, gate: Gate, about: str) -> Question:
    """The open question at this gate, put on record now if it is not yet."""
    async with writing() as db:
        await agenda.confirm(db, hold().lease)
        return await questions.ask(db, await cases.read(db, number), gate, about)


async def take_answer(question: Question, answer: Answer | None, code: str, given_at: datetime) -> bool:
    """Take what came through the engine; only a good answer on record opens the gate, a bad one closes the question."""
    try:
        taken = await answers.take(question.key, answer, code, given_at, "engine", expected=question)
    except questions.NoSuchQuestion:  # the key was rotated while the answer was on its way
        return False
    log("question").info("answer taken" if taken.counts else "answer refused", extra={"number": question.number, "reason": taken.refusal})
    return taken.counts


def fresh_key() -> str:
    """A key for a wait that nobody answers."""
    return f"w-{secrets.token_hex(12)}"
