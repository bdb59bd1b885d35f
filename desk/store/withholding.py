"""Keeping an item back: proposed by an officer on a ground of the law, with reasons, before the ruling is signed by all who must."""

from __future__ import annotations

from sqlalchemy import delete

from desk.domain.case import Case, NotAllowed, State
from desk.domain.gates import Role
from desk.store import agenda, answers, audit, cases, drafts, officers, searches
from desk.store.ledger import Db
from desk.store.schema import withholdings

OPEN = frozenset({State.INVESTIGATING, State.DRAFTED, State.APPROVED1})
SIGNERS = frozenset({Role.APPROVER, Role.SECOND_APPROVER})


async def withhold(db: Db, number: str, item: str, ground: str, words: str, officer: str) -> int:
    """Propose to keep an item back and give the number of the reasons; a ruling that stood is set aside and proposed afresh."""
    case = await _open_case(db, number)
    draft = await drafts.add(db, number, officer, words)
    await searches.withhold(db, number, item, ground, officer, draft)
    await _propose_afresh(db, case, officer)
    return draft


async def give(db: Db, number: str, item: str, officer: str) -> None:
    """No longer keep an item back; a ruling that stood is set aside and proposed afresh.

    Nothing of this stays with the ruling, so that whoever may sign it cannot prepare it in this way (maker ≠ approver).
    """
    case, who = await _open_case(db, number), await officers.read(db, officer)
    if item not in case.withheld or who is None or who.roles & SIGNERS:
        raise NotAllowed(number)
    await db.execute(delete(withholdings).where(withholdings.c.number == number, withholdings.c.item == item))
    await audit.enter(db, number, "no longer withheld", officer, item=item)
    await _propose_afresh(db, case, officer)


async def _open_case(db: Db, number: str) -> Case:
    await agenda.lock(db, number)
    case = await cases.read(db, number)
    if case.state not in OPEN:
        raise NotAllowed(number)
    return case


async def _propose_afresh(db: Db, case: Case, officer: str) -> None:
    if case.state is not State.INVESTIGATING:
        await answers.send_back(db, case, officer)
    await agenda.wake(db, case.number)
