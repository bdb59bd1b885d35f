"""Packages: sealed whole, given out whole or not at all, and gone on their day."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest

from desk import clock
from desk.domain.case import Purged, State
from desk.settings import settings
from desk.store import agenda, audit, cases, keys, packages, seal
from desk.store.keys import key_of
from desk.store.ledger import reading, writing
from tests.integration.ledger_office import DAY, at_state, case_of, received

pytestmark = pytest.mark.usefixtures("ledger")
MIB = 1 << 20
ZIP = b"PK " + "目印の言葉".encode() + bytes(range(256)) * 10_000  # two and a half chunks
SIZES = (0, 1, MIB - 1, MIB, MIB + 1, 2 * MIB)


async def sealed(plain: bytes = ZIP, key: str = "one", days: int = 14) -> str:
    """A case with a package; its number."""
    number = await at_state(State.NOTIFIED, key)
    async with reading() as db:
        its_key = await key_of(db, number)
    file = await packages.seal_package(its_key, number, 1, io.BytesIO(plain))
    async with writing() as db:
        await packages.record(db, number, file, "0" * 64, clock.now() + timedelta(days=days))
    return number


def file_of(number: str) -> Path:
    """Where the package of its first round lies."""
    (path,) = settings().packages.glob(f"{number.lower()}-1-*.sealed")
    return path


async def fetched(number: str) -> bytes:
    """The package as it is given out."""
    return b"".join([chunk async for chunk in packages.open_package(number)])


async def purged(number: str) -> bool:
    """Whether the day has come and the package is gone."""
    file = file_of(number).name
    async with writing() as db:
        assert await agenda.due_purges(db) == ((number, file),)
        lease = await agenda.claim(db, agenda.PURGE, number, file)
        assert lease is not None
        again = await packages.purge(db, number, file)
        await agenda.finish(db, lease, again)
    return again is None


@pytest.mark.parametrize("size", SIZES)
async def test_a_package_comes_back_as_it_was_sealed(size: int) -> None:
    """Whatever its size, a package is given out byte by byte as it was made, and lies sealed for the office's own user only."""
    plain = (b"mark" * (size // 4 + 1))[:size]
    number = await sealed(plain)
    assert await fetched(number) == plain
    assert b"markmark" not in file_of(number).read_bytes()
    assert (file_of(number).stat().st_mode & 0o777, file_of(number).parent.stat().st_mode & 0o777) == (0o600, 0o700)


async def test_f46_half_a_package_is_never_served() -> None:
    """A file that was cut anywhere, chunk borders included, is damaged: not one byte of it is given out (F46)."""
    number = await sealed()
    whole = file_of(number).read_bytes()
    first = 4 + int.from_bytes(whole[:4], "big")
    second = first + 4 + int.from_bytes(whole[first : first + 4], "big")
    for length in (0, 3, 4, 100, first - 1, first, first + 2, second, len(whole) // 2, len(whole) - 1):
        file_of(number).write_bytes(whole[:length])
        with pytest.raises(packages.PackageDamaged):
            await anext(packages.open_package(number))
    file_of(number).write_bytes(whole)
    assert await fetched(number) == ZIP


async def test_f46_a_changed_package_is_never_served() -> None:
    """A file with one bit changed, something added, or its chunks exchanged is damaged (11.3.2)."""
    number = await sealed()
    whole = file_of(number).read_bytes()
    first = 4 + int.from_bytes(whole[:4], "big")
    wrong = [whole + b"x", whole + whole, whole[first : 2 * first] + whole[:first] + whole[2 * first :], b"\xff" * 4 + whole[4:]]
    wrong += [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in (0, 3, 4, 20, first, first + 9, len(whole) - 1)]
    for other in wrong:
        file_of(number).write_bytes(other)
        with pytest.raises(packages.PackageDamaged):
            await anext(packages.open_package(number))


async def test_i5_a_package_fits_its_request_only() -> None:
    """The sealed file of another request, put in the place of this one, is damaged, not shown (I5)."""
    one, other = await sealed(key="one"), await sealed(b"another person's", key="two")
    file_of(one).write_bytes(file_of(other).read_bytes())
    with pytest.raises(packages.PackageDamaged):
        await anext(packages.open_package(one))


async def test_f12_a_package_on_record_is_not_changed_by_whoever_was_replaced() -> None:
    """A worker that comes late and seals the package of the same round once more does not touch the one on record (F12)."""
    number = await sealed()
    async with reading() as db:
        key = await key_of(db, number)
    await packages.seal_package(key, number, 1, io.BytesIO(b"another build"))
    assert await fetched(number) == ZIP


async def test_there_is_no_package_before_it_is_made_and_after_its_days() -> None:
    """Before it is on record, when its file is missing, and from the first instant after its days, there is NoPackage."""
    number = await received()
    with pytest.raises(packages.NoPackage):
        await fetched(number)
    number = await sealed(key="two", days=14)
    with clock.travelled(14 * DAY - timedelta(minutes=1)):
        assert await fetched(number) == ZIP
    with clock.travelled(14 * DAY + timedelta(minutes=1)), pytest.raises(packages.NoPackage):
        await fetched(number)
    file_of(number).unlink()
    with pytest.raises(packages.NoPackage):
        await fetched(number)


async def test_a_package_is_destroyed_on_its_day() -> None:
    """On its day the file is gone and the ledger says so; also what a worker that was killed left beside it."""
    number = await sealed()
    for left in ("0badcafe.part", "0badcafe.sealed"):
        (settings().packages / f"{number.lower()}-1-{left}").write_bytes(b"left over")
    (file,) = [path for path in settings().packages.iterdir() if "0badcafe" not in path.name]
    with clock.travelled(14 * DAY + timedelta(minutes=1)):
        async with writing() as db:
            assert await packages.purge(db, number, file.name) is None
        case = await case_of(number)
        assert case.package is not None
        assert case.package.purged_at is not None
        async with reading() as db:
            assert (await audit.history(db, number))[-1].deed == "package purged"
    assert list(settings().packages.iterdir()) == []
    with pytest.raises(packages.NoPackage):
        await fetched(number)


async def test_a_package_stays_while_an_objection_is_open() -> None:
    """While the person's objection is open nothing is destroyed; it is looked at again a day later."""
    number = await sealed()
    with clock.travelled(14 * DAY + timedelta(minutes=1)):
        async with writing() as db:
            await cases.note(db, number, objection_at=clock.now())
        assert not await purged(number)
        assert file_of(number).exists()
    with clock.travelled(16 * DAY):
        async with writing() as db:
            await cases.note(db, number, objection_at=None)
        assert await purged(number)
        async with reading() as db:
            assert await agenda.due_purges(db) == ()


async def test_a_package_of_an_earlier_round_is_destroyed_on_its_own_day() -> None:
    """A package that was taken back is no longer given out, and its file goes when its days are over, the new one's does not."""
    number = await sealed()
    async with writing() as db:
        await packages.withdraw_package(db, number)
    with pytest.raises(packages.NoPackage):
        await fetched(number)
    async with reading() as db:
        key = await key_of(db, number)
    file = await packages.seal_package(key, number, 2, io.BytesIO(b"the second"))
    async with writing() as db:
        await packages.record(db, number, file, "1" * 64, clock.now() + 30 * DAY)
    with clock.travelled(14 * DAY + timedelta(minutes=1)):
        assert await purged(number)
        assert await fetched(number) == b"the second"


async def test_a_package_made_again_outlives_the_one_before() -> None:
    """A package made again in the same round is not destroyed with the first, nor is one that is being made at that moment."""
    number = await sealed()
    first = file_of(number).name
    async with reading() as db:
        key = await key_of(db, number)
    file, being_made = [await packages.seal_package(key, number, 1, io.BytesIO(plain)) for plain in (b"once more", b"not yet")]
    async with writing() as db:
        await packages.record(db, number, file, "1" * 64, clock.now() + 30 * DAY)
        assert await packages.purge(db, number, first) is None
    assert await fetched(number) == b"once more"
    assert sorted(path.name for path in settings().packages.iterdir()) == sorted([file, being_made])
    with clock.travelled(14 * DAY):
        async with writing() as db:
            await packages.purge(db, number, first)
        assert [path.name for path in settings().packages.iterdir()] == [file]
        assert await fetched(number) == b"once more"


async def test_a_purged_request_gives_no_package_out() -> None:
    """When the key of a request is destroyed, its package cannot be opened any more, wherever a copy may lie."""
    number = await sealed()
    async with writing() as db:
        await keys.destroy(db, number)
    with pytest.raises(Purged):
        await fetched(number)


async def test_a_package_that_was_fetched_is_delivered_once() -> None:
    """Each fetch is counted and on record; the days of delivery begin with the first."""
    number = await sealed()
    for later in (timedelta(), DAY):
        with clock.travelled(later):
            async with writing() as db:
                await packages.fetched(db, number)
    case = await case_of(number)
    assert case.package is not None
    assert case.delivered_at is not None
    assert case.package.fetched_at is not None
    assert case.package.fetched_at - case.delivered_at > DAY / 2
    async with reading() as db:
        assert [entry.deed for entry in await audit.history(db, number)].count("package fetched") == 2


async def test_f36_a_package_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    """When the disk takes no more, or the source breaks, neither the package nor half of it stays (F36)."""

    class Breaking(io.BytesIO):
        """A source that breaks after a while."""

        def read(self, size: int | None = -1) -> bytes:
            """So much, and no more."""
            if self.tell() >= MIB:
                raise OSError("no space left")
            return super().read(size)

    target = tmp_path / "packages" / "a.sealed"
    with pytest.raises(OSError, match="no space"):
        seal.seal_file(bytes(32), Breaking(ZIP), target, "about")
    assert list(target.parent.iterdir()) == []
