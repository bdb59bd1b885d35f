"""Notice: what is told apart from the answer itself, and how a request ends, comes back and is closed."""

from __future__ import annotations

from desk.domain.case import Case, State
from desk.domain.life import Deed
from desk.store import cases, letters, packages, rulings, searches
from tasks.once import Now, deed, once

AGAIN = "審査し直す"


@deed
async def withdraw(number: str) -> None:
    """The person took the request back (N05)."""
    async with once(number, Deed.WITHDRAW) as now:
        if now:
            await cases.move(now.db, number, State.WITHDRAWN)
            await letters.owe(now.db, number, "N05", now.answer_to)


@deed
async def delay(number: str) -> None:
    """The target day has passed: say why and until when (N07)."""
    async with once(number, Deed.DELAY) as now:
        if now:
            await letters.owe(now.db, number, "N07", now.answer_to)


@deed
async def reopen(number: str) -> None:
    """An objection takes the request up again, before a reviewer who had no part in it."""
    async with once(number, Deed.REOPEN) as now:
        if now:
            await cases.note(now.db, number, returned_from=now.case.state, objection_at=None, withdrawal_at=None)
            await cases.move(now.db, number, State.REOPENED)


@deed
async def resume(number: str) -> None:
    """Tell the person what became of the objection (N18), and go on from where the reviewer sends it."""
    async with once(number, Deed.RESUME) as now:
        if now is None:
            return
        await letters.owe(now.db, number, "N18", now.answer_to, occasion=f"objection {now.case.round}")
        if now.case.objection_answer == AGAIN:
            await _go_back(now)
        else:
            await cases.note(now.db, number, objection_answer="", delivered_at=None)
            await cases.move(now.db, number, State.NOTIFIED)


async def _go_back(now: Now) -> None:
    """A new round: what was ruled and found is set aside, what was proven and paid is not."""
    number = now.case.number
    target = went_wrong_at(now.case)
    await cases.note(now.db, number, objection_answer="", round=now.case.round + 1, delivered_at=None)
    if target is State.ID_CHECK:
        await cases.note(now.db, number, review="", conflicting=False)
    if target is State.INVESTIGATING:
        await rulings.set_aside(now.db, number)
        await searches.search_again(now.db, number)
        await packages.withdraw_package(now.db, number)
    await cases.move(now.db, number, target)


def went_wrong_at(case: Case) -> State:
    """Where a reopened request goes on: at the unpaid fee, at identity, or at the investigation."""
    if not case.identity.confirmed:
        return State.ID_CHECK
    lapsed = case.returned_from is State.DEEMED_WITHDRAWN and case.fee is not None and not case.fee.settled
    return State.FEE_NOTICED if lapsed else State.INVESTIGATING


@deed
async def close(number: str) -> None:
    """The answer was delivered and its days are over."""
    async with once(number, Deed.CLOSE) as now:
        if now:
            await cases.move(now.db, number, State.CLOSED)
