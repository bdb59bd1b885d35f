"""The worked cases of the office's own specification, walked from the request to the last letter on the sample's own systems (C10, C11, C16)."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from desk import clock
from desk.domain.case import Case, Kind, Searched, State
from desk.domain.dates import long_date
from desk.domain.gates import Gate, Refusal
from desk.domain.life import Ask, Wait, asleep, whose_turn
from desk.store import withholding, wishes
from desk.store.ledger import writing
from sample.systems import SamplePerson
from tests.e2e.walk import Walk, walking
from tests.integration.ledger_office import DAY, policy

FEE_STATES = {"fee_noticed", "fee_reminded", "fee billed"}
EVERYWHERE, SMALL_USER = 0, 1  # of the sample's ten people: in every table, and in the card-ordering system alone


@pytest.fixture
async def walk(office: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Walk]:
    """An office with the sample's systems."""
    async with walking(office, monkeypatch) as walk:
        yield walk


def in_days(days: int) -> str:
    """The day it is at the office in so many days, as a letter writes it."""
    return long_date(clock.today() + timedelta(days=days), "ja")


def unlink(office: Path, who: SamplePerson) -> None:
    """The visits of this person are logged without a log-in: cookies and addresses of somebody nobody knows."""
    with sqlite3.connect(office / "cards.db") as database:
        mine = "SELECT id FROM users WHERE login = ?"
        changed = database.execute(f"UPDATE access_log SET user_id = 0 WHERE user_id = ({mine})", (who.login_id,))  # noqa: S608 - our own words
        assert changed.rowcount > 0
    database.close()


async def bill_with_a_refused_part(walk: Walk) -> str:
    """A request of which one item is refused and the rest is to be paid for; its number."""
    number = await walk.to_decision(walk.people[EVERYWHERE])
    async with writing() as db:
        await withholding.withhold(db, number, "inquiries", "harm", "ほかの方のお名前が書かれています。", "chosa")
    assert await walk.goes(number) == Ask(Gate.DECISION, "1")
    assert await walk.signs(number) == Ask(Gate.PAYMENT)
    return number


async def lapsed(walk: Walk) -> str:
    """A bill that was left unpaid, and a clerk who treats the request as withdrawn (call it 31 days later); its number."""
    number = await bill_with_a_refused_part(walk)
    with clock.travelled(14 * DAY):
        await walk.goes(number)
    with clock.travelled(31 * DAY):
        await walk.goes(number)
        await walk.answers(number, Gate.LAPSE, "取下げとみなす")
    return number


# ---- C10: "cookie data" -----------------------------------------------------------------------------------------------------------


async def test_c10_unlinked_cookies_are_no_retained_data(walk: Walk, office: Path) -> None:
    """Where cookies and addresses are logged without a log-in the answer is N11, two people sign it, and nothing is charged."""
    who = walk.people[SMALL_USER]
    unlink(office, who)
    number = await walk.to_decision(who, items=("cookie", "ip_terminal"))
    assert await walk.answers(number, Gate.DECISION, "承認する") == Ask(Gate.DECISION, "2")
    await walk.answers(number, Gate.DECISION, "承認する")
    case = await walk.case(number, State.NOTIFIED)
    assert (case.ruling and case.ruling.kind, case.fee) == (Kind.NO_DATA, None)
    assert await walk.told(number) == ["N01", "N11"]
    assert FEE_STATES.isdisjoint(await walk.states(number))


async def test_c10_the_answer_says_why_cookies_are_not_included(walk: Walk, office: Path) -> None:
    """N11 names the items, Art. 33(3), what was searched and by what, and says that cookies nobody is known by are not included."""
    who = walk.people[SMALL_USER]
    unlink(office, who)
    number = await walk.to_decision(who, items=("cookie",))
    await walk.signs(number)
    letter = await walk.letter(number, "N11")
    assert letter.recipients == (who.email,)
    for word in ("Cookie・匿名ID", "第33条第3項", "名刺受発注システム", "紙の書庫", "ログインID", "電子メールアドレス"):
        assert word in letter.text
    assert "ログインと結びついていないCookieやアクセス記録のように、どなたのものかが分からない情報は、対象に含まれません" in letter.text
    assert "anon-" not in letter.text


async def test_c10_cookies_linked_to_a_login_are_disclosed(walk: Walk) -> None:
    """The same question of somebody whose visits are logged under the log-in ends in a disclosure, once it is paid for."""
    number = await walk.to_decision(walk.people[SMALL_USER], items=("cookie",))
    assert await walk.signs(number) == Ask(Gate.PAYMENT)
    await walk.answers(number, Gate.PAYMENT, "入金した", amount=1000)
    case = await walk.case(number, State.NOTIFIED)
    assert (case.ruling and case.ruling.kind, case.package is not None) == (Kind.GRANTED, True)
    assert await walk.told(number) == ["N01", "N08", "N13"]
    letter = await walk.letter(number, "N13")
    for word in ("・Cookie・匿名ID：", "弊社での取得", "■ 利用目的", "現在)", f"/status/{number}/package", in_days(30)):
        assert word in letter.text


# ---- C11: nothing is found ---------------------------------------------------------------------------------------------------------


async def unknown(walk: Walk) -> str:
    """A request of somebody no system knows, waiting for an officer to look at who asks; its number."""
    number = await walk.asks(walk.people[SMALL_USER], {"email": "nobody.here@example.jp"})
    assert await walk.goes(number) == Ask(Gate.REVIEW)
    return number


async def test_c11_no_match_in_any_system_is_answered_without_a_fee(walk: Walk) -> None:
    """Recognised, searched for everywhere and not found: two people sign N11; it never comes to a fee."""
    number = await unknown(walk)
    assert await walk.answers(number, Gate.REVIEW, "本人と認める") == Ask(Gate.ARCHIVE, "archive")
    assert await walk.answers(number, Gate.ARCHIVE, "該当なし") == Ask(Gate.DECISION, "1")
    assert await walk.answers(number, Gate.DECISION, "承認する") == Ask(Gate.DECISION, "2")
    await walk.answers(number, Gate.DECISION, "承認する")
    case = await walk.case(number, State.NOTIFIED)
    assert {search.state for search in case.coverage.systems.values()} == {Searched.NOTHING_HELD}
    assert (case.fee, len({signature.officer for signature in case.signatures})) == (None, 2)
    assert await walk.told(number) == ["N01", "N11"]
    assert FEE_STATES.isdisjoint(await walk.states(number))


async def test_c11_the_answer_says_where_and_by_what_was_searched(walk: Walk) -> None:
    """N11 goes to the contact the officer accepted and names every system, the kind of identifier, and the ways to go on; no value."""
    number = await unknown(walk)
    await walk.answers(number, Gate.REVIEW, "本人と認める")
    await walk.answers(number, Gate.ARCHIVE, "該当なし")
    await walk.signs(number)
    letter = await walk.letter(number, "N11")
    assert letter.recipients == (f"home-{walk.people[SMALL_USER].email}",)
    for word in (number, "名刺受発注システム", "顧客対応・メール配信システム", "紙の書庫", "手がかりとした情報：電子メールアドレス\n"):
        assert word in letter.text
    for word in ("手数料はいただきません", "異議", "03-0000-1003", "個人情報保護委員会"):
        assert word in letter.text
    assert "nobody.here" not in letter.text


async def down(walk: Walk, office: Path, who: SamplePerson) -> str:
    """A request of a proven person while the marketing system cannot be reached, with the question this leads to; its number."""
    number = await walk.asks(who)
    await walk.goes(number)
    (office / "crm.db").rename(office / "crm.away")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tasks.identity.confirm", None)
    return number


async def test_c11_a_system_down_is_never_read_as_nothing_held(walk: Walk, office: Path) -> None:
    """While one system does not answer the search stays open with a question about it, and nobody is told that nothing is held."""
    number = await unknown(walk)
    (office / "crm.db").rename(office / "crm.away")
    assert await walk.answers(number, Gate.REVIEW, "本人と認める") == Ask(Gate.SEARCH, "crm")
    with clock.travelled(DAY):
        assert await walk.answers(number, Gate.SEARCH, "再試行") == Ask(Gate.SEARCH, "crm")
    case = await walk.case(number, State.INVESTIGATING)
    assert (case.coverage.systems["crm"].state, case.ruling) == (Searched.FAILED, None)
    assert await walk.told(number) == ["N01"]


async def test_c11_a_system_that_is_back_gives_what_it_holds(walk: Walk, office: Path) -> None:
    """再試行 after the system is back finds the data it held all along."""
    who = walk.people[6]  # known to marketing only
    number = await walk.asks(who, {"email": who.email})
    await walk.goes(number)
    with clock.travelled(5 * DAY):  # nothing was proven, so an officer looks
        assert await walk.goes(number) == Ask(Gate.REVIEW)
        (office / "crm.db").rename(office / "crm.away")
        assert await walk.answers(number, Gate.REVIEW, "本人と認める") == Ask(Gate.SEARCH, "crm")
        (office / "crm.away").rename(office / "crm.db")
        assert await walk.answers(number, Gate.SEARCH, "再試行") == Ask(Gate.ARCHIVE, "archive")
        search = (await walk.case(number)).coverage.systems["crm"]
    assert (search.state, search.found["email"] > 0) == (Searched.SEARCHED, True)


async def test_c11_a_system_down_can_be_excused_on_record_and_the_answer_says_so(walk: Walk, office: Path) -> None:
    """除外する takes the number of written reasons; the officer stands on record, counts as a maker, and N11 names what was not searched."""
    number = await unknown(walk)
    (office / "crm.db").rename(office / "crm.away")
    await walk.answers(number, Gate.REVIEW, "本人と認める")
    assert (await walk.try_answer(number, Gate.SEARCH, "除外する", draft=1)).refusal is Refusal.NO_SUCH_DRAFT
    draft = await walk.draft(number, "復旧の見込みがありません。", "chosa")
    with clock.travelled(timedelta(minutes=1)):
        assert await walk.answers(number, Gate.SEARCH, "除外する", draft=draft) == Ask(Gate.ARCHIVE, "archive")
        await walk.answers(number, Gate.ARCHIVE, "該当なし")
        await walk.signs(number)
        case = await walk.case(number, State.NOTIFIED)
        letter = await walk.letter(number, "N11")
    excused = case.coverage.systems["crm"]
    assert (excused.state, excused.reason, "chosa" in case.makers) == (Searched.EXCUSED, f"draft {draft}", True)
    assert "excused" in await walk.states(number)
    assert "お調べできなかった記録：顧客対応・メール配信システム" in letter.text


# ---- C16: the fee is not paid ------------------------------------------------------------------------------------------------------


async def test_c16_the_refused_part_and_the_bill_go_out_at_once(walk: Walk) -> None:
    """With the last signature the person is told what is withheld and why, which never waits for money, and what the rest costs."""
    number = await bill_with_a_refused_part(walk)
    assert await walk.told(number) == ["N01", "N12", "N08"]
    told = (await walk.letter(number, "N12")).text
    for word in ("お問い合わせ", "第33条第2項第1号", "訴え", "この通知の効力は、お支払いにかかわりません"):
        assert word in told
    bill = (await walk.letter(number, "N08")).text
    for word in ("金額：1,000円", "2026-04", "算定の根拠：", "銀行振込", f"期日：{in_days(28)}", f"{in_days(30)}までにお支払いを確認できないとき"):
        assert word in bill


async def test_c16_the_reminder_comes_on_day_fourteen(walk: Walk) -> None:
    """N09 goes out on the fourteenth day and not before; it says what is owed, how to pay, until when, and what follows."""
    number = await bill_with_a_refused_part(walk)
    day, lapse = in_days(28), in_days(30)
    with clock.travelled(13 * DAY):
        assert await walk.goes(number) == Ask(Gate.PAYMENT)
        assert "N09" not in await walk.told(number)
    with clock.travelled(14 * DAY):
        assert await walk.goes(number) == Ask(Gate.PAYMENT)
    text = (await walk.letter(number, "N09")).text
    for word in ("1,000円", "2026-04", "銀行振込", f"期日：{day}", f"{lapse}までにお支払いを確認できないとき", "取り下げられたもの", "再開"):
        assert word in text


async def test_c16_whether_it_lapses_is_a_human_question_after_day_thirty(walk: Walk) -> None:
    """When day thirty is over a clerk is asked; however long nobody answers, the request stands where it stood."""
    number = await bill_with_a_refused_part(walk)
    with clock.travelled(14 * DAY):
        await walk.goes(number)
    with clock.travelled(30 * DAY):
        assert await walk.goes(number) == Ask(Gate.PAYMENT)
    for days in (31, 400):
        with clock.travelled(days * DAY):
            assert await walk.goes(number) == Ask(Gate.LAPSE)
            await walk.case(number, State.FEE_REMINDED)
    assert "N05" not in await walk.told(number)


async def test_c16_nobody_is_asked_to_lapse_what_was_never_reminded_of(walk: Walk) -> None:
    """Where the office slept through both days the reminder comes first, and its sixteen days are given."""
    number = await bill_with_a_refused_part(walk)
    with clock.travelled(60 * DAY):
        assert await walk.goes(number) == Ask(Gate.PAYMENT)
        assert (await walk.told(number))[-1] == "N09"
        with clock.travelled(16 * DAY):
            assert await walk.goes(number) == Ask(Gate.PAYMENT)
        with clock.travelled(17 * DAY):
            assert await walk.goes(number) == Ask(Gate.LAPSE)


async def test_c16_treated_as_withdrawn_the_person_is_told_how_to_reopen(walk: Walk) -> None:
    """取下げとみなす ends the request; N05 says why, by whose rule, that the refused part stands, how to reopen, what becomes of papers."""
    number = await lapsed(walk)
    case = await walk.case(number, State.DEEMED_WITHDRAWN)
    assert (case.package, (await walk.told(number))[-1]) == (None, "N05")
    text = (await walk.letter(number, "N05")).text
    for word in ("お支払いを確認できなかったため", "弊社が公表している手続き", "先にお送りした通知は、そのまま有効", "再開", "書類"):
        assert word in text


async def test_c16_an_objection_is_for_a_new_reviewer(walk: Walk) -> None:
    """Whoever signed may not review; a new reviewer who writes reasons takes the request back to the fee, with N18 and a fresh bill."""
    number = await lapsed(walk)
    with clock.travelled(40 * DAY):
        async with writing() as db:
            await wishes.object_to(db, number, "入院していて払えませんでした。")
        assert await walk.goes(number) == Ask(Gate.OBJECTION)
        draft = await walk.draft(number, "事情を確認し、再開します。", "shinsa")
        for officer in ("shonin", "daini"):
            barred = await walk.try_answer(number, Gate.OBJECTION, "審査し直す", officer, draft=draft)
            assert barred.refusal is Refusal.OWN_WORK
        assert await walk.answers(number, Gate.OBJECTION, "審査し直す", "shinsa", draft=draft) == Ask(Gate.PAYMENT)
        await walk.case(number, State.FEE_NOTICED)
        assert (await walk.told(number))[-2:] == ["N18", "N08"]
        text = (await walk.letter(number, "N18")).text
        for word in ("手続きを再開いたします", "事情を確認し、再開します。", "関わっていない承認担当者", "個人情報保護委員会"):
            assert word in text
        await walk.answers(number, Gate.PAYMENT, "入金した", amount=1000)
        case = await walk.case(number, State.NOTIFIED)
        assert (case.package is not None, (await walk.told(number))[-1]) == (True, "N13")


async def test_c16_told_to_wait_a_request_sleeps_until_it_is_paid(walk: Walk) -> None:
    """待つ lets the request rest: nothing is asked or sent for thirty days; a payment that comes in wakes it and the data goes out."""
    number = await bill_with_a_refused_part(walk)
    with clock.travelled(14 * DAY):
        await walk.goes(number)
    with clock.travelled(31 * DAY):
        await walk.goes(number)
        before = await walk.told(number)
        assert await walk.answers(number, Gate.LAPSE, "待つ") == Ask(Gate.PAYMENT)
    with clock.travelled(61 * DAY):
        assert await walk.goes(number) == Ask(Gate.PAYMENT)
        case = await walk.case(number, State.FEE_REMINDED)
        assert (asleep(case, policy(), clock.now()), await walk.told(number)) == (True, before)
        await walk.answers(number, Gate.PAYMENT, "入金した", amount=1000)
        await walk.case(number, State.NOTIFIED)
    assert (await walk.told(number))[-1] == "N13"
