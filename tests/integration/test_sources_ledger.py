"""The desk's own ledger is one of the systems: what earlier requests hold on a person is the person's too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from desk.domain.case import Authority, Form, Person, Right
from desk.policies import policies
from desk.settings import settings
from desk.sources.ledger import LedgerSource
from desk.store import cases, seal
from desk.store.ledger import close_ledger, writing
from desk.store.schema import metadata

ARRIVED = datetime(2026, 11, 20, 3, tzinfo=UTC)


@pytest.fixture
async def ledger(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """An empty ledger with keys of its own."""
    monkeypatch.setenv("MADOGUCHI_DATABASE", database)
    monkeypatch.setenv("MADOGUCHI_DATA", str(tmp_path))
    settings.cache_clear()
    seal.make_keys(settings().keys)
    engine = create_async_engine(database)
    async with engine.begin() as db:
        await db.run_sync(metadata.create_all)
    await engine.dispose()
    yield
    await close_ledger()
    settings.cache_clear()


async def asked(email: str, *, confirmed: bool = True) -> str:
    """A request on record; its number."""
    person = Person(family="窓野", given="春", email=email, identifiers={"email": email}, details="配送の備考")
    request = cases.Request(
        right=Right.DISC, language="ja", channel="web", form=Form.ELECTRONIC, items=("*",), person=person, arrived_at=ARRIVED
    )
    policy = policies().in_force(date(2026, 11, 20))
    async with writing() as db:
        number = await cases.receive(db, request, policy=policy, systems={"desk": False}, key=f"{email}{confirmed}", digest="same")
        if confirmed:
            await cases.note(db, number, confirmed_at=ARRIVED)
            await cases.remember(db, number, {"email": email})
    return number


@pytest.mark.usefixtures("ledger")
async def test_an_earlier_request_of_the_same_person_is_found() -> None:
    """What the person wrote earlier is held by the desk, however the address is written now."""
    number = await asked("haru@example.jp")
    (record,) = (await LedgerSource().find({"email": "ＨＡＲＵ@example.jp"}, None, None, "D-NEW")).records
    assert (record.system, record.key, record.authority) == ("desk", number, Authority.OPERATOR)
    assert (record.items["email"], record.items["form_input"]) == ("haru@example.jp", "配送の備考")


@pytest.mark.usefixtures("ledger")
async def test_neither_the_request_itself_nor_a_strangers_is_found() -> None:
    """The request that asks is not an answer to itself, another address is another person, and an unproven request proves nothing."""
    number = await asked("haru@example.jp")
    await asked("haru+desk@example.jp")
    await asked("haru@example.jp", confirmed=False)
    assert (await LedgerSource().find({"email": "haru@example.jp"}, None, None, number)).records == ()


@pytest.mark.usefixtures("ledger")
async def test_the_ledger_gives_nobody_an_address() -> None:
    """A letter that proves an address never goes to one that was only written in a request."""
    await asked("haru@example.jp")
    assert await LedgerSource().whose({"email": "haru@example.jp"}) == ()
