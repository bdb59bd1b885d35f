"""What is personal is nowhere in plain: not in the database, not in the audit, not in a file, not in the log (T47, E10)."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from pathlib import Path

import pytest

from desk import clock
from desk.domain.case import State
from desk.domain.gates import SECOND, Gate, Role
from desk.settings import settings
from desk.store import agenda, audit, cases, drafts, fees, letters, packages, proofs, searches, sessions, wishes
from desk.store.account import prove_account
from desk.store.keys import key_of
from desk.store.ledger import close_ledger, reading, writing
from desk.store.proofs import Purpose
from desk.store.schema import metadata
from tests.integration.ledger_office import (
    ADDRESS,
    DAY,
    HELD,
    PERSON,
    answered,
    asked,
    hired,
    issued,
    link,
    owed,
    propose,
    received,
    rows,
    vouched,
)

LOGIN = "canary-login"
PERSONAL = {
    *(PERSON.family, PERSON.family_kana, PERSON.given_kana, PERSON.email, PERSON.telephone, PERSON.details),
    *PERSON.identifiers.values(),
    *(value for record in HELD for value in record.items.values()),
    ADDRESS,
    LOGIN,
    "目印の言葉",
    "目印の本文",
    "目印の荷物",
}


async def lived() -> list[str]:
    """A request goes its whole way, objection included; the secrets it used are given."""
    clerk, keiri = await hired("clerk", Role.CLERK), await hired("keiri", Role.ACCOUNTING)
    first, second = await hired("first", Role.APPROVER), await hired("second", Role.SECOND_APPROVER)
    number = await received()
    codes = [await issued(number, Purpose.ADDRESS, ADDRESS), await link(number)]
    assertion = vouched(LOGIN)
    await prove_account(number, assertion)
    await proofs.consume_code(codes[1], codes[0])
    await propose(number)
    assert (await answered(await asked(number, Gate.DECISION, "1"), first, "承認する")).counts
    assert (await answered(await asked(number, Gate.DECISION, SECOND), second, "承認する")).counts
    async with writing() as db:
        await fees.bill(db, number, 600, "2026-04")
        await cases.note(db, number, state=State.FEE_NOTICED)
        await drafts.add(db, number, "clerk", "目印の言葉")
        await searches.looked_at(db, number, "clerk", "cards")
    assert (await answered(await asked(number, Gate.PAYMENT), keiri, "入金した", amount=600)).counts
    await packed(number)
    codes += [await issued(number, Purpose.PACKAGE, "proven"), await issued(number)]
    await proofs.consume_for(number, Purpose.PACKAGE, codes[-2])
    await proofs.consume_for(number, Purpose.STATUS, codes[-1])
    async with writing() as db:
        token = await sessions.open_session(db, "person", number)
        await packages.fetched(db, number)
        await cases.note(db, number, state=State.NOTIFIED)
        await wishes.object_to(db, number, "目印の言葉")
    await posted(number)
    return [*codes, token, assertion, *(who.secret for who in (clerk, keiri, first, second))]


async def packed(number: str) -> None:
    """The package is sealed, and put on record."""
    async with reading() as db:
        key = await key_of(db, number)
    file = await packages.seal_package(key, number, 1, io.BytesIO("目印の荷物 目印山 花子".encode() * 100_000))
    async with writing() as db:
        await packages.record(db, number, file, "0" * 64, clock.now() + 14 * DAY)


async def posted(number: str) -> None:
    """Every letter that is owed is sent, and one is refused."""
    async with writing() as db:
        await letters.owe(db, number, "N13", "proven", words="目印の言葉")
        await letters.owe(db, number, "N07", "contact", words="目印の言葉")
    letter = await owed(number, "N07")
    async with writing() as db:
        await letters.refused(db, letter, "refused")
        for one, what in await agenda.due_letters(db):
            due = await letters.read(db, one, what)
            if due.state == "owed":
                await letters.sent(db, due, "件名 目印山", "目印の本文")


def found(content: bytes, secrets: list[str]) -> list[str]:
    """What of all that is personal or secret stands in this content, however JSON would write it."""
    ways = {word: (word.encode(), word.encode("utf-16-le"), json.dumps(word).strip('"').encode()) for word in [*PERSONAL, *secrets]}
    return [word for word, written in ways.items() if any(way in content for way in written)]


@pytest.mark.parametrize("part", ["rows", "files", "log"])
async def test_t47_nothing_personal_lies_open(ledger: Path, caplog: pytest.LogCaptureFixture, part: str) -> None:
    """After a whole case no name, address, word, code, token or secret is in any row, any audit entry, any file or the log (T47, I9)."""
    logging.getLogger("madoguchi").propagate = True
    with caplog.at_level(logging.DEBUG):
        secrets = await lived()
        assert await audit.checkpoint()
    async with reading() as db:
        kept = {name: await rows(db, table) for name, table in metadata.tables.items()}
    await close_ledger()
    assert sum(len(of_one) for of_one in kept.values()) > 80
    assert found(json.dumps(PERSON.family).encode() + secrets[0].encode(), secrets) == [PERSON.family, secrets[0]]
    match part:
        case "rows":
            values = [value for of_one in kept.values() for row in of_one for value in row.values()]
            plain = [value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False, default=str).encode() for value in values]
            assert found(b"\n".join(plain), secrets) == []
            assert "letter sent" in str(kept["audit"])
        case "files":
            assert found(await asyncio.to_thread(_all_bytes, ledger), secrets) == []
        case _:
            assert found("\n".join(str(vars(record)) for record in caplog.records).encode(), secrets) == []


def _all_bytes(folder: Path) -> bytes:
    """Every byte of the office's folder: the ledger on SQLite, its journal, the packages; but not the keys."""
    files = [path for path in folder.rglob("*") if path.is_file() and settings().keys not in path.parents]
    assert files
    return b"\n".join(path.read_bytes() for path in files)


async def test_t47_what_is_deleted_does_not_stay_in_the_file(office: Path) -> None:
    """What was once in the ledger's file and is deleted is overwritten there: even an officer's open address is gone for good."""
    await hired("clerk-canary", Role.CLERK)
    assert b"clerk-canary" in await asyncio.to_thread(_all_bytes, office)
    async with writing() as db:
        await db.execute(metadata.tables["officers"].delete())
    await close_ledger()
    assert b"clerk-canary" not in await asyncio.to_thread(_all_bytes, office)
