"""Investigation: every system is asked, each within its time, each tried again, and each answer put on record by itself."""

from __future__ import annotations

import asyncio
from functools import partial
from secrets import SystemRandom

from anyio import create_task_group

from desk.domain.case import Case, Record, Searched
from desk.domain.decision import asked
from desk.domain.life import Deed
from desk.log import log
from desk.settings import settings
from desk.sources.source import Identifiers, Source, SystemUnreachable
from desk.store import searches
from desk.store.ledger import writing
from tasks.identity import search_keys
from tasks.once import case_of, deed, once
from tasks.systems import office_systems, system_kinds

TRIES = 3
_JITTER = SystemRandom()


@deed
async def search(number: str) -> None:
    """Ask every connected system that has not answered; one that fails for good becomes a question, never nothing held."""
    async with writing() as db:
        await searches.register(db, number, system_kinds())
    case, policy = await case_of(number)
    wanted = frozenset(asked(case, policy))
    keys = await search_keys(number, case)
    waiting = set(case.coverage.named(Searched.WAITING)) - case.manual
    known = {source.name: source for source in office_systems()}
    async with create_task_group() as group:
        for name in sorted(waiting):
            if (source := known.get(name)) and source.holds is not None and not source.holds & wanted:
                await _pass_over(number, name)
            else:
                group.start_soon(partial(_search_one, number, name, source, keys, case))


async def _pass_over(number: str, name: str) -> None:
    async with once(number, Deed.SEARCH) as now:
        if now and now.case.coverage.systems[name].state is Searched.WAITING:
            await searches.not_applicable(now.db, number, name)


async def _search_one(number: str, name: str, source: Source | None, keys: Identifiers, case: Case) -> None:
    records = await _patiently(source, keys, case) if source else None
    async with once(number, Deed.SEARCH) as now:
        if now is None or now.case.coverage.systems[name].state is not Searched.WAITING:
            return
        if records is None:
            await searches.failed(now.db, number, name, "unreachable" if source else "no longer registered")
        else:
            await searches.found(now.db, number, name, records)


async def _patiently(source: Source, keys: Identifiers, case: Case) -> tuple[Record, ...] | None:
    """What a system holds; None if it did not answer after every try (pauses double, with jitter)."""
    for attempt in range(TRIES):
        try:
            return (await source.find(keys, case.period_from, case.period_until, asking=case.number)).records
        except SystemUnreachable:
            log("search").warning("no answer", extra={"number": case.number, "system": source.name, "attempt": attempt + 1})
        if attempt + 1 < TRIES:
            await asyncio.sleep(settings().retry_seconds * 2**attempt * _JITTER.uniform(0.5, 1.5))
    return None
