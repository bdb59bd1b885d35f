"""The JSON API keeps what surface.md promises, and tells nobody who is known."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import date, timedelta

import jwt
import pyotp
import pytest

from desk import clock
from desk.domain.case import State
from desk.domain.gates import Role
from desk.domain.number import compose
from desk.settings import settings
from desk.store import cases, officers
from desk.store.ledger import reading, writing
from tests.integration.front import (
    HANAKO,
    asked,
    billed,
    body,
    confirmed,
    delivered,
    desk,
    extra_of,
    invited,
    public,
    ruled,
    sent,
    signed_in,
    visitor,
)

pytestmark = pytest.mark.usefixtures("office")
POST = "/api/v1/requests"
KEY = {"Idempotency-Key": "first"}
NOBODYS = compose(date(2026, 11, 22), "2222222222")


async def test_a_request_is_taken_in_and_dated() -> None:
    """The answer bears the number, when it arrived, the target, the suit date, and where to look."""
    async with visitor(public()) as client:
        answer = await client.post(POST, json=body(), headers=KEY)
    told = answer.json()
    assert answer.status_code == 201
    assert set(told) == {"number", "received_at", "target_date", "suit_date", "status_url"}
    assert told["status_url"].endswith(f"/ja/status/{told['number']}")
    assert told["received_at"].endswith("Z")


async def test_the_same_key_and_body_give_the_same_answer_f2() -> None:
    """A repeated post is one request; another body under the key is a conflict (F2)."""
    async with visitor(public()) as client:
        answers = [await client.post(POST, json=body(), headers=KEY) for _ in range(2)]
        other = await client.post(POST, json=body(details="別の内容"), headers=KEY)
    assert answers[0].json() == answers[1].json()
    assert [answer.status_code for answer in answers] == [201, 201]
    assert (other.status_code, other.json()["code"]) == (409, "key-reused")


async def test_twenty_four_posts_at_once_are_one_request_f3() -> None:
    """However many identical posts arrive together, all get one number (F3)."""
    async with visitor(public()) as client:
        answers = await asyncio.gather(*(client.post(POST, json=body(), headers=KEY) for _ in range(24)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["number"] for answer in answers}) == 1


async def test_a_request_without_a_key_is_refused() -> None:
    """Without the header nothing can be repeated safely."""
    async with visitor(public()) as client:
        answer = await client.post(POST, json=body())
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "Idempotency-Key")


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"status": "approved"}, "status", "unknown-field"),
        ({"items": "*"}, "items", "wrong-type"),
        ({"items": []}, "items", "no-items"),
        ({"items": ["shoe_size"]}, "items", "unknown-item"),
        ({"right": "CORR"}, "right", "not-by-form"),
        ({"right": "TEA"}, "right", "unknown-value"),
        ({"form": "pigeon"}, "form", "unknown-value"),
        ({"language": "fr"}, "language", "unknown-value"),
        ({"contact": {}}, "contact.email", "no-contact"),
        ({"identifiers": {}}, "identifiers.email", "no-identifier"),
        ({"contact": {"email": "a@example.jp, evil@example.jp"}}, "contact.email", "not-an-address"),
        ({"contact": {"email": HANAKO, "fax": "1"}}, "contact.fax", "unknown-field"),
        ({"name": {"family": 1}}, "name.family", "wrong-type"),
        ({"name": {"family": "\ud800"}}, "name.family", "not-allowed-characters"),
        ({"name": {"family": "見\u202e本"}}, "name.family", "not-allowed-characters"),
        ({"details": "nul\0"}, "details", "not-allowed-characters"),
        ({"period": {"from": "2026-13-01"}}, "period.from", "not-a-date"),
        ({"period": {"from": "2025-02-01", "to": "2025-01-01"}}, "period.to", "period-reversed"),
    ],
)
async def test_t43_what_is_wrong_is_tied_to_its_field(changes: dict[str, object], field: str, code: str) -> None:
    """A body that is not exactly what is promised gets a problem document naming the field (T42, T43)."""
    content = json.dumps(body(**changes))
    async with visitor(public()) as client:
        answer = await client.post(POST, content=content, headers={**KEY, "Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"field": field, "code": code}.items() <= answer.json()["errors"][0].items()
    assert answer.json()["errors"][0]["message"]


async def test_a_right_not_taken_by_form_says_how_to_ask_instead() -> None:
    """The refusal of a form is no refusal of the request: the telephone and the address of the desk are told, in the language asked."""
    async with visitor(public()) as client:
        answer = await client.post(POST, json=body(right="CEASE", language="en"), headers=KEY)
    message = answer.json()["errors"][0]["message"]
    assert "03-0000-1001" in message
    assert message.startswith("This request")


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 422),
        (b"[]", 422),
        (b"", 422),
        (b"\xff\xfe", 400),
        (b"[" * 60_000, 400),
        (b'{"details": "' + b"a" * 70_000 + b'"}', 413),
    ],
)
async def test_t42_odd_bodies_are_answered(content: bytes, status: int) -> None:
    """What is no JSON, too deep or too big is a client's error, never a fault of ours (T42)."""
    async with visitor(public()) as client:
        answer = await client.post(POST, content=content, headers={**KEY, "Content-Type": "application/json"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_t42_a_body_without_an_end_is_cut_off() -> None:
    """A chunked body is counted as it comes (T42)."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"a" * 1024

    async with visitor(public()) as client:
        answer = await client.post(POST, content=endless(), headers=KEY)
    assert answer.status_code == 413


async def test_t10_codes_are_promised_to_everybody_alike() -> None:
    """Known, unknown and malformed numbers get the same bytes (T10)."""
    async with visitor(public()) as client:
        known = await asked(client)
        answers = [await client.post(f"{POST}/{number}/codes", json={"for": "status"}) for number in (known, NOBODYS, "x")]
    assert {(answer.status_code, answer.content) for answer in answers} == {(202, b'{"accepted":true}')}
    assert (await extra_of(known, "status-code"))["code"]


async def test_t19_a_session_opens_its_own_request_only() -> None:
    """Another number, a mutated one and an unknown one are the same 404 (T19)."""
    async with visitor(public()) as client:
        mine, other = await asked(client), await asked(client, "second")
        token = await signed_in(client, mine)
        answers = [await client.get(f"{POST}/{number}", headers=token) for number in (other, mine[:-3] + "X" + mine[-2:], "2611", "%00")]
        own = await client.get(f"{POST}/{mine}", headers=token)
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}
    assert own.status_code == 200


async def test_t10_without_a_session_known_and_unknown_are_alike() -> None:
    """Whoever has no session cannot tell whether a number exists."""
    async with visitor(public()) as client:
        known = await asked(client)
        with_number = [await client.get(f"{POST}/{number}") for number in (known, NOBODYS)]
    assert {(answer.status_code, answer.content) for answer in with_number} == {(401, with_number[0].content)}


async def test_the_status_says_whose_turn_it_is_and_why() -> None:
    """Before identity is confirmed it holds dates and words, and nothing that was found."""
    async with visitor(public()) as client:
        number = await asked(client)
        answer = await client.get(f"{POST}/{number}", headers=await signed_in(client, number))
    told = answer.json()
    assert (told["state"], told["step"], told["right"], told["number"]) == ("RECEIVED", "identity", "DISC", number)
    assert told["coverage"] == told["items"] == []
    assert told["fee"] is None
    assert any(told["suit_date"][:4] in said for said in told["why"])


async def test_the_status_shows_coverage_once_identity_is_confirmed() -> None:
    """Every system with its state; items only after the last signature."""
    async with visitor(public()) as client:
        number = await asked(client)
        token = await signed_in(client, number)
        await ruled(number, signed=False)
        drafted = (await client.get(f"{POST}/{number}", headers=token)).json()
    assert [(one["system"], one["state"]) for one in drafted["coverage"]] == [("cards", "searched"), ("archive", "nothing-held")]
    assert drafted["items"] == []


async def test_the_decision_is_told_item_by_item_and_the_fee_with_its_day() -> None:
    """Each item has an outcome, an article and a reason in words; the fee an amount, a state and a day."""
    async with visitor(public()) as client:
        number = await asked(client)
        token = await signed_in(client, number)
        await billed(number)
        told = (await client.get(f"{POST}/{number}", headers={**token, "Accept-Language": "en"})).json()
    outcomes = {one["item"]: one for one in told["items"]}
    assert (outcomes["name"]["outcome"], outcomes["name"]["reason"]) == ("disclosed", "Disclosed as requested.")
    assert outcomes["location"]["outcome"] == "no-data"
    assert (told["fee"]["amount"], told["fee"]["state"], told["whose_turn"]) == (1000, "asked", "person")


async def test_letters_to_a_proven_address_are_not_read_at_the_contact() -> None:
    """A session proves the contact only: a letter to another, proven address is named, and its words are not shown."""
    async with visitor(public()) as client:
        number = await asked(client)
        token = await signed_in(client, number)
        await confirmed(number, "on-file@example.jp")
        await sent(number, "N01", "contact", "受け付けました", "到達しました")
        await sent(number, "N08", "proven", "手数料のご案内", "口座 1234567")
        told = (await client.get(f"{POST}/{number}", headers=token)).json()["messages"]
    assert [one["name"] for one in told] == ["N01", "N08"]
    assert "到達" in told[0]["body"]
    assert "1234567" not in told[1]["body"]


async def test_letters_to_an_address_on_file_are_not_mentioned() -> None:
    """That an invitation went out would tell that somebody is known."""
    async with visitor(public()) as client:
        number = await asked(client)
        token = await signed_in(client, number)
        before = (await client.get(f"{POST}/{number}", headers=token)).content
        await invited(number)
        after = (await client.get(f"{POST}/{number}", headers=token)).content
    assert before == after


async def test_t14_a_code_works_once_for_its_own_purpose() -> None:
    """A status code opens one session; it is no package code, and the second use is refused (T14)."""
    async with visitor(public()) as client:
        number = await asked(client)
        token = await signed_in(client, number)
        await delivered(number)
        await client.post(f"{POST}/{number}/codes", json={"for": "status"})
        code = (await extra_of(number, "status-code"))["code"]
        crossed = await client.post(f"{POST}/{number}/package", json={"code": code}, headers=token)
        first = await client.post(f"{POST}/{number}/sessions", json={"code": code})
        again = await client.post(f"{POST}/{number}/sessions", json={"code": code})
    assert [answer.status_code for answer in (crossed, first, again)] == [404, 201, 409]


async def test_t12_five_wrong_codes_end_the_code() -> None:
    """Wrong codes are counted; after five even the right one is refused (T12)."""
    async with visitor(public()) as client:
        number = await asked(client)
        await client.post(f"{POST}/{number}/codes", json={"for": "status"})
        code = (await extra_of(number, "status-code"))["code"]
        wrong = [(await client.post(f"{POST}/{number}/sessions", json={"code": "AAAAAAAA"})).status_code for _ in range(5)]
        right = await client.post(f"{POST}/{number}/sessions", json={"code": code})
    assert wrong == [422, 422, 422, 422, 429]
    assert (right.status_code, right.json()["code"]) == (429, "too-many-tries")


async def test_a_session_ends_when_it_is_idle() -> None:
    """After fifteen idle minutes a new code is needed."""
    async with visitor(public()) as client:
        number = await asked(client)
        token = await signed_in(client, number)
        with clock.travelled(timedelta(minutes=16)):
            answer = await client.get(f"{POST}/{number}", headers=token)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


async def test_an_address_is_proven_once_by_its_code() -> None:
    """The code of the letter proves; the same again says that it is done; a fresh one is sent to the same address."""
    async with visitor(public()) as client:
        number = await asked(client)
        token = await invited(number)
        assert (await client.post(f"/api/v1/proofs/{token}/codes")).status_code == 202
        code = (await extra_of(number, "proof"))["code"]
        answers = [(await client.post(f"/api/v1/proofs/{token}", json={"code": code})).status_code for _ in range(2)]
        unknown = await client.post("/api/v1/proofs/nothing", json={"code": code})
    async with reading() as db:
        assert (await cases.read(db, number)).identity.address_proven
    assert answers == [200, 409]
    assert unknown.status_code == 404


async def test_the_service_vouches_for_an_account() -> None:
    """A signed account proves whose records they are; an unsigned one proves nothing."""
    key = settings().account_key
    assert key is not None
    claims = {"sub": "hanako", "aud": "madoguchi", "exp": int(clock.now().timestamp()) + 60}
    async with visitor(public()) as client:
        number = await asked(client)
        good = await client.post(f"{POST}/{number}/account", json={"assertion": jwt.encode(claims, key.get_secret_value())})
        bad = await client.post(f"{POST}/{number}/account", json={"assertion": jwt.encode(claims, "another secret of 32 bytes, or more")})
    assert (good.status_code, bad.status_code) == (200, 422)


async def test_the_package_needs_a_code_of_its_own_t20() -> None:
    """The code goes to the proven address; the zip comes once per code, whole, as an attachment nobody may keep (T20, T21, T22)."""
    async with visitor(public()) as client:
        number = await asked(client)
        token = await signed_in(client, number)
        await delivered(number, b"PK" + b"x" * 3_000_000)
        await client.post(f"{POST}/{number}/codes", json={"for": "package"})
        code = (await extra_of(number, "package-code"))["code"]
        answer = await client.post(f"{POST}/{number}/package", json={"code": code}, headers={**token, "Range": "bytes=0-1,0-2"})
        again = await client.post(f"{POST}/{number}/package", json={"code": code}, headers=token)
    assert (answer.status_code, len(answer.content)) == (200, 3_000_002)
    assert answer.headers["content-disposition"] == f'attachment; filename="madoguchi-{number}.zip"'
    assert answer.headers["cache-control"] == "no-store"
    assert again.status_code == 409
    async with reading() as db:
        assert (await cases.read(db, number)).delivered_at is not None


async def test_t44_there_is_nothing_to_fetch_before_its_time() -> None:
    """No step can be skipped: no package before it is announced, and no package code before identity is confirmed (T44)."""
    async with visitor(public()) as client:
        number = await asked(client)
        token = await signed_in(client, number)
        await client.post(f"{POST}/{number}/codes", json={"for": "package"})
        answer = await client.post(f"{POST}/{number}/package", json={"code": "AAAAAAAA"}, headers=token)
    assert await extra_of(number, "package-code") == {}
    assert (answer.status_code, answer.json()["code"]) == (404, "no-package")


async def test_a_request_is_withdrawn_by_its_own_session_only() -> None:
    """A withdrawal needs the session; it counts once, and an objection is refused while the procedure runs."""
    async with visitor(public()) as client:
        number = await asked(client)
        token = await signed_in(client, number)
        without = await client.post(f"{POST}/{number}/withdrawal")
        done = await client.post(f"{POST}/{number}/withdrawal", headers=token)
        early = await client.post(f"{POST}/{number}/objection", json={"words": "納得できません"}, headers=token)
    assert [answer.status_code for answer in (without, done, early)] == [401, 202, 409]


async def test_an_objection_is_taken_after_the_answer() -> None:
    """Words are needed, and kept; a withdrawal is then too late."""
    async with visitor(public()) as client:
        number = await asked(client)
        token = await signed_in(client, number)
        await delivered(number)
        empty = await client.post(f"{POST}/{number}/objection", json={"words": "  "}, headers=token)
        good = await client.post(f"{POST}/{number}/objection", json={"words": "注文の記録が足りません"}, headers=token)
        late = await client.post(f"{POST}/{number}/withdrawal", headers=token)
    assert [answer.status_code for answer in (empty, good, late)] == [422, 202, 409]


async def test_without_a_mail_address_a_clerk_is_asked() -> None:
    """No code is lost into nowhere: the wish is on record for the office."""
    async with visitor(public()) as client:
        number = await asked(client, contact={"telephone": "03-0000-2222"})
        answer = await client.post(f"{POST}/{number}/codes", json={"for": "status"})
    assert answer.status_code == 202
    assert await extra_of(number, "status-code") == {}


async def test_officers_log_in_and_write_words() -> None:
    """An officer with a writing role keeps words under a number; an auditor may not, and a person's session is no officer's."""
    async with writing() as db:
        clerk, auditor = (
            await officers.add(db, "sato", [Role.CLERK], "sato@example.jp"),
            await officers.add(db, "kato", [Role.AUDITOR], "k@example.jp"),
        )
    async with visitor(public()) as client, visitor(desk()) as office:
        number = await asked(client)
        person = await signed_in(client, number)
        tokens = []
        for one in (clerk, auditor):
            login = {"officer": one.id, "password": one.password, "code": pyotp.TOTP(one.secret).at(clock.now())}
            tokens.append({"Authorization": f"Bearer {(await office.post('/api/v1/login', json=login)).json()['token']}"})
        answers = [await office.post(f"{POST}/{number}/drafts", json={"words": "倉庫に1箱"}, headers=token) for token in (*tokens, person)]
        wrong = await office.post("/api/v1/login", json={"officer": "sato", "password": "no", "code": "000000"})
        nowhere = await office.post(f"{POST}/{NOBODYS}/drafts", json={"words": "x"}, headers=tokens[0])
    assert [answer.status_code for answer in (*answers, wrong, nowhere)] == [201, 403, 401, 401, 404]
    assert answers[0].json() == {"draft": 1}


async def test_the_ledger_answers_and_figures_name_nobody() -> None:
    """/healthz and /metrics are for whoever watches; figures hold counts and codes only."""
    async with visitor(public()) as client:
        number = await asked(client)
        health, figures = await client.get("/healthz"), await client.get("/metrics")
    async with visitor(public(), "192.0.2.7") as stranger:
        refused = await stranger.get("/metrics")
    assert health.json() == {"ok": True}
    assert 'madoguchi_requests{state="RECEIVED"} 1' in figures.text
    assert number not in figures.text
    assert refused.status_code == 404


async def test_the_api_describes_itself() -> None:
    """OpenAPI names every route of the surface."""
    async with visitor(public()) as client:
        described = (await client.get("/api/v1/openapi.json")).json()
    assert f"{POST}/{{number}}/package" in described["paths"]
    assert {"/api/v1/login", "/api/v1/proofs/{token}/codes"} <= set(described["paths"])


async def test_t40_posts_are_counted_by_place_not_by_header(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit the answer is 429 with a time to wait; a forged forwarding header changes nothing (T8, T40)."""
    monkeypatch.setenv("MADOGUCHI_REQUESTS_PER_MINUTE", "3")
    settings.cache_clear()
    app = public()
    async with visitor(app) as client, visitor(app, "192.0.2.9") as elsewhere:
        mine = [
            (await client.post(POST, json=body(), headers={"Idempotency-Key": f"k{n}", "X-Forwarded-For": f"203.0.113.{n}"}))
            for n in range(5)
        ]
        theirs = await elsewhere.post(POST, json=body(), headers={"Idempotency-Key": "other"})
    assert [answer.status_code for answer in mine] == [201, 201, 201, 429, 429]
    assert int(mine[-1].headers["retry-after"]) > 0
    assert theirs.status_code == 201


async def test_t40_a_trusted_proxy_names_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a trusted proxy the address it saw counts, not what the client claimed before it (T40)."""
    monkeypatch.setenv("MADOGUCHI_REQUESTS_PER_MINUTE", "1")
    monkeypatch.setenv("MADOGUCHI_TRUSTED_PROXIES", '["10.0.0.0/8"]')
    settings.cache_clear()
    async with visitor(public(), "10.0.0.1") as proxy:
        seen = ["203.0.113.1", "198.51.100.1, 203.0.113.1", "203.0.113.2"]
        answers = [
            await proxy.post(POST, json=body(), headers={"Idempotency-Key": f"k{n}", "X-Forwarded-For": hop}) for n, hop in enumerate(seen)
        ]
    assert [answer.status_code for answer in answers] == [201, 429, 201]


async def test_a_state_far_along_is_told_in_words() -> None:
    """Closed requests are still found by their people."""
    async with visitor(public()) as client:
        number = await asked(client, language="en")
        token = await signed_in(client, number)
        await delivered(number)
        async with writing() as db:
            await cases.move(db, number, State.CLOSED)
        told = (await client.get(f"{POST}/{number}", headers=token)).json()
    assert (told["state"], told["step"], told["whose_turn"]) == ("CLOSED", "notice", "none")
    assert told["why"][0] == "The answer to your request has been sent."
