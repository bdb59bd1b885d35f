"""How a person gets at a request without an account: a code to an address, a session for one request, and the package by a second code."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Literal

from desk import clock
from desk.domain import number as numbers
from desk.domain.case import Case, NoSuchCase, Purged
from desk.policies import policies
from desk.store import audit, cases, limits, packages, proofs, sessions, wishes
from desk.store.ledger import Db, reading, writing
from desk.store.proofs import Purpose
from desk.web.errors import NotSignedIn
from desk.web.view import is_over, may_fetch

Wanted = Literal["status", "package"]
CALLS_PER_DAY = 3
DAY = timedelta(days=1)


def known_form(number: str) -> str:
    """A number as typed, in its written form; NoSuchCase if it cannot be one, without asking the ledger."""
    tidy = numbers.tidy(number)
    if not tidy:
        raise NoSuchCase
    return tidy


async def send_code(typed: str, wanted: Wanted) -> None:
    """Send a code to whoever may have it; nobody can tell from the outside whether one was sent."""
    number = numbers.tidy(typed)
    if not number:
        return
    try:
        async with writing() as db:
            await _issue(db, await cases.read(db, number), Purpose(wanted))
    except (NoSuchCase, Purged):
        return


async def _issue(db: Db, case: Case, purpose: Purpose) -> None:
    """The status code goes to the contact; the package code to the address proven, else to the contact once identity is confirmed."""
    if purpose is Purpose.PACKAGE and not case.identity.confirmed:
        return
    if purpose is Purpose.PACKAGE and is_over(case, clock.now()):
        await wishes.package_again(db, case.number)
        return
    to = "proven" if purpose is Purpose.PACKAGE and case.identity.address_proven else "contact"
    if to == "contact" and not (await cases.person(db, case.number)).email:
        await _ask_clerk(db, case.number, purpose)
    else:
        await proofs.issue(db, case.number, purpose, to)


async def _ask_clerk(db: Db, number: str, purpose: Purpose) -> None:
    """Without an e-mail address a clerk calls back or writes; the wish is on record for the queue."""
    if await limits.count(db, "call-back", number, DAY) <= CALLS_PER_DAY:
        await audit.enter(db, number, "call back asked", audit.PERSON, purpose=purpose)


async def open_session(number: str, code: str) -> str:
    """A session for one request and its contact; raises a ProofError."""
    proven = await proofs.consume_for(number, Purpose.STATUS, code)
    async with writing() as db:
        return await sessions.open_session(db, "person", proven.number)


async def case_of(token: str) -> str:
    """The one request a person's session is for; NotSignedIn if it has ended."""
    async with writing() as db:
        number = await sessions.subject_of(db, token, "person") if token else None
    if number is None:
        raise NotSignedIn
    return number


async def close_session(token: str) -> None:
    """End a session."""
    async with writing() as db:
        await sessions.close_session(db, token)


async def unpacked(number: str, code: str) -> AsyncIterator[bytes]:
    """The package, for a code of its own; NoPackage before the code is spent, a ProofError if it does not fit."""
    async with reading() as db:
        case = await cases.read(db, number)
    if not may_fetch(case, policies().version(case.policy, case.law), clock.now()):
        raise packages.NoPackage(number)
    chunks = packages.open_package(number)
    first = await anext(chunks)
    await proofs.consume_for(number, Purpose.PACKAGE, code)
    return _given(number, first, chunks)


async def _given(number: str, first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Every chunk, and then the proof of delivery; a line cut half-way is none."""
    yield first
    async for chunk in rest:
        yield chunk
    async with writing() as db:
        await packages.fetched(db, number)
