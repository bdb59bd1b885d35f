"""The law and the published policy as values: the figures, names and words the rules need, and nothing that reads a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from desk.domain.case import Authority, Form, Language, Right, Rung


@dataclass(frozen=True)
class Text:
    """The same words in both languages."""

    ja: str
    en: str

    def said(self, language: Language) -> str:
        """The words in one language."""
        return self.ja if language == "ja" else self.en


@dataclass(frozen=True, kw_only=True)
class Ground:
    """A reason the law or the policy knows, with its article: for a refusal, an outcome or a retention."""

    code: str
    article: str
    text: Text
    days: int | None = None  # retention grounds only


@dataclass(frozen=True, kw_only=True)
class Entitlement:
    """One right as the law file has it."""

    right: Right
    article: str
    label: Text
    what: Text  # what it does, in plain words
    question: str  # the plain question it answers: see | mend | stop | erase
    fee_allowed: bool  # Art. 38
    notice_article: str  # what must be notified, and where it is written
    grounds: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Law:
    """One version of the law."""

    version: str
    label: Text
    valid_from: date
    valid_until: date | None
    rights: Mapping[Right, Entitlement]
    grounds: Mapping[str, Ground]  # by code: grounds, refusals, outcomes, retention


@dataclass(frozen=True, kw_only=True)
class Item:
    """One kind of information of clause 1 of the policy."""

    code: str
    clause: str
    label: Text
    source: str  # user | linked-service | operator
    authority: Authority
    prerequisite: bool  # policy 3(3): stops only with leaving
    retention_days: int


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """One purpose of clause 2."""

    code: str
    text: Text


@dataclass(frozen=True, kw_only=True)
class Tariff:
    """The published fees in yen (Art. 38); a right that is not listed costs nothing."""

    version: str
    published: date
    amounts: Mapping[Right, int]
    basis: Text
    methods: Text


@dataclass(frozen=True, kw_only=True)
class Days:
    """Every timer of the procedure, in days; business days where the name says so."""

    target: int
    ceiling: int
    suit: int
    acknowledge_business: int
    scope_business: int
    identity_business: int
    papers: int
    papers_reminder: int
    papers_final: int
    papers_deemed: int
    investigate: int
    decide_business: int
    notify_business: int
    fee: int
    fee_reminder: int
    fee_deemed: int
    deliver_business: int
    close_after_delivery: int
    package: int
    objection_ack_business: int
    objection_answer: int
    ledger: int


@dataclass(frozen=True, kw_only=True)
class Method:
    """One way to prove something about who asks."""

    code: str  # mail-code | account | review
    proves: frozenset[Rung]
    label: Text


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """What must be proven for each right, and by what (policy 5, Art. 37)."""

    methods: Mapping[str, Method]
    needs: Mapping[Right, frozenset[Rung]]


@dataclass(frozen=True, kw_only=True)
class Contact:
    """A part of the office by its role; no person's name."""

    role: str
    label: Text
    telephone: str
    email: str
    address: Text
    hours: Text


@dataclass(frozen=True, kw_only=True)
class Operator:
    """Who answers for the data (Art. 32(1)(i))."""

    name: Text
    service: Text
    address: Text
    representative: Text


@dataclass(frozen=True, kw_only=True)
class Policy:
    """One version of the published policy with the law it stands under."""

    version: str
    label: Text
    valid_from: date
    valid_until: date | None
    law: Law
    operator: Operator
    items: Mapping[str, Item]
    purposes: Mapping[str, Purpose]
    channels: tuple[str, ...]
    forms: tuple[Form, ...]  # what the office can deliver: paper always (Art. 33(2))
    tariff: Tariff | None
    days: Days
    ladder: Ladder
    contacts: Mapping[str, Contact]  # desk, manager, complaints, …
    deemed_withdrawal: bool  # the published rule of domain §4: no rule, no deemed withdrawal
    rights_by_form: frozenset[Right]  # the rights the web form and the API take today
    holidays: frozenset[date]  # national holidays and the office's own closures
    safety: Text  # the safety measures, as Art. 32(1) wants them knowable
    authority_body: Text  # where else a person may turn (PPC line, courts)

    def fee_for(self, right: Right, arrived: date) -> int:
        """The fee in yen: only for rights Art. 38 names, only by a tariff published when the request arrived."""
        if self.tariff is None or self.tariff.published > arrived or not self.law.rights[right].fee_allowed:
            return 0
        return self.tariff.amounts.get(right, 0)
