"""Officers: who they are, what they may do, and how each proves to us who answers (TOTP, RFC 6238)."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import pyotp
from anyio import to_thread
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import ColumnElement, Row, false, insert, select, update

from desk import clock
from desk.domain.case import CaseError
from desk.domain.gates import Role
from desk.log import log
from desk.store import audit, limits, seal, sessions
from desk.store.ledger import Db, insert_into, reading, writing
from desk.store.schema import officers, used_codes

STEP_SECONDS = 30
LOG_INS_PER_QUARTER = 10
QUARTER = timedelta(minutes=15)
_hasher = PasswordHasher()
_ID = re.compile(r"[\w.-]{1,64}")
_NOT_AN_OFFICER = {audit.SYSTEM, audit.PERSON, "unknown"}  # who else acts in the audit chains


class BadLogin(CaseError):
    """The officer, the password or the code is not right."""


class TooManyLogins(CaseError):
    """Too many log-ins were tried; please wait a quarter of an hour."""


class OfficerExists(CaseError):
    """There is already an officer with this id."""


class BadOfficerId(CaseError):
    """An officer's id is 1 to 64 letters, figures, dots, dashes and underscores, and not a word the desk uses for itself."""


class NoSuchOfficer(CaseError):
    """There is no officer with this id."""


@dataclass(frozen=True, kw_only=True)
class Officer:
    """A person of the office."""

    id: str
    roles: frozenset[Role]
    email: str
    disabled: bool
    away_until: date | None


@dataclass(frozen=True, kw_only=True)
class Enrolled:
    """What a new officer is told once."""

    id: str
    otpauth: str
    secret: str
    password: str


async def add(db: Db, officer: str, roles: Iterable[Role], email: str) -> Enrolled:
    """Enrol an officer; the secret and the first password are told once and kept sealed or hashed."""
    if not _ID.fullmatch(officer) or officer in _NOT_AN_OFFICER:
        raise BadOfficerId
    if await read(db, officer):
        raise OfficerExists(officer)
    secret, password = pyotp.random_base32(), secrets.token_urlsafe(12)
    row = {"id": officer, "roles": sorted(roles), "email": email, "password": _hasher.hash(password)}
    await db.execute(insert(officers).values(**row, sealed_secret=seal.sealed_for_office(secret, f"totp {officer}")))
    await audit.enter(db, audit.OFFICE, "officer added", officer=officer, roles=sorted(roles))
    return _enrolled(officer, secret, password)


def _enrolled(officer: str, secret: str, password: str) -> Enrolled:
    uri = pyotp.TOTP(secret).provisioning_uri(name=officer, issuer_name="Madoguchi")
    return Enrolled(id=officer, otpauth=uri, secret=secret, password=password)


async def reset(db: Db, officer: str) -> Enrolled:
    """A new secret and password for someone who lost a device; every session ends."""
    await _must(db, officer)
    secret, password = pyotp.random_base32(), secrets.token_urlsafe(12)
    values = {"password": _hasher.hash(password), "sealed_secret": seal.sealed_for_office(secret, f"totp {officer}")}
    await _change(db, officer, "officer reset", **values, epoch=officers.c.epoch + 1)
    return _enrolled(officer, secret, password)


async def disable(db: Db, officer: str) -> None:
    """Someone left: no answer and no session of theirs counts from now on."""
    await _must(db, officer)
    await _change(db, officer, "officer disabled", disabled=True, epoch=officers.c.epoch + 1)


async def away(db: Db, officer: str, until: date | None) -> None:
    """Someone is away: no mail about questions until then."""
    await _must(db, officer)
    await _change(db, officer, "officer away", away_until=until)


async def _change(db: Db, officer: str, deed: str, **values: object) -> None:
    await db.execute(update(officers).where(officers.c.id == officer).values(**values))
    await audit.enter(db, audit.OFFICE, deed, officer=officer)


async def _must(db: Db, officer: str) -> Officer:
    found = await read(db, officer)
    if found is None:
        raise NoSuchOfficer(officer)
    return found


async def read(db: Db, officer: str) -> Officer | None:
    """One officer, or None."""
    row = (await db.execute(select(officers).where(_is(officer)))).one_or_none()
    return _officer(row) if row else None


def _is(officer: str) -> ColumnElement[bool]:
    """Whether a row is this officer's; what cannot be an id is nobody's (PostgreSQL takes no NUL in a question either)."""
    return officers.c.id == officer if _ID.fullmatch(officer) else false()


async def everyone(db: Db) -> tuple[Officer, ...]:
    """All officers."""
    return tuple(_officer(row) for row in await db.execute(select(officers).order_by(officers.c.id)))


def _officer(row: Row[Any]) -> Officer:
    roles = frozenset(Role(role) for role in row.roles)
    return Officer(id=row.id, roles=roles, email=row.email, disabled=row.disabled, away_until=row.away_until)


async def present_with(db: Db, roles: Iterable[Role]) -> tuple[Officer, ...]:
    """Officers in one of these roles who are neither away nor disabled."""
    wanted, today = set(roles), clock.today()
    return tuple(o for o in await everyone(db) if o.roles & wanted and not o.disabled and (o.away_until is None or o.away_until < today))


async def code_counter(db: Db, officer: str, code: str, given_at: datetime) -> int | None:
    """The time step this code belongs to, one step around the instant it was given; None if it belongs to none."""
    query = select(officers.c.sealed_secret).where(_is(officer), officers.c.disabled.is_(False))
    sealed_secret = (await db.execute(query)).scalar_one_or_none()
    secret = seal.opened_for_office(sealed_secret, f"totp {officer}") if sealed_secret else pyotp.random_base32()
    totp = pyotp.TOTP(secret, digits=6, interval=STEP_SECONDS, digest=hashlib.sha1)
    step = int(given_at.timestamp()) // STEP_SECONDS
    typed = unicodedata.normalize("NFKC", code).strip()
    matching = [near for near in (step, step - 1, step + 1) if seal.same(totp.generate_otp(near), typed)]
    return matching[0] if matching and sealed_secret else None


async def spend(db: Db, officer: str, purpose: str, counter: int) -> bool:
    """Use a code up; False if it was used before. Answers and log-ins are counted apart."""
    used = insert_into(db, used_codes).values(officer=officer, purpose=purpose, counter=counter)
    return (await db.execute(used.on_conflict_do_nothing().returning(used_codes.c.counter))).first() is not None


async def log_in(officer: str, password: str, code: str, place: str = "") -> str:
    """A session token; BadLogin tells nothing about which part was wrong. Tries are counted by officer and by where they come from."""
    await _count_log_in(officer, place)
    async with reading() as db:
        stored = await _password_of(db, officer)
    right = await to_thread.run_sync(_verifies, stored or _nobody(), password)
    async with writing() as db:
        counter = await code_counter(db, officer, code, clock.now())
        changed = stored != await _password_of(db, officer)
        if not right or changed or stored is None or counter is None or not await spend(db, officer, "login", counter):
            log("login").warning("refused")
            raise BadLogin
        await audit.enter(db, audit.OFFICE, "logged in", officer)
        return await sessions.open_session(db, "officer", officer)


async def _password_of(db: Db, officer: str) -> str | None:
    query = select(officers.c.password).where(_is(officer), officers.c.disabled.is_(False))
    return (await db.execute(query)).scalar_one_or_none()


async def _count_log_in(officer: str, place: str) -> None:
    if not await limits.allow("log-in", f"{officer} {place}", LOG_INS_PER_QUARTER, QUARTER):
        raise TooManyLogins


@cache
def _nobody() -> str:
    """A hash nobody's password has, so that an unknown officer takes as long as a known one."""
    return _hasher.hash(secrets.token_urlsafe(12))


def _verifies(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except VerificationError:
        return False
