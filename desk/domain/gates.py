"""The gates at which a person of the office must act: who may answer what, and when an answer counts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from desk.domain.case import Case, State

Extra = Literal["", "draft", "amount", "tracking"]
UNPAID = frozenset({State.DECIDED, State.FEE_NOTICED, State.FEE_REMINDED})  # where a payment is awaited


class Role(StrEnum):
    """What an officer may do."""

    CLERK = "clerk"
    INVESTIGATOR = "investigator"
    APPROVER = "approver"
    SECOND_APPROVER = "second-approver"
    ACCOUNTING = "accounting"
    AUDITOR = "auditor"
    MANAGER = "manager"

    @property
    def ja(self) -> str:
        """The role as the office says it."""
        return _ROLE_JA[self]


_ROLE_JA = {
    Role.CLERK: "受付",
    Role.INVESTIGATOR: "調査",
    Role.APPROVER: "承認",
    Role.SECOND_APPROVER: "第二承認",
    Role.ACCOUNTING: "経理",
    Role.AUDITOR: "監査",
    Role.MANAGER: "管理",
}


class Gate(StrEnum):
    """The questions the engine asks, by the word the office uses."""

    REVIEW = "審査"
    ARCHIVE = "書庫"
    SEARCH = "調査"
    DECISION = "決定"
    PAYMENT = "入金"
    LAPSE = "取下げ"
    DISPATCH = "発送"
    RESEND = "再送"
    OBJECTION = "異議"


class Refusal(StrEnum):
    """Why an answer does not count."""

    CLOSED = "closed"
    UNKNOWN_ANSWER = "unknown-answer"
    UNKNOWN_OFFICER = "unknown-officer"
    WRONG_CODE = "wrong-code"
    USED_CODE = "used-code"
    WRONG_ROLE = "wrong-role"
    OWN_WORK = "own-work"
    STALE_PLAN = "stale-plan"
    EXTRA_MISSING = "extra-missing"
    EXTRA_UNASKED = "extra-unasked"
    NO_SUCH_DRAFT = "no-such-draft"
    NO_ANSWER = "no-answer"
    HALTED = "halted"

    @property
    def ja(self) -> str:
        """The reason in the officer's words."""
        return _REFUSAL_JA[self]


_REFUSAL_JA = {
    Refusal.HALTED: "この件は停止中です。停止が解かれてから、改めて回答してください。",
    Refusal.CLOSED: "この質問はすでに回答済みです。",
    Refusal.UNKNOWN_ANSWER: "選択肢にない回答です。",
    Refusal.UNKNOWN_OFFICER: "担当者IDが登録されていないか、停止されています。",
    Refusal.WRONG_CODE: "ワンタイムコードが正しくありません。",
    Refusal.USED_CODE: "このワンタイムコードは使用済みです。次のコードをお使いください。",
    Refusal.WRONG_ROLE: "この回答に必要な権限がありません。",
    Refusal.OWN_WORK: "この件の準備または先の判断に関わった方は回答できません。",
    Refusal.STALE_PLAN: "質問の後に内容が変わりました。新しい内容を確認してください。",
    Refusal.EXTRA_MISSING: "必要な項目(文案番号・金額・追跡番号)がないか、値が正しくありません。",
    Refusal.EXTRA_UNASKED: "この回答には追加の項目は要りません。",
    Refusal.NO_SUCH_DRAFT: "その番号の文案がこの件にありません。",
    Refusal.NO_ANSWER: "回答のないまま再開されました。",
}


@dataclass(frozen=True)
class Choice:
    """One possible answer: the role it takes, and the one more thing it needs."""

    role: Role
    extra: Extra = ""


CHOICES: Mapping[Gate, Mapping[str, Choice]] = {
    Gate.REVIEW: {
        "本人と認める": Choice(Role.CLERK),
        "書類を求める": Choice(Role.CLERK),
        "認められない": Choice(Role.APPROVER),
    },
    Gate.ARCHIVE: {"該当なし": Choice(Role.INVESTIGATOR), "該当あり": Choice(Role.INVESTIGATOR, "draft")},
    Gate.SEARCH: {"再試行": Choice(Role.INVESTIGATOR), "除外する": Choice(Role.INVESTIGATOR, "draft")},
    Gate.DECISION: {"承認する": Choice(Role.APPROVER), "差し戻す": Choice(Role.APPROVER)},
    Gate.PAYMENT: {
        "入金した": Choice(Role.ACCOUNTING, "amount"),
        "待つ": Choice(Role.ACCOUNTING),
        "免除する": Choice(Role.ACCOUNTING),
    },
    Gate.LAPSE: {"取下げとみなす": Choice(Role.CLERK), "待つ": Choice(Role.CLERK)},
    Gate.DISPATCH: {"発送した": Choice(Role.CLERK, "tracking")},
    Gate.RESEND: {"再送する": Choice(Role.CLERK), "書面にする": Choice(Role.CLERK)},
    Gate.OBJECTION: {"審査し直す": Choice(Role.APPROVER, "draft"), "維持する": Choice(Role.APPROVER, "draft")},
}
FIRST, SECOND = "1", "2"  # which signature a decision is about


def choices_of(gate: Gate, about: str) -> Mapping[str, Choice]:
    """The answers at a gate and the role each takes; a second signature takes the second approver."""
    if gate is Gate.DECISION and about == SECOND:
        return {answer: Choice(Role.SECOND_APPROVER) for answer in CHOICES[gate]}
    return CHOICES[gate]


def roles_of(gate: Gate, about: str) -> tuple[Role, ...]:
    """Who may answer at a gate at all, without repetition, in order; either kind of approver may review an objection."""
    if gate is Gate.OBJECTION:
        return (Role.APPROVER, Role.SECOND_APPROVER)
    return tuple(dict.fromkeys(choice.role for choice in choices_of(gate, about).values()))


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question on record: what is asked of whom, about which plan, under which key."""

    number: str
    gate: Gate
    about: str  # a system's name, a letter's name, or the place of a signature
    key: str
    plan: str  # hash of what the answer is about (`plan_of`)
    asked_at: datetime
    round: int = 1
    state: str = "open"  # open | answered | refused | superseded

    @property
    def choices(self) -> Mapping[str, Choice]:
        """The answers and the role each takes."""
        return choices_of(self.gate, self.about)

    @property
    def roles(self) -> tuple[Role, ...]:
        """Who may answer at all."""
        return roles_of(self.gate, self.about)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What an officer said; the one-time code has been checked apart."""

    officer: str
    answer: str
    draft: int | None = None
    amount: int | None = None
    tracking: str | None = None

    @property
    def extras(self) -> tuple[str, ...]:
        """Which of the extra fields were filled in."""
        return tuple(name for name in ("draft", "amount", "tracking") if getattr(self, name) is not None)


def plan_of(gate: Gate, about: str, case: Case) -> str:
    """A hash of what an answer is about; when it changes, an answer given to the old question does not count (SHA-256 in hex)."""
    seen = [gate, about, case.round, case.withdrawal_at is not None, *_seen(gate, about, case)]
    return hashlib.sha256(json.dumps(seen, default=str).encode()).hexdigest()


def _seen(gate: Gate, about: str, case: Case) -> tuple[object, ...]:
    """What an officer has before him or her; of a payment only whether it is awaited and how much, for a reminder changes nothing in it."""
    owed = case.fee.amount - case.fee.paid if case.fee and not case.fee.settled else 0
    search, since = case.coverage.systems.get(about), case.state_since
    ruled = case.ruling.plan_hash() if case.ruling else ""
    seen: Mapping[Gate, tuple[object, ...]] = {
        Gate.REVIEW: (case.state, since, sorted(case.identity.proven), case.identity.conflicting),
        Gate.SEARCH: (search.attempts if search else 0,),
        Gate.DECISION: (ruled,),
        Gate.OBJECTION: (since, ruled),
        Gate.PAYMENT: (case.state in UNPAID, owed),
        Gate.LAPSE: (case.state, since, case.fee.deemed_at if case.fee else None, owed),
        Gate.DISPATCH: (case.package.manifest_hash if case.package else "",),
    }
    return seen.get(gate, ())


def refusal(question: Question, answer: Answer, roles: Collection[Role], case: Case, plan: str) -> Refusal | None:
    """Why this answer does not count, or None: open, known, in role, complete, not about one's own work, plan unchanged."""
    if question.state != "open":
        return Refusal.CLOSED
    choice = question.choices.get(answer.answer)
    if choice is None:
        return Refusal.UNKNOWN_ANSWER
    if question.plan != plan:
        return Refusal.STALE_PLAN
    if _may(question, choice).isdisjoint(roles):
        return Refusal.WRONG_ROLE
    if answer.officer in _barred(question, case):
        return Refusal.OWN_WORK
    return _extra_refusal(choice, answer)


def _may(question: Question, choice: Choice) -> frozenset[Role]:
    """The roles that may give this answer; at an objection either kind of approver, for what counts is that the reviewer is new."""
    return frozenset(question.roles) if question.gate is Gate.OBJECTION else frozenset({choice.role})


def _barred(question: Question, case: Case) -> frozenset[str]:
    """Maker, first and second approver, and the reviewer of an objection are different people (domain §4, invariant 5)."""
    signers = frozenset(signature.officer for signature in case.signatures)
    match question.gate:
        case Gate.DECISION:
            own_place = 2 if question.about == SECOND else 1
            current = case.ruling.plan_hash() if case.ruling else ""
            others = {s.officer for s in case.signatures if s.order != own_place and s.plan_hash == current}
            return case.makers | others | case.reviewers
        case Gate.OBJECTION:
            return case.makers | signers | case.reviewers
        case _:
            return frozenset()


def _extra_refusal(choice: Choice, answer: Answer) -> Refusal | None:
    if any(name != choice.extra for name in answer.extras):
        return Refusal.EXTRA_UNASKED
    if not choice.extra:
        return None
    match choice.extra:
        case "draft":
            good = answer.draft is not None and answer.draft > 0
        case "amount":
            good = answer.amount is not None and 0 < answer.amount <= MOST_YEN
        case _:
            good = answer.tracking is not None and answer.tracking.isascii() and _tracking(answer.tracking)
    return None if good else Refusal.EXTRA_MISSING


MOST_YEN = 10_000_000
_TRACKING_LENGTH = 40


def _tracking(number: str) -> bool:
    plain = number.replace("-", "").replace(" ", "")
    return plain.isalnum() and len(number) <= _TRACKING_LENGTH
