"""One request gives one person's data: what was claimed beside the proofs leads to nobody else's records (T1, C02)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from desk import clock
from desk.domain.case import Rung, State
from desk.domain.gates import Gate, Refusal, Role
from desk.domain.identity import RECOGNISED
from desk.store import cases, halts, proofs
from desk.store.ledger import reading, writing
from sample.systems import SamplePerson, build
from tasks.identity import confirm, search_keys
from tasks.lease import holding
from tasks.post import post_letter
from tasks.systems import close_systems, system_kinds
from tests.integration.ledger_office import PERSON, a_request, answered, asked, case_of, hired, owed, policy


@pytest.fixture
async def people(office: Path) -> AsyncIterator[tuple[SamplePerson, ...]]:
    """The sample's people, in its systems."""
    yield build(office, 60)
    await close_systems()


async def claiming(key: str = "one", **identifiers: str) -> str:
    """A request at identity that names these identifiers, from a mailbox of its own."""
    person = replace(PERSON, email="own.mailbox@example.com", identifiers=identifiers)
    async with writing() as db:
        number = await cases.receive(db, a_request(person), policy=policy(), systems=system_kinds(), key=key, digest="0")
        await cases.note(db, number, state=State.ID_CHECK, state_since=clock.now(), looked_up=True)
    return number


async def recognised(number: str) -> None:
    """An officer recognises the person, and the desk confirms what it can."""
    async with writing() as db:
        await cases.note(db, number, review=RECOGNISED, review_at=clock.now())
    async with holding(number, 1):
        await confirm.fn(number)


async def test_a_claim_beside_a_proof_leads_to_nobody_else(people: tuple[SamplePerson, ...]) -> None:
    """Named: the victim's address; proven: one's own account. Recognised by an officer, the search is by one's own records only."""
    victim, attacker = people[1], people[2]
    number = await claiming(email=victim.email)
    async with writing() as db:
        await proofs.confirm(db, number, Rung.RECORDS, "account", {"login_id": attacker.login_id})
    await recognised(number)
    keys = await search_keys(number, await case_of(number))
    assert keys == {"login_id": attacker.login_id, "email": attacker.email}


async def test_two_claims_of_two_people_are_not_confirmed(people: tuple[SamplePerson, ...]) -> None:
    """Named: one person's address and another's login, nothing proven. An officer's word does not make them one."""
    number = await claiming(email=people[1].email, login_id=people[2].login_id)
    await recognised(number)
    case = await case_of(number)
    assert (case.state, case.identity.conflicting, case.identity.review) == (State.ID_CHECK, True, "")


async def test_claims_that_agree_are_searched(people: tuple[SamplePerson, ...]) -> None:
    """Named: one's own address and login. Recognised, both are searched by."""
    me = people[1]
    number = await claiming(email=me.email, login_id=me.login_id)
    await recognised(number)
    assert (await case_of(number)).state is State.INVESTIGATING
    assert await search_keys(number, await case_of(number)) == {"email": me.email, "login_id": me.login_id}


async def test_a_claimed_login_does_not_lead_its_owner_to_the_claimant(people: tuple[SamplePerson, ...]) -> None:
    """Naming somebody's login in one's own request puts nothing of one's own into what that person is given."""
    me, other = people[1], people[2]
    number = await claiming(email=me.email, login_id=other.login_id)
    async with writing() as db:
        await proofs.confirm(db, number, Rung.PERSON, "mail-code", {"email": me.email})
        await proofs.confirm(db, number, Rung.RECORDS, "account", {"login_id": me.login_id})
    async with holding(number, 1):
        await confirm.fn(number)
    async with reading() as db:
        assert [record.key for record in await cases.held_on(db, {"email": me.email}, "")] == [number]
        assert await cases.held_on(db, {"login_id": other.login_id, "email": other.email}, "") == ()


async def test_a_halt_stops_answers_and_letters(people: tuple[SamplePerson, ...]) -> None:
    """While a request is stopped no answer counts and no letter leaves; afterwards both do."""
    number, clerk = await claiming(email=people[1].email), await hired("clerk", Role.CLERK)
    async with writing() as db:
        await proofs.issue(db, number, proofs.Purpose.ADDRESS, people[1].email)
        await halts.halt(db, number, "manager")
    question = await asked(number, Gate.REVIEW)
    assert (await answered(question, clerk, RECOGNISED)).refusal is Refusal.HALTED
    await post_letter(number, (await owed(number, "proof")).id)
    assert (await owed(number, "proof")).state == "owed"
    async with writing() as db:
        await halts.lift(db, number, "manager")
    assert (await answered(await asked(number, Gate.REVIEW), clerk, RECOGNISED)).counts
