"""What the person wants of a request already made: to take it back, or to object to how it ended."""

from __future__ import annotations

from desk import clock
from desk.domain.case import NotAllowed, State
from desk.domain.life import BEFORE_FULFILMENT, ENDED
from desk.store import agenda, audit, cases, drafts
from desk.store.ledger import Db


async def withdraw(db: Db, number: str, actor: str = audit.PERSON) -> None:
    """The person takes the request back; possible until the data is being handed over."""
    await agenda.lock(db, number)
    row = await cases.row_of(db, number)
    if row.state not in BEFORE_FULFILMENT.split():
        raise NotAllowed(number)
    if row.withdrawal_at is None:
        await cases.note(db, number, withdrawal_at=clock.now())
        await audit.enter(db, number, "withdrawal asked", actor)
        await agenda.wake(db, number)


async def package_again(db: Db, number: str) -> None:
    """The person wants the data once more after its days were over; no new request is needed for that."""
    await agenda.lock(db, number)
    row = await cases.row_of(db, number)
    if row.state in {State.NOTIFIED, State.CLOSED} and row.package_wanted_at is None:
        await cases.note(db, number, package_wanted_at=clock.now())
        await audit.enter(db, number, "package asked again", audit.PERSON)
        await agenda.wake(db, number)


async def object_to(db: Db, number: str, words: str) -> None:
    """The person objects to how the request ended; the words are kept sealed as a draft of the person's."""
    await agenda.lock(db, number)
    row = await cases.row_of(db, number)
    if row.state not in (*ENDED.split(), State.NOTIFIED):
        raise NotAllowed(number)
    if row.objection_at is None:
        draft = await drafts.add(db, number, audit.PERSON, words)
        await cases.note(db, number, objection_at=clock.now())
        await audit.enter(db, number, "objection", audit.PERSON, draft=draft)
        await agenda.wake(db, number)
