"""The search as a task: every system of the office is thought of, and what cannot answer is never read as nothing held."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from desk import clock
from desk.domain.case import Case, Searched, State
from desk.domain.identity import RECOGNISED
from desk.store import cases
from desk.store.ledger import reading, writing
from sample.systems import SamplePerson, build
from tasks.investigation import search
from tasks.lease import holding
from tasks.systems import close_systems, system_kinds
from tests.integration.ledger_office import PERSON, a_request, policy


@pytest.fixture
async def someone(office: Path) -> AsyncIterator[SamplePerson]:
    """Somebody with something in every table of the sample's systems."""
    yield build(office, 60)[0]
    await close_systems()


async def searched(someone: SamplePerson, *items: str) -> Case:
    """The request of this person for some items, after the search."""
    person = replace(PERSON, email=someone.email, identifiers={"email": someone.email})
    asked = replace(a_request(person), items=items)
    async with writing() as db:
        number = await cases.receive(db, asked, policy=policy(), systems=system_kinds(), key="one", digest="0")
        facts = {"state": State.INVESTIGATING, "state_since": clock.now(), "confirmed_at": clock.now(), "review": RECOGNISED}
        await cases.note(db, number, **facts)
    async with holding(number, 1):
        await search.fn(number)
    async with reading() as db:
        return await cases.read(db, number)


async def test_a_system_that_holds_none_of_the_items_is_not_applicable(someone: SamplePerson) -> None:
    """Asked for cookies only, the customer system and the desk's ledger are not applicable; no system is left out in silence."""
    case = await searched(someone, "cookie")
    states = {name: search.state for name, search in case.coverage.systems.items()}
    assert states["cards"] is Searched.SEARCHED
    assert states["crm"] is Searched.NOT_APPLICABLE
    assert states["desk"] is Searched.NOT_APPLICABLE
    assert {states[name] for name in case.manual} == {Searched.WAITING}


async def test_everything_means_every_system(someone: SamplePerson) -> None:
    """Asked for everything, every connected system is searched."""
    case = await searched(someone, "*")
    assert {search.state for name, search in case.coverage.systems.items() if name not in case.manual} <= {
        Searched.SEARCHED,
        Searched.NOTHING_HELD,
    }


async def test_a_system_that_is_down_has_failed_and_the_others_have_answered(someone: SamplePerson, office: Path) -> None:
    """A system without its database is `failed` after every try; it is never nothing held, and holds up no other system."""
    (office / "crm.db").rename(office / "gone.db")
    case = await searched(someone, "*")
    assert case.coverage.systems["crm"].state is Searched.FAILED
    assert case.coverage.systems["cards"].state is Searched.SEARCHED
    assert case.coverage.unfinished == ("crm", *case.manual)
