"""Notice: what is told apart from the answer itself, and how a request ends, comes back and is closed."""

from __future__ import annotations

from desk.domain.case import State
from desk.domain.life import Deed, resumes_at
from desk.store import cases, letters, packages, rulings, searches
from tasks.once import Now, deed, once


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
            await cases.note(now.db, number, returned_from=now.case.state, objection_at=None, objection_answer="", withdrawal_at=None)
            await cases.move(now.db, number, State.REOPENED)


@deed
async def resume(number: str) -> None:
    """Tell the person what became of the objection (N18), and go on from where the reviewer sends it."""
    async with once(number, Deed.RESUME) as now:
        if now is None:
            return
        target, round_ = resumes_at(now.case), now.case.round + 1
        await cases.note(now.db, number, round=round_, delivered_at=None)
        await _go_back(now, target)
        await cases.move(now.db, number, target)
        answer = "objection" if target is State.NOTIFIED else "reopened"
        await letters.owe(now.db, number, "N18", now.answer_to, occasion=f"{answer} {round_}")


async def _go_back(now: Now, target: State) -> None:
    """A new round: what was ruled and found is set aside, what was proven and paid is not; the address on file is written to anew."""
    number = now.case.number
    if target is State.ID_CHECK:
        await cases.note(now.db, number, review="", conflicting=False, looked_up=False, invited=False, invited_for_account=False)
    if target is State.INVESTIGATING:
        await rulings.set_aside(now.db, number)
        await searches.search_again(now.db, number)
        await packages.withdraw_package(now.db, number)


@deed
async def close(number: str) -> None:
    """The answer was delivered and its days are over."""
    async with once(number, Deed.CLOSE) as now:
        if now:
            await cases.move(now.db, number, State.CLOSED)
