"""The sweep: what is due by the calendar, whether Prefect is up or not."""

from __future__ import annotations

from desk import clock
from desk.domain.life import Ask, Done, Wait, next_act, wake_at
from desk.store import agenda, audit, cases, limits, packages, sessions
from desk.store.ledger import reading, writing
from tasks.once import policy_of

SECONDS = 10.0


async def sweep() -> None:
    """Purge what is over, wake stragglers, and vouch for the audit chains."""
    await purge_packages()
    await wake_stragglers()
    async with writing() as db:
        await sessions.forget_old(db)
        await limits.forget_old(db)
    await audit.checkpoint()


async def purge_packages() -> None:
    """Destroy the packages whose days are over."""
    async with reading() as db:
        due = await agenda.due_purges(db)
    for number, file in due:
        async with writing() as db:
            if lease := await agenda.claim(db, agenda.PURGE, number, file):
                await agenda.finish(db, lease, await packages.purge(db, number, file))


async def wake_stragglers() -> int:
    """Wake every open case that has something to do, or a date ahead, and no place on the agenda."""
    async with reading() as db:
        still_open = set(await cases.open_numbers(db))
        forgotten = [number for number in await agenda.forgotten(db) if number in still_open]
    woken = 0
    for number in forgotten:
        async with writing() as db:
            case = await cases.read(db, number)
            policy, now = policy_of(case), clock.now()
            idle = isinstance(next_act(case, policy, now), Ask | Wait | Done)
            if not idle or wake_at(case, policy, now) is not None:
                await agenda.wake(db, number)
                woken += 1
    return woken
