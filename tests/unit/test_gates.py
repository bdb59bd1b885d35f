"""The gates: who may answer what, what an answer needs, and when it no longer counts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.domain.case import Case, Coverage, Fee, Kind, Rung, Signature, State
from desk.domain.gates import (
    CHOICES,
    FIRST,
    MOST_YEN,
    SECOND,
    Answer,
    Gate,
    Question,
    Refusal,
    Role,
    choices_of,
    plan_of,
    refusal,
    roles_of,
)
from desk.domain.life import Ask
from tests.unit.cases import FAILED, INVITED, NOON, at, day, package, ruling, signed
from tests.unit.walks import STAFF, filled, question

S = State
FEE = Fee(amount=1000, tariff="2026-04", noticed_at=NOON)
ROLES: dict[tuple[Gate, str], dict[str, set[Role]]] = {  # as promised to the officers (surface, "Officers' forms")
    (Gate.REVIEW, ""): {"本人と認める": {Role.CLERK}, "書類を求める": {Role.CLERK}, "認められない": {Role.APPROVER}},
    (Gate.ARCHIVE, "archive"): {"該当なし": {Role.INVESTIGATOR}, "該当あり": {Role.INVESTIGATOR}},
    (Gate.SEARCH, "crm"): {"再試行": {Role.INVESTIGATOR}, "除外する": {Role.INVESTIGATOR}},
    (Gate.DECISION, FIRST): {"承認する": {Role.APPROVER}, "差し戻す": {Role.APPROVER}},
    (Gate.DECISION, SECOND): {"承認する": {Role.SECOND_APPROVER}, "差し戻す": {Role.SECOND_APPROVER}},
    (Gate.PAYMENT, ""): {"入金した": {Role.ACCOUNTING}, "待つ": {Role.ACCOUNTING}, "免除する": {Role.ACCOUNTING}},
    (Gate.LAPSE, ""): {"取下げとみなす": {Role.CLERK}, "待つ": {Role.CLERK}},
    (Gate.DISPATCH, ""): {"発送した": {Role.CLERK}},
    (Gate.RESEND, "N10"): {"再送する": {Role.CLERK}, "書面にする": {Role.CLERK}},
    (Gate.OBJECTION, ""): {
        "審査し直す": {Role.APPROVER, Role.SECOND_APPROVER},
        "維持する": {Role.APPROVER, Role.SECOND_APPROVER},
    },
}
EXTRAS = {
    "該当あり": "draft",
    "除外する": "draft",
    "入金した": "amount",
    "発送した": "tracking",
    "審査し直す": "draft",
    "維持する": "draft",
}
GATES = st.sampled_from([Ask(gate, about) for gate, about in ROLES])


def asked_at(ask: Ask, case: Case | None = None) -> tuple[Question, Case]:
    """An open question at a gate, about a signed refusal that is billed and packed, unless another case is given."""
    case = case or at(S.APPROVED1, Kind.REFUSED, fee=FEE, package=package())
    return question(case, ask), case


def judged(ask: Ask, answer: Answer, roles: set[Role], case: Case | None = None) -> Refusal | None:
    """What becomes of an answer to an open question."""
    asked, case = asked_at(ask, case)
    return refusal(asked, answer, roles, case, asked.plan)


def whole(ask: Ask, said: str) -> Answer:
    """This answer with all that it needs, by somebody who had no part in anything."""
    _, case = asked_at(ask)
    return filled("somebody", said, choices_of(ask.gate, ask.about)[said], case)[0]


# ---- who


def test_every_gate_and_answer_is_promised() -> None:
    """The table of roles above names every gate and every answer, and no other."""
    assert {gate for gate, _ in ROLES} == set(Gate)
    assert all(set(ROLES[gate, about]) == set(CHOICES[gate]) for gate, about in ROLES)


@given(GATES, st.sets(st.sampled_from(Role)))
def test_only_the_right_role_opens_a_gate(ask: Ask, roles: set[Role]) -> None:
    """At every gate each answer counts from those roles that may give it, and from no other set of roles."""
    for said, able in ROLES[ask.gate, ask.about].items():
        expected = None if roles & able else Refusal.WRONG_ROLE
        assert judged(ask, whole(ask, said), roles) == expected


@given(GATES)
def test_who_is_asked_can_answer(ask: Ask) -> None:
    """The officers who are told of a question are those of whom some answer counts."""
    assert set(roles_of(ask.gate, ask.about)) == set().union(*ROLES[ask.gate, ask.about].values())


def test_auditors_and_managers_open_no_gate() -> None:
    """Who only reads, and who only names officers, decides nothing about a request."""
    assert not {Role.AUDITOR, Role.MANAGER} & {role for gate, about in ROLES for role in roles_of(gate, about)}


# ---- not about one's own work

PARTS = st.fixed_dictionaries(
    {
        "makers": st.frozensets(st.sampled_from(["a", "b", "c"])),
        "reviewers": st.frozensets(st.sampled_from(["a", "b", "c"])),
        "signers": st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from([1, 2]), st.booleans()), max_size=3),
    }
)


def with_parts(parts: dict[str, object]) -> Case:
    """A refusal to be signed or reviewed, in which these officers had a part; a signature may be under an earlier ruling."""
    case = at(S.APPROVED1, Kind.REFUSED)
    plans = {True: case.ruling.plan_hash() if case.ruling else "", False: ruling(Kind.PARTIAL).plan_hash()}
    signers: list[tuple[str, int, bool]] = parts["signers"]  # type: ignore[assignment] # as drawn
    signatures = tuple(Signature(officer=who, order=order, plan_hash=plans[current], at=NOON) for who, order, current in signers)
    return replace(case, makers=parts["makers"], reviewers=parts["reviewers"], signatures=signatures)  # type: ignore[arg-type] # as drawn


@given(PARTS, st.sampled_from(["a", "b", "c", "d"]), st.sampled_from([FIRST, SECOND]))
def test_maker_first_and_second_approver_differ(parts: dict[str, object], officer: str, place: str) -> None:
    """Nobody signs what he or she prepared or reviewed, nor in both places; a signature under another ruling bars nobody."""
    case = with_parts(parts)
    plan = case.ruling.plan_hash() if case.ruling else ""
    other_place = {s.officer for s in case.signatures if s.plan_hash == plan and str(s.order) != place}
    barred = officer in case.makers | case.reviewers | other_place
    for said in ("承認する", "差し戻す"):
        answer = Answer(officer=officer, answer=said)
        roles = {Role.APPROVER, Role.SECOND_APPROVER}
        assert judged(Ask(Gate.DECISION, place), answer, roles, case) == (Refusal.OWN_WORK if barred else None)


@given(PARTS, st.sampled_from(["a", "b", "c", "d"]), st.sampled_from([Role.APPROVER, Role.SECOND_APPROVER]))
def test_the_reviewer_of_an_objection_is_new(parts: dict[str, object], officer: str, role: Role) -> None:
    """Who prepared, ever signed, or reviewed before does not review an objection; either kind of approver does."""
    case = replace(with_parts(parts), state=S.REOPENED)
    barred = officer in case.makers | case.reviewers | {s.officer for s in case.signatures}
    answer = Answer(officer=officer, answer="維持する", draft=1)
    assert judged(Ask(Gate.OBJECTION), answer, {role}, case) == (Refusal.OWN_WORK if barred else None)


@given(GATES, st.sampled_from(sorted(STAFF)))
def test_one_officer_may_do_what_needs_no_other(ask: Ask, officer: str) -> None:
    """At every other gate a part in the matter bars nobody."""
    case = at(S.APPROVED1, Kind.REFUSED, makers=frozenset(STAFF), reviewers=frozenset(STAFF), fee=FEE)
    expected = Refusal.OWN_WORK if ask.gate in {Gate.DECISION, Gate.OBJECTION} else None
    for said in ROLES[ask.gate, ask.about]:
        assert judged(ask, replace(whole(ask, said), officer=officer), set(Role), case) == expected


# ---- what an answer needs


@given(GATES, st.sets(st.sampled_from(["draft", "amount", "tracking"])))
def test_an_answer_brings_what_it_needs_and_nothing_else(ask: Ask, given_: set[str]) -> None:
    """Each answer needs its one extra field, or none; what was not asked for is refused, because it was meant for another answer."""
    values = {"draft": 3, "amount": 1000, "tracking": "1234-5678-9012"}
    for said in ROLES[ask.gate, ask.about]:
        wanted = {EXTRAS[said]} if said in EXTRAS else set()
        answer = replace(Answer(officer="somebody", answer=said), **{name: values[name] for name in given_})  # type: ignore[arg-type] # by name
        expected = Refusal.EXTRA_UNASKED if given_ - wanted else Refusal.EXTRA_MISSING if wanted - given_ else None
        assert judged(ask, answer, set(Role)) == expected


@given(st.integers(-(10**9), 10**9))
def test_an_amount_is_some_yen_and_not_too_many(amount: int) -> None:
    """What came in is a whole number of yen, more than nothing and within reason."""
    answer = Answer(officer="keiri", answer="入金した", amount=amount)
    assert (judged(Ask(Gate.PAYMENT), answer, {Role.ACCOUNTING}) is None) is (0 < amount <= MOST_YEN)


@pytest.mark.parametrize("draft", [0, -1])
def test_a_draft_has_a_number(draft: int) -> None:
    """The words of an answer are named by the number of a draft."""
    answer = Answer(officer="chosa", answer="該当あり", draft=draft)
    assert judged(Ask(Gate.ARCHIVE, "archive"), answer, {Role.INVESTIGATOR}) is Refusal.EXTRA_MISSING


@pytest.mark.parametrize("tracking", ["1234-5678-9012", "EJ 123 456 789 JP", "12" * 20])
def test_a_tracking_number_is_taken_as_it_is_printed(tracking: str) -> None:
    """Letters, digits, hyphens and spaces, up to forty characters."""
    answer = Answer(officer="uketsuke", answer="発送した", tracking=tracking)
    assert judged(Ask(Gate.DISPATCH), answer, {Role.CLERK}) is None


@pytest.mark.parametrize("tracking", ["", " ", "-", "12" * 21, "{{ 7*7 }}", "<b>1</b>", "1234\n5678", "一二三", "１２３４"])
def test_what_is_no_tracking_number_is_refused(tracking: str) -> None:
    """Nothing else passes: the field goes into a letter."""
    answer = Answer(officer="uketsuke", answer="発送した", tracking=tracking)
    assert judged(Ask(Gate.DISPATCH), answer, {Role.CLERK}) is Refusal.EXTRA_MISSING


@given(GATES, st.text())
def test_only_an_offered_answer_counts(ask: Ask, said: str) -> None:
    """An answer is one of the list, word for word."""
    if said not in CHOICES[ask.gate]:
        assert judged(ask, Answer(officer="somebody", answer=said), set(Role)) is Refusal.UNKNOWN_ANSWER


@given(GATES, st.sampled_from(["answered", "refused", "superseded"]))
def test_a_closed_question_takes_no_answer(ask: Ask, state: str) -> None:
    """Of two who answer at once one comes too late, whatever he says."""
    asked, case = asked_at(ask)
    for said in CHOICES[ask.gate]:
        assert refusal(replace(asked, state=state), whole(ask, said), set(Role), case, asked.plan) is Refusal.CLOSED


# ---- what it is about

BILLED = at(S.FEE_REMINDED, fee=FEE)
OPEN: dict[Ask, Case] = {
    Ask(Gate.REVIEW): at(S.ID_CHECK),
    Ask(Gate.ARCHIVE, "archive"): at(S.INVESTIGATING),
    Ask(Gate.SEARCH, "crm"): at(S.INVESTIGATING, coverage=Coverage({"crm": FAILED})),
    Ask(Gate.DECISION, FIRST): at(S.DRAFTED),
    Ask(Gate.DECISION, SECOND): at(S.APPROVED1, Kind.REFUSED),
    Ask(Gate.PAYMENT): BILLED,
    Ask(Gate.LAPSE): BILLED,
    Ask(Gate.DISPATCH): at(S.FULFILLING, package=package()),
    Ask(Gate.RESEND, "N10"): at(S.NOTIFIED, Kind.REFUSED, undelivered=("N10",)),
    Ask(Gate.OBJECTION): at(S.REOPENED),
}
CHANGES: dict[str, tuple[Gate, dict[str, object]]] = {
    "a rung was proven": (Gate.REVIEW, {"identity": replace(INVITED, proven=frozenset({Rung.RECORDS}))}),
    "the proofs turned out to conflict": (Gate.REVIEW, {"identity": replace(INVITED, conflicting=True)}),
    "papers were asked for": (Gate.REVIEW, {"state": S.DOCS_REQUESTED}),
    "papers were asked for again": (Gate.REVIEW, {"state_since": day(3)}),
    "the system failed again": (Gate.SEARCH, {"coverage": Coverage({"crm": replace(FAILED, attempts=2)})}),
    "another ruling is proposed": (Gate.DECISION, {"ruling": ruling(Kind.PARTIAL)}),
    "the same ruling is proposed afresh": (Gate.DECISION, {"ruling": ruling(draft=2)}),
    "a part was paid": (Gate.PAYMENT, {"fee": replace(FEE, paid=300)}),
    "the fee was waived": (Gate.PAYMENT, {"fee": replace(FEE, waived=True)}),
    "the request was deemed withdrawn": (Gate.PAYMENT, {"state": S.DEEMED_WITHDRAWN}),
    "a payment came in before the lapse": (Gate.LAPSE, {"fee": replace(FEE, paid=300)}),
    "the clerk waited once": (Gate.LAPSE, {"fee": replace(FEE, deemed_answer="待つ", deemed_at=day(31))}),
    "another package was made": (Gate.DISPATCH, {"package": package(manifest_hash="1")}),
    "the person objected again": (Gate.OBJECTION, {"state_since": day(9)}),
}
INDIFFERENT: dict[str, tuple[Gate, dict[str, object]]] = {
    "a reminder changes nothing about a payment": (Gate.PAYMENT, {"state": S.FEE_NOTICED, "state_since": day(2), "fee": FEE}),
    "a letter changes nothing about a signature": (Gate.DECISION, {"letters": frozenset({"N07"})}),
    "a look changes nothing about papers to post": (Gate.DISPATCH, {"package": package(fetched_at=day(1))}),
    "a bounced letter changes nothing about identity": (Gate.REVIEW, {"undelivered": ("N01",)}),
}


def plans(gate: Gate, facts: dict[str, object]) -> list[tuple[str, str]]:
    """The plans of the questions at a gate, before and after."""
    return [
        (plan_of(ask.gate, ask.about, case), plan_of(ask.gate, ask.about, replace(case, **facts)))  # type: ignore[arg-type] # fields of a case
        for ask, case in OPEN.items()
        if ask.gate is gate
    ]


@pytest.mark.parametrize(("gate", "facts"), CHANGES.values(), ids=CHANGES)
def test_an_answer_to_what_has_changed_does_not_count(gate: Gate, facts: dict[str, object]) -> None:
    """When what the officer saw has changed, the answer is stale and the question is asked afresh (F18)."""
    assert all(before != after for before, after in plans(gate, facts))


@pytest.mark.parametrize(("gate", "facts"), INDIFFERENT.values(), ids=INDIFFERENT)
def test_an_answer_stands_where_nothing_it_is_about_has_changed(gate: Gate, facts: dict[str, object]) -> None:
    """What an officer did not have to look at makes no answer stale."""
    assert all(before == after for before, after in plans(gate, facts))


@pytest.mark.parametrize("facts", [{"withdrawal_at": NOON}, {"round": 2}], ids=["withdrawn", "reopened"])
@pytest.mark.parametrize("gate", Gate)
def test_no_answer_outlives_the_request(gate: Gate, facts: dict[str, object]) -> None:
    """A withdrawal, and another round, make every open question another one: nobody signs what the person took back."""
    assert all(before != after for before, after in plans(gate, facts))


@given(st.sampled_from(sorted(OPEN, key=str)), st.sampled_from(sorted(OPEN, key=str)))
def test_every_question_has_a_plan_of_its_own(one: Ask, other: Ask) -> None:
    """An answer to one question never fits another, even about the same request."""
    case = signed(at(S.APPROVED1, Kind.REFUSED, fee=FEE, package=package()), 1)
    assert (plan_of(one.gate, one.about, case) == plan_of(other.gate, other.about, case)) is (one == other)


@given(GATES)
def test_a_stale_answer_is_refused_before_anything_else_is_said(ask: Ask) -> None:
    """Whoever answers an old question learns that it is old, and nothing about roles."""
    asked, case = asked_at(ask)
    for said in CHOICES[ask.gate]:
        assert refusal(asked, whole(ask, said), set(), case, "another") is Refusal.STALE_PLAN


# ---- words


def test_every_role_and_refusal_is_said_in_the_officers_language() -> None:
    """Nothing an officer reads is a code."""
    assert all(role.ja and not role.ja.isascii() for role in Role)
    assert all(reason.ja.endswith("。") for reason in Refusal)
