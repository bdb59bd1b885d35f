"""Fulfilment: what may be handed over, how long it is kept, and what the receipt says of it.

A receipt is shown to others as proof, so it holds codes, counts and dates, and no personal data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from desk.domain.case import Authority, Case, NotAllowed, Outcome, Record, Ruling, Search, Verdict
from desk.domain.dates import on_day, start_of, suit_date, target_date
from desk.domain.policy import Policy

RECEIPT_FORMAT = "madoguchi-receipt-v1"

Facts = dict[str, object]  # made of str, int, None, lists and Facts, so that it has one canonical JSON


def disclosable(ruling: Ruling, records: Iterable[Record]) -> tuple[Record, ...]:
    """The records as they may be handed over: ruled items only, nothing under a client's authority (Art. 16(4))."""
    ruled = {outcome.item for outcome in ruling.of(Verdict.DISCLOSED, Verdict.PARTLY)}
    own = (record for record in records if record.authority is not Authority.CLIENT)
    kept = (replace(record, items={item: held for item, held in record.items.items() if item in ruled}) for record in own)
    return tuple(record for record in kept if record.items)


def purge_on(built_at: datetime, days: int) -> datetime:
    """The last second, in UTC, of the day at the office this many days after a package was built; then it is destroyed."""
    return start_of(on_day(built_at) + timedelta(days=days + 1)) - timedelta(seconds=1)


def decided_at(case: Case) -> datetime | None:
    """When the ruling as it now stands got its last signature, if it has one."""
    plan = case.ruling.plan_hash() if case.ruling else ""
    return max((signature.at for signature in case.signatures if signature.plan_hash == plan), default=None)


def receipt_facts(case: Case, policy: Policy, records: Iterable[Record], manifest_hash: str, now: datetime) -> Facts:
    """What the receipt says: the request, its law and clock, what was searched, given and held back; NotAllowed before a ruling."""
    if case.ruling is None:
        raise NotAllowed(case.number)
    given = Counter(record.system for record in disclosable(case.ruling, records))
    return {
        "format": RECEIPT_FORMAT,
        "number": case.number,
        "round": case.round,
        "right": case.right.value,
        "operator": policy.operator.name.ja,
        "law": policy.law.version,
        "policy": policy.version,
        "clock": _clock(case, policy, now),
        "systems": _systems(case.coverage.systems, given),
        "items": [_ruled(outcome) for outcome in case.ruling.outcomes],
        "exceptions": [_ruled(outcome) for outcome in case.ruling.outcomes if outcome.verdict is not Verdict.DISCLOSED],
        "manifest_sha256": manifest_hash,
    }


def instant(moment: datetime) -> str:
    """An instant as RFC 3339 in UTC, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _clock(case: Case, policy: Policy, now: datetime) -> Facts:
    """The person's clock: instants in UTC, days at the office."""
    decided = decided_at(case)
    return {
        "arrived_at": instant(case.arrived_at),
        "decided_at": instant(decided) if decided else None,
        "packaged_at": instant(now),
        "target_date": target_date(case.arrived_at, policy.days).isoformat(),
        "suit_date": suit_date(case.arrived_at, policy.days).isoformat(),
    }


def _systems(searches: Mapping[str, Search], given: Mapping[str, int]) -> list[Facts]:
    """Every registered system: how far its search came, why it was left out if it was, and how many records are handed over."""
    return [
        {"system": name, "state": search.state.value, "reason": search.reason, "records": given.get(name, 0)}
        for name, search in searches.items()
    ]


def _ruled(outcome: Outcome) -> Facts:
    return {"item": outcome.item, "outcome": outcome.verdict.value, "article": outcome.article, "reason": outcome.reason}
