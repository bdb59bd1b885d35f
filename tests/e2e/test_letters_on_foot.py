"""Every notice of a request for disclosure is reached by some way a request can go, goes to the right address, and says what it must."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from desk import clock
from desk.domain.case import Form, Kind, State
from desk.domain.dates import long_date
from desk.domain.gates import Gate
from desk.domain.life import Ask
from desk.store import wishes
from desk.store.ledger import writing
from tests.e2e.on_foot import ARCHIVE, FIRST, SECOND, OnFoot, home, on_a_roster_only, on_foot, published, text
from tests.e2e.smtp import Postmaster
from tests.integration.ledger_office import DAY

REVIEW, PAYMENT, LAPSE = Ask(Gate.REVIEW), Ask(Gate.PAYMENT), Ask(Gate.LAPSE)
NOBODY = {"email": "nobody.here@example.jp"}
EVERY_NOTICE = ("受付番号：", "通知日：", "■ ご請求の内容", "ご請求の到達日：", "異議", "苦情", "03-0000-1001", "03-0000-1003")


@pytest.fixture
async def walk(office: Path, mail: Postmaster, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OnFoot]:
    """An office with the sample's systems and its crew."""
    async with on_foot(office, monkeypatch, mail) as walk:
        yield walk


def in_days(days: int) -> str:
    """The day it is at the office in so many days, as a letter writes it."""
    return long_date(clock.today() + timedelta(days=days), "ja")


async def asked_for_papers(walk: OnFoot) -> str:
    """A request of somebody no system knows, who is asked for other proof; its number."""
    number = await walk.asks(walk.someone(), NOBODY)
    assert await walk.goes(number) == REVIEW
    assert await walk.says(number, Gate.REVIEW, "書類を求める") == REVIEW
    await walk.at(number, State.DOCS_REQUESTED)
    return number


async def test_n01_a_request_is_confirmed_to_its_sender(walk: OnFoot) -> None:
    """The receipt goes to the contact at once: what was asked, what proves identity, the tariff, the target day, the use of papers."""
    who = walk.someone()
    number = await walk.asks(who)
    await walk.goes(number)
    assert (await walk.letter(number, "N01"))["To"] == home(who)
    await walk.says_in(number, "N01", *EVERY_NOTICE, "1,000円", "2026-04", in_days(14), "廃棄し", "登録アドレスに届く確認コード")


async def test_n02_what_is_the_clients_alone_is_referred_before_any_search(
    walk: OnFoot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where every item asked for is the client's to answer the request is referred, with no word on whether anything is held."""
    title = 'label = { ja = "役職", en = "Title" }\nsource = "user"\nauthority = '
    async with published(tmp_path, monkeypatch, (title + '"shared"', title + '"client"')):
        who = walk.someone()
        number = await walk.asks(who, items=("title",))
        assert await walk.goes(number) is None
        await walk.at(number, State.REFERRED)
        await walk.says_in(
            number, "N02", *EVERY_NOTICE, "第16条第4項", "・役職", "お取り次ぎ", "お預かりしているかどうかをお知らせするものではありません"
        )
    assert (await walk.told(number), walk.mail.to(who.email)) == (["N01", "N02"], [])


async def test_n02_what_is_held_for_a_client_alone_is_referred_after_the_search(walk: OnFoot) -> None:
    """Where only records entrusted by a client are found two people sign the referral, and nothing is charged or handed over."""
    who = on_a_roster_only()
    number = await walk.asks(who, {"email": who.email})
    await walk.goes(number)
    with clock.travelled(7 * DAY):
        assert await walk.goes(number) == REVIEW
        assert await walk.says(number, Gate.REVIEW, "本人と認める") == ARCHIVE
        assert await walk.says(number, Gate.ARCHIVE, "該当なし") == FIRST
        assert await walk.says(number, Gate.DECISION, "承認する") == SECOND
        assert await walk.says(number, Gate.DECISION, "承認する") is None
    case = await walk.at(number, State.REFERRED)
    assert (case.ruling and case.ruling.kind, case.fee, case.package) == (Kind.REFERRED, None, None)
    await walk.says_in(number, "N02", *EVERY_NOTICE, "第16条第4項", "お勤めであった会社", "お取り次ぎ")


async def test_n03_other_proof_is_asked_for(walk: OnFoot) -> None:
    """The letter says what is not confirmed, every alternative, what to blacken, until when, and what follows."""
    number = await asked_for_papers(walk)
    await walk.says_in(number, "N03", *EVERY_NOTICE, "どなたからのご請求か", "ログインID", "運転免許証", "住民票の写し")
    await walk.says_in(
        number, "N03", "個人番号(マイナンバー)", "保険者番号", "本籍", f"{in_days(14)}までに", f"{in_days(30)}までに確認できないときは"
    )


async def test_n04_the_reminder_comes_on_the_tenth_day(walk: OnFoot) -> None:
    """Not before the tenth day the person is reminded, with the last day and what follows."""
    number, final, lapse = await asked_for_papers(walk), in_days(21), in_days(30)
    with clock.travelled(9 * DAY):
        await walk.goes(number)
        assert "N04" not in await walk.told(number)
    with clock.travelled(10 * DAY):
        assert await walk.goes(number) == REVIEW
    await walk.says_in(
        number, "N04", *EVERY_NOTICE, "運転免許証", "個人番号(マイナンバー)", f"{final}までに", f"{lapse}までに確認できないときは"
    )


async def test_n05_papers_that_never_came_end_a_request_by_a_clerks_word(walk: OnFoot) -> None:
    """Reminded and past its last day, a clerk treats the request as withdrawn; the person is told why and how to reopen it."""
    number = await asked_for_papers(walk)
    with clock.travelled(10 * DAY):
        await walk.goes(number)
    with clock.travelled(31 * DAY):
        assert await walk.goes(number) == LAPSE
        assert await walk.says(number, Gate.LAPSE, "取下げとみなす") is None
        await walk.says_in(
            number, "N05", *EVERY_NOTICE, in_days(0), "確認ができなかったため", "公表している手続き", "いつでも再開", "廃棄いたします"
        )
    await walk.at(number, State.DEEMED_WITHDRAWN)


async def test_n05_the_persons_own_withdrawal_is_confirmed(walk: OnFoot) -> None:
    """Taken back while the archive is being searched, the request ends at once and says so, with how to ask again."""
    number = await walk.to_archive(walk.someone())
    async with writing() as db:
        await wishes.withdraw(db, number)
    assert await walk.goes(number) is None
    await walk.at(number, State.WITHDRAWN)
    await walk.says_in(number, "N05", *EVERY_NOTICE, "お取り下げを承り", in_days(0), "いつでも新たにご請求いただけます", "廃棄いたします")


async def test_n06_a_rejection_tells_nothing_of_what_is_held(walk: OnFoot) -> None:
    """The rejection of somebody who is known reads word for word like that of somebody who is not."""
    bodies = []
    for named in (None, NOBODY):
        who = walk.someone()
        number = await walk.asks(who, named)
        await walk.goes(number)
        with clock.travelled((7 if named is None else 14) * DAY):
            assert await walk.goes(number) == REVIEW
            assert await walk.says(number, Gate.REVIEW, "認められない") is None
        await walk.at(number, State.REJECTED)
        await walk.says_in(
            number, "N06", *EVERY_NOTICE, "第37条", "保有しているかどうかをお知らせするものではありません", "別の担当者があらためて確認"
        )
        body = text(await walk.letter(number, "N06"))
        name = f"{who.name['family']} {who.name['given']}"
        bodies.append([row for row in body.replace(number, "").replace(name, "").splitlines() if not row.startswith("通知日")])
    assert bodies[0] == bodies[1]


async def test_n07_a_delay_is_told_once_with_its_reason_and_the_new_day(walk: OnFoot) -> None:
    """On the day after the target the person is told why it takes longer and until when; once."""
    number, ceiling = await walk.to_archive(walk.someone()), in_days(30)
    with clock.travelled(14 * DAY):
        await walk.goes(number)
        assert "N07" not in await walk.told(number)
    with clock.travelled(15 * DAY):
        assert await walk.goes(number) == ARCHIVE
    with clock.travelled(16 * DAY):
        await walk.goes(number)
    assert (await walk.told(number)).count("N07") == 1
    await walk.says_in(
        number, "N07", *EVERY_NOTICE, "まだ確認を終えていないものがある", f"{ceiling}までにご回答いたします", "訴えを起こすことのできる時期"
    )


async def test_n17_a_method_that_is_difficult_is_told_and_paper_goes_out(
    walk: OnFoot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An office that hands out paper only says so with the decision, and the paper's tracking number stands in the answer."""
    async with published(tmp_path, monkeypatch, ('forms = ["electronic", "paper"]', 'forms = ["paper"]')):
        number = await walk.to_decision(walk.someone(), form=Form.ELECTRONIC)
        assert await walk.signed(number) == PAYMENT
        await walk.says_in(number, "N17", *EVERY_NOTICE, "「電子データ」", "第33条第2項ただし書", "・書面", f"{in_days(14)}までに")
        assert await walk.says(number, Gate.PAYMENT, "入金した", amount=1000) == Ask(Gate.DISPATCH)
        assert await walk.says(number, Gate.DISPATCH, "発送した", tracking="1234-5678-9012") is None
        await walk.at(number, State.NOTIFIED)
        await walk.says_in(number, "N13", *EVERY_NOTICE, "書面をご請求者に郵送", "お問い合わせ番号：1234-5678-9012")


async def test_n18_an_objection_that_changes_nothing_is_answered_with_the_ways_that_are_left(walk: OnFoot) -> None:
    """維持する by a new reviewer is told with the reasons, who looked, and court and commission; the answer stands."""
    number = await walk.asks(walk.someone(), NOBODY)
    await walk.goes(number)
    await walk.says(number, Gate.REVIEW, "本人と認める")
    await walk.says(number, Gate.ARCHIVE, "該当なし")
    await walk.signed(number)
    with clock.travelled(DAY):
        async with writing() as db:
            await wishes.object_to(db, number, "もう一度探してください。")
        assert await walk.goes(number) == Ask(Gate.OBJECTION)
        draft = await walk.draft(number, "同じ記録をもう一度確かめました。", "shinsa")
        assert await walk.says(number, Gate.OBJECTION, "維持する", "shinsa", draft=draft) is None
    await walk.at(number, State.NOTIFIED)
    await walk.says_in(number, "N18", *EVERY_NOTICE, "先の結論を維持いたします", "同じ記録をもう一度確かめました。", "承認担当者が確認")
    await walk.says_in(number, "N18", "個人情報保護委員会", "第39条")
