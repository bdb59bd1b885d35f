"""The page of one request: what is personal opened on purpose, items kept back, letters seen beforehand, and nothing ever markup."""

from __future__ import annotations

from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from desk.domain.case import Authority, Person, Record, Rung, State
from desk.domain.gates import SECOND, Gate
from desk.store import agenda, audit, cases, keys, letters
from desk.store.ledger import reading, writing
from tests.integration.officers_office import (
    HELD,
    PERSON,
    Desk,
    asked,
    at_gate,
    at_state,
    case_of,
    deeds_of,
    desk_with_people,
    request_received,
    ruled,
    words_of,
)

EVERYTHING = ("request", "proofs", "letters", "words", "evidence:cards")


@pytest.fixture
async def desk(office: Path) -> AsyncIterator[Desk]:  # noqa: ARG001 - the desk needs an office around it
    """The desk's own host."""
    found = desk_with_people()
    yield found
    await found.browser.aclose()


async def opened(desk: Desk, number: str, *sections: str) -> str:
    """The page with these sections opened."""
    return (await desk.post(f"/desk/cases/{number}/look", {"open": list(sections)})).text


SECRETS = (PERSON.name, PERSON.email, PERSON.telephone, PERSON.details, "hanako-77", "窓口町の本社あて", "棚の秘密", "拝啓")


async def everything_held(desk: Desk) -> str:
    """A request with something personal in every section."""
    question = await at_gate(Gate.DECISION)
    await words_of(question.number, "chosa", "棚の秘密")
    async with writing() as db:
        await letters.owe(db, question.number, "N01", "contact")
        row = next(one for one in await agenda.due_letters(db, 100) if one[0] == question.number)
        await letters.sent(db, await letters.read(db, *row), "受付のお知らせ", f"拝啓 {PERSON.name} 様")
    await desk.enrol("shonin")
    return question.number


async def test_nothing_personal_is_shown_before_it_is_asked_for(desk: Desk) -> None:
    """The page is masked at first: no name, address, identifier, record, word or letter is in its source."""
    number = await everything_held(desk)
    await desk.log_in("shonin")
    page = (await desk.get(f"/desk/cases/{number}")).text
    assert [secret for secret in SECRETS if secret in page] == []
    assert page.count("表示する") == len(EVERYTHING)
    assert await deeds_of(number, "request looked at") == []


@pytest.mark.parametrize(
    ("section", "deed", "shown"),
    [
        ("request", "request looked at", [PERSON.name, PERSON.telephone, PERSON.details, "架空商事"]),
        ("proofs", "proofs looked at", ["hanako@example.jp", "hanako-77"]),
        ("letters", "letters looked at", ["拝啓"]),
        ("words", "drafts looked at", ["棚の秘密"]),
        ("evidence:cards", "evidence looked at", ["窓口町の本社あて", "課長", "委託"]),
    ],
)
async def test_t45_every_look_opens_one_section_and_is_on_record(desk: Desk, section: str, deed: str, shown: list[str]) -> None:
    """What was asked for is shown and nothing else; who looked is in the audit chain, which still verifies (T45)."""
    number = await everything_held(desk)
    await desk.log_in("shonin")
    page = await opened(desk, number, section)
    assert [words for words in shown if words not in page] == []
    assert page.count("表示する") == len(EVERYTHING) - 1
    assert await deeds_of(number, deed) == [("shonin", "")]
    others = {"request looked at", "proofs looked at", "letters looked at", "drafts looked at", "evidence looked at"} - {deed}
    async with reading() as db:
        assert not others & {entry.deed for entry in await audit.history(db, number)}
    assert (await audit.verify()).faults == ()


async def test_a_second_look_keeps_the_first_one_open(desk: Desk) -> None:
    """Evidence and request can be read side by side; each rendering is a look."""
    number = await everything_held(desk)
    await desk.log_in("chosa")
    page = await opened(desk, number, "request", "evidence:cards", "nonsense", "evidence:nowhere")
    assert PERSON.details in page
    assert "窓口町の本社あて" in page
    assert page.count('name="open" value="request"') == 3
    assert len(await deeds_of(number, "request looked at")) == 1


@pytest.mark.parametrize("who", ["kansa", "keiri", "kanri"])
async def test_t45_who_does_not_decide_opens_nothing(desk: Desk, who: str) -> None:
    """Auditor, accountant and manager are refused, and no look is made."""
    number = await everything_held(desk)
    await desk.log_in(who)
    refused = await desk.post(f"/desk/cases/{number}/look", {"open": list(EVERYTHING)})
    assert refused.status_code == 403
    assert [secret for secret in SECRETS if secret in refused.text] == []
    assert await deeds_of(number, "request looked at") == []


CORPUS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "</pre></details><iframe srcdoc=x>",
    "{{ 7*7 }}{% include 'desk/login.html' %}",
    "<svg/onload=alert(1)>",
    "javascript:alert(1)//</a>",
    "&lt;b&gt;<b>",
)


class _Elements(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(sorted(name for name, _ in attrs))))


@pytest.mark.parametrize("evil", CORPUS)
async def test_t24_what_a_person_or_a_record_says_never_becomes_markup(desk: Desk, evil: str) -> None:
    """Names, details, records and drafts are text: with a payload in each, the page has the very same elements as without (T24, T25)."""
    pages: list[str] = []
    await desk.log_in("shonin")
    for text in ("harmless", evil):
        person = Person(family=text, given=text, email="x@example.jp", postal=text, identifiers={"company": text}, details=text)
        number = await ruled(
            person=person, held=(Record(system="cards", table="users", key=text, authority=Authority.OPERATOR, items={"name": text}),)
        )
        await asked(number)
        await words_of(number, "chosa", text)
        pages.append(await opened(desk, number, *EVERYTHING))
    assert _Elements(pages[1]).found == _Elements(pages[0]).found
    assert "<script" not in pages[1]
    assert "49" not in pages[1].split("請求者が書いたこと")[1].split("</dl>")[0]


async def test_words_get_a_number_and_are_masked_at_once(desk: Desk) -> None:
    """A draft is written on the page, gets its number, and can then be chosen in the form; empty words are refused."""
    question = await at_gate(Gate.ARCHIVE)
    await desk.log_in("chosa")
    path = f"/desk/cases/{question.number}/drafts"
    empty = await desk.post(path, {"words": " \n "})
    assert (empty.status_code, "言葉を書いてください" in empty.text) == (422, True)
    kept = await desk.post(path, {"words": "棚12の\n秘密の箱"})
    assert kept.headers["location"] == f"/desk/cases/{question.number}?draft=1#drafts"
    page = (await desk.get(f"/desk/cases/{question.number}?draft=1")).text
    assert "文案<strong>1</strong>として登録しました" in page
    assert '<option value="1">文案1(chosa' in page
    assert "秘密の箱" not in page
    assert "として登録しました" not in (await desk.get(f"/desk/cases/{question.number}?draft=2")).text


async def test_an_item_kept_back_sends_the_ruling_back_with_ground_and_reasons(desk: Desk) -> None:
    """The investigator names item, ground and reasons; what was signed no longer stands, and the investigator is a maker."""
    number = (await at_gate(Gate.DECISION, SECOND)).number
    await desk.log_in("chosa")
    fields = {"item": "form_input", "ground": "harm", "reasons": "他の方の連絡先が含まれるため。"}
    assert (await desk.post(f"/desk/cases/{number}/withholdings", fields)).headers["location"] == f"/desk/cases/{number}#ruling"
    case = await case_of(number)
    assert (case.state, case.ruling, dict(case.withheld)) == (State.INVESTIGATING, None, {"form_input": "harm"})
    assert "chosa" in case.makers
    page = (await desk.get(f"/desk/cases/{number}")).text
    assert "個人情報保護法第33条第2項第1号" in page
    assert "他の方の連絡先" not in page
    await desk.post(f"/desk/cases/{number}/withholdings/over", {"item": "form_input"})
    assert dict((await case_of(number)).withheld) == {}


@pytest.mark.parametrize(
    ("item", "ground", "reasons"),
    [
        ("form_input", "true-as-held", "x"),
        ("nothing", "harm", "x"),
        ("form_input", "harm", " "),
        ("", "", ""),
        ("form_input", "tax-books", "x"),
    ],
)
async def test_an_item_is_kept_back_only_on_a_ground_of_this_right(desk: Desk, item: str, ground: str, reasons: str) -> None:
    """A ground of another right, an unknown item or no reasons are refused, and the ruling stands."""
    number = (await at_gate(Gate.DECISION)).number
    await desk.log_in("chosa")
    refused = await desk.post(f"/desk/cases/{number}/withholdings", {"item": item, "ground": ground, "reasons": reasons})
    assert refused.status_code == 422
    assert "根拠を選び" in refused.text
    assert (await case_of(number)).state is State.DRAFTED


async def test_whoever_may_sign_cannot_take_a_proposal_back(desk: Desk) -> None:
    """Taking it back leaves no maker on record, so somebody who may also approve is refused (maker ≠ approver)."""
    number = (await at_gate(Gate.DECISION)).number
    await desk.log_in("chosa")
    await desk.post(f"/desk/cases/{number}/withholdings", {"item": "form_input", "ground": "harm", "reasons": "x"})
    await desk.log_in("kennin")
    assert "提案を取り消す" not in (await desk.get(f"/desk/cases/{number}")).text
    assert (await desk.post(f"/desk/cases/{number}/withholdings/over", {"item": "form_input"})).status_code == 409


@pytest.mark.parametrize("state", [State.ID_CHECK, State.DECIDED, State.NOTIFIED, State.CLOSED])
async def test_nothing_is_kept_back_once_it_is_decided(desk: Desk, state: State) -> None:
    """Before the search and after the decision the form is not there, and a form forced in is refused."""
    number = await at_state(state)
    await desk.log_in("chosa")
    assert "項目を不開示にする提案" not in (await desk.get(f"/desk/cases/{number}")).text
    refused = await desk.post(f"/desk/cases/{number}/withholdings", {"item": "form_input", "ground": "harm", "reasons": "x"})
    assert refused.status_code == 409


async def test_letters_are_seen_before_they_are_signed_for(desk: Desk) -> None:
    """The letters the ruling leads to stand on the page in both languages, with a placeholder for the name."""
    question = await at_gate(Gate.DECISION)
    await desk.log_in("shonin")
    page = (await desk.get(f"/desk/cases/{question.number}")).text
    previews = page.split("これから送ることになる通知")[1]
    for name in ("N12、", "N08、", "N13、", "(請求者のお名前) 様", "Dear (the requester)", "個人情報保護法第33条第3項"):
        assert name in previews
    assert "いま記録にある内容だけでは書けません" not in previews


@pytest.mark.parametrize(("held", "name"), [((), "N11、"), (HELD[2:], "N02、"), (HELD, "N12、")])
async def test_each_kind_of_ruling_shows_its_own_letter(desk: Desk, held: tuple[Record, ...], name: str) -> None:
    """Nothing held is N11, the client's data N02, a part N12; each of them can be written."""
    number = await ruled(held=held)
    await desk.log_in("shonin")
    previews = (await desk.get(f"/desk/cases/{number}")).text.split("これから送ることになる通知")[1]
    assert name in previews
    assert "いま記録にある内容だけでは書けません" not in previews


async def test_a_review_shows_both_letters_it_may_lead_to(desk: Desk) -> None:
    """At 審査 the request for papers and the refusal can be read beforehand."""
    question = await at_gate(Gate.REVIEW)
    await desk.log_in("uketsuke")
    previews = (await desk.get(f"/desk/cases/{question.number}")).text.split("これから送ることになる通知")[1]
    assert "N03、" in previews
    assert "N06、" in previews


async def test_how_identity_was_proven_is_shown_without_by_what(desk: Desk) -> None:
    """The rungs and their methods stand on the page; the address and the login do not."""
    number = await at_state(State.INVESTIGATING)
    await desk.log_in("chosa")
    section = (await desk.get(f"/desk/cases/{number}")).text.split('id="identity"')[1].split("</section>")[0]
    assert section.count("確認済み") == len(Rung)
    assert "登録アドレスに届く確認コード" in section
    assert "サービスへのログイン" in section
    assert "hanako" not in section


async def test_a_purged_request_still_has_its_page(desk: Desk) -> None:
    """What is not personal stays readable; what was destroyed is told as gone."""
    number = (await at_gate(Gate.DECISION)).number
    async with writing() as db:
        await keys.destroy(db, number)
    await desk.log_in("shonin")
    assert (await desk.get(f"/desk/cases/{number}")).status_code == 200
    gone = await desk.post(f"/desk/cases/{number}/look", {"open": "request"})
    assert gone.status_code == 410


async def test_a_request_has_a_page_in_every_state(desk: Desk) -> None:
    """Whatever the state, and before anything is known, the page can be shown."""
    await desk.log_in("kansa")
    number = await request_received()
    for state in State:
        async with writing() as db:
            await cases.note(db, number, state=state)
        page = await desk.get(f"/desk/cases/{number}")
        assert page.status_code == 200, state
        assert "次の一手" in page.text
