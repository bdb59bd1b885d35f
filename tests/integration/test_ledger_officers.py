"""Officers and their sessions: who may come in, how often one may try, and when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pyotp
import pytest
from argon2 import PasswordHasher

from desk import clock
from desk.domain.gates import Role
from desk.store import audit, limits, officers, sessions
from desk.store.ledger import reading, writing
from desk.store.officers import BadLogin, Enrolled
from tests.integration.ledger_office import DAY, Hand, at_once, hired

pytestmark = pytest.mark.usefixtures("ledger")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NOT_IDS = ("", " ", "\0", "\ud800", "a b", "a/b", "x" * 65, "officer:a", "' or 1=1 --", "desk", "person", "unknown")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Passwords are hashed by the same method in a thousandth of the time."""
    monkeypatch.setattr(officers, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    officers._nobody.cache_clear()
    yield
    officers._nobody.cache_clear()


async def enrolled(officer: str = "clerk") -> Enrolled:
    """An officer as `madoguchi officer add` makes one."""
    async with writing() as db:
        return await officers.add(db, officer, [Role.CLERK], f"{officer}@corezo.example.jp")


def hand(officer: Enrolled) -> Hand:
    """The officer's authenticator."""
    return Hand(id=officer.id, secret=officer.secret)


async def subject(token: str, kind: sessions.Kind = "officer") -> str | None:
    """Whose session a token is, renewed by asking."""
    async with writing() as db:
        return await sessions.subject_of(db, token, kind)


async def deeds() -> list[str]:
    """What the office's own chain holds."""
    async with reading() as db:
        return [entry.deed for entry in await audit.history(db, audit.OFFICE)]


async def test_an_officer_logs_in_with_password_and_code() -> None:
    """Password and code of one officer open that officer's session; nothing that opens it is in the database as it was typed."""
    officer = await enrolled()
    token = await officers.log_in("clerk", officer.password, hand(officer).code())
    assert await subject(token) == "clerk"
    assert await subject(token, "person") is None
    assert await deeds() == ["officer added", "logged in"]
    assert pyotp.parse_uri(officer.otpauth).name == "clerk"


async def test_nothing_less_logs_in() -> None:
    """A wrong password, a wrong or old code, an unknown officer and any odd sign are the same BadLogin (T10)."""
    officer = await enrolled()
    code = hand(officer).code()
    with clock.travelled(2 * MINUTE), pytest.raises(BadLogin):
        await officers.log_in("clerk", officer.password, code)
    for name, password, typed in [
        ("clerk", "wrong", code),
        ("clerk", officer.password, "000000" if code != "000000" else "111111"),
        ("nobody", officer.password, code),
        ("\0", "\0", "\0"),
        ("clerk\ud800", officer.password, "\ud800"),
    ]:
        with pytest.raises(BadLogin):
            await officers.log_in(name, password, typed)
    assert await officers.log_in("clerk", officer.password, "".join(chr(ord(digit) + 0xFEE0) for digit in code))


async def test_a_code_logs_in_once() -> None:
    """Of four log-ins with one code at the same moment one succeeds; an answer may still use that code once (6.5.1)."""
    officer = await enrolled()
    code = hand(officer).code()
    outcomes = await at_once(*(officers.log_in("clerk", officer.password, code) for _ in range(4)))
    assert sum(isinstance(one, BadLogin) for one in outcomes) == 3
    async with writing() as db:
        counter = await officers.code_counter(db, "clerk", code, clock.now())
        assert counter is not None
        assert await officers.spend(db, "clerk", "answer", counter)
        assert not await officers.spend(db, "clerk", "answer", counter)


async def test_a_code_is_spent_once_by_however_many() -> None:
    """Of sixteen that spend one code at the same moment one may."""

    async def spent() -> bool:
        async with writing() as db:
            return await officers.spend(db, "clerk", "answer", 1)

    await hired("clerk", Role.CLERK)
    assert (await at_once(*(spent() for _ in range(16)))).count(True) == 1


async def test_a_code_is_good_one_step_around_its_time() -> None:
    """A code counts in its half minute, the one before and the one after, as of the instant it was given (F24)."""
    who = await hired("clerk", Role.CLERK)
    now = clock.now()
    code = pyotp.TOTP(who.secret).at(now)
    async with reading() as db:
        for seconds, good in [(-90, False), (-30, True), (0, True), (30, True), (90, False)]:
            assert (await officers.code_counter(db, "clerk", code, now + timedelta(seconds=seconds)) is not None) is good
        assert await officers.code_counter(db, "nobody", code, now) is None


async def test_ten_log_ins_in_a_quarter_of_an_hour() -> None:
    """The eleventh try from one place in a quarter of an hour is not looked at; elsewhere the officer gets in (T12, T41)."""
    for _ in range(officers.LOG_INS_PER_QUARTER):  # as ten tries would be counted, without the time their passwords take
        assert await limits.allow("log-in", "x there", officers.LOG_INS_PER_QUARTER, officers.QUARTER)
    with pytest.raises(officers.TooManyLogins):
        await officers.log_in("x", "", "", "there")
    for who, place in (("y", "there"), ("x", "here")):
        with pytest.raises(BadLogin):
            await officers.log_in(who, "", "", place)
    with clock.travelled(officers.QUARTER), pytest.raises(BadLogin):
        await officers.log_in("x", "", "", "there")


async def test_whoever_leaves_is_out_at_once() -> None:
    """Of an officer who was disabled no session, no log-in and no code counts any more."""
    officer = await enrolled()
    token = await officers.log_in("clerk", officer.password, hand(officer).code())
    async with writing() as db:
        await officers.disable(db, "clerk")
        assert await officers.code_counter(db, "clerk", hand(officer).code(), clock.now()) is None
    assert await subject(token) is None
    with clock.travelled(MINUTE), pytest.raises(BadLogin):
        await officers.log_in("clerk", officer.password, hand(officer).code())


async def test_a_new_device_ends_what_the_old_one_could() -> None:
    """After a reset the old password, the old codes and the old sessions are worth nothing (CVE-2025-57766)."""
    old = await enrolled()
    token = await officers.log_in("clerk", old.password, hand(old).code())
    async with writing() as db:
        new = await officers.reset(db, "clerk")
    assert await subject(token) is None
    assert new.secret != old.secret
    with clock.travelled(MINUTE):
        for password, who in [(old.password, new), (new.password, old), (old.password, old)]:
            with pytest.raises(BadLogin):
                await officers.log_in("clerk", password, hand(who).code())
        assert await subject(await officers.log_in("clerk", new.password, hand(new).code())) == "clerk"


async def test_whoever_is_away_is_not_written_to() -> None:
    """An officer who is away is asked by no letter until the day after; nobody unknown can be away, reset or disabled."""
    await hired("clerk", Role.CLERK)
    await hired("both", Role.CLERK, Role.INVESTIGATOR)

    async def present() -> list[str]:
        async with reading() as db:
            return [officer.id for officer in await officers.present_with(db, [Role.CLERK])]

    async with writing() as db:
        await officers.away(db, "clerk", clock.today() + DAY)
        for deed in (officers.disable, officers.reset):
            with pytest.raises(officers.NoSuchOfficer):
                await deed(db, "nobody")
    assert await present() == ["both"]
    with clock.travelled(2 * DAY):
        assert await present() == ["both", "clerk"]


async def test_an_id_is_one_word_and_nobody_elses() -> None:
    """An id that is no id, is taken, or is a word the desk uses for itself in the audit is refused."""
    async with writing() as db:
        for odd in NOT_IDS:
            with pytest.raises(officers.BadOfficerId):
                await officers.add(db, odd, [Role.CLERK], "x@corezo.example.jp")
            assert await officers.read(db, odd) is None
    await hired("受付-1.a", Role.CLERK)
    async with writing() as db:
        with pytest.raises(officers.OfficerExists):
            await officers.add(db, "受付-1.a", [Role.CLERK], "x@corezo.example.jp")


@pytest.mark.parametrize(("kind", "idle"), [("person", 15 * MINUTE), ("officer", 30 * MINUTE)])
async def test_a_session_ends_when_it_is_idle(kind: sessions.Kind, idle: timedelta) -> None:
    """A person's session ends after fifteen idle minutes, an officer's after thirty; each use renews it, for half a day at most (7.3.1)."""
    await hired("who", Role.CLERK)
    async with writing() as db:
        token = await sessions.open_session(db, kind, "who")
    spent = timedelta()
    while spent + idle < sessions.LONGEST:
        spent += idle - MINUTE
        with clock.travelled(spent):
            assert await subject(token, kind) == "who"
    with clock.travelled(spent + idle + MINUTE):
        assert await subject(token, kind) is None
    with clock.travelled(sessions.LONGEST + MINUTE):
        assert await subject(token, kind) is None


async def test_a_session_that_was_closed_is_over() -> None:
    """Logging out ends that session and no other; what nobody can use any more is dropped."""
    async with writing() as db:
        one, other = await sessions.open_session(db, "person", "a"), await sessions.open_session(db, "person", "a")
        await sessions.close_session(db, one)
    assert (await subject(one, "person"), await subject(other, "person")) == (None, "a")
    for odd in ("", "\0", "\ud800", other + "x"):
        assert await subject(odd, "person") is None
    with clock.travelled(sessions.LONGEST + MINUTE):
        async with writing() as db:
            await sessions.forget_old(db)
    assert await subject(other, "person") is None
