"""The sample office's systems hold what the sample says they hold, the same every time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from desk.domain.case import Authority, Record
from desk.policies import policies
from desk.sources import systems
from desk.sources.source import Source
from sample.people import invented
from sample.systems import SamplePerson, build, urls

CONFIG = Path(__file__).parents[2] / "config" / "sources.toml"
Held = dict[str, tuple[Record, ...]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the sample systems of these tests lie."""
    return tmp_path_factory.mktemp("sample")


@pytest.fixture(scope="module")
def people(folder: Path) -> tuple[SamplePerson, ...]:
    """The ten people shown, of 400."""
    return build(folder, 400)


@pytest.fixture
async def office(folder: Path, people: tuple[SamplePerson, ...], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Source, ...]]:
    """The systems of config/sources.toml, under the policy and the law of config/."""
    assert people
    for name, url in urls(folder).items():
        monkeypatch.setenv(name, url)
    policy = policies().in_force(date(2026, 11, 22))
    retention = [code for code, ground in policy.law.grounds.items() if ground.days is not None]
    found = systems(CONFIG, items=policy.items, grounds=retention)
    yield found
    for source in found:
        await source.close()


async def held_on(person: SamplePerson, office: tuple[Source, ...]) -> Held:
    """What the searchable systems hold on one person, by system."""
    identifiers = {"email": person.email, "login_id": person.login_id}
    return {source.name: (await source.find(identifiers, None, None)).records for source in office if source.kind == "sql"}


async def test_the_description_fits_the_systems(office: tuple[Source, ...]) -> None:
    """`sources check` has nothing to say, and every kind of system is there."""
    assert [(source.name, source.kind) for source in office] == [
        ("cards", "sql"),
        ("crm", "sql"),
        ("archive", "manual"),
        ("desk", "ledger"),
    ]
    assert [await source.check() for source in office] == [()] * 4


async def test_everyone_is_held_where_the_sample_says(people: tuple[SamplePerson, ...], office: tuple[Source, ...]) -> None:
    """`held_by` is what a search finds, and the roster is client authority."""
    for person in people:
        held = await held_on(person, office)
        assert tuple(name for name, records in held.items() if records) == person.held_by
        entrusted = [record.table for records in held.values() for record in records if record.authority is Authority.CLIENT]
        assert entrusted == ["client_roster"] * person.on_roster


async def test_every_kind_of_person_is_among_the_ten(people: tuple[SamplePerson, ...], office: tuple[Source, ...]) -> None:
    """Some are granted everything, some in part, one is the client's alone, one marketing's alone, two are easily confused."""
    tables = {person.email: {r.table for records in (await held_on(person, office)).values() for r in records} for person in people}
    assert (len(people), len(tables)) == (10, 10)
    assert sum(not person.on_roster and "cards" in person.held_by for person in people) >= 3
    assert sum(person.on_roster and "users" in tables[person.email] for person in people) >= 2
    assert sum(tables[person.email] == {"client_roster"} for person in people) == 1
    assert sum(person.held_by == ("crm",) for person in people) == 1
    assert len({(person.name["family"], person.name["given"], person.company) for person in people}) == 9


async def test_the_first_person_has_something_everywhere(people: tuple[SamplePerson, ...], office: tuple[Source, ...]) -> None:
    """The person of the demo is held in every table there is, but for the roster, and in every item but none."""
    held = await held_on(people[0], office)
    assert {record.table for record in held["cards"]} == {
        "users", "companies", "card_designs", "design_changes", "orders", "linked_accounts", "inquiries", "access_log",
    }  # fmt: skip
    assert {record.table for record in held["crm"]} == {"contacts", "inquiries", "newsletters"}
    policy = policies().in_force(date(2026, 11, 22))
    assert {code for records in held.values() for record in records for code in record.items} == set(policy.items)


async def test_nobody_gets_what_is_a_neighbours(people: tuple[SamplePerson, ...], office: tuple[Source, ...]) -> None:
    """In what is found on a person stands no address of anybody else, and of the 399 others nobody's row (T35)."""
    addresses = {person.email for person in invented(400)}
    for person in people:
        for records in (await held_on(person, office)).values():
            said = " ".join(text.lower() for record in records for text in record.items.values())
            assert [address for address in addresses - {person.email} if address in said.split()] == []


async def test_an_address_in_capitals_is_found(people: tuple[SamplePerson, ...], office: tuple[Source, ...]) -> None:
    """One of the ten is stored in capitals, and a letter would go to the address as it is stored."""
    (holder,) = await office[0].whose({"email": people[-1].email})
    assert (holder.email, holder.login_id) == (people[-1].email.upper(), people[-1].login_id)


def test_the_sample_is_the_same_every_time(people: tuple[SamplePerson, ...], folder: Path, tmp_path: Path) -> None:
    """Built twice, the databases and the ten are equal to the byte, and building again replaces what was there."""
    assert build(tmp_path, 400) == build(tmp_path, 400) == people
    for name in ("cards.db", "crm.db"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_nobody_could_be_reached() -> None:
    """Every address ends in example.jp, every telephone number in a block that rings nowhere."""
    for person in invented(400):
        assert person.email.endswith(".example.jp")
        assert person.telephone.startswith("03-0000-")
