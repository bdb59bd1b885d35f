"""Requests: how one is taken in, read as a value, and moved from state to state."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import Row, insert, select, update

from desk import clock
from desk.crashpoint import crashpoint, registered
from desk.domain import number as numbers
from desk.domain.canonical import canonical
from desk.domain.case import Authority, Case, CaseError, Form, Language, NoSuchCase, NotAllowed, Person, Record, Right, State
from desk.domain.dates import on_day
from desk.domain.life import ENDED, may_move
from desk.domain.policy import Policy
from desk.store import agenda, audit, reading_case, seal
from desk.store.keys import key_of
from desk.store.ledger import Db, insert_into
from desk.store.schema import cases, coverage, identifiers

registered("intake.before_commit")


class KeyReused(CaseError):
    """The same key was used for another submission."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as it came in, complete and checked."""

    right: Right
    language: Language
    channel: str
    form: Form
    items: tuple[str, ...]
    period_from: date | None = None
    period_until: date | None = None
    person: Person
    arrived_at: datetime


async def receive(db: Db, request: Request, *, policy: Policy, systems: Mapping[str, bool], key: str, digest: str) -> str:
    """Put a request on record and on the agenda; the same submission again gives the same number (`systems`: name -> manual)."""
    submitted = seal.digest("submission", key)
    if before := await _received_before(db, submitted, digest):
        return before
    number = numbers.compose(clock.today(), "".join(secrets.choice(numbers.CLEAR) for _ in range(numbers.RANDOM_LENGTH)))
    row = {**_columns(number, request, policy), "submission_key": submitted, "submission_digest": digest}
    first = insert_into(db, cases).values(**row).on_conflict_do_nothing(index_elements=["submission_key"])
    if (await db.execute(first.returning(cases.c.number))).first() is None:  # the same submission was first by a moment
        return await _received_before(db, submitted, digest)
    if rows := [_waiting(number, place, name, manual=manual) for place, (name, manual) in enumerate(systems.items())]:
        await db.execute(insert(coverage), rows)
    await agenda.put(db, agenda.ADVANCE, number)
    await audit.enter(
        db, number, "received", audit.PERSON, right=request.right, channel=request.channel, law=policy.law.version, policy=policy.version
    )
    crashpoint("intake.before_commit")
    return number


async def _received_before(db: Db, submitted: str, digest: str) -> str:
    """The number an earlier submission under this key was given, or nothing; KeyReused if that was another one."""
    before = (await db.execute(select(cases).where(cases.c.submission_key == submitted))).one_or_none()
    if before and not seal.same(before.submission_digest, digest):
        raise KeyReused(before.number)
    return str(before.number) if before else ""


def _columns(number: str, request: Request, policy: Policy) -> dict[str, object]:
    wrapped = seal.new_case_key(number)
    person = seal.sealed(seal.unwrapped(wrapped, number), asdict(request.person), f"{number} person")
    return {
        "number": number,
        "right": request.right,
        "state": State.RECEIVED,
        "state_since": clock.now(),
        "language": request.language,
        "channel": request.channel,
        "form": request.form,
        "items": list(request.items),
        "period_from": request.period_from,
        "period_until": request.period_until,
        "arrived_at": request.arrived_at,
        "law": policy.law.version,
        "policy": policy.version,
        "wrapped_key": wrapped,
        "person": person,
    }


def _waiting(number: str, place: int, system: str, *, manual: bool) -> dict[str, object]:
    blank = {"state": "waiting", "found": {}, "entrusted": {}, "at": clock.now()}
    return {"number": number, "system": system, "place": place, "manual": manual, **blank}


async def remember(db: Db, number: str, keys: Mapping[str, str]) -> None:
    """Let the person be found again by what was proven; what was only claimed may be somebody else's."""
    digests = {identifier_digest(kind, value) for kind, value in keys.items() if kind in {"email", "login_id"} and canonical(value)}
    rows = [{"number": number, "digest": one} for one in sorted(digests)]
    if rows:
        await db.execute(insert_into(db, identifiers).values(rows).on_conflict_do_nothing())


def identifier_digest(kind: str, value: str) -> str:
    """The keyed digest under which an identifier can be found again."""
    return seal.digest(f"identifier {kind}", canonical(value))


async def read(db: Db, number: str) -> Case:
    """The request as a value, free of personal data."""
    row = await row_of(db, number)
    return await reading_case.assembled(db, row)


async def row_of(db: Db, number: str) -> Row[tuple[object, ...]]:
    """The request's own row; NoSuchCase if there is none."""
    row = (await db.execute(select(cases).where(cases.c.number == number))).one_or_none()
    if row is None:
        raise NoSuchCase(number)
    return row


async def person(db: Db, number: str) -> Person:
    """What the person wrote, opened."""
    row = await row_of(db, number)
    return Person(**seal.opened(await key_of(db, number), row.person, f"{number} person"))


async def held_on(db: Db, identifiers_given: Mapping[str, str], except_number: str) -> tuple[Record, ...]:
    """What the desk's own earlier requests hold on the same person, found by keyed digests.

    Only requests whose asker was confirmed count: what a stranger wrote under this person's address is not this person's.
    """
    digests = [identifier_digest(kind, value) for kind, value in identifiers_given.items() if canonical(value)]
    same = identifiers.join(cases, identifiers.c.number == cases.c.number)
    theirs = (identifiers.c.digest.in_(digests), cases.c.number != except_number, cases.c.confirmed_at.is_not(None))
    query = select(cases.c.number).select_from(same).where(*theirs).distinct().order_by(cases.c.number)
    numbers_found = (await db.execute(query)).scalars().all()
    return tuple([await _own_record(db, number) for number in numbers_found])


async def _own_record(db: Db, number: str) -> Record:
    row = await row_of(db, number)
    items = {"inquiries": f"{number} {row.right} {on_day(row.arrived_at)}"}
    if row.wrapped_key is not None:
        who = await person(db, number)
        held = {"name": who.name, "email": who.email, "telephone": who.telephone, "form_input": who.details}
        items |= {code: value for code, value in held.items() if value}
    return Record(system="desk", table="requests", key=number, authority=Authority.OPERATOR, items=items)


async def move(db: Db, number: str, state: State, actor: str = audit.SYSTEM, **facts: object) -> None:
    """Take a request along an edge of the table; a state it cannot reach from here is NotAllowed."""
    here = State((await row_of(db, number)).state)
    if here is state:
        return
    if not may_move(here, state):
        raise NotAllowed(number)
    await db.execute(update(cases).where(cases.c.number == number).values(state=state, state_since=clock.now()))
    await audit.enter(db, number, state.lower(), actor, was=here, **facts)


async def note(db: Db, number: str, **facts: object) -> None:
    """Set facts of the request's own row; the caller enters them in the audit chain."""
    await db.execute(update(cases).where(cases.c.number == number).values(**facts))


async def open_numbers(db: Db) -> tuple[str, ...]:
    """Every request that has not ended, oldest first."""
    query = select(cases.c.number).where(cases.c.state.not_in(ENDED.split())).order_by(cases.c.arrived_at)
    return tuple((await db.execute(query)).scalars())
