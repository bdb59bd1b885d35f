"""The pages: from the first question to the package, without a script, in both languages."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from desk import clock
from desk.domain.case import State
from desk.domain.number import compose
from desk.policies import policies
from desk.settings import settings
from desk.store import cases
from desk.store.ledger import reading, writing
from tests.integration.front import asked, csrf, delivered, extra_of, hidden, invited, public, visitor

pytestmark = pytest.mark.usefixtures("office")
TELEPHONE = "03-0000-1001"
NOBODYS = compose(date(2026, 11, 22), "2222222222")
WRITTEN = {
    "scope": "all",
    "form": "electronic",
    "name.family": "見本",
    "name.given": "花子",
    "contact.email": "hanako@example.jp",
    "identifiers.email": "hanako@example.jp",
}
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "{{7*7}}",
    "{% include '/etc/passwd' %}",
    "{{ ''.__class__.__mro__ }}",
    "</textarea><script>1</script>",
    "&lt;b&gt;",
    "${7*7}",
    "'; DROP TABLE cases; --",
]


async def checked(client: httpx.AsyncClient, language: str = "ja", **changes: str) -> httpx.Response:
    """The form of somebody, sent on to be checked."""
    fields = WRITTEN | {name.replace("__", "."): value for name, value in changes.items()} | await csrf(client, f"/{language}/disclosure")
    return await client.post(f"/{language}/disclosure/check", data=fields)


async def sent(client: httpx.AsyncClient, language: str = "ja", **changes: str) -> str:
    """The number on the receipt of a request made with the form."""
    page = (await checked(client, language, **changes)).text
    answer = await client.post(f"/{language}/disclosure/send", data=hidden(page))
    assert answer.status_code == 303, answer.text
    found = re.search(r'class="number">([A-Z0-9-]+)<', (await client.get(answer.headers["location"])).text)
    assert found
    return found[1]


async def entered(client: httpx.AsyncClient, number: str) -> httpx.Response:
    """The page of a request, reached by its number and the code that went to its contact."""
    fields = await csrf(client, f"/ja/status/{number}")
    await client.post("/ja/status/code", data=fields | {"number": number})
    code = (await extra_of(number, "status-code"))["code"]
    answer = await client.post("/ja/status/open", data=fields | {"number": number.lower(), "code": f" {code.lower()} "})
    assert answer.headers["location"] == "/ja/request"
    return await client.get("/ja/request")


READABLE = ["", "/disclosure", "/status", "/accessibility", "/request", "/receipt", "/nowhere", "/status/nonsense"]


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("path", READABLE)
async def test_every_page_names_the_telephone_and_runs_no_script(language: str, path: str) -> None:
    """The desk's telephone stands on every page, errors too; nothing is loaded from elsewhere, and there is one switch of language."""
    async with visitor(public()) as client:
        answer = await client.get(f"/{language}{path}")
    page = answer.text
    assert TELEPHONE in page
    assert f'<html lang="{language}">' in page
    assert "<script" not in page
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page)
    assert page.count('class="switch"') == 1
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("header", "language"),
    [("", "ja"), ("en-GB,en;q=0.9", "en"), ("fr,en;q=0.5,ja;q=0.8", "ja"), ("de", "ja"), ("en;q=0,ja", "ja"), ("x;q=z", "ja")],
)
async def test_the_first_page_speaks_the_readers_language(header: str, language: str) -> None:
    """Japanese, unless the browser prefers English."""
    async with visitor(public()) as client:
        answer = await client.get("/", headers={"Accept-Language": header})
    assert answer.headers["location"] == f"/{language}"


async def test_the_first_page_says_everything_before_any_field() -> None:
    """Every right, its cost, its time, every channel, and the agents' way, before anything personal is asked."""
    policy = policies().in_force(clock.today())
    async with visitor(public()) as client:
        page = unescape((await client.get("/ja")).text)
    assert all(entry.label.ja in page for entry in policy.law.rights.values())
    assert all(words in page for words in ("1,000円", "14日以内", "privacy-desk@corezo.example.jp", "〒100-0000", "代理人の方"))
    assert "<input" not in page


async def test_a_form_becomes_one_request_however_often_it_is_sent_f3() -> None:
    """A double click, or the same page sent again, is the same number (F2, F3)."""
    async with visitor(public()) as client:
        page = (await checked(client)).text
        places = [(await client.post("/ja/disclosure/send", data=hidden(page))).headers["location"] for _ in range(2)]
        receipts = [(await client.get(place)).text for place in places]
    numbers = [re.findall(r'class="number">([A-Z0-9-]+)<', receipt) for receipt in receipts]
    assert numbers[0] == numbers[1]
    assert len(numbers[0]) == 1
    assert "訴えを起こせる日" in receipts[0]
    async with reading() as db:
        case = await cases.read(db, numbers[0][0])
        person = await cases.person(db, numbers[0][0])
    assert (case.channel, case.language, case.items, person.name) == ("web", "ja", ("*",), "見本 花子")


async def test_errors_stand_at_their_fields_and_at_the_top_and_nothing_is_lost() -> None:
    """The summary links to each field, the field is tied to its error, and what was typed is still there."""
    async with visitor(public()) as client:
        answer = await checked(client, contact__email="a, b", details="旧姓は櫻井")
    assert answer.status_code == 422
    page = answer.text
    assert 'href="#contact-email"' in page
    assert re.search(r'id="contact-email"[^>]*aria-describedby="[^"]*contact-email-error"[^>]*aria-invalid="true"', page)
    assert 'value="a, b"' in page
    assert "旧姓は櫻井" in page
    assert "<title>エラー" in page


async def test_answers_can_be_changed_and_the_language_switched_without_retyping() -> None:
    """Both buttons of the check page bring the form back as it was."""
    async with visitor(public()) as client:
        page = (await checked(client, details="旧姓は櫻井")).text
        form = await client.post("/ja/disclosure/check", data=hidden(page) | {"edit": ["1"]})
        english = await client.post("/en/disclosure/check", data=hidden(page))
    assert form.status_code == 200
    assert all(text in form.text for text in ('value="見本"', "旧姓は櫻井"))
    assert "Please check your answers" in english.text


@pytest.mark.parametrize("text", HOSTILE)
async def test_t24_t25_hostile_text_is_only_text(text: str) -> None:
    """What somebody writes is shown as written, never as markup, template or query (T24, T25, T36)."""
    async with visitor(public()) as client:
        fields = {"name__family": text, "details": text, "identifiers__company": text}
        form = await checked(client, contact__email="wrong", **fields)
        check = await checked(client, **fields)
        number = await sent(client, **fields)
    for page in (form.text, check.text):
        assert "<script>" not in page
        assert "<img" not in page
        assert text in unescape(page)
    async with reading() as db:
        assert (await cases.person(db, number)).details == text


@pytest.mark.parametrize("path", ["/ja/disclosure/check", "/ja/disclosure/send", "/ja/status/code", "/ja/status/open", "/proof/x"])
async def test_t38_a_form_from_elsewhere_is_refused(path: str) -> None:
    """Without our token, with another browser's token, or from another site: 403, and nothing happens (T38)."""
    app = public()
    async with visitor(app) as client, visitor(app) as other:
        token, foreign = await csrf(client, "/ja/status"), await csrf(other, "/ja/status")
        tries = [
            (await client.post(path, data=WRITTEN)),
            (await client.post(path, data=WRITTEN | foreign)),
            (await client.post(path, data=WRITTEN | token, headers={"Origin": "https://evil.example.com"})),
            (await client.post(path, data=WRITTEN | token, headers={"Sec-Fetch-Site": "cross-site"})),
            (await client.post(path, data=WRITTEN | token, headers={"Sec-Fetch-Site": "same-site", "Origin": "null"})),
        ]
    assert [answer.status_code for answer in tries] == [403] * 5
    assert TELEPHONE in tries[0].text


async def test_a_form_under_no_referrer_is_taken() -> None:
    """Browsers say `Origin: null` where no referrer is sent; the other header decides."""
    async with visitor(public()) as client:
        fields = await csrf(client, "/ja/status") | {"number": "x"}
        answer = await client.post("/ja/status/code", data=fields, headers={"Origin": "null", "Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 422


async def test_odd_forms_are_answered_kindly() -> None:
    """Too big, the wrong type, broken text, a field twice: a page with the telephone, never a fault of ours (T42, T43)."""
    async with visitor(public()) as client:
        token = await csrf(client, "/ja/disclosure")
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        twice = urlencode(token) + "&name.family=a&name.family=b"
        answers = [
            await client.post("/ja/disclosure/check", content=b"a" * 70_000, headers=kind),
            await client.post("/ja/disclosure/check", json=token),
            await client.post("/ja/disclosure/check", content=b"csrf=%FF", headers=kind),
            await client.post("/ja/disclosure/check", content=twice.encode(), headers=kind),
            await client.post("/ja/disclosure/send", data=token | WRITTEN | {"key": "short"}),
            await client.delete("/ja"),
        ]
    assert [answer.status_code for answer in answers] == [413, 415, 400, 400, 400, 405]
    assert all(TELEPHONE in answer.text for answer in answers)


async def test_t10_an_unknown_number_gets_the_same_page() -> None:
    """Nobody learns from the page whether a number exists (T10)."""
    async with visitor(public()) as client:
        known = await asked(client)
        fields = await csrf(client, "/ja/status")
        pages = []
        for number in (known, NOBODYS):
            answer = await client.post("/ja/status/code", data=fields | {"number": number})
            pages.append((await client.get(answer.headers["location"])).text.replace(number, ""))
    assert pages[0] == pages[1]


async def test_a_request_is_entered_by_number_and_code() -> None:
    """Small letters and spaces do not matter; a wrong code is told at its field; the page says where it is, whose turn, and why."""
    async with visitor(public()) as client:
        number = await sent(client)
        fields = await csrf(client, "/ja/status")
        await client.post("/ja/status/code", data=fields | {"number": number})
        wrong = await client.post("/ja/status/open", data=fields | {"number": number, "code": "AAAAAAAA"})
        with clock.travelled(timedelta(hours=1)):
            page = await entered(client, number)
    assert (wrong.status_code, "確認コードが違います" in wrong.text) == (422, True)
    assert all(words in page.text for words in (number, "ご本人の確認", "どなたの番か", "裁判所への訴えは", "請求を取り下げる"))


async def test_a_session_cookie_cannot_be_read_or_sent_from_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """HttpOnly and SameSite everywhere; over TLS Secure and bound to the host by its name."""
    async with visitor(public()) as client:
        plain = (await client.get("/ja/status")).headers["set-cookie"]
    monkeypatch.setenv("MADOGUCHI_PUBLIC_URL", "https://desk.example.jp")
    settings.cache_clear()
    async with visitor(public()) as client:
        answer = await client.get("/ja/status")
    assert all(words in plain for words in ("HttpOnly", "SameSite=lax", "madoguchi-form="))
    assert all(words in answer.headers["set-cookie"] for words in ("__Host-madoguchi-form=", "Secure", "Path=/", "HttpOnly"))
    assert "max-age" in answer.headers["strict-transport-security"]


async def test_a_request_is_withdrawn_from_its_page() -> None:
    """First what it means, then the deed, and the page says at once that it is known."""
    async with visitor(public()) as client:
        number = await sent(client)
        await entered(client, number)
        asks = await client.get("/ja/request/withdrawal")
        done = await client.post("/ja/request/withdrawal", data=await csrf(client, "/ja/request/withdrawal"))
        page = await client.get(done.headers["location"])
    assert "取り下げますか" in asks.text
    assert "お取り下げを承りました" in page.text
    async with reading() as db:
        assert (await cases.read(db, number)).withdrawal_at is not None


async def test_an_objection_needs_words_and_its_time() -> None:
    """Empty words are told at the field; before the answer the page says that it is too early."""
    async with visitor(public()) as client:
        number = await sent(client)
        await entered(client, number)
        early = await client.get("/ja/request/objection")
        await delivered(number)
        fields = await csrf(client, "/ja/request/objection")
        empty = await client.post("/ja/request/objection", data=fields | {"words": " "})
        good = await client.post("/ja/request/objection", data=fields | {"words": "注文の記録が足りません"})
        page = await client.get(good.headers["location"])
    assert "いまは手続きの途中" in early.text
    assert (empty.status_code, 'href="#words"' in empty.text) == (422, True)
    assert "異議のお申し出を承りました" in page.text


async def test_the_package_is_fetched_with_a_second_code() -> None:
    """The page sends a code to the proven address and gives the zip for it; a wrong one is told at the field."""
    async with visitor(public()) as client:
        number = await sent(client)
        await entered(client, number)
        early = await client.get("/ja/request/package")
        await delivered(number, b"PK whole")
        fields = await csrf(client, "/ja/request/package")
        await client.post("/ja/request/package/code", data=fields)
        wrong = await client.post("/ja/request/package", data=fields | {"code": "AAAAAAAA"})
        code = (await extra_of(number, "package-code"))["code"]
        zipped = await client.post("/ja/request/package", data=fields | {"code": code})
        shown = await client.get("/ja/request")
    assert "まだ用意できていません" in early.text
    assert wrong.status_code == 422
    assert (zipped.content, zipped.headers["content-type"]) == (b"PK whole", "application/zip")
    assert "開示" in shown.text


async def test_leaving_ends_the_session() -> None:
    """After leaving, and after fifteen idle minutes, a new code is needed; the page says so."""
    async with visitor(public()) as client:
        number = await sent(client)
        await entered(client, number)
        await client.post("/ja/request/leave", data=await csrf(client, "/ja/request"))
        left = await client.get("/ja/request")
    assert left.status_code == 401
    assert "確認コードを受け取る" in left.text


async def test_t20_looking_at_a_link_proves_nothing_f47() -> None:
    """GET and HEAD land; only the button proves; pressed twice it is simply done, and the page names no right and no data (F47, T20)."""
    async with visitor(public()) as client:
        number = await asked(client, language="en")
        token = await invited(number)
        pages = [await client.get(f"/proof/{token}") for _ in range(10)]
        await client.head(f"/proof/{token}")
        async with reading() as db:
            assert not (await cases.read(db, number)).identity.address_proven
        fields = await csrf(client, f"/proof/{token}")
        presses = [await client.post(f"/proof/{token}", data=fields) for _ in range(2)]
        after = await client.get(presses[0].headers["location"])
    assert "Did our mail reach you?" in pages[0].text
    assert number not in pages[0].text
    assert "Disclosure" not in pages[0].text
    assert [answer.status_code for answer in presses] == [303, 303]
    assert "This is confirmed" in after.text
    async with reading() as db:
        assert (await cases.read(db, number)).identity.address_proven


async def test_a_link_that_has_run_out_says_how_it_goes_on() -> None:
    """After a day the link proves nothing, and nobody has to ask again."""
    async with visitor(public()) as client:
        number = await asked(client)
        token = await invited(number)
        with clock.travelled(timedelta(hours=25)):
            page = await client.get(f"/proof/{token}")
            await client.post(f"/proof/{token}", data=await csrf(client, "/ja/status"))
    assert "もう一度お申し込みいただく必要はありません" in page.text
    async with reading() as db:
        assert not (await cases.read(db, number)).identity.address_proven


async def test_a_request_that_ended_shows_no_way_it_did_not_go() -> None:
    """A rejected request has no timeline that pretends a decision, and says how to go on."""
    async with visitor(public()) as client:
        number = await sent(client)
        await entered(client, number)
        async with writing() as db:
            for state in (State.ACKNOWLEDGED, State.SCOPED, State.ID_CHECK, State.REJECTED):
                await cases.move(db, number, state)
        page = (await client.get("/ja/request")).text
    assert 'class="timeline"' not in page
    assert "異議を申し出る" in page


async def test_a_busy_ledger_is_a_503_with_a_time_to_come_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A ledger that cannot be opened is answered kindly and without detail, to people and to programs (F35)."""
    monkeypatch.setenv("MADOGUCHI_DATABASE", f"sqlite+aiosqlite:///{tmp_path}/no/such/folder/ledger.db")
    settings.cache_clear()
    async with visitor(public()) as client:
        program = await client.get("/healthz")
        fields = await csrf(client, "/ja/status")
        person = await client.post("/ja/status/code", data=fields | {"number": NOBODYS})
    assert [(answer.status_code, answer.headers["retry-after"]) for answer in (program, person)] == [(503, "5")] * 2
    assert "sqlite" not in program.text + person.text
    assert TELEPHONE in person.text
