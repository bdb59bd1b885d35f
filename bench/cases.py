"""Requests whose every question is answered before they are woken, so that only the desk's own work is measured."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from datetime import datetime

from sqlalchemy import update

from desk import clock
from desk.domain import decision
from desk.domain.case import Authority, Coverage, Form, Person, Record, Right, Search, Searched, State
from desk.domain.identity import RECOGNISED
from desk.policies import policies
from desk.store import agenda, audit, cases, fees, rulings, searches
from desk.store.ledger import Db, reading, writing
from desk.store.schema import agenda as agenda_rows
from sample.people import SAME_NAME, invented
from tasks.systems import office_systems, system_kinds

PATIENCE = 60.0
PEOPLE = 10_000  # in the sample office


def addresses() -> tuple[str, ...]:
    """The addresses of people whose data is the operator's own, so that one signature does; each is used for one case."""
    plain = (one for one in invented(PEOPLE) if one.is_user and not (one.is_on_roster or one.is_in_capitals or one.id in SAME_NAME))
    return tuple(one.email for one in plain)[200:]


LOOK = 0.02


async def answered(email: str) -> str:
    """Put a request on record, asleep, with identity, archive, signature and fee settled; gives its number."""
    policy, systems = policies().in_force(clock.today()), system_kinds()
    person = Person(family="測定", given="太郎", email=email, identifiers={"email": email})
    asked = cases.Request(
        right=Right.DISC, language="ja", channel="web", form=Form.ELECTRONIC, items=("*",), person=person, arrived_at=clock.now()
    )
    async with writing() as db:
        number = await cases.receive(db, asked, policy=policy, systems=systems, key=secrets.token_hex(8), digest="bench")
        await db.execute(update(agenda_rows).where(agenda_rows.c.number == number).values(due_at=None))
        await cases.note(db, number, review=RECOGNISED, review_at=clock.now())
        for name in [name for name, manual in systems.items() if manual]:
            await searches.found(db, number, name, (), "bench-investigator")
        await rulings.sign(db, number, 1, "bench-approver", await _plan(db, number, email))
        await fees.bill(db, number, 1000, "bench")
        await fees.waived(db, number, "bench-accounting")
    return number


async def _plan(db: Db, number: str, email: str) -> str:
    """The hash of the ruling the desk will come to, found as it will find it."""
    case = await cases.read(db, number)
    found = dict(case.coverage.systems)
    for source in office_systems():
        if source.name not in case.manual:
            found[source.name] = _counted((await source.find({"email": email}, None, None, asking=number)).records)
    return decision.propose(replace(case, coverage=Coverage(found)), policies().version(case.policy, case.law), 1).plan_hash()


def _counted(records: tuple[Record, ...]) -> Search:
    counts: dict[bool, dict[str, int]] = {True: {}, False: {}}
    for record in records:
        mine = counts[record.authority is Authority.CLIENT]
        for item in record.items:
            mine[item] = mine.get(item, 0) + 1
    state = Searched.SEARCHED if records else Searched.NOTHING_HELD
    return Search(state=state, found=counts[False], entrusted=counts[True])


async def woken(number: str) -> datetime:
    """Wake a request; gives the instant of the commit."""
    async with writing() as db:
        await agenda.wake(db, number)
    return clock.now()


async def reached(number: str, deed: str) -> datetime:
    """When a deed of a request was put on record; waits for it."""
    until = clock.now().timestamp() + PATIENCE
    while clock.now().timestamp() < until:
        async with reading() as db:
            for entry in await audit.history(db, number):
                if entry.deed == deed:
                    return entry.at
        await asyncio.sleep(LOOK)
    async with reading() as db:
        state = (await cases.read(db, number)).state
    raise TimeoutError(f"{number} did not come to “{deed}”: it is {state}")


ENDS = State.NOTIFIED.lower()
