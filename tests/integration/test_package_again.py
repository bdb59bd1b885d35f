"""A package whose days are over is made again without a new request, a new fee or a new signature."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from desk import clock
from desk.domain.case import Kind, State
from desk.domain.life import Deed, Do, Done, next_act
from desk.store import cases, packages, rulings, searches, wishes
from desk.store.ledger import reading, writing
from desk.store.schema import letters as letter_rows
from engine.sweep import purge_packages
from sample.systems import build
from tasks.fulfilment import pack
from tasks.lease import holding
from tasks.systems import close_systems
from tests.integration.ledger_office import case_of, policy, ruled

LONG_AFTER = timedelta(days=40)


@pytest.fixture
async def closed(office: Path) -> AsyncIterator[str]:
    """A closed request whose package was purged on its day."""
    build(office, 30)
    number = await ruled(State.APPROVED2)
    async with writing() as db:
        case = await cases.read(db, number)
        plan = case.ruling.plan_hash() if case.ruling else ""
        for place, officer in ((1, "first"), (2, "second")):
            await rulings.sign(db, number, place, officer, plan)
        await cases.note(db, number, state=State.FULFILLING, state_since=clock.now())
    async with holding(number, 1):
        await pack.fn(number)
    async with writing() as db:
        await cases.note(db, number, state=State.CLOSED, state_since=clock.now(), delivered_at=clock.now())
    with clock.travelled(LONG_AFTER):
        await purge_packages()
        yield number
    await close_systems()


async def test_a_purged_package_is_gone(closed: str) -> None:
    """On its day the file is destroyed, and nothing can be fetched."""
    case = await case_of(closed)
    assert case.ruling is not None
    assert case.ruling.kind in {Kind.GRANTED, Kind.PARTIAL}
    assert next_act(case, policy(), clock.now()) == Done()
    with pytest.raises(packages.NoPackage):
        await anext(packages.open_package(closed))


async def test_it_is_made_again_when_asked_for(closed: str) -> None:
    """The person asks once more: the package is packed anew, can be fetched for its days, and a mail says so."""
    async with writing() as db:
        await wishes.package_again(db, closed)
    assert next_act(await case_of(closed), policy(), clock.now()) == Do(Deed.PACK)
    async with holding(closed, 1):
        await pack.fn(closed)
    assert next_act(await case_of(closed), policy(), clock.now()) == Done()
    assert (await anext(packages.open_package(closed)))[:2] == b"PK"
    assert await _told(closed) == ["N13"]


async def test_asking_twice_makes_one_package(closed: str) -> None:
    """A second wish, and a second pass of the same deed, change nothing."""
    async with writing() as db:
        await wishes.package_again(db, closed)
        await wishes.package_again(db, closed)
    for _ in range(2):
        async with holding(closed, 1):
            await pack.fn(closed)
    assert await _told(closed) == ["N13"]
    async with reading() as db:
        assert await searches.records(db, closed)


async def _told(number: str) -> list[str]:
    async with reading() as db:
        return list((await db.execute(select(letter_rows.c.name).where(letter_rows.c.number == number))).scalars())
