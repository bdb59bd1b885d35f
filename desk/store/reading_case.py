"""How the tables of the ledger come together as one `Case`; private to desk/store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, tuple_

from desk.domain.case import (
    Case,
    Coverage,
    Fee,
    Form,
    Identity,
    Kind,
    Outcome,
    Package,
    Right,
    Ruling,
    Rung,
    Search,
    Searched,
    Signature,
    State,
    Verdict,
)
from desk.domain.gates import Gate
from desk.store.ledger import Db
from desk.store.letters import asking
from desk.store.schema import (
    confirmations,
    coverage,
    drafts,
    fees,
    halts,
    letters,
    packages,
    payments,
    questions,
    rulings,
    signatures,
    withholdings,
)

MAKING = (Gate.REVIEW, Gate.ARCHIVE, Gate.SEARCH, Gate.LAPSE)
AS_IT_STANDS = (  # columns whose value needs no change
    *("number", "round", "language", "channel", "period_from", "period_until", "arrived_at", "law", "policy", "state_since"),
    *("withdrawal_at", "objection_at", "objection_answer", "delivered_at", "package_wanted_at"),
)
EVERY_CASE = "*"
LETTER = (letters.c.name, letters.c.occasion, letters.c.state, letters.c.owed_at)
NOTICES = frozenset(f"N{n:02}" for n in range(1, 21))  # what a person must be told; a code that bounced is asked for again


async def assembled(db: Db, row: Row[Any]) -> Case:
    """One request with everything on record about its present round."""
    searches, asked = await _searches(db, row.number), asking(row.state_since)
    written = (await db.execute(select(*LETTER).where(letters.c.number == row.number))).all()
    withheld = (await db.execute(select(withholdings).where(withholdings.c.number == row.number))).all()
    answered = (await db.execute(select(questions).where(questions.c.number == row.number, questions.c.state == "answered"))).all()
    return Case(
        **{name: getattr(row, name) for name in AS_IT_STANDS},
        right=Right(row.right),
        state=State(row.state),
        form=Form(row.form),
        items=tuple(row.items),
        identity=await _identity(db, row, next((r.owed_at for r in written if r.name == "N04" and r.occasion == asked), None)),
        coverage=Coverage({r.system: _search(r) for r in searches}),
        manual=frozenset(r.system for r in searches if r.manual),
        withheld={r.item: r.ground for r in withheld},
        ruling=await _ruling(db, row.number),
        signatures=await _signatures(db, row.number),
        makers=frozenset(r.officer for r in answered if r.gate in MAKING) | {r.officer for r in withheld} | await _authors(db, answered),
        reviewers=frozenset(r.officer for r in answered if r.gate == Gate.OBJECTION),
        fee=await _fee(db, row.number),
        package=await _package(db, row.number),
        returned_from=State(row.returned_from) if row.returned_from else None,
        letters=frozenset(r.name for r in written if r.occasion in {f"round {row.round}", asked}),
        undelivered=tuple(sorted({r.name for r in written if r.state == "refused" and r.name in NOTICES})),
        halted=await _halted(db, row.number),
    )


async def _authors(db: Db, answered: Sequence[Row[Any]]) -> set[str]:
    """Who wrote the words that an answer about the search cites; they made the evidence, whoever answered."""
    cited = [(r.number, int(r.extra)) for r in answered if r.gate in MAKING and r.extra.isdecimal()]
    if not cited:
        return set()
    return set((await db.execute(select(drafts.c.officer).where(tuple_(drafts.c.number, drafts.c.draft).in_(cited)))).scalars())


async def _searches(db: Db, number: str) -> list[Row[Any]]:
    wanted = [column for column in coverage.c if column.name != "sealed_records"]
    return list((await db.execute(select(*wanted).where(coverage.c.number == number).order_by(coverage.c.place))).all())


def _search(row: Row[Any]) -> Search:
    return Search(state=Searched(row.state), found=row.found, entrusted=row.entrusted, attempts=row.attempts, reason=row.reason)


async def _identity(db: Db, row: Row[Any], reminded_at: datetime | None) -> Identity:
    proven = (await db.execute(select(confirmations.c.rung, confirmations.c.method).where(confirmations.c.number == row.number))).all()
    return Identity(
        looked_up=row.looked_up,
        invited=row.invited,
        invited_for_account=row.invited_for_account,
        proven=frozenset(Rung(r.rung) for r in proven),
        conflicting=row.conflicting,
        review=row.review,
        review_at=row.review_at,
        confirmed=row.confirmed_at is not None,
        papers_reminded_at=reminded_at,
        address_proven=any(r.method == "mail-code" for r in proven),
    )


async def _ruling(db: Db, number: str) -> Ruling | None:
    query = select(rulings).where(rulings.c.number == number, rulings.c.set_aside_at.is_(None)).order_by(rulings.c.draft.desc()).limit(1)
    row = (await db.execute(query)).one_or_none()
    if row is None:
        return None
    outcomes = tuple(Outcome(item=i, verdict=Verdict(v), article=a, reason=r) for i, v, a, r in row.outcomes)
    return Ruling(outcomes=outcomes, kind=Kind(row.kind), round=row.draft)


async def _signatures(db: Db, number: str) -> tuple[Signature, ...]:
    rows = await db.execute(select(signatures).where(signatures.c.number == number).order_by(signatures.c.at))
    return tuple(Signature(officer=r.officer, order=r.place, plan_hash=r.plan, at=r.at) for r in rows)


async def _fee(db: Db, number: str) -> Fee | None:
    row = (await db.execute(select(fees).where(fees.c.number == number))).one_or_none()
    if row is None:
        return None
    paid = (await db.execute(select(payments.c.amount).where(payments.c.number == number))).scalars().all()
    return Fee(
        amount=row.amount,
        tariff=row.tariff,
        paid=sum(paid),
        waived=row.waived_by is not None,
        noticed_at=row.noticed_at,
        reminded_at=row.reminded_at,
        deemed_answer=row.deemed_answer,
        deemed_at=row.deemed_at,
    )


async def _package(db: Db, number: str) -> Package | None:
    row = (await db.execute(select(packages).where(packages.c.number == number))).one_or_none()
    if row is None:
        return None
    return Package(
        built_at=row.built_at,
        until=row.until,
        manifest_hash=row.manifest,
        fetched_at=row.fetched_at,
        dispatched_at=row.dispatched_at,
        purged_at=row.purged_at,
    )


async def _halted(db: Db, number: str) -> bool:
    return (await db.execute(select(halts.c.number).where(halts.c.number.in_((number, EVERY_CASE))).limit(1))).first() is not None
