"""Questions on record: asked once, kept until answered, and answered once."""

from __future__ import annotations

import re
import secrets
from typing import Any

from sqlalchemy import Row, insert, select, update

from desk import clock
from desk.domain.case import Case, CaseError
from desk.domain.gates import Gate, Question, plan_of
from desk.store import agenda, audit, letters, officers
from desk.store.ledger import Db
from desk.store.schema import questions

_KEY = re.compile(r"q-[0-9a-f]{24}")


class NoSuchQuestion(CaseError):
    """There is no such question."""


async def ask(db: Db, case: Case, gate: Gate, about: str) -> Question:
    """The open question at a gate, asked now if it is not open yet; the officers it concerns are told once."""
    await agenda.lock(db, case.number)
    plan = plan_of(gate, about, case)
    for open_ in await open_questions(db, case.number):
        if (open_.gate, open_.about, open_.plan) == (gate, about, plan):
            return open_
    key = _fresh_key()
    row = {"key": key, "number": case.number, "gate": gate, "about": about, "round": case.round, "plan": plan}
    await db.execute(insert(questions).values(**row, asked_at=clock.now(), state="open"))
    await audit.enter(db, case.number, "asked", gate=gate, about=about)
    asked = await read(db, key)
    await _tell(db, case, asked)
    return asked


def _fresh_key() -> str:
    """A random key of lower-case letters and digits, as the engine's gates allow."""
    return f"q-{secrets.token_hex(12)}"


async def _tell(db: Db, case: Case, asked: Question) -> None:
    occasion = f"{asked.gate} {asked.about} round {case.round} {asked.plan[:8]}"
    for officer in await officers.present_with(db, asked.roles):
        await letters.owe(db, case.number, "question", f"{letters.OFFICER}{officer.id}", occasion, gate=asked.gate)


async def read(db: Db, key: str) -> Question:
    """One question by its key; who means to answer it locks its case first and reads it again."""
    row = (await db.execute(select(questions).where(questions.c.key == key))).one_or_none() if _KEY.fullmatch(key) else None
    if row is None:
        raise NoSuchQuestion
    return _question(row)


def _question(row: Row[Any]) -> Question:
    return Question(
        number=row.number,
        gate=Gate(row.gate),
        about=row.about,
        key=row.key,
        plan=row.plan,
        asked_at=row.asked_at,
        round=row.round,
        state=row.state,
    )


async def open_questions(db: Db, number: str | None = None) -> tuple[Question, ...]:
    """The questions that wait for an answer, oldest first: of one case, or of all."""
    query = select(questions).where(questions.c.state == "open").order_by(questions.c.asked_at)
    if number is not None:
        query = query.where(questions.c.number == number)
    return tuple(_question(row) for row in await db.execute(query))


async def supersede_others(db: Db, case: Case, gate: Gate | None, about: str) -> None:
    """Close the questions the case has moved past; a payment can be booked as long as something is owed."""
    for open_ in await open_questions(db, case.number):
        current = (open_.gate, open_.about) == (gate, about) and open_.plan == plan_of(open_.gate, about, case)
        payable = open_.gate is Gate.PAYMENT and case.fee is not None and not case.fee.settled and gate is Gate.LAPSE
        if not current and not payable:
            await close(db, open_.key, "superseded")


async def close(db: Db, key: str, state: str, **facts: Any) -> None:  # noqa: ANN401 - columns of one row
    """Take a question off the table as answered, refused or superseded."""
    mine = (questions.c.key == key) & (questions.c.state == "open")
    await db.execute(update(questions).where(mine).values(state=state, **facts))


async def rotate(db: Db, number: str) -> None:
    """Give the open questions of a case fresh keys, because the engine waves a key it has used through."""
    await agenda.lock(db, number)
    for open_ in await open_questions(db, number):
        await db.execute(update(questions).where(questions.c.key == open_.key).values(key=_fresh_key(), rotated_from=open_.key))


async def cited(db: Db, number: str, gate: Gate) -> int | None:
    """The number of the words an officer's last answer at a gate cited."""
    query = select(questions.c.extra).where(questions.c.number == number, questions.c.gate == gate, questions.c.state == "answered")
    extra = (await db.execute(query.order_by(questions.c.answered_at.desc()).limit(1))).scalar_one_or_none()
    return int(extra) if extra and extra.isdecimal() else None


async def last_answer(db: Db, number: str) -> tuple[str, str, str] | None:
    """The last answer taken or refused: (gate, answered | refused, reason), for the artifact."""
    query = select(questions).where(questions.c.number == number, questions.c.answered_at.is_not(None))
    row = (await db.execute(query.order_by(questions.c.answered_at.desc()).limit(1))).one_or_none()
    return (row.gate, row.state, row.reason) if row else None
