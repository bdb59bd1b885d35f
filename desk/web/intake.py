"""Taking a request in, from the page or as JSON: one transaction, and the same submission is the same request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from starlette.requests import Request

from desk import clock
from desk.crashpoint import crashpoint, registered
from desk.domain.case import Language, Right
from desk.domain.dates import suit_date, target_date
from desk.domain.policy import Policy
from desk.domain.why import SUABLE
from desk.policies import policies
from desk.settings import settings
from desk.store import cases, seal
from desk.store.ledger import Db, reading, writing
from desk.web.forms import Asked, Submission, checked
from desk.web.security import spend, spend_address

registered("intake.after_commit")


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What is certain the moment a request is on record."""

    number: str
    right: Right
    language: Language
    received_at: datetime
    target_date: date
    suit_date: date | None
    policy: Policy

    @property
    def status_url(self) -> str:
        """Where the person sees how it stands."""
        return f"{settings().public_url}/{self.language}/status/{self.number}"


async def take_in(request: Request, given: Submission, key: str, systems: Mapping[str, bool]) -> Receipt:
    """Put a request on record and give its receipt; raises Refused, KeyReused or TooMany."""
    policy = policies().in_force(clock.today())
    asked = checked(given, policy, clock.today())
    async with writing() as db:
        await spend(db, request)
        await spend_address(db, asked.person.email)
        number = await cases.receive(db, _request(asked), policy=policy, systems=systems, key=key, digest=_digest(given))
        receipt = await _receipt(db, number)
    crashpoint("intake.after_commit")
    return receipt


async def receipt_of(number: str) -> Receipt:
    """The receipt of a request on record; NoSuchCase if there is none."""
    async with reading() as db:
        return await _receipt(db, number)


def _request(asked: Asked) -> cases.Request:
    return cases.Request(
        right=asked.right,
        language=asked.language,
        channel="web",
        form=asked.form,
        items=asked.items,
        period_from=asked.period_from,
        period_until=asked.period_until,
        person=asked.person,
        arrived_at=clock.now(),
    )


def _digest(given: Submission) -> str:
    """What makes two submissions the same one: every field as it was written; keyed, for it is about a person."""
    return seal.digest("submission body", json.dumps([dict(given.values), given.items], sort_keys=True))


async def _receipt(db: Db, number: str) -> Receipt:
    row = await cases.row_of(db, number)
    policy = policies().version(row.policy, row.law)
    right = Right(row.right)
    return Receipt(
        number=number,
        right=right,
        language="en" if row.language == "en" else "ja",
        received_at=row.arrived_at,
        target_date=target_date(row.arrived_at, policy.days),
        suit_date=suit_date(row.arrived_at, policy.days) if right in SUABLE else None,
        policy=policy,
    )
