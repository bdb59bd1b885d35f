"""Codes and links that prove an address: eight base-32 characters or a link, once, for a short time, five tries each.

A failed try is committed before it is reported, so these verbs keep their own transactions.
"""

from __future__ import annotations

import base64
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from sqlalchemy import Row, insert, select, update

from desk import clock
from desk.domain.case import CaseError, Rung
from desk.settings import settings
from desk.store import agenda, audit, letters, limits, seal
from desk.store.keys import key_of
from desk.store.ledger import Db, reading, writing
from desk.store.schema import cases, confirmations, proofs

CODE_LIVES = timedelta(minutes=10)
LINK_LIVES = timedelta(hours=24)
TRIES = 5
CODES_PER_HOUR, CODES_PER_DAY = 3, 10
FAILURES_PER_HOUR = 300  # over all requests together
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Purpose(StrEnum):
    """What a proof is for; one made for another purpose is worth nothing."""

    ADDRESS = "address"
    STATUS = "status"
    PACKAGE = "package"


LETTER = {Purpose.ADDRESS: "proof", Purpose.STATUS: "status-code", Purpose.PACKAGE: "package-code"}


class ProofError(CaseError):
    """The code or link does not prove anything."""


class NoSuchProof(ProofError):
    """There is no such code or link."""


class CodeExpired(ProofError):
    """The code is older than ten minutes; a fresh one can be sent."""


class LinkExpired(ProofError):
    """The link is older than a day."""


class UsedAlready(ProofError):
    """The code or link was used before, and did its work."""


class TooManyTries(ProofError):
    """The code was tried too often; a fresh one can be sent."""


class BudgetSpent(ProofError):
    """Too many wrong codes are being tried at this desk; please try again within the hour."""


class WrongCode(ProofError):
    """The code is not the one that was sent."""

    def __init__(self, number: str = "", left: int = 0) -> None:
        """Say how many tries are left."""
        super().__init__(number)
        self.left = left


@dataclass(frozen=True, kw_only=True)
class Proven:
    """What a code or link has proven."""

    number: str
    purpose: Purpose


async def issue(db: Db, number: str, purpose: Purpose, to: str) -> bool:
    """Issue a code and a link and owe the letter that carries them; False where too many were issued already.

    `to` is `contact`, `proven`, or (for an address on file) the address itself. Only the newest code of a purpose is good.
    """
    await agenda.lock(db, number)
    if not await _within_limits(db, number, purpose, to):
        return False
    token, code = secrets.token_urlsafe(32), new_code()
    await db.execute(update(proofs).where(proofs.c.number == number, proofs.c.purpose == purpose).values(superseded=True))
    await letters.supersede(db, number, LETTER[purpose])
    now = clock.now()
    await db.execute(
        insert(proofs).values(
            token_digest=seal.digest("token", token),
            number=number,
            purpose=purpose,
            code_digest=_code_digest(number, purpose, code),
            address=seal.sealed(await key_of(db, number), to, f"{number} proof"),
            issued_at=now,
            code_until=now + CODE_LIVES,
            link_until=now + LINK_LIVES,
        )
    )
    await _owe_letter(db, number, purpose, to, token, code)
    return True


def new_code() -> str:
    """Eight characters of A-Z and 2-7: 40 random bits."""
    return base64.b32encode(secrets.token_bytes(5)).decode()


def tidy(code: str) -> str:
    """A code as typed or pasted, brought to its written form: full-width letters count, and figures a code never has are letters."""
    plain = "".join(unicodedata.normalize("NFKC", code).split()).replace("-", "").upper()
    return plain.translate(str.maketrans("018", "OIB"))


def _code_digest(number: str, purpose: Purpose, code: str) -> str:
    return seal.digest(f"code {number} {purpose}", code)


async def _within_limits(db: Db, number: str, purpose: Purpose, to: str) -> bool:
    what = f"codes-{purpose}"
    if await limits.count(db, f"{what}-hour", number, HOUR) > CODES_PER_HOUR:
        return False
    if await limits.count(db, f"{what}-day", number, DAY) > CODES_PER_DAY:
        return False
    return "@" not in to or await limits.count(db, "letters-address", to.casefold(), DAY) <= settings().letters_per_address_a_day


async def _owe_letter(db: Db, number: str, purpose: Purpose, to: str, token: str, code: str) -> None:
    minutes = str(int(CODE_LIVES.total_seconds() // 60))
    extra = {"code": code, "minutes": minutes, "code_minutes": minutes}
    if purpose is Purpose.ADDRESS:
        extra |= {"to": to, "link": f"{settings().public_url}/proof/{token}", "link_hours": str(int(LINK_LIVES.total_seconds() // 3600))}
    recipient = "address" if purpose is Purpose.ADDRESS else to
    await letters.owe(db, number, LETTER[purpose], recipient, occasion=secrets.token_hex(8), **extra)


async def consume_code(token: str, code: str) -> Proven:
    """Try a code against the letter whose link carries this token."""
    return await _consume(proofs.c.token_digest == seal.digest("token", token), code)


async def consume_for(number: str, purpose: Purpose, code: str) -> Proven:
    """Try a code against the newest one issued for a request and a purpose."""
    newest = (proofs.c.number == number) & (proofs.c.purpose == purpose) & proofs.c.superseded.is_(False)
    return await _consume(newest, code)


async def consume_link(token: str) -> Proven:
    """Prove by the link alone: whoever reads the mail has it."""
    async with writing() as db:
        row = await _found(db, proofs.c.token_digest == seal.digest("token", token))
        if problem := _link_problem(row):
            raise problem
        return await _proven(db, row)


def _link_problem(row: Row[Any]) -> ProofError | None:
    if row.used_at is not None:
        return UsedAlready(row.number)
    if row.superseded or clock.now() > row.link_until or row.purpose != Purpose.ADDRESS:
        return LinkExpired(row.number)
    return None


async def _found(db: Db, which: Any) -> Row[Any]:  # noqa: ANN401 - an SQL expression
    """The proof, as it stands now that nobody else can try it."""
    number = (await db.execute(select(proofs.c.number).where(which))).scalar_one_or_none()
    if number is None:
        raise NoSuchProof
    await agenda.lock(db, number)
    row = (await db.execute(select(proofs).where(which))).one_or_none()
    if row is None:  # another code was issued just now
        raise NoSuchProof
    return row


async def _consume(which: Any, code: str) -> Proven:  # noqa: ANN401 - an SQL expression
    async with writing() as db:
        row = await _found(db, which)
        problem = await _code_problem(db, row)
        if problem is None:
            tries = row.tries + 1
            await db.execute(update(proofs).where(proofs.c.token_digest == row.token_digest).values(tries=tries))
            if seal.same(row.code_digest, _code_digest(row.number, Purpose(row.purpose), tidy(code))):
                return await _proven(db, row)
            await limits.count(db, "wrong-codes", "all", HOUR)
            await audit.enter(db, row.number, "wrong code", audit.PERSON, purpose=row.purpose, tries=tries)
            problem = WrongCode(row.number, TRIES - tries) if tries < TRIES else TooManyTries(row.number)
    raise problem  # after the try was committed


async def _code_problem(db: Db, row: Row[Any]) -> ProofError | None:
    if row.used_at is not None:
        return UsedAlready(row.number)
    if row.superseded or clock.now() > row.code_until:
        return CodeExpired(row.number)
    if row.tries >= TRIES:
        return TooManyTries(row.number)
    if row.tries and await limits.so_far(db, "wrong-codes", "all", HOUR) >= FAILURES_PER_HOUR:  # the first try of a code is always free
        return BudgetSpent(row.number)
    return None


async def _proven(db: Db, row: Row[Any]) -> Proven:
    await db.execute(update(proofs).where(proofs.c.token_digest == row.token_digest).values(used_at=clock.now()))
    if row.purpose == Purpose.ADDRESS:
        address = seal.opened(await key_of(db, row.number), row.address, f"{row.number} proof")
        await confirm(db, row.number, Rung.PERSON, "mail-code", {"email": str(address)})
    await audit.enter(db, row.number, "proven", audit.PERSON, purpose=row.purpose)
    return Proven(number=row.number, purpose=Purpose(row.purpose))


async def confirm(db: Db, number: str, rung: Rung, method: str, evidence: dict[str, str]) -> None:
    """Put one rung of the ladder on record with what it proves, and wake the request."""
    await agenda.lock(db, number)
    same = (confirmations.c.number == number, confirmations.c.rung == rung, confirmations.c.method == method)
    if (await db.execute(select(confirmations.c.rung).where(*same))).first():
        return
    text = seal.sealed(await key_of(db, number), evidence, f"{number} {rung} {method}")
    await db.execute(insert(confirmations).values(number=number, rung=rung, method=method, round=1, at=clock.now(), sealed_evidence=text))
    await db.execute(update(cases).where(cases.c.number == number).values(conflicting=False))  # the proofs are held against each other anew
    await audit.enter(db, number, "rung proven", audit.PERSON, rung=rung, method=method)
    await agenda.wake(db, number)


async def proven_identifiers(db: Db, number: str) -> dict[str, dict[str, str]]:
    """What was proven, by method: {"mail-code": {"email": …}, "account": {"login_id": …}}."""
    key = await key_of(db, number)
    rows = (await db.execute(select(confirmations).where(confirmations.c.number == number))).all()
    return {r.method: seal.opened(key, r.sealed_evidence, f"{number} {r.rung} {r.method}") for r in rows}


async def reissue(token: str) -> bool:
    """A fresh code to the same address, under the same link; False where it is used, over, or was asked too often."""
    async with writing() as db:
        row = await _found(db, proofs.c.token_digest == seal.digest("token", token))
        to = str(seal.opened(await key_of(db, row.number), row.address, f"{row.number} proof"))
        purpose = Purpose(row.purpose)
        if row.used_at or row.superseded or clock.now() > row.link_until or not await _within_limits(db, row.number, purpose, to):
            return False
        code = new_code()
        fresh = {"code_digest": _code_digest(row.number, purpose, code), "code_until": clock.now() + CODE_LIVES, "tries": 0}
        await db.execute(update(proofs).where(proofs.c.token_digest == row.token_digest).values(**fresh))
        await letters.supersede(db, row.number, LETTER[purpose])
        await _owe_letter(db, row.number, purpose, to, token, code)
    return True


async def state_of(token: str) -> Literal["open", "used", "expired", "unknown"]:
    """How a link stands, without touching it."""
    async with reading() as db:
        row = (await db.execute(select(proofs).where(proofs.c.token_digest == seal.digest("token", token)))).one_or_none()
    if row is None:
        return "unknown"
    if row.used_at is not None:
        return "used"
    return "expired" if row.superseded or clock.now() > row.link_until else "open"


async def number_of(token: str) -> tuple[str, datetime] | None:
    """The request a link belongs to, for the language of its page, and until when its code is good."""
    async with reading() as db:
        query = select(proofs.c.number, proofs.c.code_until).where(proofs.c.token_digest == seal.digest("token", token))
        row = (await db.execute(query)).one_or_none()
    return (row.number, row.code_until) if row else None
