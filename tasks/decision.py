"""Decision: an outcome for every item is proposed, and made known once it is signed."""

from __future__ import annotations

from desk.domain import decision
from desk.domain.case import Kind, State
from desk.domain.life import Deed
from desk.store import cases, letters, rulings
from tasks.once import Now, deed, once

NOTICE = {Kind.REFUSED: "N10", Kind.NO_DATA: "N11", Kind.REFERRED: "N02"}


@deed
async def propose(number: str) -> None:
    """Propose a ruling from what was found."""
    async with once(number, Deed.PROPOSE) as now:
        if now:
            draft = await rulings.next_draft(now.db, number)
            await rulings.record(now.db, number, decision.propose(now.case, now.policy, draft))
            await cases.move(now.db, number, State.DRAFTED)
            if (await cases.read(now.db, number)).signed(1):  # this very plan was signed before: nobody is asked again
                await cases.move(now.db, number, State.APPROVED1)


@deed
async def decide(number: str) -> None:
    """The signed ruling stands; what is withheld, and a method that is difficult, is told at once and never waits for money."""
    async with once(number, Deed.DECIDE) as now:
        if now:
            await cases.move(now.db, number, State.DECIDED)
            for letter in _at_once(now):
                await letters.owe(now.db, number, letter, now.answer_to)


def _at_once(now: Now) -> tuple[str, ...]:
    kind = now.case.ruling.kind if now.case.ruling else None
    partial = ("N12",) if kind is Kind.PARTIAL else ()
    difficult = kind in {Kind.GRANTED, Kind.PARTIAL} and now.case.form not in now.policy.forms
    return (*partial, "N17") if difficult else partial


@deed
async def answer(number: str) -> None:
    """Give an answer that hands nothing over: refused (N10), no data (N11), the client's to answer (N02)."""
    async with once(number, Deed.ANSWER) as now:
        if now and now.case.ruling:
            kind = now.case.ruling.kind
            await cases.move(now.db, number, State.REFERRED if kind is Kind.REFERRED else State.NOTIFIED)
            await letters.owe(now.db, number, NOTICE[kind], now.answer_to)
