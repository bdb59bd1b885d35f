"""Three worked cases to their last letter, day by day on the sample's own systems: C10 cookies, C11 nothing found, C16 the fee unpaid."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from desk import clock
from desk.domain.case import Kind, Searched, State
from desk.domain.dates import long_date
from desk.domain.gates import Gate, Refusal
from desk.domain.life import Ask, asleep
from desk.store import wishes, withholding
from desk.store.ledger import writing
from sample.people import Invented
from tests.e2e.on_foot import ARCHIVE, FIRST, SECOND, OnFoot, everywhere, home, known_to_marketing_only, on_foot, text
from tests.e2e.smtp import Postmaster
from tests.integration.ledger_office import DAY, policy

FEE_DEEDS = {"fee_noticed", "fee_reminded", "fee billed"}
REVIEW, LOST, PAYMENT, LAPSE = Ask(Gate.REVIEW), Ask(Gate.SEARCH, "crm"), Ask(Gate.PAYMENT), Ask(Gate.LAPSE)
NOBODY = {"email": "nobody.here@example.jp"}


@pytest.fixture
async def walk(office: Path, mail: Postmaster, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OnFoot]:
    """An office with the sample's systems and its crew."""
    async with on_foot(office, monkeypatch, mail) as walk:
        yield walk


def in_days(days: int) -> str:
    """The day it is at the office in so many days, as a letter writes it."""
    return long_date(clock.today() + timedelta(days=days), "ja")


def unlinked(office: Path, who: Invented) -> None:
    """The visits of this person are logged without a log-in: cookies and addresses of somebody nobody knows."""
    with closing(sqlite3.connect(office / "cards.db")) as database, database:
        assert database.execute("UPDATE access_log SET user_id = 0 WHERE user_id = ?", (who.id,)).rowcount > 0


def crm_is_away(office: Path) -> None:
    """The marketing system cannot be reached."""
    (office / "crm.db").rename(office / "crm.away")


async def unknown(walk: OnFoot) -> str:
    """A request of somebody no system knows, waiting for an officer to look at who asks; its number."""
    number = await walk.asks(walk.someone(), NOBODY)
    assert await walk.goes(number) == REVIEW
    return number


async def billed(walk: OnFoot) -> str:
    """A request of which one item is refused and the rest is to be paid for; its number."""
    number = await walk.to_decision(everywhere())
    async with writing() as db:
        await withholding.withhold(db, number, "inquiries", "harm", "ほかの方のお名前が書かれています。", "chosa")
    assert await walk.goes(number) == FIRST
    assert await walk.signed(number) == PAYMENT
    return number


async def reminded(walk: OnFoot) -> str:
    """The same, reminded of on the fourteenth day; its number."""
    number = await billed(walk)
    with clock.travelled(14 * DAY):
        assert await walk.goes(number) == PAYMENT
    return number


async def lapsed(walk: OnFoot) -> str:
    """The same, treated as withdrawn on the day after the thirtieth; its number."""
    number = await reminded(walk)
    with clock.travelled(31 * DAY):
        assert await walk.goes(number) == LAPSE
        await walk.says(number, Gate.LAPSE, "取下げとみなす")
    return number


async def test_c10_unlinked_cookies_are_no_retained_data(walk: OnFoot, office: Path) -> None:
    """Where cookies and addresses are logged without a log-in the answer is N11, two people sign it, and nothing is charged."""
    who = walk.someone()
    unlinked(office, who)
    number = await walk.to_decision(who, items=("cookie", "ip_terminal"))
    assert await walk.says(number, Gate.DECISION, "承認する") == SECOND
    assert await walk.says(number, Gate.DECISION, "承認する") is None
    case = await walk.at(number, State.NOTIFIED)
    assert (case.ruling and case.ruling.kind, case.fee, await walk.told(number)) == (Kind.NO_DATA, None, ["N01", "N11"])
    assert FEE_DEEDS.isdisjoint(await walk.deeds(number))


async def test_c10_the_answer_says_why_cookies_are_not_included(walk: OnFoot, office: Path) -> None:
    """N11 goes to the proven address and names item, article, systems and identifiers, and why cookies of nobody are not included."""
    who = walk.someone()
    unlinked(office, who)
    number = await walk.to_decision(who, items=("cookie",))
    await walk.signed(number)
    letter = await walk.letter(number, "N11")
    assert (letter["To"], "anon-" in text(letter)) == (who.email, False)
    await walk.says_in(number, "N11", "Cookie・匿名ID", "第33条第3項", "名刺受発注システム", "紙の書庫", "電子メールアドレス、ログインID")
    await walk.says_in(number, "N11", "ログインと結びついていないCookieやアクセス記録のように", "手数料はいただきません")


async def test_c10_cookies_linked_to_a_login_are_disclosed(walk: OnFoot) -> None:
    """The same question of somebody whose visits are logged under the log-in ends in a disclosure, once it is paid for."""
    number = await walk.to_decision(walk.someone(), items=("cookie",))
    assert await walk.signed(number) == PAYMENT
    assert await walk.says(number, Gate.PAYMENT, "入金した", amount=1000) is None
    case = await walk.at(number, State.NOTIFIED)
    assert (case.ruling and case.ruling.kind, case.package is not None) == (Kind.GRANTED, True)
    assert await walk.told(number) == ["N01", "N08", "N13"]
    await walk.says_in(number, "N13", "・Cookie・匿名ID：", "弊社での取得", "■ 利用目的", "現在)", f"/status/{number}/package", in_days(30))


async def test_c11_no_match_in_any_system_is_answered_without_a_fee(walk: OnFoot) -> None:
    """Recognised, searched for everywhere and not found: two people sign N11; it never comes to a fee."""
    number = await unknown(walk)
    assert await walk.says(number, Gate.REVIEW, "本人と認める") == ARCHIVE
    assert await walk.says(number, Gate.ARCHIVE, "該当なし") == FIRST
    assert await walk.says(number, Gate.DECISION, "承認する") == SECOND
    assert await walk.says(number, Gate.DECISION, "承認する") is None
    case = await walk.at(number, State.NOTIFIED)
    assert {search.state for search in case.coverage.systems.values()} == {Searched.NOTHING_HELD}
    assert (case.fee, {signature.officer for signature in case.signatures}) == (None, {"shonin", "daini"})
    assert await walk.told(number) == ["N01", "N11"]
    assert FEE_DEEDS.isdisjoint(await walk.deeds(number))


async def test_c11_the_answer_says_where_and_by_what_was_searched(walk: OnFoot) -> None:
    """N11 goes to the contact the officer accepted and names every system, the kind of identifier, and the ways to go on; no value."""
    who = walk.someone()
    number = await walk.asks(who, NOBODY)
    await walk.goes(number)
    await walk.says(number, Gate.REVIEW, "本人と認める")
    await walk.says(number, Gate.ARCHIVE, "該当なし")
    await walk.signed(number)
    letter = await walk.letter(number, "N11")
    assert (letter["To"], "nobody.here" in text(letter)) == (home(who), False)
    await walk.says_in(
        number, "N11", "名刺受発注システム", "顧客対応・メール配信システム", "紙の書庫", "手がかりとした情報：電子メールアドレス\n"
    )
    await walk.says_in(number, "N11", "手数料はいただきません", "異議をお申し出ください", "03-0000-1003", "個人情報保護委員会")


async def test_c11_a_system_down_is_never_read_as_nothing_held(walk: OnFoot, office: Path) -> None:
    """While one system does not answer the search stays open with a question about it, and nobody is told that nothing is held."""
    number = await unknown(walk)
    crm_is_away(office)
    assert await walk.says(number, Gate.REVIEW, "本人と認める") == LOST
    with clock.travelled(DAY):
        assert await walk.says(number, Gate.SEARCH, "再試行") == LOST
    case = await walk.at(number, State.INVESTIGATING)
    assert (case.coverage.systems["crm"].state, case.ruling, await walk.told(number)) == (Searched.FAILED, None, ["N01"])


async def test_c11_a_system_down_that_is_back_gives_what_it_holds(walk: OnFoot, office: Path) -> None:
    """再試行 after the system is back finds the data it held all along."""
    who = known_to_marketing_only()
    number = await walk.asks(who, {"email": who.email})
    await walk.goes(number)
    with clock.travelled(7 * DAY):  # nothing was proven, so an officer looks
        assert await walk.goes(number) == REVIEW
        crm_is_away(office)
        assert await walk.says(number, Gate.REVIEW, "本人と認める") == LOST
        (office / "crm.away").rename(office / "crm.db")
        assert await walk.says(number, Gate.SEARCH, "再試行") == ARCHIVE
    search = (await walk.at(number, State.INVESTIGATING)).coverage.systems["crm"]
    assert (search.state, search.found["email"] > 0) == (Searched.SEARCHED, True)


async def test_c11_a_system_down_can_be_excused_on_record_and_the_answer_says_so(walk: OnFoot, office: Path) -> None:
    """除外する takes the number of written reasons; the officer counts as a maker, and N11 names what was not searched."""
    number = await unknown(walk)
    crm_is_away(office)
    await walk.says(number, Gate.REVIEW, "本人と認める")
    assert (await walk.tries(number, Gate.SEARCH, "除外する", draft=1)).refusal is Refusal.NO_SUCH_DRAFT
    draft = await walk.draft(number, "復旧の見込みがありません。", "chosa")
    with clock.travelled(timedelta(minutes=1)):  # a code counts once
        assert await walk.says(number, Gate.SEARCH, "除外する", draft=draft) == ARCHIVE
        await walk.says(number, Gate.ARCHIVE, "該当なし")
        await walk.signed(number)
    case = await walk.at(number, State.NOTIFIED)
    excused = case.coverage.systems["crm"]
    assert (excused.state, excused.reason, "chosa" in case.makers) == (Searched.EXCUSED, f"draft {draft}", True)
    assert "excused" in await walk.deeds(number)
    await walk.says_in(number, "N11", "お調べできなかった記録：顧客対応・メール配信システム")


async def test_c16_the_refused_part_and_the_bill_go_out_at_once(walk: OnFoot) -> None:
    """With the last signature the person is told what is withheld and why, which never waits for money, and what the rest costs."""
    number = await billed(walk)
    assert sorted(await walk.told(number)) == ["N01", "N08", "N12"]
    await walk.says_in(number, "N12", "お問い合わせ", "第33条第2項第1号", "裁判所に訴え", "この通知の効力は、お支払いにかかわりません")
    await walk.says_in(number, "N08", "金額：1,000円", "料金表：2026-04", "算定の根拠：", "方法：銀行振込", f"期日：{in_days(28)}")
    await walk.says_in(number, "N08", f"{in_days(30)}までにお支払いを確認できないときは", "取り下げられたものとして", "再開いたします")


async def test_c16_the_reminder_comes_on_day_fourteen(walk: OnFoot) -> None:
    """N09 goes out on the fourteenth day and not before; it says what is owed, how to pay, until when, and what follows."""
    number, due, lapse = await billed(walk), in_days(28), in_days(30)
    with clock.travelled(13 * DAY):
        assert await walk.goes(number) == PAYMENT
        assert "N09" not in await walk.told(number)
    with clock.travelled(14 * DAY):
        assert await walk.goes(number) == PAYMENT
    await walk.says_in(number, "N09", "金額：1,000円", "料金表：2026-04", "算定の根拠：", "方法：銀行振込", f"期日：{due}")
    await walk.says_in(number, "N09", f"{lapse}までにお支払いを確認できないときは", "取り下げられたものとして", "再開いたします")


async def test_c16_whether_it_lapses_is_a_human_question_once_day_thirty_is_over(walk: OnFoot) -> None:
    """When day thirty is over a clerk is asked; however long nobody answers, the request stands where it stood."""
    number = await reminded(walk)
    with clock.travelled(30 * DAY):
        assert await walk.goes(number) == PAYMENT
    for days in (31, 400):
        with clock.travelled(days * DAY):
            assert await walk.goes(number) == LAPSE
            await walk.at(number, State.FEE_REMINDED)
    assert "N05" not in await walk.told(number)


async def test_c16_nobody_is_asked_about_what_was_never_reminded_of(walk: OnFoot) -> None:
    """Where the office slept through both days the reminder comes first, and its sixteen days are given."""
    number = await billed(walk)
    with clock.travelled(60 * DAY):
        assert await walk.goes(number) == PAYMENT
        assert "N09" in await walk.told(number)
        with clock.travelled(16 * DAY):
            assert await walk.goes(number) == PAYMENT
        with clock.travelled(17 * DAY):
            assert await walk.goes(number) == LAPSE


async def test_c16_treated_as_withdrawn_the_person_is_told_how_to_reopen(walk: OnFoot) -> None:
    """取下げとみなす ends the request; N05 says why, by whose rule, that the refused part stands, how to reopen, what becomes of papers."""
    number = await lapsed(walk)
    case = await walk.at(number, State.DEEMED_WITHDRAWN)
    assert (case.package, (await walk.told(number))[-1]) == (None, "N05")
    await walk.says_in(
        number, "N05", "お支払いを確認できなかったため", "弊社が公表している手続きによる", "先にお送りした通知は、そのまま有効"
    )
    await walk.says_in(number, "N05", "いつでも再開することができます", "書類がある場合は、廃棄いたします")


async def test_c16_an_objection_is_for_a_new_reviewer(walk: OnFoot) -> None:
    """Whoever signed may not review; a new reviewer who writes reasons takes the request back to the fee, and paid it is answered."""
    number = await lapsed(walk)
    with clock.travelled(40 * DAY):
        async with writing() as db:
            await wishes.object_to(db, number, "入院していて払えませんでした。")
        assert await walk.goes(number) == Ask(Gate.OBJECTION)
        draft = await walk.draft(number, "事情を確認し、再開します。", "shinsa")
        for officer in ("shonin", "daini"):
            assert (await walk.tries(number, Gate.OBJECTION, "審査し直す", officer, draft=draft)).refusal is Refusal.OWN_WORK
        assert await walk.says(number, Gate.OBJECTION, "審査し直す", "shinsa", draft=draft) == PAYMENT
        await walk.at(number, State.FEE_NOTICED)
        assert (await walk.told(number))[-2:] == ["N18", "N08"]
        await walk.says_in(
            number, "N18", "手続きを再開いたします", "事情を確認し、再開します。", "関わっていない承認担当者", "個人情報保護委員会"
        )
        assert await walk.says(number, Gate.PAYMENT, "入金した", amount=1000) is None
    case = await walk.at(number, State.NOTIFIED)
    assert (case.package is not None, (await walk.told(number))[-1]) == (True, "N13")


async def test_c16_told_to_wait_a_request_sleeps_until_it_is_paid(walk: OnFoot) -> None:
    """待つ lets the request rest: nothing is asked or sent for thirty days; a payment that comes in wakes it and the data goes out."""
    number = await reminded(walk)
    with clock.travelled(31 * DAY):
        await walk.goes(number)
        before = await walk.told(number)
        assert await walk.says(number, Gate.LAPSE, "待つ") == PAYMENT
    with clock.travelled(61 * DAY):
        assert await walk.goes(number) == PAYMENT
        case = await walk.at(number, State.FEE_REMINDED)
        assert (asleep(case, policy(), clock.now()), await walk.told(number)) == (True, before)
        await walk.says(number, Gate.PAYMENT, "入金した", amount=1000)
    await walk.at(number, State.NOTIFIED)
    assert (await walk.told(number))[-1] == "N13"
