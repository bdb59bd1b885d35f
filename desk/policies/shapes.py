"""The shape of a law file and of a policy file: which keys there are, and of what type; whether the entries agree is for checks.py."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from desk.domain.case import Authority, Form, Right, Rung
from desk.policies.reading import Listed, Shape, Table, Words

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*([-_][a-z0-9]+)*$")]
MonthDay = Annotated[str, StringConstraints(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
Telephone = Annotated[str, StringConstraints(pattern=r"^0[0-9]{1,4}-[0-9]{1,4}-[0-9]{3,4}$")]
Address = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
Count = Annotated[int, Field(gt=0, le=36_525)]  # days, at most a century
Yen = Annotated[int, Field(gt=0)]
Day = Annotated[date, Field(ge=date(2003, 5, 30), le=date(2095, 12, 31))]  # from the Act on, and as far as holidays are known

# a code stands in the file as a string
RightCode = Annotated[Right, Field(strict=False)]
FormCode = Annotated[Form, Field(strict=False)]
RungCode = Annotated[Rung, Field(strict=False)]
AuthorityCode = Annotated[Authority, Field(strict=False)]


class Bilingual(Shape):
    """The same words in both languages, neither empty."""

    ja: Words
    en: Words


# ---- the law


class RightEntry(Shape):
    """[rights.CODE]."""

    article: Words
    label: Bilingual
    what: Bilingual
    question: Literal["see", "mend", "stop", "erase"]
    grounds: list[Code]  # empty where the law asks for no ground
    refusals: Listed[Code]
    fee_allowed: bool
    notice_article: Words


class GroundEntry(Shape):
    """[grounds.CODE], [refusals.CODE] or [outcomes.CODE]."""

    article: Words
    text: Bilingual


class RetentionEntry(GroundEntry):
    """[retention.CODE]: what a law makes the operator keep, and for how many days."""

    days: Count


class LawFile(Shape):
    """A file of config/law."""

    version: Words
    label: Bilingual
    valid_from: Day
    valid_until: Day | None = None  # the last day; none while the version stands
    suit_days: Count
    rights: Table[RightCode, RightEntry]
    grounds: Table[Code, GroundEntry]
    refusals: Table[Code, GroundEntry]
    outcomes: Table[Code, GroundEntry]
    retention: Table[Code, RetentionEntry]


# ---- the policy


class OperatorEntry(Shape):
    """[operator]."""

    name: Bilingual
    service: Bilingual
    address: Bilingual
    representative: Bilingual


class TextsEntry(Shape):
    """[texts]."""

    safety: Bilingual
    authority_body: Bilingual


class ItemEntry(Shape):
    """[items.CODE]."""

    clause: Words
    label: Bilingual
    source: Literal["user", "linked-service", "operator"]
    authority: AuthorityCode
    prerequisite: bool
    retention_days: Count


class DaysEntry(Shape):
    """[procedure.days]: every timer but the one of the law."""

    target: Count
    ceiling: Count
    acknowledge_business: Count
    scope_business: Count
    identity_business: Count
    papers: Count
    papers_reminder: Count
    papers_final: Count
    papers_deemed: Count
    investigate: Count
    decide_business: Count
    notify_business: Count
    fee: Count
    fee_reminder: Count
    fee_deemed: Count
    deliver_business: Count
    close_after_delivery: Count
    package: Count
    objection_ack_business: Count
    objection_answer: Count
    ledger: Count


class ClosureEntry(Shape):
    """[procedure.closures] NAME: days of every year on which the office is closed, both ends included."""

    from_: MonthDay = Field(alias="from")
    until: MonthDay


class ProcedureEntry(Shape):
    """[procedure]."""

    channels: Listed[Literal["web", "mail", "post", "telephone"]]
    forms: Listed[FormCode]
    rights_by_form: Listed[RightCode]
    deemed_withdrawal: bool
    days: DaysEntry
    closures: Table[Code, ClosureEntry]


class MethodEntry(Shape):
    """[identity.methods.CODE]."""

    proves: Listed[RungCode]
    label: Bilingual


class IdentityEntry(Shape):
    """[identity]."""

    methods: Table[Literal["mail-code", "account", "review"], MethodEntry]
    needs: Table[RightCode, Listed[RungCode]]


class TariffEntry(Shape):
    """[tariff]."""

    version: Words
    published: Day
    basis: Bilingual
    methods: Bilingual
    amounts: Table[RightCode, Yen]


class ContactEntry(Shape):
    """[contacts.ROLE]."""

    label: Bilingual
    telephone: Telephone
    email: Address
    address: Bilingual
    hours: Bilingual


class PolicyFile(Shape):
    """A file of config/policy."""

    version: Words
    label: Bilingual
    valid_from: Day
    valid_until: Day | None = None
    operator: OperatorEntry
    texts: TextsEntry
    items: Table[Code, ItemEntry]
    purposes: Table[Words, Bilingual]  # U1, U2, … without a gap
    procedure: ProcedureEntry
    identity: IdentityEntry
    tariff: TariffEntry | None = None  # no published tariff, no fee
    contacts: Table[Code, ContactEntry]
