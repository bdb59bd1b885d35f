"""Identity: what proves who asks and whose the records are, and when an officer has to look."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.domain.case import Identity, Right, Rung, State
from desk.domain.identity import (
    PAPERS,
    RECOGNISED,
    REFUSED,
    Trace,
    address_on_file,
    came_in,
    completed,
    needs_officer,
    officer_from,
    one_holder,
    one_person,
    searchable,
    sufficient,
    to_look_up,
)
from tests.unit.cases import INVITED, NOON, POLICY, at, day

S = State
RUNGS = st.frozensets(st.sampled_from(Rung))
IDENTITIES = st.builds(
    Identity,
    looked_up=st.booleans(),
    invited=st.booleans(),
    invited_for_account=st.booleans(),
    proven=RUNGS,
    conflicting=st.booleans(),
    review=st.sampled_from(["", RECOGNISED, PAPERS, REFUSED]),
)

# ---- what suffices


@given(IDENTITIES, st.sampled_from(Right))
def test_every_rung_of_the_right_must_be_proven(known: Identity, right: Right) -> None:
    """The proofs suffice when they reach every rung the policy names for the right and do not conflict; else an officer's word does."""
    case = at(S.ID_CHECK, right=right, identity=known)
    by_proofs = POLICY.ladder.needs[right] <= known.proven and not known.conflicting
    assert sufficient(case, POLICY) is (by_proofs or known.review == RECOGNISED)


def test_a_mailbox_alone_discloses_nothing() -> None:
    """A code sent to the address on file proves who asks, not whose the records are (C02)."""
    assert not sufficient(at(S.ID_CHECK, identity=replace(INVITED, proven=frozenset({Rung.PERSON}))), POLICY)


@pytest.mark.parametrize("review", [PAPERS, REFUSED, ""])
def test_no_other_word_of_an_officer_suffices(review: str) -> None:
    """Only 本人と認める stands for the proofs."""
    assert not sufficient(at(S.ID_CHECK, identity=Identity(review=review)), POLICY)


# ---- looking an address up


def test_an_address_is_looked_for_once_and_once_more_by_an_account() -> None:
    """First by what was written; where that led to nobody, again by the signed account; then never again."""
    fresh = Identity()
    unknown = replace(fresh, looked_up=True)
    account = replace(unknown, proven=frozenset({Rung.RECORDS}))
    tried = replace(account, invited_for_account=True)
    assert [to_look_up(at(S.ID_CHECK, identity=one)) for one in (fresh, unknown, account, tried, INVITED)] == [
        True,
        False,
        True,
        False,
        False,
    ]


@given(IDENTITIES)
def test_looking_up_comes_to_an_end(known: Identity) -> None:
    """Once the look-up by the account was made, whatever it found, there is none left to make."""
    made = replace(known, looked_up=True, invited_for_account=Rung.RECORDS in known.proven)
    assert not to_look_up(at(S.ID_CHECK, identity=made))


@given(IDENTITIES)
def test_what_papers_were_asked_for_comes_in(known: Identity) -> None:
    """An officer's answer, proof enough, or an account that may lead to an address lets identity be looked at again; nothing else does."""
    case = at(S.DOCS_REQUESTED, identity=known)
    assert came_in(case, POLICY) is (known.review != "" or sufficient(case, POLICY) or to_look_up(case))


# ---- the officer


def test_an_officer_looks_after_three_business_days() -> None:
    """Arrived on a Sunday before a holiday, a person who proves nothing is looked at from Thursday on, at the office's midnight."""
    assert officer_from(at(S.ID_CHECK), POLICY) == day(4)
    assert not needs_officer(at(S.ID_CHECK), POLICY, day(4, seconds=-1))
    assert needs_officer(at(S.ID_CHECK), POLICY, day(4))


def test_the_days_of_the_officer_begin_with_the_check() -> None:
    """The three days count from when identity began to be checked, and only while it is."""
    assert officer_from(at(S.ID_CHECK, state_since=day(8)), POLICY) == day(11)
    assert officer_from(at(S.DOCS_REQUESTED), POLICY) is None


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(Identity(looked_up=True), id="no address on file was found"),
        pytest.param(replace(INVITED, proven=frozenset({Rung.PERSON})), id="only the mailbox is proven"),
        pytest.param(Identity(looked_up=True, proven=frozenset({Rung.RECORDS})), id="only the account is proven"),
        pytest.param(replace(INVITED, proven=frozenset(Rung), conflicting=True), id="the proofs conflict"),
    ],
)
def test_an_officer_looks_at_once_where_the_proofs_cannot_decide(known: Identity) -> None:
    """Nobody waits three days for a check that no proof of theirs can end."""
    assert needs_officer(at(S.ID_CHECK, identity=known), POLICY, NOON)


# ---- one person

USERS, CONTACTS = ("cards", "users"), ("crm", "contacts")


def trace(table: tuple[str, str], key: str, login: str = "") -> Trace:
    """A record that a proof led to."""
    return (*table, key, login)


HANAKO = trace(USERS, "7", "hanako")
TRACES = st.sets(
    st.builds(trace, st.sampled_from([USERS, CONTACTS]), st.sampled_from(["7", "8", "9"]), st.sampled_from(["", "hanako", "taro"])),
    max_size=4,
)


def test_proofs_that_meet_in_a_record_are_one_persons() -> None:
    """A mailbox and an account that lead to the same row are one person's, also where only one of them is known elsewhere."""
    assert one_person([{HANAKO, trace(CONTACTS, "3")}, {HANAKO}])


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param([], id="nothing proven"),
        pytest.param([set()], id="a proof that leads nowhere"),
        pytest.param([{HANAKO}, set()], id="one proof that leads nowhere"),
        pytest.param([{HANAKO}, {trace(USERS, "8", "taro")}], id="two accounts"),
        pytest.param([{HANAKO}, {trace(CONTACTS, "7")}], id="the same key of another table"),
        pytest.param([{HANAKO, trace(USERS, "8", "taro")}, {HANAKO}], id="a mailbox two holders shared or followed each other in (C02)"),
    ],
)
def test_proofs_that_may_be_two_peoples_are_not_one_persons(claims: list[set[Trace]]) -> None:
    """Where the proofs do not meet, or a mailbox leads to two log-ins, an officer has to look."""
    assert not one_person(claims)


@given(st.lists(TRACES, max_size=3), TRACES)
def test_another_proof_never_makes_two_people_one(claims: list[set[Trace]], more: set[Trace]) -> None:
    """A further proof can bring doubt, never remove it, and the order of the proofs does not matter."""
    if claims and one_person([*claims, more]):
        assert one_person(claims)
    assert one_person(claims) is one_person(claims[::-1])


@given(TRACES)
def test_two_log_ins_in_one_table_are_two_holders(traces: set[Trace]) -> None:
    """Within a table a person has one log-in; records that name none tell nothing."""
    tables = {(system, table) for system, table, _, _ in traces}
    logins = [{login for *table, _, login in traces if tuple(table) == where and login} for where in tables]
    assert one_holder(traces) is all(len(named) <= 1 for named in logins)


def test_a_log_in_is_the_same_however_it_is_written() -> None:
    """Capital and full-width letters are no second person."""
    assert one_holder({trace(USERS, "7", "hanako"), trace(USERS, "9", "ＨＡＮＡＫＯ ")})


# ---- the address on file


@pytest.mark.parametrize(
    ("addresses", "address"),
    [
        ((), ""),
        (("", "  "), ""),
        (("hanako@example.jp",), "hanako@example.jp"),
        ((" hanako@example.jp", "Hanako@Example.jp"), "Hanako@Example.jp"),
        (("hanako@example.jp", "taro@example.jp"), ""),
        (("hanako@example.jp", "hanako+1@example.jp"), ""),
        (("strasse@example.com", "straße@example.com"), ""),
    ],
)
def test_a_code_goes_to_the_one_address_on_file_or_nowhere(addresses: tuple[str, ...], address: str) -> None:
    """Where the records name two addresses no code is sent: what only looks alike is another mailbox."""
    assert address_on_file(addresses) == address


# ---- by what is searched

KINDS = st.sampled_from(["email", "login_id", "company"])
KEYS = st.dictionaries(KINDS, st.sampled_from(["a", "b"]))


@given(KEYS, KEYS)
def test_only_what_was_proven_is_searched_by(claimed: dict[str, str], proven: dict[str, str]) -> None:
    """What a person merely wrote is used only where an officer recognised the person, and never against a proof."""
    assert searchable(claimed, proven, "") == proven
    assert searchable(claimed, proven, PAPERS) == proven
    assert searchable(claimed, proven, RECOGNISED) == {**claimed, **proven}


@given(KEYS, st.lists(KEYS, max_size=3))
def test_the_records_own_identifiers_are_added_where_they_agree(keys: dict[str, str], on_file: list[dict[str, str]]) -> None:
    """An identifier that every record gives the same is searched by too; none that was proven is replaced, none that is doubtful added."""
    wider = completed(keys, on_file)
    assert wider | keys == wider
    for kind in wider.keys() - keys.keys():
        assert {record[kind] for record in on_file if kind in record} == {wider[kind]}
