"""The queue: every request that has not ended, with what is asked about it and the engine's run that moves it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, String, and_, cast, exists, literal, select

from desk.domain.case import Right, State
from desk.domain.gates import Question
from desk.domain.life import ENDED
from desk.store import agenda, questions
from desk.store.ledger import Db
from desk.store.reading_case import EVERY_CASE
from desk.store.schema import agenda as agenda_rows
from desk.store.schema import cases, halts, letters

SHOWN = ("number", "right", "state", "arrived_at", "state_since", "law", "policy")  # nothing sealed


@dataclass(frozen=True, kw_only=True)
class OpenCase:
    """One open request as the queue knows it: enough to sort and to choose by."""

    number: str
    right: Right
    state: State
    arrived_at: datetime
    state_since: datetime
    law: str
    policy: str
    run: str  # the engine's run that moves it; empty before the first
    delayed: bool  # the person was told of the delay (N07)
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Halt:
    """One stop: of a case, or of all (`*`)."""

    number: str
    at: datetime
    by: str


async def open_cases(db: Db) -> tuple[OpenCase, ...]:
    """Every request that has not ended, however old, oldest first."""
    asked: dict[str, list[Question]] = {}
    for question in await questions.open_questions(db):
        asked.setdefault(question.number, []).append(question)
    row = and_(agenda_rows.c.number == cases.c.number, agenda_rows.c.kind == agenda.ADVANCE)
    told = exists().where(letters.c.number == cases.c.number, letters.c.name == "N07", letters.c.occasion == _round())
    query = select(*(cases.c[name] for name in SHOWN), agenda_rows.c.run, told.label("delayed")).select_from(
        cases.outerjoin(agenda_rows, row)
    )
    found = await db.execute(query.where(cases.c.state.not_in(ENDED.split())).order_by(cases.c.arrived_at, cases.c.number))
    return tuple(
        OpenCase(
            number=r.number,
            right=Right(r.right),
            state=State(r.state),
            arrived_at=r.arrived_at,
            state_since=r.state_since,
            law=r.law,
            policy=r.policy,
            run=r.run or "",
            delayed=r.delayed,
            questions=tuple(asked.get(r.number, ())),
        )
        for r in found
    )


def _round() -> ColumnElement[str]:
    return literal("round ") + cast(cases.c.round, String)


async def run_of(db: Db, number: str) -> str:
    """The engine's run that moves a request, or nothing before the first."""
    mine = (agenda_rows.c.kind == agenda.ADVANCE, agenda_rows.c.number == number)
    return str(await db.scalar(select(agenda_rows.c.run).where(*mine)) or "")


async def halted(db: Db) -> tuple[Halt, ...]:
    """Every stop that stands, that of the whole office first."""
    rows = await db.execute(select(halts).order_by(halts.c.number != EVERY_CASE, halts.c.at))
    return tuple(Halt(number=r.number, at=r.at, by=r.by) for r in rows)
