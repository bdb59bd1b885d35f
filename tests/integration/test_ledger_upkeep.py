"""The ledger as a whole: its tables are what the code says, an older one is brought up to date, and a copy is as good as the office."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, inspect

from desk import clock
from desk.domain.case import State
from desk.domain.gates import Gate, Role
from desk.settings import settings
from desk.store import audit, cases, drafts, letters, packages, proofs, seal, searches, upkeep
from desk.store.keys import key_of
from desk.store.ledger import close_ledger, ledger_is_sound, reading, writing
from desk.store.schema import metadata
from tests.integration.ledger_office import DAY, HELD, PERSON, answered, asked, at_once, hired, issued, owed, proven, rows, ruled

REVISIONS = [script.revision for script in ScriptDirectory(str(upkeep.MIGRATIONS)).walk_revisions()][::-1]


@pytest.fixture
async def empty(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Path]:
    """An office without keys or tables, on an empty database of each kind; its folder is given."""
    monkeypatch.setenv("MADOGUCHI_DATABASE", database)
    monkeypatch.setenv("MADOGUCHI_DATA", str(tmp_path / "office"))
    settings.cache_clear()
    yield tmp_path / "office"
    await close_ledger()
    settings.cache_clear()


async def differences() -> list[object]:
    """Where the tables of the database are not those of the code."""

    def compared(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata))

    async with reading() as db:
        return await db.run_sync(compared)


async def lived() -> str:
    """A request with something of everything; its number."""
    number = await ruled()
    await proven(number)
    await issued(number)
    clerk = await hired("first", Role.APPROVER)
    assert (await answered(await asked(number, Gate.DECISION, "1"), clerk, "承認する")).counts
    async with reading() as db:
        key = await key_of(db, number)
    file = await packages.seal_package(key, number, 1, io.BytesIO(b"a package " * 200_000))
    async with writing() as db:
        await cases.note(db, number, state=State.NOTIFIED, delivered_at=clock.now())
        await packages.record(db, number, file, "0" * 64, clock.now() + 14 * DAY)
        await letters.owe(db, number, "N13", "contact")
        await drafts.add(db, number, "first", "言葉")
    letter = await owed(number, "N13")
    async with writing() as db:
        await letters.sent(db, letter, "件名", "本文")
    assert await audit.checkpoint()
    return number


async def whole(number: str) -> dict[str, Any]:
    """All that a request is, opened."""
    async with reading() as db:
        seen = {
            "case": await cases.read(db, number),
            "person": await cases.person(db, number),
            "records": await searches.records(db, number),
            "thread": await letters.thread(db, number),
            "drafts": await drafts.of(db, number),
            "proofs": await proofs.proven_identifiers(db, number),
            "history": await audit.history(db, number),
            "rows": [(name, row) for name, table in metadata.tables.items() for row in await rows(db, table)],
        }
    return seen | {"package": b"".join([chunk async for chunk in packages.open_package(number)])}


def moved(monkeypatch: pytest.MonkeyPatch, folder: Path, database: str) -> None:
    """Another machine: nothing of the first office is there."""
    monkeypatch.setenv("MADOGUCHI_DATABASE", database)
    monkeypatch.setenv("MADOGUCHI_DATA", str(folder))
    settings.cache_clear()


@pytest.mark.usefixtures("empty")
async def test_the_migrated_tables_are_those_of_the_code() -> None:
    """After all migrations the database has every table, column, type and index of the code, and nothing else."""
    assert await at_once(upkeep.migrate(), upkeep.migrate()) == [None, None]
    await upkeep.migrate()
    assert await differences() == []
    assert await upkeep.problems() == ()
    assert await ledger_is_sound()


@pytest.mark.parametrize("revision", REVISIONS)
async def test_e19_a_ledger_of_every_older_version_is_brought_up_to_date(empty: Path, revision: str) -> None:
    """Rows written under any earlier version are there, unchanged, after the upgrade; the office says what to do before it (E19)."""
    await upkeep.migrate(revision)
    problems = await upkeep.problems()
    assert bool(problems) is (revision != REVISIONS[-1])
    seal.make_keys(empty / "keys")
    async with writing() as db:
        names = await db.run_sync(lambda connection: inspect(connection).get_table_names())
        for name in ("agenda", "halts", "chains"):
            if name in names:
                await db.execute(insert(metadata.tables[name]), [_sample(name)])
    await upkeep.migrate()
    assert await upkeep.problems() == ()
    assert await differences() == []
    async with reading() as db:
        assert [row["number"] for name in ("agenda", "halts", "chains") for row in await rows(db, metadata.tables[name])] == ["X"] * 3


def _sample(name: str) -> dict[str, object]:
    more: dict[str, dict[str, object]] = {
        "agenda": {"kind": "advance", "what": ""},
        "halts": {"at": clock.now(), "by": "manager"},
        "chains": {"seq": 0, "hash": audit.START},
    }
    return {"number": "X", **more[name]}


@pytest.mark.usefixtures("empty")
async def test_a_ledger_without_tables_says_what_to_do() -> None:
    """An office that was never founded is told to be, in one sentence."""
    assert [problem.rpartition(": ")[2] for problem in await upkeep.problems()] == ["run `madoguchi init`"]


@pytest.mark.usefixtures("ledger")
async def test_a_copy_put_back_elsewhere_is_the_office(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Backed up and restored on another machine, everything opens as before, the package too, and the audit verifies."""
    number = await lived()
    before, copy = await whole(number), tmp_path / "copy"
    count = await upkeep.back_up(copy)
    assert count == len(before["rows"])
    assert (copy.stat().st_mode & 0o777, (copy / "ledger.json").stat().st_mode & 0o777) == (0o700, 0o600)
    await close_ledger()
    moved(monkeypatch, tmp_path / "elsewhere", f"sqlite+aiosqlite:///{tmp_path / 'elsewhere' / 'ledger.db'}")
    assert await upkeep.put_back(copy) == count
    assert await whole(number) == before
    assert (await audit.verify()).faults == ()
    assert ((settings().keys / "master.key").stat().st_mode & 0o777, settings().keys.stat().st_mode & 0o777) == (0o600, 0o700)
    assert await upkeep.problems() == ()


@pytest.mark.usefixtures("ledger")
async def test_a_copy_can_change_the_kind_of_database(
    fresh_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A copy of an office on SQLite or PostgreSQL is put back on PostgreSQL, so that an office can grow."""
    number = await lived()
    before = await whole(number)
    await upkeep.back_up(tmp_path / "copy")
    await close_ledger()
    moved(monkeypatch, tmp_path / "elsewhere", fresh_database())
    await upkeep.put_back(tmp_path / "copy")
    assert await whole(number) == before
    assert (await audit.verify()).faults == ()


@pytest.mark.usefixtures("ledger")
async def test_a_copy_holds_nothing_that_can_be_read(tmp_path: Path) -> None:
    """Names, addresses and words are sealed in a copy as they are in the ledger."""
    await lived()
    await upkeep.back_up(tmp_path / "copy")
    for file in (path for path in (tmp_path / "copy").rglob("*") if path.is_file()):
        content = file.read_bytes() + json.dumps(file.read_bytes().decode("utf-8", "ignore"), ensure_ascii=False).encode()
        for personal in (PERSON.family, PERSON.email, PERSON.telephone, *HELD[1].items.values()):
            assert personal.encode() not in content
            assert json.dumps(personal).strip('"').encode() not in content


@pytest.mark.usefixtures("ledger")
async def test_a_copy_never_overwrites_anything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A copy is not written over another, nor put back over keys, packages or rows that are there; what is no copy is refused whole."""
    await lived()
    copy = tmp_path / "copy"
    await upkeep.back_up(copy)
    with pytest.raises(upkeep.BackupExists):
        await upkeep.back_up(copy)
    with pytest.raises(upkeep.OfficeExists):
        await upkeep.put_back(copy)
    database = settings().database
    moved(monkeypatch, tmp_path / "elsewhere", database)
    with pytest.raises(upkeep.OfficeExists):
        await upkeep.put_back(copy)
    assert not settings().keys.exists()
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "ledger.json").write_bytes((copy / "ledger.json").read_bytes()[:-100])
    for wrong in (tmp_path / "nowhere", tmp_path / "half"):
        with pytest.raises(upkeep.NoBackup):
            await upkeep.put_back(wrong)


@pytest.mark.usefixtures("ledger")
async def test_a_copy_is_taken_while_the_office_works(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A copy taken while cases move holds all rows as of one instant: put back, its audit has no fault."""

    async def work() -> None:
        for _ in range(10):
            async with writing() as db:
                await audit.enter(db, number, "looked")
                await drafts.add(db, number, "first", "言葉")

    number = await lived()
    (settings().packages / "half.0badcafe.part").write_bytes(b"being written")
    outcomes = await at_once(work(), upkeep.back_up(tmp_path / "copy"), work())
    assert [outcome for outcome in outcomes if isinstance(outcome, BaseException)] == []
    await close_ledger()
    moved(monkeypatch, tmp_path / "elsewhere", f"sqlite+aiosqlite:///{tmp_path / 'elsewhere' / 'ledger.db'}")
    await upkeep.put_back(tmp_path / "copy")
    assert (await audit.verify()).faults == ()
    assert [path.suffix for path in settings().packages.iterdir()] == [".sealed"]
    async with reading() as db:
        written = [entry.deed for entry in await audit.history(db, number)].count("words written")
        assert len(await drafts.of(db, number)) == written


async def test_keys_are_made_once_and_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that are there are never replaced, lie open to nobody else, and half a key is none."""
    folder = tmp_path / "office" / "keys"
    seal.make_keys(folder)
    made = {path.name: path.read_bytes() for path in folder.iterdir()}
    seal.make_keys(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == made
    assert sorted(made) == ["master.key", "receipt.key", "receipt.pub"]
    assert [(folder / name).stat().st_mode & 0o777 for name in ("master.key", "receipt.key")] == [0o600, 0o600]
    moved(monkeypatch, tmp_path / "office", "sqlite+aiosqlite://")
    digest = seal.digest("what", "value")
    for name, wrong in (("a", b""), ("b", made["master.key"][:20])):
        moved(monkeypatch, tmp_path / name, "sqlite+aiosqlite://")
        (tmp_path / name / "keys").mkdir(parents=True)
        (tmp_path / name / "keys" / "master.key").write_bytes(wrong)
        with pytest.raises(seal.KeysMissing):
            seal.digest("what", "value")
    moved(monkeypatch, tmp_path / "office", "sqlite+aiosqlite://")
    assert seal.digest("what", "value") == digest
    settings.cache_clear()
