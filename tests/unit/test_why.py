"""The person's clock in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.domain.case import (
    Case,
    Coverage,
    Fee,
    Form,
    Identity,
    Kind,
    Language,
    Outcome,
    Package,
    Right,
    Ruling,
    Rung,
    Search,
    Searched,
    State,
    Verdict,
)
from desk.domain.policy import Policy
from desk.domain.why import promised, suable_from, why
from desk.policies import read_policies

POLICY: Policy = read_policies(Path(__file__).parents[2] / "config").in_force(date(2026, 11, 22))
ARRIVED = datetime(2026, 11, 22, 3, tzinfo=UTC)
CASE = Case(
    number="2611-22222-22222-X",
    right=Right.DISC,
    state=State.RECEIVED,
    arrived_at=ARRIVED,
    state_since=ARRIVED,
    law=POLICY.law.version,
    policy=POLICY.version,
)
SUIT_JA = "裁判所への訴えは2026年12月7日から"
LANGUAGES: tuple[Language, ...] = ("ja", "en")
PROVING = (State.RECEIVED, State.ACKNOWLEDGED, State.SCOPED, State.ID_CHECK)


def said(case: Case, now: datetime = ARRIVED, language: Language = "ja", policy: Policy = POLICY) -> str:
    """All sentences of one look, as one text."""
    return "\n".join(why(case, policy, now, language))


def test_the_target_is_explained_and_the_suit_date_never_pauses() -> None:
    """Why this date, and what the law gives whoever waits (Art. 39)."""
    text = said(CASE)
    assert "2026年12月6日まで" in text
    assert "14日以内" in text
    assert SUIT_JA in text
    assert "この日は、お手続きをお待ちしている間も延びません" in text


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_has_its_words_in_both_languages(state: State, language: Language) -> None:
    """No state leaves the person without a sentence, and no sentence with a hole in it."""
    fee = Fee(amount=1000, tariff="2026-04", noticed_at=ARRIVED)
    sentences = why(replace(CASE, state=state, fee=fee), POLICY, ARRIVED, language)
    assert sentences
    assert not any("{" in one or "None" in one for one in sentences)
    assert all(any("ぁ" <= char <= "ヿ" for char in one) is (language == "ja") for one in sentences)


identities = st.builds(
    Identity,
    looked_up=st.booleans(),
    invited=st.booleans(),
    invited_for_account=st.booleans(),
    proven=st.frozensets(st.sampled_from(Rung)),
    conflicting=st.booleans(),
    review=st.sampled_from(["", "本人と認める", "書類を求める"]),
    address_proven=st.booleans(),
)
searches = st.dictionaries(st.sampled_from(["cards", "crm"]), st.builds(Search, state=st.sampled_from(Searched)), max_size=2)


@given(st.sampled_from(PROVING), identities, searches, st.frozensets(st.sampled_from(["N01", "proof"])), st.sampled_from(LANGUAGES))
def test_t1_nothing_tells_whether_somebody_is_known(
    state: State, identity: Identity, found: dict[str, Search], letters: frozenset[str], language: Language
) -> None:
    """Until identity is confirmed the sentences are the same whatever was found, sent or proven (T1, T10)."""
    plain = replace(CASE, state=state)
    known = replace(plain, identity=identity, coverage=Coverage(found), letters=letters)
    assert why(known, POLICY, ARRIVED, language) == why(plain, POLICY, ARRIVED, language)


def test_identity_names_the_day_a_person_will_look() -> None:
    """Three business days on, with Labour Thanksgiving Day between: 2026-11-23 is a holiday."""
    assert "2026年11月26日までに確認が済まないときは、担当者が" in said(replace(CASE, state=State.ID_CHECK))


def test_papers_have_a_day_a_reminder_and_an_end() -> None:
    """The dates of the policy; after the reminder the last day stands, and no second reminder is promised."""
    case = replace(CASE, state=State.DOCS_REQUESTED)
    first, last = said(case), said(replace(case, letters=frozenset({"N04"})))
    assert all(day in first for day in ("2026年12月6日までにお願い", "2026年12月2日に、もう一度", "2026年12月22日を過ぎると"))
    assert "2026年12月13日までにお願い" in last
    assert "もう一度" not in last


def test_without_a_published_rule_nothing_lapses() -> None:
    """A deemed withdrawal rests on the published rule only (domain §4)."""
    policy = replace(POLICY, deemed_withdrawal=False)
    assert "取り下げられたもの" not in said(replace(CASE, state=State.DOCS_REQUESTED), policy=policy)


def test_a_failed_search_is_told_and_is_not_nothing_held() -> None:
    """How many places have answered, and that silence is not an answer."""
    coverage = Coverage({"a": Search(state=Searched.SEARCHED), "b": Search(state=Searched.FAILED), "c": Search()})
    text = said(replace(CASE, state=State.INVESTIGATING, coverage=coverage))
    assert "3か所のうち1か所" in text
    assert "1か所から回答を得られていない" in text


def test_a_fee_has_its_day_its_reminder_and_its_article() -> None:
    """What is still to be paid, by when, on which ground; what came in is taken off."""
    fee = Fee(amount=1000, tariff="2026-04", paid=400, noticed_at=ARRIVED)
    text = said(replace(CASE, state=State.FEE_NOTICED, fee=fee))
    assert "手数料600円を2026年12月20日まで" in text
    assert "個人情報保護法第38条第1項" in text
    assert "2026年12月6日に、もう一度" in text


def test_an_unpaid_request_rests_where_no_rule_ends_it() -> None:
    """休止: payment wakes it, and nothing is lost."""
    fee = Fee(amount=1000, tariff="2026-04", noticed_at=ARRIVED, reminded_at=ARRIVED)
    case = replace(CASE, state=State.FEE_REMINDED, fee=fee)
    text = said(case, ARRIVED + timedelta(days=31), policy=replace(POLICY, deemed_withdrawal=False))
    assert "休止しています" in text
    assert SUIT_JA in text


def test_a_clerks_patience_starts_the_days_afresh() -> None:
    """After 待つ the last day counts from that answer."""
    fee = Fee(
        amount=1000,
        tariff="2026-04",
        noticed_at=ARRIVED,
        reminded_at=ARRIVED,
        deemed_answer="待つ",
        deemed_at=ARRIVED + timedelta(days=30),
    )
    assert "2027年1月21日を過ぎると" in said(replace(CASE, state=State.FEE_REMINDED, fee=fee))


def test_a_delay_moves_the_promise_and_never_the_suit_date() -> None:
    """After N07 the ceiling is promised."""
    late = replace(CASE, state=State.INVESTIGATING, letters=frozenset({"N07"}))
    assert promised(late, POLICY) == date(2026, 12, 22)
    assert promised(CASE, POLICY) == date(2026, 12, 6)
    assert "2026年12月22日までにお答えします" in said(late)
    assert SUIT_JA in said(late)


def test_a_refusal_opens_the_way_to_court_at_once() -> None:
    """Art. 39(1): whoever was refused need not wait two weeks; whoever got everything has nothing to sue for."""
    outcome = Outcome(item="name", verdict=Verdict.REFUSED, article="Art. 33(2)(i)", reason="harm")
    refused = replace(CASE, state=State.NOTIFIED, ruling=Ruling(outcomes=(outcome,), kind=Kind.REFUSED))
    granted = replace(refused, ruling=Ruling(outcomes=(outcome,), kind=Kind.GRANTED))
    assert "すぐに裁判所へ" in said(refused)
    assert "すぐに裁判所へ" in said(replace(CASE, state=State.REJECTED))
    assert "裁判所" not in said(granted)


@pytest.mark.parametrize("right", [Right.PURP, Right.INFO, Right.ERASE_V])
def test_art_39_covers_no_other_rights(right: Right) -> None:
    """A 求め under Art. 32(2) or 28(3), and an erasure by policy, have no suit date."""
    assert suable_from(replace(CASE, right=right), POLICY) is None
    assert "裁判所" not in said(replace(CASE, right=right))


def test_wishes_are_acknowledged_at_once() -> None:
    """Whoever withdraws or objects sees it before the desk has acted on it."""
    assert "お取り下げを承りました" in said(replace(CASE, withdrawal_at=ARRIVED))
    assert "異議のお申し出を承りました" in said(replace(CASE, state=State.CLOSED, objection_at=ARRIVED))
    assert "見直しています。2026年12月6日までに" in said(replace(CASE, state=State.REOPENED, objection_at=ARRIVED))


def test_a_stop_on_our_side_is_told() -> None:
    """A halted request does not pretend to move."""
    assert "作業を一時止めています" in said(replace(CASE, halted=True))


def test_the_copy_can_be_fetched_until_a_day() -> None:
    """Only what is delivered as data, and only until it is purged."""
    package = Package(built_at=ARRIVED, until=datetime(2026, 12, 22, 14, 59, 59, tzinfo=UTC), manifest_hash="0")
    case = replace(CASE, state=State.NOTIFIED, package=package, delivered_at=ARRIVED)
    assert "データは2026年12月22日まで" in said(case)
    assert "2026年12月6日に手続きを終えます" in said(case)
    assert "データは" not in said(replace(case, package=replace(package, purged_at=ARRIVED)))
    assert "データは" not in said(replace(case, form=Form.PAPER))
    assert "郵送します" in said(replace(case, state=State.FULFILLING, form=Form.PAPER))
