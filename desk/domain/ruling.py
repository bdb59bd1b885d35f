"""A ruling: what becomes of every item asked for, by which article, and who has signed it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """What becomes of one item asked for."""

    DISCLOSED = "disclosed"
    PARTLY = "partly-disclosed"
    REFUSED = "refused"
    NO_DATA = "no-data"
    REFERRED = "referred"


class Kind(StrEnum):
    """What a ruling comes to as a whole, and so which notice it needs."""

    GRANTED = "granted"
    PARTIAL = "partial"
    REFUSED = "refused"
    NO_DATA = "no-data"
    REFERRED = "referred"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What becomes of one item, with its article and a reason code."""

    item: str
    verdict: Verdict
    article: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """A proposed or signed decision: exactly one outcome for every item asked for."""

    outcomes: tuple[Outcome, ...]
    kind: Kind
    round: int = 1

    def plan_hash(self) -> str:
        """What a signature is bound to: the ruling and nothing else, as SHA-256 in hex."""
        rows = [[o.item, o.verdict, o.article, o.reason] for o in self.outcomes]
        return hashlib.sha256(json.dumps([self.kind, self.round, rows]).encode()).hexdigest()

    def of(self, *verdicts: Verdict) -> tuple[Outcome, ...]:
        """The outcomes with one of these verdicts."""
        return tuple(outcome for outcome in self.outcomes if outcome.verdict in verdicts)


@dataclass(frozen=True, kw_only=True)
class Signature:
    """One officer's signature under one plan."""

    officer: str
    order: int  # 1 or 2
    plan_hash: str
    at: datetime
