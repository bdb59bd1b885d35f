"""Stopping and letting go on the desk: only for whoever proves by a one-time code to be the officer."""

from __future__ import annotations

from desk import clock
from desk.domain.gates import Refusal
from desk.store import agenda, answers, halts
from desk.store.ledger import writing


async def stop(number: str, officer: str, code: str) -> Refusal | None:
    """Stop one request, or all (`*`); or why not. NoSuchCase if there is no such request."""
    async with writing() as db:
        await agenda.lock(db, number)
        if problem := await answers.code_problem(db, officer, code, clock.now()):
            return problem
        await halts.halt(db, number, officer)
    return None


async def let_go(number: str, officer: str, code: str) -> Refusal | None:
    """Let one request, or all, go on; or why not."""
    async with writing() as db:
        await agenda.lock(db, number)
        if problem := await answers.code_problem(db, officer, code, clock.now()):
            return problem
        await halts.lift(db, number, officer)
    return None
