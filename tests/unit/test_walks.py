"""The office's promises, held against walks nobody planned: the desk, officers, the person, the post and time in any order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk.domain import decision, timers
from desk.domain.case import Authority, Case, Form, Identity, Kind, Right, Search, Searched, State
from desk.domain.dates import start_of
from desk.domain.gates import Gate
from desk.domain.life import Ask, Deed, Done, Wait, asleep, next_act, wake_at, whose_turn
from desk.domain.policy import Policy
from tests.unit.cases import NOON, ON_PAPER, PATIENT, POLICY, TODAY, WAITING, at
from tests.unit.walks import STAFF, Walk, World, answers_that_count, question, walked

FEE_STATES = {State.FEE_NOTICED, State.FEE_REMINDED}
GIVING = {Kind.GRANTED, Kind.PARTIAL}
NO_TARIFF = replace(POLICY, tariff=None)
LATER_TARIFF = replace(POLICY, tariff=replace(POLICY.tariff, published=TODAY + timedelta(days=1))) if POLICY.tariff else POLICY
CLIENTS = replace(POLICY, items={code: replace(item, authority=Authority.CLIENT) for code, item in POLICY.items.items()})

ITEMS = st.sampled_from(tuple(POLICY.items))
COUNTS = st.dictionaries(ITEMS, st.integers(1, 3), max_size=3)
SEARCHES = st.builds(Search, state=st.just(Searched.SEARCHED), found=COUNTS, entrusted=COUNTS) | st.just(
    Search(state=Searched.NOTHING_HELD)
)
WORLDS = st.builds(
    World,
    address=st.booleans(),
    account_address=st.booleans(),
    one_person=st.booleans(),
    answers=st.fixed_dictionaries({"cards": SEARCHES, "crm": SEARCHES, "archive": SEARCHES}),
    down=st.frozensets(st.sampled_from(["cards", "crm"])),
    withheld=st.dictionaries(ITEMS, st.just("harm"), max_size=2),
    never=st.frozensets(st.sampled_from([State.DOCS_REQUESTED, State.FEE_NOTICED, State.FEE_REMINDED])),
)
REQUESTS = st.builds(
    lambda right, items, form: at(State.RECEIVED, right=right, items=items, form=form, identity=Identity(), coverage=WAITING),
    st.sampled_from([Right.DISC, Right.DISC, Right.DISC, Right.DISC, Right.INFO, Right.CEASE]),
    st.just(("*",)) | st.lists(ITEMS, min_size=1, max_size=3, unique=True).map(tuple),
    st.sampled_from(Form),
)
POLICIES = st.sampled_from([POLICY, POLICY, POLICY, POLICY, PATIENT, ON_PAPER, NO_TARIFF, LATER_TARIFF, CLIENTS])
MOVES = st.lists(st.integers(0, 2**12), min_size=30, max_size=40)
WALKS = st.builds(lambda case, policy, world: Walk(case=case, policy=policy, world=world, now=NOON), REQUESTS, POLICIES, WORLDS)
walks = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
few_walks = settings(walks, max_examples=25)


def test_the_walks_go_everywhere() -> None:
    """The walks on which the promises are held come to every state and see every deed."""
    states, deeds = set[State](), set[Deed]()

    @settings(few_walks, max_examples=600, derandomize=True, database=None)
    @given(WALKS, MOVES)
    def go(walk: Walk, moves: list[int]) -> None:
        walked(walk, moves)
        states.update(walk.states)
        deeds.update(deed for deed, _ in walk.deeds)

    go()
    assert states == set(State)
    assert deeds == set(Deed)


@walks
@given(WALKS, MOVES)
def test_a_request_is_never_stuck(walk: Walk, moves: list[int]) -> None:
    """Whatever happened there is a next act; without a date it waits for a person, an officer or the post, and each of them can act."""
    walked(walk, moves, not_stuck)


def not_stuck(walk: Walk) -> None:
    """After the desk has done all it can, somebody can act, or a date will come, or all is done."""
    act, when = next_act(walk.case, walk.policy, walk.now), wake_at(walk.case, walk.policy, walk.now)
    assert whose_turn(walk.case, walk.policy, walk.now)
    match act:
        case Ask():
            assert question(walk.case, act).roles
        case Wait():
            posting = walk.case.state is State.NOTIFIED and bool(walk.posting)
            assert when is not None or walk.case.halted or posting, walk.case.state
        case _:
            assert act == Done()


@walks
@given(WALKS, MOVES)
def test_nothing_is_packed_before_identity_and_approvals(walk: Walk, moves: list[int]) -> None:
    """No export before the person is confirmed and every approval stands, by people of the right roles (invariant 1)."""
    walked(walk, moves)
    for deed, case in walk.deeds:
        if deed in {Deed.FULFIL, Deed.PACK, Deed.DELIVER}:
            assert case.identity.confirmed
            assert case.ruling is not None
            signers = {s.order: s.officer for s in case.signatures if s.plan_hash == case.ruling.plan_hash()}
            assert set(signers) >= ({1, 2} if decision.needs_second(case) else {1})


@walks
@given(WALKS, MOVES)
def test_every_item_has_one_outcome(walk: Walk, moves: list[int]) -> None:
    """Each item asked for ends in exactly one outcome with an article, proposed only after every system answered (invariant 2)."""
    walked(walk, moves)
    for deed, case in walk.deeds:
        if deed is Deed.PROPOSE:
            assert not case.coverage.unfinished
        if case.ruling is not None:
            assert tuple(outcome.item for outcome in case.ruling.outcomes) == decision.asked(case, walk.policy)
            assert all(outcome.article and outcome.reason for outcome in case.ruling.outcomes)


@walks
@given(WALKS, MOVES)
def test_a_refusal_never_waits_for_money(walk: Walk, moves: list[int]) -> None:
    """Who gets nothing is never asked to pay, and what is withheld is told before the fee is asked (invariant 3)."""

    def look(walk: Walk) -> None:
        if walk.case.state in FEE_STATES:
            assert walk.case.ruling is not None
            assert walk.case.ruling.kind in GIVING

    walked(walk, moves, look)
    for place, (deed, case) in enumerate(walk.deeds):
        if deed is Deed.DECIDE and case.ruling and case.ruling.kind not in GIVING and place + 1 < len(walk.deeds):
            assert walk.deeds[place + 1][0] in {Deed.ANSWER, Deed.WITHDRAW}
    for told, later in pairwise(told.name for told in walk.told):
        assert (told, later) != ("N08", "N12")


@walks
@given(WALKS, MOVES)
def test_a_fee_rests_on_the_law_and_a_published_tariff(walk: Walk, moves: list[int]) -> None:
    """A fee is owed only for a right that allows one, by a tariff published when the request arrived, and once (invariant 4)."""
    walked(walk, moves)
    if walk.case.fee is not None:
        assert walk.case.right in {Right.PURP, Right.DISC, Right.TPR}
        assert walk.policy.tariff is not None
        assert walk.policy.tariff.published <= TODAY
        assert walk.case.fee.amount == walk.policy.tariff.amounts[walk.case.right]


@walks
@given(WALKS, MOVES)
def test_who_prepares_signs_and_reviews_are_different_people(walk: Walk, moves: list[int]) -> None:
    """Maker, first and second approver, and the reviewer of an objection are never the same (invariant 5)."""
    walked(walk, moves)
    for gate, _, officer, before in walk.answered:
        made = {who for done, _, who, _ in walk.answered[: index_of(walk, before)] if done in {Gate.REVIEW, Gate.ARCHIVE, Gate.SEARCH}}
        made |= {"chosa"} if before.withheld else set()
        signed = {s.officer for s in before.signatures}
        current = {s.officer for s in before.signatures if before.ruling and s.plan_hash == before.ruling.plan_hash()}
        if gate is Gate.DECISION:
            assert officer not in made | current | before.reviewers
        if gate is Gate.OBJECTION:
            assert officer not in made | signed | before.reviewers


def index_of(walk: Walk, before: Case) -> int:
    """Which of the answers was given to this very request."""
    return next(place for place, answered in enumerate(walk.answered) if answered[3] is before)


@walks
@given(WALKS, MOVES)
def test_nobody_is_deemed_withdrawn_unreminded(walk: Walk, moves: list[int]) -> None:
    """A deemed withdrawal follows a published rule, a reminder of this very asking, days to answer it, and a clerk's word (invariant 7)."""
    walked(walk, moves)
    lapses = [(officer, case) for gate, said, officer, case in walk.answered if (gate, said) == (Gate.LAPSE, "取下げとみなす")]
    assert len(lapses) == walk.states.count(State.DEEMED_WITHDRAWN)
    for officer, case in lapses:
        assert walk.policy.deemed_withdrawal
        assert "clerk" in STAFF[officer]
        reminder, days = ("N09", 16) if case.fee else ("N04", 20)
        reminded = case.fee.reminded_at if case.fee else case.identity.papers_reminded_at
        assert reminded is not None
        assert any(told.name == reminder and told.at == reminded for told in walk.told)
        ended = next(told.at for told in walk.told if told.name == "N05" and told.at >= reminded)
        assert ended - reminded >= timedelta(days=days - 1)


@walks
@given(WALKS, MOVES)
def test_a_delay_is_told_once_and_a_letter_once_a_round(walk: Walk, moves: list[int]) -> None:
    """N07 goes out at most once in a request's life, and no answer twice in one round (invariant 6, as far as judged here)."""
    walked(walk, moves)
    names = [told.name for told in walk.told]
    assert names.count("N07") <= 1
    assert names.count("N01") == 1
    rounds = 1 + sum(deed is Deed.RESUME for deed, _ in walk.deeds)
    assert all(names.count(name) <= rounds for name in ("N06", "N10", "N11", "N12", "N13"))


@few_walks
@given(WALKS, MOVES)
def test_when_to_look_again_agrees_with_looking_every_day(walk: Walk, moves: list[int]) -> None:
    """`wake_at` names the first instant at which patience alone would have found another act, on every day of the next four months."""
    walked(walk, moves[:25], lambda walk: agrees(walk.case, walk.policy, walk.now))


def agrees(case: Case, policy: Policy, now: datetime) -> None:
    """Hold the table's own prediction against brute force."""
    act, when = next_act(case, policy, now), wake_at(case, policy, now)
    midnights = [start_of(now.date() + timedelta(days=n)) for n in range(120)]
    looks = sorted({midnight - timedelta(seconds=late) for midnight in midnights for late in (0, 1)})
    first = next((look for look in looks if look > now and next_act(case, policy, look) != act), None)
    assert when == first


@few_walks
@given(WALKS, MOVES)
def test_only_timers_know_the_time(walk: Walk, moves: list[int]) -> None:
    """Between two instants of its timers a request needs the same, so that nothing has to look at a clock."""
    walked(walk, moves[:25])
    case, policy = walk.case, walk.policy
    marks = timers.marks(case, policy)
    for first, last in pairwise(marks):
        inside = [first, first + (last - first) / 2, last - timedelta(microseconds=1)]
        assert len({next_act(case, policy, instant) for instant in inside}) == 1


@walks
@given(WALKS, MOVES)
def test_a_request_asleep_waits_for_a_payment(walk: Walk, moves: list[int]) -> None:
    """What is asleep is unpaid, and accounting can book a payment for it at any time."""

    def look(walk: Walk) -> None:
        if asleep(walk.case, walk.policy, walk.now) and not walk.case.halted and not walk.case.undelivered:
            assert next_act(walk.case, walk.policy, walk.now) == Ask(Gate.PAYMENT)

    walked(walk, moves, look)


# ---- planned walks: the worked cases that are a matter of the table

ALL_HELD: Mapping[str, Search] = {name: Search(state=Searched.SEARCHED, found={"name": 1}) for name in ("cards", "crm", "archive")}


def walk_of(world: World, policy: Policy = POLICY, **facts: object) -> Walk:
    """A disclosure that begins in this world."""
    start = at(State.RECEIVED, identity=Identity(), coverage=WAITING)
    return Walk(case=replace(start, **facts), policy=policy, world=world, now=NOON)  # type: ignore[arg-type] # facts are fields of a case


def say(walk: Walk, *answers: str) -> None:
    """Let whoever of the staff may give these answers, one after the other; the desk goes on between them."""
    for said in answers:
        act = next_act(walk.case, walk.policy, walk.now)
        assert isinstance(act, Ask), (said, act)
        answer, officer = next(found for found in answers_that_count(walk.case, act) if found[0].answer == said)
        walk.answer(act, answer, officer)
        walk.settle()


def stands(walk: Walk) -> State:
    """Where the request stands now."""
    return walk.case.state


def letters_of(walk: Walk) -> list[str]:
    """What the person was told, in order."""
    return [told.name for told in walk.told]


def test_the_ordinary_disclosure() -> None:
    """Recognised, searched, signed, paid, packed, told, fetched, closed; the person is told four things."""
    walk = walk_of(World(answers=ALL_HELD))
    walk.settle()
    walk.know(proven=frozenset({"person"}))
    say(walk, "本人と認める", "該当あり", "承認する", "入金した")
    assert stands(walk) is State.NOTIFIED
    walk.note(delivered_at=walk.now)
    walk.pass_time(timedelta(days=14))
    walk.settle()
    assert letters_of(walk) == ["N01", "N08", "N13"]
    assert stands(walk) is State.CLOSED


def test_c16_an_unpaid_request_is_deemed_withdrawn_and_can_come_back() -> None:
    """Refused parts are told before the bill; after reminder and lapse an objection brings a fresh bill with fresh days (C16)."""
    walk = walk_of(World(answers={**ALL_HELD, "crm": Search(state=Searched.SEARCHED, found={"inquiries": 1}, entrusted={"name": 1})}))
    walk.settle()
    walk.know(proven=frozenset({"person"}))
    say(walk, "本人と認める", "該当なし", "承認する", "承認する")
    for jump in (14, 17):
        walk.pass_time(timedelta(days=jump))
        walk.settle()
    say(walk, "取下げとみなす")
    assert letters_of(walk) == ["N01", "N12", "N08", "N09", "N05"]
    walk.note(objection_at=walk.now)
    walk.settle()
    say(walk, "審査し直す")
    assert (walk.case.state, letters_of(walk)[-2:]) == (State.FEE_NOTICED, ["N18", "N08"])
    assert next_act(walk.case, POLICY, walk.now + timedelta(days=13)) == Ask(Gate.PAYMENT)
    say(walk, "入金した")
    assert walk.case.state is State.NOTIFIED


def test_c01_papers_asked_twice_are_reminded_of_twice() -> None:
    """When what came in does not suffice, papers are asked for anew: a letter, days and a reminder of its own (C01)."""
    walk = walk_of(World(address=False))
    walk.settle()
    say(walk, "書類を求める")
    walk.pass_time(timedelta(days=10))
    walk.settle()
    say(walk, "書類を求める")
    walk.pass_time(timedelta(days=9))
    walk.settle()
    assert letters_of(walk) == ["N01", "N03", "N04", "N03"]
    walk.pass_time(timedelta(days=1))
    walk.settle()
    assert letters_of(walk)[-1] == "N04"


def test_an_account_shown_late_still_leads_to_a_code() -> None:
    """Who logs in only after papers were asked for is sent a code to the address that the account leads to."""
    walk = walk_of(World(address=False, answers=ALL_HELD))
    walk.settle()
    say(walk, "書類を求める")
    walk.know(proven=frozenset({"records"}))
    walk.settle()
    assert stands(walk) is State.ID_CHECK
    assert walk.case.identity.invited
    walk.know(proven=frozenset({"records", "person"}))
    walk.settle()
    assert stands(walk) is State.INVESTIGATING


def test_who_objects_to_a_rejection_is_invited_anew() -> None:
    """A reviewer who sends an unconfirmed request back gives the person another code, not only another officer."""
    walk = walk_of(World())
    walk.settle()
    walk.pass_time(timedelta(days=4))
    walk.settle()
    say(walk, "認められない")
    walk.note(objection_at=walk.now)
    walk.settle()
    say(walk, "審査し直す")
    assert walk.case.state is State.ID_CHECK
    assert [deed for deed, _ in walk.deeds].count(Deed.INVITE) == 2


@pytest.mark.parametrize("times", [1, 2])
def test_every_objection_gets_its_answer(times: int) -> None:
    """Objecting again to an answer that was upheld brings another review, by another person, and another letter."""
    walk = walk_of(World(answers={name: Search(state=Searched.NOTHING_HELD) for name in ALL_HELD}))
    walk.settle()
    walk.know(proven=frozenset({"person"}))
    say(walk, "本人と認める", "該当なし", "承認する", "承認する")
    for _ in range(times):
        walk.note(objection_at=walk.now)
        walk.settle()
        say(walk, "維持する")
    assert letters_of(walk).count("N18") == times
    assert len(walk.case.reviewers) == times


def test_c11_a_system_that_is_down_holds_the_request() -> None:
    """Until it answers or an officer excuses it there is no ruling; nothing held everywhere costs nothing (C11)."""
    nothing = {name: Search(state=Searched.NOTHING_HELD) for name in ALL_HELD}
    walk = walk_of(World(answers=nothing, down=frozenset({"crm"})))
    walk.settle()
    walk.know(proven=frozenset({"person"}))
    say(walk, "本人と認める")
    assert next_act(walk.case, POLICY, walk.now) == Ask(Gate.SEARCH, "crm")
    say(walk, "再試行", "該当なし", "承認する", "承認する")
    assert walk.case.state is State.NOTIFIED
    assert walk.case.fee is None
    assert letters_of(walk) == ["N01", "N11"]
