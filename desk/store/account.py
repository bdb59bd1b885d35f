"""A signed account: the service the person is logged in to vouches for the login, once, within five minutes."""

from __future__ import annotations

import json
from datetime import timedelta

import jwt

from desk import clock
from desk.domain.case import CaseError, Rung, State
from desk.settings import settings
from desk.store import agenda, audit, cases, limits, proofs
from desk.store.ledger import writing

LONGEST_SECONDS = 300
EVER = timedelta(days=36_500)  # no midnight after which an assertion would be new again
AUDIENCE = "madoguchi"
_OPEN = {State.RECEIVED, State.ACKNOWLEDGED, State.SCOPED, State.ID_CHECK, State.DOCS_REQUESTED}


class BadAssertion(CaseError):
    """The signed account is not one of the service's, or no longer good."""


async def prove_account(number: str, assertion: str) -> None:
    """Put the login the service vouches for on record; BadAssertion if it is not signed by the service, too old, or used before."""
    login, signed = _login(number, assertion)
    async with writing() as db:
        await agenda.lock(db, number)
        row = await cases.row_of(db, number)
        if row.state not in _OPEN:
            raise BadAssertion(number)
        before = (await proofs.proven_identifiers(db, number)).get("account")
        times = await limits.count(db, "assertion", signed, EVER)
        if before == {"login_id": login}:
            return
        if times > 1:
            raise BadAssertion(number)
        if before:  # two accounts for one request: an officer looks
            await cases.note(db, number, conflicting=True)
            await audit.enter(db, number, "another account", audit.PERSON)
            await agenda.wake(db, number)
            return
        await proofs.confirm(db, number, Rung.RECORDS, "account", {"login_id": login})


def _login(number: str, assertion: str) -> tuple[str, str]:
    """The login vouched for, and what was signed: however it is written, the same statement is the same."""
    key = settings().account_key
    if key is None:
        raise BadAssertion(number)
    secret = key.get_secret_value()
    algorithm = "EdDSA" if "PUBLIC KEY" in secret else "HS256"
    try:
        # PyJWT reads the real clock; the office's clock judges below
        claims = jwt.decode(
            assertion, secret, [algorithm], audience=AUDIENCE, options={"require": ["sub", "aud", "exp"], "verify_exp": False}
        )
        left = float(claims["exp"]) - clock.now().timestamp()
    except (jwt.PyJWTError, TypeError, ValueError):
        raise BadAssertion(number) from None
    login = claims["sub"]
    if not 0 < left <= LONGEST_SECONDS or not isinstance(login, str) or not login.strip():
        raise BadAssertion(number)
    return login, json.dumps(claims, sort_keys=True)
