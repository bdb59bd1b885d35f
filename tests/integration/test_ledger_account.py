"""The signed account: the service vouches for a login, within five minutes, for one request only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from desk import clock
from desk.domain.case import NoSuchCase, Rung, State
from desk.settings import settings
from desk.store import proofs
from desk.store.account import BadAssertion, prove_account
from desk.store.ledger import reading
from tests.integration.ledger_office import at_once, at_state, case_of, received, vouched

pytestmark = pytest.mark.usefixtures("ledger")
MINUTE = timedelta(minutes=1)


async def login_of(number: str) -> dict[str, str] | None:
    """The login on record."""
    async with reading() as db:
        return (await proofs.proven_identifiers(db, number)).get("account")


async def test_the_service_vouches_for_a_login() -> None:
    """A login the service signed is on record; the same again is harmless."""
    number, assertion = await received(), vouched()
    for _ in range(2):
        await prove_account(number, assertion)
    assert await login_of(number) == {"login_id": "hanako-77"}
    assert (await case_of(number)).identity.proven == {Rung.RECORDS}


async def test_only_the_service_vouches() -> None:
    """Another key, another audience, no audience, no signature, no login, a wrong or a missing end are BadAssertion."""
    number, far = await received(), "another secret of thirty-two bytes or more, which is not ours"
    unsigned = jwt.encode({"sub": "x", "aud": "madoguchi", "exp": 9_999_999_999}, "", "none")
    wrong = [vouched(secret=far), vouched(aud="elsewhere"), vouched(aud=[]), unsigned, vouched(""), vouched(" "), "", "a.b.c", "\ud800"]
    for assertion in [*wrong, vouched(exp="soon"), vouched(exp=None), vouched(exp=float("inf"))]:
        with pytest.raises(BadAssertion):
            await prove_account(number, assertion)
    assert await login_of(number) is None
    with pytest.raises(NoSuchCase):
        await prove_account("2611-22222-22222-2", vouched())


async def test_a_login_is_vouched_for_five_minutes() -> None:
    """An assertion that lives longer than five minutes is refused, and one whose time is over, by the office's clock."""
    number = await received()
    with pytest.raises(BadAssertion):
        await prove_account(number, vouched(lives=6 * MINUTE))
    assertion = vouched(lives=5 * MINUTE)
    with clock.travelled(5 * MINUTE + MINUTE), pytest.raises(BadAssertion):
        await prove_account(number, assertion)
    await prove_account(number, assertion)


async def test_an_assertion_is_good_for_one_request() -> None:
    """What was said for one request proves nothing in another, not at the same moment and not on the other side of midnight."""
    numbers = [await received(key) for key in "abcd"]
    midnight = datetime(2030, 1, 1, tzinfo=UTC) - timedelta(seconds=30)
    with clock.travelled(midnight - clock.now()):
        assertion = vouched()
        outcomes = await at_once(*(prove_account(number, assertion) for number in numbers[:3]))
        assert outcomes.count(None) == 1
    with clock.travelled(midnight + timedelta(seconds=45) - clock.now()), pytest.raises(BadAssertion):
        await prove_account(numbers[3], assertion)


async def test_an_account_is_proven_only_while_identity_is_open() -> None:
    """Once identity was settled, no account is taken any more."""
    number = await at_state(State.INVESTIGATING)
    with pytest.raises(BadAssertion):
        await prove_account(number, vouched())


async def test_a_service_may_sign_with_a_key_only_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the public half of an Ed25519 key the desk can check and nobody but the service can sign."""
    number, service = await received(), Ed25519PrivateKey.generate()
    public = service.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    by_secret = vouched()
    monkeypatch.setenv("MADOGUCHI_ACCOUNT_KEY", public)
    settings.cache_clear()
    with pytest.raises(BadAssertion):
        await prove_account(number, by_secret)
    said = {"sub": "hanako-77", "aud": "madoguchi", "exp": int((clock.now() + MINUTE).timestamp())}
    await prove_account(number, jwt.encode(said, service, "EdDSA"))
    assert await login_of(number) == {"login_id": "hanako-77"}


async def test_without_a_key_no_service_vouches(monkeypatch: pytest.MonkeyPatch) -> None:
    """An office that set no key takes no account at all."""
    number, assertion = await received(), vouched()
    monkeypatch.delenv("MADOGUCHI_ACCOUNT_KEY")
    settings.cache_clear()
    with pytest.raises(BadAssertion):
        await prove_account(number, assertion)


async def test_the_same_statement_written_otherwise_is_the_same() -> None:
    """An assertion used for one request proves nothing in another, however its last characters are written."""
    first, second, assertion = await received("one"), await received("two"), vouched()
    await prove_account(first, assertion)
    for again in (assertion, f"{assertion}="):
        with pytest.raises(BadAssertion):
            await prove_account(second, again)
    assert await login_of(second) is None


async def test_another_account_for_the_same_request_is_a_conflict() -> None:
    """Whoever comes second is not turned away in silence: the proofs conflict, and an officer looks."""
    number = await received()
    await prove_account(number, vouched("hanako-77"))
    await prove_account(number, vouched("somebody-else"))
    case = await case_of(number)
    assert case.identity.conflicting
    assert await login_of(number) == {"login_id": "hanako-77"}
