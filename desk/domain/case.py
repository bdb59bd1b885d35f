"""A request and what is known about it, without a single personal datum.

What a person wrote, and what was found, is a `Person` and a `Record`; both live sealed in the ledger and are opened only where needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

# ruff: noqa: PLC0414 - a ruling is part of its case, and is imported with it
from desk.domain.ruling import Kind as Kind
from desk.domain.ruling import Outcome as Outcome
from desk.domain.ruling import Ruling as Ruling
from desk.domain.ruling import Signature as Signature
from desk.domain.ruling import Verdict as Verdict

Language = Literal["ja", "en"]
EVERYTHING = "*"


class Right(StrEnum):
    """What a person may ask, by the code of the law file (APPI Arts. 28(3), 32-35)."""

    PURP = "PURP"
    DISC = "DISC"
    TPR = "TPR"
    CORR = "CORR"
    CEASE = "CEASE"
    INFO = "INFO"
    STOP3P = "STOP3P"
    CEASE5 = "CEASE5"
    ERASE_V = "ERASE-V"


class State(StrEnum):
    """Where a request stands; the names of the office's own procedure."""

    RECEIVED = "RECEIVED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    SCOPED = "SCOPED"
    ID_CHECK = "ID_CHECK"
    DOCS_REQUESTED = "DOCS_REQUESTED"
    INVESTIGATING = "INVESTIGATING"
    DRAFTED = "DRAFTED"
    APPROVED1 = "APPROVED1"
    APPROVED2 = "APPROVED2"
    DECIDED = "DECIDED"
    FEE_NOTICED = "FEE_NOTICED"
    FEE_REMINDED = "FEE_REMINDED"
    FULFILLING = "FULFILLING"
    NOTIFIED = "NOTIFIED"
    CLOSED = "CLOSED"
    REJECTED = "REJECTED"
    REFERRED = "REFERRED"
    WITHDRAWN = "WITHDRAWN"
    DEEMED_WITHDRAWN = "DEEMED_WITHDRAWN"
    REOPENED = "REOPENED"


class Step(StrEnum):
    """The six words, the same everywhere."""

    IDENTITY = "identity"
    INVESTIGATION = "investigation"
    DECISION = "decision"
    FEE = "fee"
    FULFILMENT = "fulfilment"
    NOTICE = "notice"


class Form(StrEnum):
    """How the person wants the data; the person chooses (Art. 33(1), (2))."""

    ELECTRONIC = "electronic"
    PAPER = "paper"


class Rung(StrEnum):
    """The two questions of identity."""

    PERSON = "person"
    RECORDS = "records"


class Searched(StrEnum):
    """How far the search of one system has come."""

    WAITING = "waiting"
    SEARCHED = "searched"
    NOTHING_HELD = "nothing-held"
    NOT_APPLICABLE = "not-applicable"
    FAILED = "failed"
    EXCUSED = "excused"


class Authority(StrEnum):
    """Who may disclose an item: only what the operator may is 保有個人データ (Art. 16(4))."""

    OPERATOR = "operator"
    CLIENT = "client"
    SHARED = "shared"


class CaseError(Exception):
    """Something about a request keeps the desk from going on."""

    def __init__(self, number: str = "") -> None:
        """Name the request, and nothing else: an error never carries personal data."""
        self.number = number
        meaning = (type(self).__doc__ or "").strip().splitlines()[0]
        super().__init__(f"{number}: {meaning}" if number else meaning)


class NoSuchCase(CaseError):
    """There is no request with this number."""


class NotAllowed(CaseError):
    """The request is not at a point where this can be done."""


class SearchUnfinished(CaseError):
    """A system has not answered; no ruling can be proposed."""


class AlreadyRuled(CaseError):
    """Another ruling is on record for this request."""


class LeaseLost(CaseError):
    """Another worker has taken over this request."""


class Purged(CaseError):
    """The personal data of this request has been destroyed."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """What the person wrote about himself or herself: personal data, sealed at rest."""

    family: str
    given: str
    family_kana: str = ""
    given_kana: str = ""
    email: str = ""
    telephone: str = ""
    postal: str = ""
    identifiers: Mapping[str, str] = field(default_factory=dict)  # email, login_id, company, order
    details: str = ""

    @property
    def name(self) -> str:
        """The name as written in a letter; a person may have only one."""
        return f"{self.family} {self.given}".strip()


@dataclass(frozen=True, kw_only=True)
class Record:
    """One row found in one system: personal data, sealed at rest."""

    system: str
    table: str
    key: str  # the primary key, frozen
    authority: Authority
    items: Mapping[str, str]  # item code -> the value held, as text


@dataclass(frozen=True, kw_only=True)
class Search:
    """How far the search of one system has come, and what it counted."""

    state: Searched = Searched.WAITING
    found: Mapping[str, int] = field(default_factory=dict)  # item code -> rows of the operator's or shared authority
    entrusted: Mapping[str, int] = field(default_factory=dict)  # item code -> rows of client authority
    attempts: int = 0
    reason: str = ""  # a code, never free text


@dataclass(frozen=True)
class Coverage:
    """Every registered system and how far its search has come; nothing closes while one is unfinished."""

    systems: Mapping[str, Search] = field(default_factory=dict)

    def named(self, *states: Searched) -> tuple[str, ...]:
        """The systems in one of these states, in their order."""
        return tuple(name for name, search in self.systems.items() if search.state in states)

    @property
    def unfinished(self) -> tuple[str, ...]:
        """The systems that have not answered: waiting, or failed and not excused."""
        return self.named(Searched.WAITING, Searched.FAILED)

    def count(self, item: str, authority: Authority) -> int:
        """How many rows hold this item, under the client's authority or (otherwise) the operator's."""
        return sum((search.entrusted if authority is Authority.CLIENT else search.found).get(item, 0) for search in self.systems.values())


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What is proven about who asks, and what was asked for instead; no address, no name."""

    looked_up: bool = False  # the address on file was looked for
    invited: bool = False  # a letter went to an address on file
    invited_for_account: bool = False  # the look-up already used the signed account
    proven: frozenset[Rung] = frozenset()  # by the person
    conflicting: bool = False  # the proofs point to different people
    review: str = ""  # the officer's last answer at 審査, if any
    review_at: datetime | None = None
    confirmed: bool = False
    papers_reminded_at: datetime | None = None  # since papers were last asked for (N04)
    address_proven: bool = False  # letters go to the address on file, no longer to the contact


@dataclass(frozen=True, kw_only=True)
class Fee:
    """What is owed for the measure, in yen, and what has come in (Art. 38)."""

    amount: int
    tariff: str
    paid: int = 0
    waived: bool = False
    noticed_at: datetime | None = None
    reminded_at: datetime | None = None
    deemed_answer: str = ""  # the clerk's last answer at 取下げ
    deemed_at: datetime | None = None

    @property
    def settled(self) -> bool:
        """Nothing is owed any more."""
        return self.waived or self.paid >= self.amount


@dataclass(frozen=True, kw_only=True)
class Package:
    """The delivered data, by its receipt."""

    built_at: datetime
    until: datetime
    manifest_hash: str
    fetched_at: datetime | None = None
    dispatched_at: datetime | None = None
    purged_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Case:
    """One request as the ledger knows it; free of personal data, so that it may be judged, logged and shown."""

    number: str
    right: Right
    state: State
    round: int = 1
    language: Language = "ja"
    channel: str = "web"
    form: Form = Form.ELECTRONIC
    items: tuple[str, ...] = (EVERYTHING,)
    period_from: date | None = None
    period_until: date | None = None
    arrived_at: datetime
    law: str
    policy: str
    state_since: datetime
    identity: Identity = field(default_factory=Identity)
    coverage: Coverage = field(default_factory=Coverage)
    withheld: Mapping[str, str] = field(default_factory=dict)  # item code -> ground of the law file
    ruling: Ruling | None = None
    signatures: tuple[Signature, ...] = ()
    makers: frozenset[str] = frozenset()  # officers who had a part in preparing the ruling
    reviewers: frozenset[str] = frozenset()  # officers who ruled on an objection
    fee: Fee | None = None
    package: Package | None = None
    withdrawal_at: datetime | None = None
    objection_at: datetime | None = None
    objection_answer: str = ""
    delivered_at: datetime | None = None
    package_wanted_at: datetime | None = None  # asked for once more, after its days were over
    letters: frozenset[str] = frozenset()  # names of the letters owed or sent in this round
    undelivered: tuple[str, ...] = ()  # names of the letters a server refused for good
    returned_from: State | None = None  # where an objection found the request
    manual: frozenset[str] = frozenset()  # the systems an officer answers for
    halted: bool = False

    def signed(self, order: int) -> bool:
        """Whether the ruling as it now stands bears this signature."""
        plan = self.ruling.plan_hash() if self.ruling else ""
        return any(s.order == order and s.plan_hash == plan for s in self.signatures)
