"""Who signs: at 決定 no maker, no signer twice, no stale plan, no second click; through a live Prefect (E6)."""

from __future__ import annotations

import asyncio
from collections import Counter as Tally

import pytest

from desk.domain.case import State
from desk.domain.gates import Refusal, Role
from desk.store import withholding
from desk.store.ledger import writing
from sample.counter import OpenForm
from tests.e2e.live import PATIENCE, Demo, Live, code_of

CLICKS = 6


async def refused(live: Live, form: OpenForm, by: Demo, why: Refusal, answer: str = "承認する") -> OpenForm:
    """An answer that is refused for this reason; the next form."""
    await live.answer(form, answer, by)
    fresh = await live.counter.wait_for_form(number_of(form), but=form.key, patience=PATIENCE)
    assert await live.last_refusal(number_of(form)) == why
    assert why.ja in await live.artifact(number_of(form))
    return fresh


def number_of(form: OpenForm) -> str:
    """The request a form is about."""
    return form.run_name.split()[0]


async def next_form(live: Live, form: OpenForm, gate: str) -> OpenForm:
    """The form that follows another, at this gate."""
    fresh = await live.counter.wait_for_form(number_of(form), but=form.key, patience=PATIENCE)
    assert fresh.gate == gate
    return fresh


async def at_decision(live: Live, number: str) -> OpenForm:
    """Answer 書庫, and the form of the first signature."""
    archive = await live.counter.wait_for_form(number, patience=PATIENCE)
    await live.answer(archive, "該当なし")
    return await next_form(live, archive, "決定")


async def signed(live: Live, number: str) -> int:
    """How many signatures are on record."""
    return Tally(await live.history(number))["signed"]


async def test_who_prepared_a_ruling_and_who_signed_first_cannot_sign(live: Live) -> None:
    """Who answered 審査 or 書庫, who has another role, and who signed first are refused; two others' signatures then count."""
    person = {**live.person(), "email": "mishiranu@example.jp", "login_id": ""}
    number = await live.ask(person)
    review = await live.counter.wait_for_form(number, patience=PATIENCE)
    clerk = await live.answer(review, "本人と認める", await live.officer(Role.CLERK, Role.APPROVER))
    archive = await next_form(live, review, "書庫")
    investigator = await live.answer(archive, "該当なし", await live.officer(Role.INVESTIGATOR, Role.APPROVER))
    first = await next_form(live, archive, "決定")
    first = await refused(live, first, clerk, Refusal.OWN_WORK)
    first = await refused(live, first, investigator, Refusal.OWN_WORK)
    first = await refused(live, first, await live.officer(Role.SECOND_APPROVER), Refusal.WRONG_ROLE)
    assert await signed(live, number) == 0
    signer = await live.answer(first, "承認する", await live.officer(Role.APPROVER, Role.SECOND_APPROVER))
    second = await next_form(live, first, "決定")
    second = await refused(live, second, signer, Refusal.OWN_WORK)
    assert await signed(live, number) == 1
    await live.answer(second, "承認する")
    await live.until(number, State.NOTIFIED)
    assert await signed(live, number) == 2


@pytest.mark.parametrize("state", [("SCHEDULED", "AwaitingRetry"), ("FAILED", "Failed")])
async def test_an_answer_to_one_gate_is_never_used_for_the_next(live: Live, state: tuple[str, str]) -> None:
    """A run forced to begin again behind an answered gate asks for the signature; what was answered before signs nothing (F19)."""
    number = (await live.proven(live.person())).number
    form = await at_decision(live, number)
    wanted = {"state": {"type": state[0], "name": state[1]}, "force": True}
    (await live.prefect("POST", f"/flow_runs/{form.run}/set_state", wanted)).raise_for_status()
    await asyncio.sleep(3)
    form = await live.counter.wait_for_form(number, patience=PATIENCE)
    assert await signed(live, number) == 0
    await live.answer(form, "承認する")
    await live.until(number, State.FEE_NOTICED)


async def test_an_answer_to_a_plan_that_changed_meanwhile_does_not_count(live: Live) -> None:
    """Signed while an item was being kept back: the signature is worth nothing, and the new plan is asked about (F18)."""
    number = (await live.proven(live.person())).number
    form = await at_decision(live, number)
    await live.office.stop("worker")
    await live.answer(form, "承認する")
    async with writing() as db:
        await withholding.withhold(db, number, "usage", "hindrance", "業務に著しい支障があるため", "shirabe-1")
    await live.office.start("worker")
    first = await next_form(live, form, "決定")
    assert await signed(live, number) == 0
    await live.answer(first, "承認する")
    await live.answer(await next_form(live, first, "決定"), "承認する")
    await live.until(number, State.FEE_NOTICED)
    assert await signed(live, number) == 2


async def test_many_clicks_at_once_are_one_decision(live: Live) -> None:
    """Several approvers approve and send back at the same moment: one answer is on record, and it alone has its effect (F15, F16)."""
    number = (await live.proven(live.person())).number
    form = await at_decision(live, number)
    officers = [await live.officer(Role.APPROVER) for _ in range(CLICKS)]
    answers = ["承認する", "差し戻す"] * (CLICKS // 2)

    async def click(officer: Demo, answer: str) -> str:
        filled = {"officer": officer["id"], "code": code_of(officer), "answer": answer}
        told = await live.prefect("POST", f"/flow_runs/{form.run}/resume", {"run_input": filled})
        return str(told.json().get("status"))

    told = await asyncio.gather(*(click(officer, answer) for officer, answer in zip(officers, answers, strict=True)))
    assert Tally(told)["ACCEPT"] <= 1
    await asyncio.sleep(3)
    await live.counter.wait_for_form(number, but=form.key, patience=PATIENCE)
    deeds = Tally(await live.history(number))
    assert deeds["answered"] == 2  # 書庫, and one of the clicks
    assert deeds["signed"] + deeds["ruling proposed"] == 2
