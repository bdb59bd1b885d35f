"""Worked cases that end otherwise than in a disclosure, through the whole flow; to their last letter they go in test_cases_on_foot.py."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from desk.domain.case import Kind, Searched, State, Verdict
from desk.store import drafts
from desk.store.ledger import writing
from sample.counter import OpenForm
from sample.mailbox import CODE
from sample.visitor import Visitor
from tests.e2e.live import PATIENCE, Demo, Live

NOTHING = (("書庫", "該当なし"), ("決定", "承認する"), ("決定", "承認する"))  # where nothing is held, two sign


async def status(live: Live, visitor: Visitor) -> dict[str, Any]:
    """Where the request stands, as its asker is told."""
    where = f"{live.demo['web']}/api/v1/requests/{visitor.number}"
    await visitor.mailbox.empty()
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        await client.post(f"{where}/codes", json={"for": "status"})
        _, code = await visitor.mailbox.letter("the code for the status", CODE)
        token = (await client.post(f"{where}/sessions", json={"code": code.group(1)})).json()["token"]
        told: dict[str, Any] = (await client.get(where, headers={"Authorization": f"Bearer {token}"})).json()
    return told


async def answered(live: Live, number: str, *answers: tuple[str, str]) -> OpenForm | None:
    """Officers answer these gates in this order; the last form they answered."""
    form = None
    for gate, answer in answers:
        form = await live.counter.wait_for_form(number, but=form.key if form else "", patience=PATIENCE)
        assert form.gate == gate
        await live.answer(form, answer)
    return form


async def nobody(live: Live, **changes: object) -> Visitor:
    """A request of somebody no system knows, whom a clerk recognises."""
    person = {**live.person(), "login_id": ""}
    person["email"] = f"mishiranu.{person['email'].partition('@')[0]}@example.jp"
    visitor = live.visitor(person)
    visitor.number = await live.ask(person, **changes)
    return visitor


@contextmanager
def down(live: Live, system: str) -> Iterator[None]:
    """A system whose database is not there."""
    file = live.office.premises.folder / f"{system}.db"
    file.rename(file.with_suffix(".away"))
    yield
    file.with_suffix(".away").rename(file)


async def letter_named(visitor: Visitor, said: str) -> dict[str, str]:
    """The one letter to the person in which this stands."""
    (found,) = [mail for mail in await visitor.mailbox.everything() if said in mail["text"]]
    return found


async def test_c10_cookies_that_lead_to_nobody_are_no_retained_data(live: Live) -> None:
    """Somebody known by address only, without an account, asks for cookies: no data, said why, for nothing (C10)."""
    person: Demo = next(one for one in live.demo["people"] if one["held_by"] == ["crm"])
    visitor = live.visitor(person)
    visitor.number = await live.ask(person, items=["cookie"])
    await visitor.confirm_address()
    await answered(live, visitor.number, ("審査", "本人と認める"), *NOTHING)
    case = await live.until(visitor.number, State.NOTIFIED)
    assert case.ruling is not None
    assert [(one.item, one.verdict) for one in case.ruling.outcomes] == [("cookie", Verdict.NO_DATA)]
    assert case.coverage.systems["cards"].state is Searched.NOTHING_HELD
    assert case.fee is None
    await live.letters_sent(visitor.number)
    assert "ログインと結びついていないCookie" in (await letter_named(visitor, "保有個人データはございませんでした"))["text"]


async def test_c10_cookies_linked_to_a_login_are_disclosed(live: Live) -> None:
    """The same question by somebody with an account: what is linked to the login is given (C10)."""
    visitor = await live.proven(live.person(), items=["cookie"])
    await answered(live, visitor.number, ("書庫", "該当なし"), ("決定", "承認する"))
    case = await live.until(visitor.number, State.FEE_NOTICED)
    assert case.ruling is not None
    assert [(one.item, one.verdict) for one in case.ruling.outcomes] == [("cookie", Verdict.DISCLOSED)]


async def test_c11_nothing_anywhere_is_told_once_every_system_has_answered(live: Live) -> None:
    """No match after all systems answered: N11 with what was searched, no fee (C11)."""
    visitor = await nobody(live)
    await answered(live, visitor.number, ("審査", "本人と認める"), *NOTHING)
    case = await live.until(visitor.number, State.NOTIFIED)
    assert (case.ruling and case.ruling.kind, case.fee) == (Kind.NO_DATA, None)
    assert {search.state for search in case.coverage.systems.values()} == {Searched.NOTHING_HELD}
    await live.letters_sent(visitor.number)
    text = (await letter_named(visitor, "保有個人データはございませんでした"))["text"]
    assert "手数料はいただきません" in text
    assert all(name in text for name in ("名刺受発注システム", "顧客対応・メール配信システム", "紙の書庫"))
    assert (await status(live, visitor))["fee"] is None


async def test_c11_a_system_that_is_down_is_never_nothing_held(live: Live) -> None:
    """While a system does not answer the request stays INVESTIGATING and nobody says none, until it is left out with a reason (C11)."""
    with down(live, "crm"):
        visitor = await nobody(live)
        form = await answered(live, visitor.number, ("審査", "本人と認める"))
        assert form is not None
        form = await live.counter.wait_for_form(visitor.number, but=form.key, patience=PATIENCE)
        assert form.gate == "調査"
        await live.answer(form, "再試行")
        form = await live.counter.wait_for_form(visitor.number, but=form.key, patience=PATIENCE)
        assert form.gate == "調査"
        told = await status(live, visitor)
        searched = {one["system"]: one["state"] for one in told["coverage"]}
        assert (told["state"], searched["crm"], told["items"]) == ("INVESTIGATING", "failed", [])
        assert not [mail for mail in await visitor.mailbox.everything() if "ございませんでした" in mail["text"]]
        async with writing() as db:
            reason = await drafts.add(db, visitor.number, "shirabe-1", "保守のため来月まで止まっている")
        await live.answer(form, "除外する", draft=reason)
        await live.counter.wait_for_form(visitor.number, but=form.key, patience=PATIENCE)
    await answered(live, visitor.number, *NOTHING)
    case = await live.until(visitor.number, State.NOTIFIED)
    assert case.coverage.systems["crm"].state is Searched.EXCUSED
    await live.letters_sent(visitor.number)
    assert "お調べできなかった記録：顧客対応・メール配信システム" in (await letter_named(visitor, "ございませんでした"))["text"]
