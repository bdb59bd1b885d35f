"""What may be handed over, how long it is kept, and what a receipt says of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.domain.case import (
    Authority,
    Case,
    Coverage,
    Kind,
    NotAllowed,
    Outcome,
    Record,
    Right,
    Ruling,
    Search,
    Searched,
    Signature,
    State,
    Verdict,
)
from desk.domain.dates import on_day
from desk.domain.fulfilment import decided_at, disclosable, purge_on, receipt_facts
from desk.policies import policies

POLICY = policies().in_force(date(2026, 11, 22))
ARRIVED = datetime(2026, 11, 8, 15, 30, tzinfo=UTC)  # already the 9th in Tokyo
NOW = datetime(2026, 11, 20, 6, 30, 5, 999, tzinfo=UTC)
GIVEN = {Verdict.DISCLOSED, Verdict.PARTLY}

items = st.sampled_from(["name", "email", "title", "usage", "inquiries"])
held = st.builds(
    Record,
    system=st.sampled_from(["cards", "crm"]),
    table=st.just("users"),
    key=st.text(max_size=3),
    authority=st.sampled_from(Authority),
    items=st.dictionaries(items, st.text(max_size=8), max_size=4),
)
rulings = st.dictionaries(items, st.sampled_from(Verdict), max_size=5).map(lambda verdicts: ruled(**verdicts))


def ruled(**verdicts: Verdict) -> Ruling:
    """A ruling with these verdicts by item."""
    outcomes = tuple(Outcome(item=item, verdict=said, article="Art. 33(2)", reason="disclosed") for item, said in verdicts.items())
    return Ruling(outcomes=outcomes, kind=Kind.PARTIAL)


def record(authority: Authority = Authority.OPERATOR, system: str = "cards", **values: str) -> Record:
    """A record of an invented person."""
    return Record(system=system, table="users", key="4411", authority=authority, items=values)


def case(**changes: object) -> Case:
    """A request in which one item is given, one withheld, and one not held."""
    plain = Case(
        number="2611-7KQ2F-9XCWM-T",
        right=Right.DISC,
        state=State.FULFILLING,
        arrived_at=ARRIVED,
        law=POLICY.law.version,
        policy=POLICY.version,
        state_since=NOW,
        coverage=Coverage({"cards": Search(state=Searched.SEARCHED), "archive": Search(state=Searched.EXCUSED, reason="closed")}),
        ruling=ruled(name=Verdict.DISCLOSED, inquiries=Verdict.REFUSED, location=Verdict.NO_DATA),
    )
    return replace(plain, **changes)  # type: ignore[arg-type] # any field


@given(rulings, st.lists(held))
def test_only_what_the_ruling_gives_is_handed_over(ruling: Ruling, records: list[Record]) -> None:
    """Every value handed over was ruled to be disclosed, wholly or in part, and is one that was found."""
    verdicts = {outcome.item: outcome.verdict for outcome in ruling.outcomes}
    for kept in disclosable(ruling, records):
        assert all(verdicts[item] in GIVEN for item in kept.items)
        assert any(kept.key == found.key and kept.items.items() <= found.items.items() for found in records)


@given(rulings, st.lists(held))
def test_everything_the_ruling_gives_is_handed_over(ruling: Ruling, records: list[Record]) -> None:
    """No value of the operator's or shared authority that was ruled to be disclosed is left out."""
    verdicts = {outcome.item: outcome.verdict for outcome in ruling.outcomes}
    due = [
        (found.key, item, value)
        for found in records
        if found.authority is not Authority.CLIENT
        for item, value in found.items.items()
        if verdicts.get(item) in GIVEN
    ]
    assert [(kept.key, item, value) for kept in disclosable(ruling, records) for item, value in kept.items.items()] == due


@given(rulings, st.lists(held))
def test_what_is_handed_over_is_never_empty_and_stays_the_same(ruling: Ruling, records: list[Record]) -> None:
    """A record with nothing left is dropped, and asking again of the answer changes nothing."""
    once = disclosable(ruling, records)
    assert all(kept.items for kept in once)
    assert disclosable(ruling, once) == once


def test_records_under_a_clients_authority_are_never_handed_over() -> None:
    """What the operator may not disclose is not 保有個人データ (Art. 16(4)), whatever the item's ruling."""
    kept = disclosable(ruled(name=Verdict.PARTLY), [record(authority, name="葉山 みなと") for authority in Authority])
    assert [found.authority for found in kept] == [Authority.OPERATOR, Authority.SHARED]


@given(st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)), st.integers(1, 400))  # noqa: DTZ001 - the zone is added
def test_a_package_lives_to_the_end_of_its_last_day(built: datetime, days: int) -> None:
    """The day a person reads is wholly theirs: the package is destroyed as that day ends in Tokyo."""
    last = purge_on(built, days)
    assert on_day(last) == on_day(built) + timedelta(days=days)
    assert on_day(last + timedelta(seconds=1)) == on_day(last) + timedelta(days=1)
    assert last.tzinfo is UTC


def test_the_decision_is_dated_by_the_last_signature_under_the_plan() -> None:
    """A signature under another plan dates nothing."""
    signed = case()
    assert decided_at(signed) is None
    assert signed.ruling is not None
    plan = signed.ruling.plan_hash()
    signatures = tuple(
        Signature(officer=f"o-{day}", order=order, plan_hash=under, at=datetime(2026, 11, day, tzinfo=UTC))
        for day, order, under in ((16, 1, plan), (17, 2, plan), (18, 2, "another"))
    )
    assert decided_at(replace(signed, signatures=signatures)) == datetime(2026, 11, 17, tzinfo=UTC)


def test_a_receipt_names_the_law_the_clock_the_systems_and_the_exceptions() -> None:
    """Whoever reads a receipt sees by what law and when it was answered, what was searched, given and held back."""
    facts = receipt_facts(case(), POLICY, [record(name="葉山 みなと"), record(Authority.CLIENT, name="別")], "ab" * 32, NOW)
    assert (facts["format"], facts["number"], facts["right"]) == ("madoguchi-receipt-v1", "2611-7KQ2F-9XCWM-T", "DISC")
    assert (facts["law"], facts["policy"], facts["manifest_sha256"]) == (POLICY.law.version, POLICY.version, "ab" * 32)
    assert facts["clock"] == {
        "arrived_at": "2026-11-08T15:30:00Z",
        "decided_at": None,
        "packaged_at": "2026-11-20T06:30:05Z",
        "target_date": "2026-11-23",
        "suit_date": "2026-11-24",
    }
    assert facts["systems"] == [
        {"system": "cards", "state": "searched", "reason": "", "records": 1},
        {"system": "archive", "state": "excused", "reason": "closed", "records": 0},
    ]


def test_a_receipt_lists_every_item_and_again_what_was_not_given() -> None:
    """Exceptions are all outcomes but a full disclosure, each with its article and reason code."""
    facts = receipt_facts(case(), POLICY, [], "ab" * 32, NOW)
    listed, exceptions = facts["items"], facts["exceptions"]
    assert isinstance(listed, list)
    assert isinstance(exceptions, list)
    assert [line["item"] for line in listed] == ["name", "inquiries", "location"]
    assert [(line["item"], line["outcome"]) for line in exceptions] == [("inquiries", "refused"), ("location", "no-data")]
    assert all(line["article"] and line["reason"] for line in exceptions)


@given(st.lists(st.text("葉山みなとxyz@", min_size=4), min_size=1))
def test_a_receipt_holds_no_personal_data(values: list[str]) -> None:
    """No value and no key of a record reaches the receipt; two people with equal counts get the same facts."""
    facts = receipt_facts(case(), POLICY, [record(name=value) for value in values], "ab" * 32, NOW)
    assert facts == receipt_facts(case(), POLICY, [record(name="?") for _ in values], "ab" * 32, NOW)
    assert "4411" not in json.dumps(facts)


def test_there_is_no_receipt_before_a_ruling() -> None:
    """What is not decided cannot be receipted."""
    with pytest.raises(NotAllowed):
        receipt_facts(case(ruling=None), POLICY, [], "ab" * 32, NOW)
