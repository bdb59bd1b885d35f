"""Two holders of one mailbox, one after the other, in the sample's own systems: neither is shown the other's records (domain §6, C02)."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from desk.domain.case import Rung, State
from desk.store import cases, proofs
from desk.store.ledger import writing
from sample import cards, crm
from tasks import identity
from tasks.lease import holding
from tasks.systems import close_systems
from tests.integration.ledger_office import ADDRESS, case_of, received

HOLDERS = [(1, "canary-login"), (2, "successor")]


@pytest.fixture(autouse=True)
async def systems(office: Path) -> AsyncIterator[None]:
    """The sample's systems, empty but for one company."""
    await close_systems()  # those of an earlier test's office
    for name, schema in (("cards", cards.SCHEMA), ("crm", crm.SCHEMA)):
        with sqlite3.connect(office / f"{name}.db") as database:
            database.executescript(schema)
    with sqlite3.connect(office / "cards.db") as database:
        database.execute("INSERT INTO companies VALUES (1, '架空商事', '見本県窓口市')")
    yield
    await close_systems()


def registered(office: Path, holders: list[tuple[int, str]]) -> None:
    """Enter users of one address in the card-ordering system."""
    with sqlite3.connect(office / "cards.db") as database:
        rows = [(key, 1, login, ADDRESS, "見本", "花子", "", "", "", "", "2026-01-01") for key, login in holders]
        database.executemany("INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


async def proven(*methods: str) -> str:
    """A request whose person has proven this much; its number."""
    number = await received()
    async with writing() as db:
        await cases.note(db, number, state=State.ID_CHECK, looked_up=True, invited=True)
        if "mail-code" in methods:
            await proofs.confirm(db, number, Rung.PERSON, "mail-code", {"email": ADDRESS})
        if "account" in methods:
            await proofs.confirm(db, number, Rung.RECORDS, "account", {"login_id": "canary-login"})
    return number


async def confirmed(number: str) -> State:
    """Where the request stands after its proofs were held against each other."""
    async with holding(number, 1):
        await identity.confirm.fn(number)
    return (await case_of(number)).state


async def test_one_holder_is_confirmed_by_mailbox_and_account(office: Path) -> None:
    """A mailbox and an account of the same user are one person's."""
    registered(office, HOLDERS[:1])
    assert await confirmed(await proven("mail-code", "account")) is State.INVESTIGATING


async def test_a_mailbox_with_two_users_is_for_an_officer_to_look_at(office: Path) -> None:
    """Where the mailbox leads to a second log-in the proofs conflict, and nothing is searched."""
    registered(office, HOLDERS)
    number = await proven("mail-code", "account")
    assert await confirmed(number) is State.ID_CHECK
    assert (await case_of(number)).identity.conflicting


@pytest.mark.parametrize(("holders", "keys"), [(HOLDERS[:1], {"login_id", "email"}), (HOLDERS, {"login_id"})], ids=["one", "two"])
async def test_an_address_is_searched_by_only_where_one_person_held_it(
    office: Path, holders: list[tuple[int, str]], keys: set[str]
) -> None:
    """An account leads on to the address in its record, unless that address leads to somebody else."""
    registered(office, holders)
    number = await proven("account")
    assert set(await identity.search_keys(number, await case_of(number))) == keys
