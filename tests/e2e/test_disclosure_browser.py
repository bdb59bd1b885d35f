"""A disclosure as its people live it: Chromium without scripts, real mail, Prefect's forms, and a package whose receipt verifies."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Page

from desk.domain.case import State
from desk.settings import CHECKOUT
from sample.mailbox import CODE, PROOF, Mailbox
from sample.premises import Premises
from tests.e2e.live import PATIENCE, Demo, Live, assertion
from tests.e2e.screen import barriers, chromium, found_by_axe, window

JA = {
    "scope": "すべての情報",
    "form": "電子データ(ダウンロード)",
    "family": "姓",
    "given": "名",
    "email": "メールアドレス",
    "registered": "登録しているメールアドレス",
    "login": "ログインID",
    "details": "補足",
    "start": "フォームで請求する",
    "check": "入力内容を確認する",
    "send": "この内容で請求する",
    "received": "ご請求を受け付けました",
}
EN = {
    "scope": "Everything",
    "form": "Electronic (download)",
    "family": "Family name",
    "given": "Given name",
    "email": "E-mail address",
    "registered": "E-mail address registered with us",
    "login": "Login ID",
    "details": "Details",
    "start": "Ask with the form",
    "check": "Check your answers",
    "send": "Send the request",
    "received": "Your request has been received",
}
PAGES = ("ja", "en", "ja/disclosure", "en/disclosure", "ja/status", "ja/accessibility", "en/accessibility", "ja/nowhere")


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Chromium."""
    async with chromium() as opened:
        yield opened


async def ask(page: Page, web: str, person: Demo, said: dict[str, str], language: str) -> str:
    """From the first page to the receipt; the request's number."""
    await page.goto(f"{web}/{language}")
    await page.get_by_role("link", name=said["start"]).first.click()
    await page.get_by_label(said["scope"]).check()
    await page.get_by_label(said["form"]).check()
    await page.get_by_label(said["family"], exact=True).fill(person["name"]["family"])
    await page.get_by_label(said["given"], exact=True).fill(person["name"]["given"])
    await page.get_by_role("textbox", name=said["email"], exact=True).fill(person["email"])
    await page.get_by_label(said["registered"]).fill(person["email"])
    await page.get_by_label(said["login"]).fill(person["login_id"])
    await page.get_by_label(said["details"]).fill("窓の外は雨 <b>&amp;</b> {{ 7*7 }}")
    await page.get_by_role("button", name=said["check"]).click()
    assert "窓の外は雨 <b>&amp;</b> {{ 7*7 }}" in await page.inner_text("main")
    await page.get_by_role("button", name=said["send"]).click()
    assert await page.inner_text("h1") == said["received"]
    return (await page.inner_text(".number")).strip()


async def enter(page: Page, web: str, number: str, mailbox: Mailbox) -> None:
    """To the page of the request, by its number and a code from the mail."""
    await page.goto(f"{web}/ja/status/{number}")
    await mailbox.empty()
    await page.get_by_role("button", name="確認コードを送る").click()
    _, code = await mailbox.letter("the code for the status", CODE)
    await page.get_by_label("確認コード").fill(code.group(1).lower())
    await page.get_by_role("button", name="状況を見る").click()


async def officers_answer(live: Live, number: str) -> list[str]:
    """Officers answer what Prefect asks until the fee is in; the gates, in their order."""
    gates, form = [], await live.counter.wait_for_form(number, patience=PATIENCE)
    while form.gate != "入金":
        gates.append(form.gate)
        await live.answer(form, {"書庫": "該当なし", "決定": "承認する"}[form.gate])
        form = await live.counter.wait_for_form(number, but=form.key, patience=PATIENCE)
    await live.answer(form, "入金した", amount=1000)
    return [*gates, form.gate]


async def fetch(page: Page, web: str, mailbox: Mailbox, target: Path) -> None:
    """The package, by a code of its own, as a download of the browser."""
    await page.goto(f"{web}/ja/request/package")
    await mailbox.empty()
    await page.get_by_role("button", name="確認コードを送る").click()
    _, code = await mailbox.letter("the code for the package", CODE)
    await page.get_by_label("確認コード").fill(code.group(1))
    async with page.expect_download() as download:
        await page.get_by_role("button", name="ダウンロードする").click()
    await (await download.value).save_as(target)


def verified(package: Path, premises: Premises) -> subprocess.CompletedProcess[str]:
    """What the offline verifier says of a package."""
    key = premises.data / "keys" / "receipt.pub"
    command = [sys.executable, str(CHECKOUT / "verify_receipt.py"), str(package), "--key", str(key)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


async def vouched(live: Live, number: str, person: Demo) -> None:
    """The service vouches for the account the person is logged in to."""
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        where = f"{live.demo['web']}/api/v1/requests/{number}/account"
        (await client.post(where, json={"assertion": assertion(live.demo, person["login_id"])})).raise_for_status()


async def test_a_disclosure_from_the_form_to_the_verified_package(live: Live, browser: Browser, tmp_path: Path) -> None:
    """Without scripts: form, the mail's link (opened again, it kindly says it is done), fee, status, download; the receipt verifies."""
    web, person = live.demo["web"], live.person()
    mailbox = Mailbox(live.demo["mail"], person["email"])
    async with window(browser, "ja-JP") as page:
        number = await ask(page, web, person, JA, "ja")
        _, link = await mailbox.letter("the proof of the address", PROOF)
        for _ in range(2):
            await page.goto(link.group())
            if await page.get_by_role("button", name="はい、私が申し込みました").count():
                await page.get_by_role("button", name="はい、私が申し込みました").click()
            assert "確認が済みました" in await page.inner_text("h1")
        await vouched(live, number, person)
        assert await officers_answer(live, number) == ["書庫", "決定", "入金"]
        await live.until(number, State.NOTIFIED)
        await enter(page, web, number, mailbox)
        assert "データをお受け取りください" in await page.inner_text("main")
        assert await page.locator("main b").count() == 0
        await fetch(page, web, mailbox, tmp_path / "package.zip")
        for way in ("request", "request/withdrawal", "request/objection", "request/package", "receipt", f"status/{number}/sent"):
            for language in ("ja", "en"):
                assert await barriers(browser, page.context, f"{web}/{language}/{way}") == ""
    said = verified(tmp_path / "package.zip", live.office.premises)
    assert said.returncode == 0, said.stdout + said.stderr
    with zipfile.ZipFile(tmp_path / "package.zip") as package:
        assert person["email"] in package.read("data.json").decode()
    assert (await live.case(number)).delivered_at is not None


async def test_a_request_in_english_comes_to_its_receipt(live: Live, browser: Browser) -> None:
    """The English form, its check and its receipt, without scripts; the letters that follow are in English."""
    web, person = live.demo["web"], live.person()
    async with window(browser, "en-GB") as page:
        await ask(page, web, person, EN, "en")
    letter, _ = await Mailbox(live.demo["mail"], person["email"]).letter("the proof of the address", PROOF)
    assert letter["subject"].isascii()


@pytest.mark.parametrize("way", PAGES)
async def test_axe_finds_no_barrier_on_a_public_page(live: Live, browser: Browser, way: str) -> None:
    """What axe-core can find, it does not find (WCAG 2.2 AA)."""
    async with window(browser, "ja-JP", scripts=True) as page:
        await page.goto(f"{live.demo['web']}/{way}")
        assert await found_by_axe(page) == ""


@pytest.mark.parametrize("said", [JA, EN], ids=["ja", "en"])
async def test_axe_finds_no_barrier_where_a_form_answers(live: Live, browser: Browser, said: dict[str, str]) -> None:
    """Neither on the form with its errors, nor on the answers to check."""
    async with window(browser, "ja-JP", scripts=True) as page:
        await page.goto(f"{live.demo['web']}/{'ja' if said is JA else 'en'}/disclosure")
        await page.get_by_role("button", name=said["check"]).click()
        assert await page.locator(".summary").count() == 1
        assert await found_by_axe(page) == ""
        person = live.person()
        await page.get_by_label(said["family"], exact=True).fill(person["name"]["family"])
        await page.get_by_role("textbox", name=said["email"], exact=True).fill(person["email"])
        await page.get_by_label(said["login"]).fill(person["login_id"])
        await page.get_by_role("button", name=said["check"]).click()
        assert await page.get_by_role("button", name=said["send"]).count() == 1
        assert await found_by_axe(page) == ""


async def test_axe_finds_no_barrier_on_the_page_of_a_proof(live: Live, browser: Browser) -> None:
    """Neither while the link is open nor when it is used; looking at it does not use it."""
    person = live.person()
    number = await live.ask(person)
    _, link = await Mailbox(live.demo["mail"], person["email"]).letter("the proof of the address", PROOF)
    async with window(browser, "ja-JP", scripts=True) as page:
        for shown in ("このメールは、あなたに届きましたか", "確認が済みました"):
            await page.goto(link.group())
            assert shown in await page.inner_text("h1")
            assert await found_by_axe(page) == ""
            if button := await page.get_by_role("button", name="はい、私が申し込みました").all():
                assert "rung proven" not in await live.history(number)
                await button[0].click()
    assert "rung proven" in await live.history(number)
