"""The officers' pages: who comes in, what the queue shows, who may do what, and how the office is stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from desk import clock
from desk.domain.case import State
from desk.domain.gates import Gate, Role
from desk.store import agenda, audit, cases, letters, officers
from desk.store.ledger import reading, writing
from desk.web.officer_roles import MATRIX, May, may
from tests.integration.officers_office import PEOPLE, Desk, asked, at_gate, at_state, desk_with_people, request_received, token_in


@pytest.fixture
async def desk(office: Path) -> AsyncIterator[Desk]:  # noqa: ARG001 - the desk needs an office around it
    """The desk's own host."""
    found = desk_with_people()
    yield found
    await found.browser.aclose()


async def long_ago(days: int) -> str:
    """A request that came in so many days ago, whose person was told of the delay, and which waits for a clerk."""
    number = await request_received(arrived=clock.now() - timedelta(days=days))
    async with writing() as db:
        await letters.owe(db, number, "N07", "contact")
        await cases.note(db, number, state=State.ID_CHECK, state_since=clock.now() - timedelta(days=days - 1), looked_up=True)
    await asked(number)
    return number


async def test_officer_password_and_code_open_the_desk(desk: Desk) -> None:
    """The session is in a cookie that no script reads and no other site can use."""
    answer = await desk.log_in("uketsuke")
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    cookie = next(line for line in answer.headers.get_list("set-cookie") if "madoguchi-officer" in line)
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert (await desk.get("/desk")).status_code == 200


@pytest.mark.parametrize(
    "wrong", [{"password": "guessed"}, {"code": "000000"}, {"officer": "nobody"}, {"officer": "a\0b"}, {"officer": ""}]
)
async def test_a_wrong_log_in_tells_nothing_about_which_part_was_wrong(desk: Desk, wrong: dict[str, str]) -> None:
    """Whatever is wrong, the answer is the same words, and the desk stays shut."""
    answer = await desk.log_in("uketsuke", **wrong)
    assert answer.status_code == 401
    assert "担当者ID、パスワード、コードのいずれかが違います。" in answer.text
    assert (await desk.get("/desk")).headers["location"] == "/desk/login?next=%2Fdesk"


async def test_a_code_logs_in_once(desk: Desk) -> None:
    """A code that was seen over somebody's shoulder is worth nothing afterwards."""
    await desk.enrol("uketsuke")
    code = desk.code("uketsuke")
    assert (await desk.log_in("uketsuke", code=code)).status_code == 303
    assert (await desk.log_in("uketsuke", code=code)).status_code == 401


async def test_a_code_may_be_typed_in_full_width_or_with_a_space(desk: Desk) -> None:
    """全角 figures and the space an authenticator shows are no mistake."""
    await desk.enrol("uketsuke")
    code = desk.code("uketsuke").translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})
    assert (await desk.log_in("uketsuke", code=f"{code[:3]} {code[3:]}")).status_code == 303


async def test_too_many_log_ins_are_refused_in_kind_words(desk: Desk) -> None:
    """After ten tries in a quarter of an hour even the right ones wait."""
    for _ in range(10):
        assert (await desk.log_in("uketsuke", password="guessed")).status_code == 401
    answer = await desk.log_in("uketsuke")
    assert answer.status_code == 429
    assert "15分お待ちください" in answer.text


async def test_logging_out_ends_the_session_itself(desk: Desk) -> None:
    """The cookie somebody kept is worth nothing afterwards."""
    await desk.log_in("uketsuke")
    kept = dict(desk.browser.cookies)
    assert (await desk.post("/desk/logout", {})).status_code == 303
    desk.browser.cookies.update(kept)
    assert (await desk.get("/desk")).status_code == 303


async def test_an_officer_who_left_is_out_at_once(desk: Desk) -> None:
    """Disabling somebody ends the sessions that are open."""
    await desk.log_in("uketsuke")
    async with writing() as db:
        await officers.disable(db, "uketsuke")
    assert (await desk.get("/desk")).status_code == 303


async def test_log_in_leads_back_to_the_page_asked_for_and_nowhere_else(desk: Desk) -> None:
    """Only a path of the desk is gone on to (no open redirect)."""
    assert (await desk.log_in("uketsuke", next="/desk/office")).headers["location"] == "/desk/office"
    for elsewhere in ("https://example.com/desk", "//example.com", "/desk/../api", "/desk/cases/x?y", "/desk\nx"):
        with clock.travelled(timedelta(minutes=2)):
            desk.fresh()
            page = await desk.browser.get("/desk/login", params={"next": elsewhere})
        assert 'name="next" value="/desk"' in page.text


async def test_a_link_from_a_mail_lands_on_our_own_page_first(desk: Desk) -> None:
    """A strict cookie does not come along from elsewhere, so whoever is signed in is led on by a page of ours instead of the log-in."""
    page = await desk.browser.get("/desk/cases/2611-AAAAA-BBBBB-C", headers={"sec-fetch-site": "cross-site"})
    assert page.status_code == 200
    assert '<meta http-equiv="refresh" content="0; url=/desk/cases/2611-AAAAA-BBBBB-C">' in page.text


@pytest.mark.parametrize("path", ["/desk", "/desk/office", "/desk/cases/2611-AAAAA-BBBBB-C"])
async def test_nothing_is_shown_before_the_log_in(desk: Desk, path: str) -> None:
    """Every page leads to the log-in first."""
    answer = await desk.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/desk/login?next=")


async def test_the_queue_shows_a_request_of_forty_days_ago_first(desk: Desk) -> None:
    """The oldest date stands on top, is called late in words, and says whose turn it is and which question waits."""
    await at_gate(Gate.DECISION)
    old = await long_ago(40)
    async with writing() as db:
        await agenda.made_run(db, old, "11111111-2222-3333-4444-555555555555", 1)
    await desk.log_in("uketsuke")
    page = (await desk.get("/desk")).text
    assert page.index(f"/desk/cases/{old}") < page.index("決定(第一承認)")
    row = page.split(f"/desk/cases/{old}")[1].split("</tr>")[0]
    assert "期限超過" in page.split(f"/desk/cases/{old}")[0].rsplit("<tr>", 1)[1]
    assert "10日超過" in page
    assert "受付・承認" in row
    assert "本人確認の段階" in row
    assert "http://127.0.0.1:4200/runs/flow-run/11111111-2222-3333-4444-555555555555" in row


async def test_the_queue_warns_before_a_date_is_missed(desk: Desk) -> None:
    """A request whose remaining steps no longer fit before its date is marked at risk, in words."""
    number = await at_state(State.DRAFTED, arrived=clock.now() - timedelta(days=12))
    await desk.log_in("uketsuke")
    page = (
        await desk.get(
            "/desk",
        )
    ).text
    assert "遅れるおそれ" in page.split(number)[0].rsplit("<tr>", 1)[1]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("role=approver", {"決定", "審査"}),
        ("role=accounting", {"入金"}),
        ("mine=1", {"審査"}),
        ("state=DRAFTED", {"決定"}),
        ("due=late", {"審査"}),
        ("state=NONSENSE&role=nobody&due=x&page=zz", {"決定", "入金", "審査"}),
        ("due=week&role=accounting", set()),
    ],
)
async def test_the_queue_is_narrowed_by_role_state_date_and_mine(desk: Desk, query: str, shown: set[str]) -> None:
    """Each filter keeps what it says; what it does not know it leaves aside."""
    questions = {str(gate): (await at_gate(gate)).number for gate in (Gate.DECISION, Gate.PAYMENT)} | {"審査": await long_ago(40)}
    await desk.log_in("uketsuke")
    page = (await desk.get(f"/desk?{query}")).text
    assert {gate for gate, number in questions.items() if number in page} == shown


async def test_a_number_is_found_however_it_is_typed(desk: Desk) -> None:
    """Small letters and missing hyphens lead to the request, also when it has ended; what is no number is told so."""
    number = await at_state(State.CLOSED)
    await desk.log_in("uketsuke")
    found = await desk.get(f"/desk?number={number.lower().replace('-', '')}")
    assert found.headers["location"] == f"/desk/cases/{number}"
    lost = await desk.get("/desk?number=<b>1234")
    assert "&lt;b&gt;1234」に当たる案件はありません" in lost.text


async def test_a_long_queue_comes_in_pages(desk: Desk) -> None:
    """Fifty a page; the next one is a link that keeps the filters."""
    for days in range(52):
        await request_received(arrived=clock.now() - timedelta(minutes=days))
    await desk.log_in("uketsuke")
    first, second = (await desk.get("/desk")).text, (await desk.get("/desk?page=2")).text
    assert (first.count('class="number" href'), second.count('class="number" href')) == (50, 2)
    assert "&amp;page=2" in first


FORMS = {
    May.ANSWER: "answers",
    May.PERSONAL: "look",
    May.WRITE: "drafts",
    May.WITHHOLD: "withholdings",
}


@pytest.mark.parametrize("who", PEOPLE)
async def test_every_page_and_form_asks_for_the_role_it_takes(desk: Desk, who: str) -> None:
    """What the matrix does not allow is answered 403 whatever the page showed (T44, T45)."""
    number = (await at_gate(Gate.DECISION)).number
    await desk.log_in(who)
    roles = PEOPLE[who]
    seen = {
        what: (await desk.get(path)).status_code
        for what, path in {May.QUEUE: "/desk", May.CASE: f"/desk/cases/{number}", May.OFFICE: "/desk/office"}.items()
    }
    assert seen == {what: 200 if may(roles, what) else 403 for what in seen}
    for what, form in FORMS.items():
        status = (await desk.browser.post(f"/desk/cases/{number}/{form}", data={"csrf": await desk.csrf()})).status_code
        assert (status == 403) is not may(roles, what), form
    status = (await desk.post("/desk/office/halts", {"number": number, "deed": "halt"})).status_code
    assert (status == 403) is not may(roles, May.HALT)


def test_the_matrix_gives_each_role_what_its_work_needs_and_no_more() -> None:
    """The auditor reads, the accountant sees no findings, the manager no request, and only those who decide open what is personal."""
    assert {what for what in May if Role.AUDITOR in MATRIX[what]} == {May.QUEUE, May.CASE, May.FINDINGS, May.OFFICE}
    assert {what for what in May if Role.ACCOUNTING in MATRIX[what]} == {May.QUEUE, May.CASE, May.ANSWER}
    assert {what for what in May if Role.MANAGER in MATRIX[what]} == {May.QUEUE, May.OFFICE, May.HALT}
    assert MATRIX[May.PERSONAL] == {Role.CLERK, Role.INVESTIGATOR, Role.APPROVER, Role.SECOND_APPROVER}


async def test_the_accountant_sees_the_fee_and_nothing_that_was_found(desk: Desk) -> None:
    """Neither coverage nor ruling, letters nor drafts are on the accountant's page."""
    question = await at_gate(Gate.PAYMENT)
    await desk.log_in("keiri")
    page = (await desk.get(f"/desk/cases/{question.number}")).text
    assert "1,000円" in page
    for hidden in ("調査の範囲", "決定案", "これから送ることになる通知", 'id="drafts"', "表示する", "該当あり", "調査の結果を記録"):
        assert hidden not in page


@pytest.mark.parametrize(
    "path", ["login", "logout", "office/halts", *(f"cases/{{n}}/{form}" for form in (*FORMS.values(), "withholdings/over"))]
)
async def test_t38_a_form_from_elsewhere_is_refused(desk: Desk, path: str) -> None:
    """Without our token, or with it but sent from another site, nothing is done (T38)."""
    number = (await at_gate(Gate.DECISION)).number
    await desk.log_in("kanri" if "office" in path else "chosa")
    token = {"csrf": await desk.csrf()}
    tries = [({}, {}), (token, {"origin": "https://example.com"}), (token, {"sec-fetch-site": "cross-site"})]
    for fields, headers in tries:
        sent = {**fields, "words": "x", "open": "request"}
        assert (await desk.browser.post(f"/desk/{path.format(n=number)}", data=sent, headers=headers)).status_code == 403
    async with reading() as db:
        assert not {entry.deed for entry in await audit.history(db, number)} & {"request looked at", "words written"}


async def test_t39_every_page_is_kept_out_of_frames_and_free_of_scripts(desk: Desk) -> None:
    """The strict headers stand on every page of the desk, and no page carries a script or a style of its own (T24, T39)."""
    number = (await at_gate(Gate.DECISION)).number
    await desk.log_in("shonin")
    for path in ("/desk/login", "/desk", f"/desk/cases/{number}", "/desk/cases/none"):
        page = await desk.get(path)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert page.headers["cache-control"] == "no-store"
        assert not any(sign in page.text for sign in ("<script", "javascript:", "<style", " style=", " onclick="))
        assert len(token_in(page.text)) == 64 or path.endswith("none")


async def test_the_manager_stops_a_request_and_lets_it_go_with_a_code(desk: Desk) -> None:
    """Both take a fresh code, and both are on record."""
    number = (await at_gate(Gate.DECISION)).number
    await desk.log_in("kanri")
    refused = await desk.post("/desk/office/halts", {"number": number, "deed": "halt", "code": "000000"})
    assert (refused.status_code, "ワンタイムコードが正しくありません" in refused.text) == (422, True)
    stopped = await desk.post("/desk/office/halts", {"number": number.lower(), "deed": "halt", "code": desk.code("kanri")})
    assert stopped.status_code == 303
    async with reading() as db:
        assert (await cases.read(db, number)).halted
    assert f"{number}</strong> を停止中" in (await desk.get("/desk/office")).text
    again = await desk.post("/desk/office/halts", {"number": number, "deed": "lift", "code": desk.code("kanri")})
    assert "使用済み" in again.text
    assert (await desk.post("/desk/office/halts", {"number": number, "deed": "lift", "code": desk.code("kanri", 1)})).status_code == 303
    async with reading() as db:
        assert not (await cases.read(db, number)).halted
        assert [e.actor for e in await audit.history(db, number) if e.deed in {"halted", "halt lifted"}] == ["kanri", "kanri"]


async def test_the_whole_office_can_be_stopped(desk: Desk) -> None:
    """One tick stops every request, and the page says so; a number nobody has is not found."""
    number = (await at_gate(Gate.DECISION)).number
    await desk.log_in("kanri")
    assert (await desk.post("/desk/office/halts", {"number": "2611-1", "deed": "halt", "code": desk.code("kanri")})).status_code == 404
    assert (
        await desk.post("/desk/office/halts", {"all": "1", "number": "", "deed": "halt", "code": desk.code("kanri")})
    ).status_code == 303
    async with reading() as db:
        assert (await cases.read(db, number)).halted
    assert "すべての案件</strong> を停止中" in (await desk.get("/desk/office")).text


async def test_what_is_not_there_is_told_in_the_offices_words(desk: Desk) -> None:
    """A wrong number is a 404 page of the desk, with the way back."""
    await desk.log_in("uketsuke")
    for path in ("/desk/cases/2611-AAAAA-BBBBB-C", "/desk/cases/%00", "/desk/cases/<b>"):
        page = await desk.get(path)
        assert page.status_code == 404
        assert "案件の一覧へ" in page.text
