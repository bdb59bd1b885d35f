"""Codes and links: once, for a short time, five tries, only the newest, for one request and one purpose."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from desk import clock
from desk.domain.case import CaseError, Rung
from desk.settings import settings
from desk.store import audit, limits, proofs
from desk.store.ledger import reading, writing
from desk.store.proofs import Proven, Purpose
from desk.store.schema import proofs as proof_rows
from tests.integration.ledger_office import ADDRESS, at_once, case_of, issued, link, owed, received

pytestmark = pytest.mark.usefixtures("ledger")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WRONG = "AAAAAAAA"


async def may_issue(number: str, purpose: Purpose = Purpose.STATUS, to: str = "contact") -> bool:
    """Whether one more code is issued."""
    async with writing() as db:
        return await proofs.issue(db, number, purpose, to)


async def invited(number: str) -> tuple[str, str]:
    """The link and the code of a letter to an address on file."""
    code = await issued(number, Purpose.ADDRESS, ADDRESS)
    return await link(number), code


async def refused(number: str, code: str, purpose: Purpose = Purpose.STATUS) -> type[BaseException] | None:
    """How a code is refused, if it is."""
    try:
        await proofs.consume_for(number, purpose, code)
    except CaseError as problem:
        return type(problem)
    return None


async def test_a_code_proves_the_address_it_went_to() -> None:
    """The code of a letter to an address on file proves that address, sealed, and wakes the case."""
    number = await received()
    token, code = await invited(number)
    assert await proofs.state_of(token) == "open"
    assert await proofs.consume_code(token, code) == Proven(number=number, purpose=Purpose.ADDRESS)
    assert await proofs.state_of(token) == "used"
    identity = (await case_of(number)).identity
    assert (identity.proven, identity.address_proven) == (frozenset({Rung.PERSON}), True)
    async with reading() as db:
        assert await proofs.proven_identifiers(db, number) == {"mail-code": {"email": ADDRESS}}


@pytest.mark.parametrize("typed", ["{}", " {} ", "{}\n", "{:-^10}"])
async def test_a_code_is_taken_however_it_is_typed(typed: str) -> None:
    """Spaces, dashes, small and full-width letters do not make a code wrong, nor figures that no code has (0, 1 and 8)."""
    number = await received()
    code = await issued(number)
    wide = "".join(chr(ord(char) + 0xFEE0) for char in code.lower())
    assert await refused(number, typed.format(wide)) is None


async def test_figures_that_look_like_letters_are_those_letters() -> None:
    """A code never has 0, 1 or 8: whoever types them means O, I or B."""
    assert proofs.tidy("0o1i 8b-22") == "OOIIBB22"
    assert len({proofs.new_code() for _ in range(1000)}) == 1000
    assert all(proofs.tidy(code) == code for code in (proofs.new_code() for _ in range(1000)))


async def test_t12_after_five_wrong_tries_the_right_code_is_worth_nothing() -> None:
    """A wrong code says how many tries are left; after the fifth the right one is refused too (T12)."""
    number = await received()
    code = await issued(number)
    for left in (4, 3, 2, 1):
        with pytest.raises(proofs.WrongCode) as wrong:
            await proofs.consume_for(number, Purpose.STATUS, WRONG)
        assert wrong.value.left == left
    assert await refused(number, WRONG) is proofs.TooManyTries
    assert await refused(number, code) is proofs.TooManyTries
    async with reading() as db:
        assert [entry.facts["tries"] for entry in await audit.history(db, number) if entry.deed == "wrong code"] == [1, 2, 3, 4, 5]


async def test_t16_of_fifty_tries_of_one_code_at_once_one_wins() -> None:
    """Of fifty that enter the right code at the same moment exactly one is let in (T16, E13)."""
    number = await received()
    code = await issued(number)
    outcomes = await at_once(*(refused(number, code) for _ in range(50)))
    assert outcomes.count(None) == 1
    assert outcomes.count(proofs.UsedAlready) == 49


async def test_t16_of_fifty_wrong_tries_at_once_five_are_counted() -> None:
    """Fifty guesses at the same moment are five tries and no more, in whatever order they come (T12, T16)."""
    number = await received()
    code = await issued(number)
    outcomes = await at_once(*(refused(number, WRONG) for _ in range(50)))
    assert outcomes.count(proofs.WrongCode) == 4
    assert outcomes.count(proofs.TooManyTries) == 46
    assert await refused(number, code) is proofs.TooManyTries
    async with reading() as db:
        assert await db.scalar(select(proof_rows.c.tries)) == 5


async def test_f24_a_code_lives_ten_minutes_and_a_link_a_day() -> None:
    """A code is refused after ten minutes, a link after a day, by the ledger's clock (F24, F25)."""
    number = await received()
    token, code = await invited(number)
    with clock.travelled(10 * MINUTE + MINUTE):
        with pytest.raises(proofs.CodeExpired):
            await proofs.consume_code(token, code)
        assert await proofs.state_of(token) == "open"
    with clock.travelled(DAY + MINUTE):
        assert await proofs.state_of(token) == "expired"
        with pytest.raises(proofs.LinkExpired):
            await proofs.consume_link(token)
    with clock.travelled(DAY - MINUTE):
        assert await proofs.consume_link(token) == Proven(number=number, purpose=Purpose.ADDRESS)


async def test_code_and_link_of_a_letter_work_once_together() -> None:
    """Of the code and the link of one letter the first to be used uses both up, at the same moment too."""
    number = await received()
    token, code = await invited(number)
    outcomes = await at_once(proofs.consume_link(token), proofs.consume_code(token, code), proofs.consume_link(token))
    assert sum(isinstance(one, Proven) for one in outcomes) == 1
    assert sum(isinstance(one, proofs.UsedAlready) for one in outcomes) == 2


async def test_f25_only_the_newest_code_works() -> None:
    """Once another code was asked for, the older is expired, its link too, and its letter is not sent any more (F25)."""
    number = await received()
    old_token, old_code = await invited(number)
    new_token, new_code = await invited(number)
    with pytest.raises(proofs.CodeExpired):
        await proofs.consume_code(old_token, old_code)
    with pytest.raises(proofs.LinkExpired):
        await proofs.consume_link(old_token)
    with pytest.raises(proofs.WrongCode):
        await proofs.consume_code(new_token, old_code)
    assert (await owed(number, "proof")).extra["code"] == new_code
    assert await refused(number, new_code, Purpose.ADDRESS) is None


async def test_codes_asked_for_at_once_leave_one_newest() -> None:
    """However many codes are asked for at the same moment, one is the newest, and the letter to be sent carries it."""
    number = await received()
    assert await at_once(*(may_issue(number) for _ in range(3))) == [True] * 3
    code = (await owed(number, "status-code")).extra["code"]
    assert await refused(number, code) is None


async def test_t14_a_code_fits_its_request_and_its_purpose_only() -> None:
    """A code of another request, or made for another purpose, is wrong; a link without that purpose proves nothing (T14)."""
    one, other = await received("one"), await received("two")
    codes = {(number, purpose): await issued(number, purpose) for number in (one, other) for purpose in (Purpose.STATUS, Purpose.PACKAGE)}
    for (number, purpose), code in codes.items():
        for against in codes:
            if against != (number, purpose):
                assert await refused(against[0], code, against[1]) is proofs.WrongCode
    for (number, purpose), code in codes.items():
        assert await refused(number, code, purpose) is None
    async with writing() as db:
        assert await proofs.issue(db, one, Purpose.ADDRESS, ADDRESS)
    assert await refused(one, WRONG, Purpose.PACKAGE) is proofs.UsedAlready


async def test_what_was_never_issued_proves_nothing() -> None:
    """A token of one's own making, a number without a code and any odd sign are simply unknown (T19, T42)."""
    number = await received()
    for token in ("", "x" * 43, "\0", "\ud800", "' or 1=1 --"):
        assert await proofs.state_of(token) == "unknown"
        assert await proofs.number_of(token) is None
        for tried in (proofs.consume_link(token), proofs.consume_code(token, token), proofs.reissue(token)):
            with pytest.raises(proofs.NoSuchProof):
                await tried
    assert await refused(number, WRONG) is proofs.NoSuchProof
    await issued(number)
    for code in ("", "\0", "\ud800", "%", "é" * 5000):
        assert await refused(number, code) in {proofs.WrongCode, proofs.TooManyTries}


async def test_t12_three_codes_an_hour_and_ten_a_day() -> None:
    """A request is sent three codes of a kind an hour and ten a day, by as many as ask at once; then none (T9, T12)."""
    number, issued_today = await received(), 0
    midnight = clock.now().replace(hour=0, minute=30) + DAY
    for hour in range(5):
        with clock.travelled(midnight + hour * HOUR - clock.now()):
            issued_today += (await at_once(*(may_issue(number) for _ in range(5)))).count(True)
            assert issued_today == min(10, 3 * (hour + 1))
    with clock.travelled(midnight + DAY - clock.now()):
        assert await may_issue(number)


async def test_t9_an_address_on_file_gets_so_many_letters_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many requests name one person, the address on file gets no more codes a day than the office set (T9)."""
    monkeypatch.setenv("MADOGUCHI_LETTERS_PER_ADDRESS_A_DAY", "3")
    settings.cache_clear()
    numbers = [await received(str(n)) for n in range(5)]
    assert [await may_issue(number, Purpose.ADDRESS, ADDRESS) for number in numbers] == [True] * 3 + [False] * 2
    assert not await may_issue(numbers[0], Purpose.ADDRESS, ADDRESS.upper())
    with clock.travelled(DAY):
        assert await may_issue(numbers[0], Purpose.ADDRESS, ADDRESS)


async def test_t13_the_desk_stops_listening_when_too_many_codes_are_wrong() -> None:
    """After 300 wrong codes in an hour, over all requests, nobody gets a second try at a code; a first, right one is heard (T13, T41)."""
    number = await received()
    code = await issued(number)
    async with writing() as db:
        for _ in range(proofs.FAILURES_PER_HOUR):
            await limits.count(db, "wrong-codes", "all", HOUR)
    assert await refused(number, WRONG) is proofs.WrongCode
    assert await refused(number, code) is proofs.BudgetSpent
    assert await refused(number, await issued(number)) is None


async def test_a_fresh_code_goes_to_the_same_address_under_the_same_link() -> None:
    """A letter can be asked for again: the old code is wrong, its tries are new, the link stays; after it is used, no more."""
    number = await received()
    token, old = await invited(number)
    assert await refused(number, WRONG, Purpose.ADDRESS) is proofs.WrongCode
    assert await proofs.reissue(token)
    letter = await owed(number, "proof")
    assert (letter.extra["to"], letter.extra["link"].endswith(token)) == (ADDRESS, True)
    with pytest.raises(proofs.WrongCode) as wrong:
        await proofs.consume_code(token, old)
    assert wrong.value.left == 4
    assert await refused(number, letter.extra["code"], Purpose.ADDRESS) is None
    assert not await proofs.reissue(token)


async def test_a_fresh_code_is_not_sent_for_ever() -> None:
    """Asking for a letter again counts as asking: at most three an hour, and not once the link is over."""
    number = await received()
    token, _ = await invited(number)
    assert (await at_once(*(proofs.reissue(token) for _ in range(6)))).count(True) == 2
    with clock.travelled(DAY + HOUR):
        assert not await proofs.reissue(token)


async def test_counters_of_spans_that_are_over_are_forgotten() -> None:
    """A counter is dropped when its span is over, and not before; first tries at once are all counted."""

    async def spans() -> int:
        async with writing() as db:
            await limits.forget_old(db)
            return await limits.so_far(db, "test", "who", HOUR)

    allowed = await at_once(*(limits.allow("test", "who", 3, HOUR) for _ in range(8)))
    assert (allowed.count(True), allowed.count(False)) == (3, 5)
    assert await spans() == 8
    with clock.travelled(HOUR):
        assert await spans() == 0
        assert await limits.allow("test", "who", 1, HOUR)
