"""Questions answered on the page of a request: a good answer opens its gate, every other one is refused with its reason."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from desk.domain import decision
from desk.domain.case import Case, Ruling, State
from desk.domain.gates import SECOND, Gate
from desk.policies import policies
from desk.store import cases, questions, rulings
from desk.store.ledger import reading, writing
from tests.integration.officers_office import HELD, Desk, asked, at_gate, case_of, deeds_of, desk_with_people, searched, words_of


@pytest.fixture
async def desk(office: Path) -> AsyncIterator[Desk]:  # noqa: ARG001 - the desk needs an office around it
    """The desk's own host."""
    found = desk_with_people()
    yield found
    await found.browser.aclose()


# every gate: who answers it, what, and with what beside it
GOOD = [
    (Gate.REVIEW, "", "uketsuke", "本人と認める", {}),
    (Gate.REVIEW, "", "uketsuke", "書類を求める", {}),
    (Gate.REVIEW, "", "shonin", "認められない", {}),
    (Gate.ARCHIVE, "", "chosa", "該当なし", {}),
    (Gate.ARCHIVE, "", "chosa", "該当あり", {"draft": "1"}),
    (Gate.SEARCH, "", "chosa", "再試行", {}),
    (Gate.SEARCH, "", "chosa", "除外する", {"draft": "1"}),
    (Gate.DECISION, "", "shonin", "承認する", {}),
    (Gate.DECISION, "", "shonin", "差し戻す", {}),
    (Gate.DECISION, SECOND, "daini", "承認する", {}),
    (Gate.PAYMENT, "", "keiri", "入金した", {"amount": "１，０００円"}),
    (Gate.PAYMENT, "", "keiri", "免除する", {}),
    (Gate.LAPSE, "", "uketsuke", "待つ", {}),
    (Gate.LAPSE, "", "uketsuke", "取下げとみなす", {}),
    (Gate.DISPATCH, "", "uketsuke", "発送した", {"tracking": "1234-5678-9012"}),
    (Gate.RESEND, "", "uketsuke", "再送する", {}),
    (Gate.RESEND, "", "uketsuke", "書面にする", {}),
    (Gate.OBJECTION, "", "shonin-2", "維持する", {"draft": "1"}),
]


@pytest.mark.parametrize(("gate", "about", "who", "answer", "extra"), GOOD)
async def test_a_good_answer_opens_its_gate(desk: Desk, gate: Gate, about: str, who: str, answer: str, extra: dict[str, str]) -> None:
    """Given on the page by the right role with a fresh code, it is accepted, on record, and said so on the page."""
    question = await at_gate(gate, about)
    await words_of(question.number, who)
    await desk.log_in(who)
    form = (await desk.get(f"/desk/cases/{question.number}")).text
    assert f'value="{question.plan}"' in form
    assert f'value="{answer}"' in form
    accepted = await desk.answer(who, question, answer, **extra)
    assert (accepted.status_code, accepted.headers.get("location")) == (303, f"/desk/cases/{question.number}#next")
    assert await deeds_of(question.number, "answered") == [(who, "")]
    assert f"{answer}<strong>受理しました</strong>" in (await desk.get(f"/desk/cases/{question.number}")).text


@pytest.mark.parametrize(
    ("gate", "about", "who", "answer"),
    [
        (Gate.REVIEW, "", "chosa", "本人と認める"),
        (Gate.REVIEW, "", "uketsuke", "認められない"),
        (Gate.ARCHIVE, "", "uketsuke", "該当なし"),
        (Gate.DECISION, "", "daini", "承認する"),
        (Gate.DECISION, SECOND, "shonin-2", "承認する"),
        (Gate.PAYMENT, "", "uketsuke", "免除する"),
        (Gate.RESEND, "", "keiri", "再送する"),
    ],
)
async def test_f21_the_wrong_role_is_refused_with_the_reason(desk: Desk, gate: Gate, about: str, who: str, answer: str) -> None:
    """Whatever the page offered, the ledger decides; the refusal is on record and the question stays open (F21)."""
    question = await at_gate(gate, about)
    await desk.log_in(who)
    refused = await desk.answer(who, question, answer)
    assert refused.status_code == 403
    assert "この回答に必要な権限がありません。" in refused.text
    assert await deeds_of(question.number, "answer refused") == [(who, "wrong-role")]
    async with reading() as db:
        assert [one.key for one in await questions.open_questions(db, question.number)] == [question.key]


async def test_f21_whoever_prepared_a_ruling_does_not_sign_it(desk: Desk) -> None:
    """An investigator who also approves finds no form, and an answer forced in is refused (maker ≠ approver)."""
    archive = await at_gate(Gate.ARCHIVE)
    await desk.log_in("kennin")
    assert (await desk.answer("kennin", archive, "該当なし")).status_code == 303
    async with writing() as db:
        case = await cases.read(db, archive.number)
        await rulings.record(db, case.number, _proposed(case))
        await cases.move(db, case.number, State.DRAFTED)
    question = await asked(archive.number)
    page = (await desk.get(f"/desk/cases/{archive.number}")).text
    assert "この件の準備または先の判断に関わった方は回答できません。" in page
    assert 'name="answer"' not in page
    about = {"gate": "決定", "about": "1", "plan": question.plan, "answer": "承認する", "code": desk.code("kennin", 1)}
    refused = await desk.post(f"/desk/cases/{archive.number}/answers", about)
    assert refused.status_code == 403
    assert await deeds_of(archive.number, "answer refused") == [("kennin", "own-work")]
    assert (await case_of(archive.number)).state is State.DRAFTED


def _proposed(case: Case) -> Ruling:
    return decision.propose(case, policies().version(case.policy, case.law), 1)


async def test_a_code_answers_once_and_a_wrong_one_never(desk: Desk) -> None:
    """A used or wrong code is refused in words, and the officer may try again on the same page."""
    first, second = await at_gate(Gate.DECISION), await at_gate(Gate.DECISION)
    await desk.log_in("shonin")
    assert (await desk.answer("shonin", first, "承認する")).status_code == 303
    used = await desk.answer("shonin", second, "承認する")
    assert "使用済み" in used.text
    about = {"gate": "決定", "about": "1", "plan": second.plan, "answer": "承認する"}
    wrong = await desk.post(f"/desk/cases/{second.number}/answers", {**about, "code": "000000"})
    assert (used.status_code, wrong.status_code) == (422, 422)
    assert "ワンタイムコードが正しくありません。" in wrong.text
    assert 'value="承認する" checked' in wrong.text
    assert f'aria-invalid="true" aria-describedby="code-{second.key}-error"' in wrong.text
    right = await desk.post(f"/desk/cases/{second.number}/answers", {**about, "code": desk.code("shonin", 1)})
    assert right.status_code == 303


async def test_f18_an_answer_about_what_has_changed_does_not_count(desk: Desk) -> None:
    """When the ruling changed after the page was shown, the answer is refused as stale (F18)."""
    question = await at_gate(Gate.DECISION)
    await desk.log_in("shonin")
    async with writing() as db:
        await rulings.set_aside(db, question.number)
        await searched(db, question.number, HELD[:1])
        case = await cases.read(db, question.number)
        await rulings.record(db, question.number, replace(_proposed(case), round=2))
    assert "新しい質問ができるまで" in (await desk.get(f"/desk/cases/{question.number}")).text
    refused = await desk.answer("shonin", question, "承認する")
    assert (refused.status_code, (await case_of(question.number)).state) == (409, State.DRAFTED)
    assert "質問の後に内容が変わりました。" in refused.text


async def test_a_question_that_got_a_fresh_key_is_still_the_same_question(desk: Desk) -> None:
    """The engine rotates keys whenever it wakes; what counts on the desk is what is asked about which plan."""
    question = await at_gate(Gate.DECISION)
    await desk.log_in("shonin")
    async with writing() as db:
        await questions.rotate(db, question.number)
    assert (await desk.answer("shonin", question, "承認する")).status_code == 303


async def test_f15_of_two_approvers_one_decides_and_the_other_is_told(desk: Desk) -> None:
    """The later answer changes nothing, is told so with who was first and when, and is on record as late (F15, F16)."""
    question = await at_gate(Gate.DECISION)
    await desk.log_in("shonin")
    assert (await desk.answer("shonin", question, "承認する")).status_code == 303
    await desk.log_in("shonin-2")
    late = await desk.answer("shonin-2", question, "差し戻す")
    assert late.status_code == 409
    assert "この質問はすでに回答済みです。" in late.text
    assert "shonin、" in late.text.split("受理しました")[1][:80]
    assert await deeds_of(question.number, "answer late") == [("shonin-2", "")]
    assert (await case_of(question.number)).state is State.APPROVED1


@pytest.mark.parametrize(
    ("gate", "who", "fields", "said"),
    [
        (Gate.DECISION, "shonin", {}, "選択肢にない回答です。"),
        (Gate.DECISION, "shonin", {"answer": "承認する", "draft": "1"}, "追加の項目は要りません。"),
        (Gate.PAYMENT, "keiri", {"answer": "入金した"}, "必要な項目"),
        (Gate.PAYMENT, "keiri", {"answer": "入金した", "amount": "-5"}, "必要な項目"),
        (Gate.PAYMENT, "keiri", {"answer": "入金した", "amount": "99999999999999"}, "必要な項目"),
        (Gate.DISPATCH, "uketsuke", {"answer": "発送した", "tracking": "<script>"}, "必要な項目"),
        (Gate.ARCHIVE, "chosa", {"answer": "該当あり"}, "必要な項目"),
        (Gate.ARCHIVE, "chosa", {"answer": "該当あり", "draft": "7"}, "その番号の文案がこの件にありません。"),
    ],
)
async def test_an_incomplete_answer_is_refused_in_words(desk: Desk, gate: Gate, who: str, fields: dict[str, str], said: str) -> None:
    """What is missing or too much is named, and nothing is decided."""
    question = await at_gate(gate)
    await desk.log_in(who)
    about = {"gate": question.gate.value, "about": question.about, "plan": question.plan, "code": desk.code(who)}
    refused = await desk.post(f"/desk/cases/{question.number}/answers", {**about, **fields})
    assert refused.status_code == 422
    assert said in refused.text
    assert await deeds_of(question.number, "answered") == []


async def test_a_slip_in_the_form_does_not_cost_the_code(desk: Desk) -> None:
    """A field forgotten is told before the one-time code is spent on it."""
    question = await at_gate(Gate.PAYMENT)
    await desk.log_in("keiri")
    assert (await desk.answer("keiri", question, "入金した")).status_code == 422
    assert (await desk.answer("keiri", question, "入金した", amount="1000")).status_code == 303


async def test_an_answer_for_another_request_is_nobodys(desk: Desk) -> None:
    """The question of one request cannot be answered on the page of another."""
    one, other = await at_gate(Gate.REVIEW), await at_gate(Gate.DECISION)
    await desk.log_in("shonin")
    about = {"gate": "決定", "about": "1", "plan": other.plan, "answer": "承認する", "code": desk.code("shonin")}
    assert (await desk.post(f"/desk/cases/{one.number}/answers", about)).status_code == 409
    assert await deeds_of(other.number, "answered") == []
