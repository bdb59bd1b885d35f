"""What was searched and what was found: coverage for everyone to see, records sealed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from desk import clock
from desk.domain.case import Authority, Record, Searched
from desk.store import agenda, audit, seal
from desk.store.keys import key_of
from desk.store.ledger import Db
from desk.store.schema import coverage, withholdings


async def found(db: Db, number: str, system: str, records: Iterable[Record], actor: str = audit.SYSTEM) -> None:
    """A system answered: what it holds, or that it holds nothing."""
    rows = tuple(records)
    state = Searched.SEARCHED if rows else Searched.NOTHING_HELD
    text = seal.sealed(await key_of(db, number), [asdict(record) for record in rows], f"{number} records {system}")
    counted = {"found": _counted(rows, entrusted=False), "entrusted": _counted(rows, entrusted=True)}
    await _set(db, number, system, state=state, sealed_records=text, reason="", **counted)
    await audit.enter(db, number, "searched", actor, system=system, state=state, rows=len(rows))


def _counted(records: tuple[Record, ...], *, entrusted: bool) -> dict[str, int]:
    ours = [record for record in records if (record.authority is Authority.CLIENT) is entrusted]
    return dict(Counter(item for record in ours for item in record.items))


async def failed(db: Db, number: str, system: str, reason: str) -> None:
    """A system did not answer, after every retry: an officer is asked; it is never nothing held."""
    await _set(db, number, system, state=Searched.FAILED, reason=reason, attempts=coverage.c.attempts + 1)
    await audit.enter(db, number, "search failed", system=system, reason=reason)


async def not_applicable(db: Db, number: str, system: str) -> None:
    """A system that keeps nothing of what was asked for need not be searched; the person sees that it was thought of."""
    await _set(db, number, system, state=Searched.NOT_APPLICABLE, reason="holds none of the items")
    await audit.enter(db, number, "not applicable", system=system)


async def search_again(db: Db, number: str, system: str | None = None) -> None:
    """Search one system, or all of them, afresh; what was found before is forgotten."""
    mine = coverage.c.number == number if system is None else (coverage.c.number == number) & (coverage.c.system == system)
    blank: dict[str, Any] = {
        "state": Searched.WAITING,
        "found": {},
        "entrusted": {},
        "sealed_records": None,
        "reason": "",
        "at": clock.now(),
    }
    await db.execute(update(coverage).where(mine).values(**blank))


async def excuse(db: Db, number: str, system: str, officer: str, draft: int) -> None:
    """An officer leaves a system out, for a reason on record."""
    await _set(db, number, system, state=Searched.EXCUSED, reason=f"draft {draft}")
    await audit.enter(db, number, "excused", officer, system=system, draft=draft)


async def register(db: Db, number: str, systems: Mapping[str, bool]) -> None:
    """Add systems that joined the office since the request came in; none is ever dropped in silence."""
    await agenda.lock(db, number)
    known = set((await db.execute(select(coverage.c.system).where(coverage.c.number == number))).scalars())
    for place, (name, manual) in enumerate(systems.items()):
        if name not in known:
            blank = {"state": Searched.WAITING, "found": {}, "entrusted": {}, "at": clock.now()}
            await db.execute(insert(coverage).values(number=number, system=name, place=place, manual=manual, **blank))


async def _set(db: Db, number: str, system: str, **values: Any) -> None:  # noqa: ANN401 - columns of one row
    mine = (coverage.c.number == number) & (coverage.c.system == system)
    await db.execute(update(coverage).where(mine).values(at=clock.now(), **values))


async def records(db: Db, number: str) -> tuple[Record, ...]:
    """Everything found, opened: for the package and for the evidence page."""
    key = await key_of(db, number)
    query = select(coverage.c.system, coverage.c.sealed_records).where(coverage.c.number == number).order_by(coverage.c.place)
    return tuple(
        _record(value)
        for row in await db.execute(query)
        if row.sealed_records
        for value in seal.opened(key, row.sealed_records, f"{number} records {row.system}")
    )


async def as_of(db: Db, number: str) -> datetime:
    """When the last system answered: the day the data is as of."""
    return await db.scalar(select(func.max(coverage.c.at)).where(coverage.c.number == number)) or clock.now()


def _record(value: dict[str, Any]) -> Record:
    return Record(**{**value, "authority": Authority(value["authority"])})


async def looked_at(db: Db, number: str, officer: str, system: str) -> tuple[Record, ...]:
    """What one system holds, for an officer; each look is on record (R-11)."""
    await audit.enter(db, number, "evidence looked at", officer, system=system)
    return tuple(record for record in await records(db, number) if record.system == system)


async def withhold(db: Db, number: str, item: str, ground: str, officer: str, draft: int) -> None:
    """An officer proposes to keep an item back, on a ground of the law and with reasons on record (Art. 33(2), 36)."""
    await agenda.lock(db, number)
    mine = (withholdings.c.number == number) & (withholdings.c.item == item)
    await db.execute(delete(withholdings).where(mine))
    await db.execute(insert(withholdings).values(number=number, item=item, ground=ground, officer=officer, draft=draft, at=clock.now()))
    await audit.enter(db, number, "withheld", officer, item=item, ground=ground, draft=draft)
