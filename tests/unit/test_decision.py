"""The decision: one outcome for every item asked for, its kind, and who must sign."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.domain.case import EVERYTHING, Authority, Case, Coverage, Kind, Right, Ruling, Search, Searched, SearchUnfinished, State, Verdict
from desk.domain.decision import asked, cleared, hands_over, needs_second, only_entrusted, propose
from tests.unit.cases import HELD, INVITED, NOTHING, POLICY, at, ruling, signed

CODES = tuple(POLICY.items)
COUNTS = st.dictionaries(st.sampled_from(CODES), st.integers(0, 3), max_size=5)
DONE = st.sampled_from([Searched.SEARCHED, Searched.NOTHING_HELD, Searched.NOT_APPLICABLE, Searched.EXCUSED])
SEARCHES = st.builds(Search, state=DONE, found=COUNTS, entrusted=COUNTS)
COVERAGES = st.dictionaries(st.sampled_from(["cards", "crm", "archive"]), SEARCHES, min_size=1).map(Coverage)
ITEMS = st.just((EVERYTHING,)) | st.lists(st.sampled_from(CODES), min_size=1, max_size=4, unique=True).map(tuple)
WITHHELD = st.dictionaries(st.sampled_from(CODES), st.sampled_from(POLICY.law.rights[Right.DISC].refusals), max_size=4)


def searched(items: tuple[str, ...] = (EVERYTHING,), withheld: dict[str, str] | None = None, **systems: Search) -> Case:
    """A request for these items whose systems answered like this."""
    return at(State.INVESTIGATING, items=items, withheld=withheld or {}, coverage=Coverage(systems))


def outcome(proposed: Ruling, item: str) -> tuple[Verdict, str, str]:
    """What becomes of one item: verdict, article, reason."""
    return next((one.verdict, one.article, one.reason) for one in proposed.outcomes if one.item == item)


# ---- one outcome per item


@given(ITEMS, COVERAGES, WITHHELD)
def test_every_item_asked_for_has_exactly_one_outcome(items: tuple[str, ...], coverage: Coverage, withheld: dict[str, str]) -> None:
    """Each item asked for, and no other, has one outcome with an article and a reason the law file knows (invariant 2)."""
    case = at(State.INVESTIGATING, items=items, coverage=coverage, withheld=withheld)
    proposed = propose(case, POLICY, 1)
    assert [one.item for one in proposed.outcomes] == [code for code in CODES if code in items or EVERYTHING in items]
    for one in proposed.outcomes:
        assert one.article == POLICY.law.grounds[one.reason].article


@given(ITEMS, COVERAGES, WITHHELD)
def test_what_is_held_decides_the_outcome(items: tuple[str, ...], coverage: Coverage, withheld: dict[str, str]) -> None:
    """Nothing held: no data. Only the client's: referred. Kept back: refused. Partly the client's: in part. Else disclosed."""
    proposed = propose(at(State.INVESTIGATING, items=items, coverage=coverage, withheld=withheld), POLICY, 1)
    for one in proposed.outcomes:
        own, entrusted = coverage.count(one.item, Authority.OPERATOR), coverage.count(one.item, Authority.CLIENT)
        assert one.verdict is (
            (Verdict.REFERRED if entrusted else Verdict.NO_DATA)
            if not own
            else Verdict.REFUSED
            if one.item in withheld
            else Verdict.PARTLY
            if entrusted
            else Verdict.DISCLOSED
        )


@given(ITEMS, COVERAGES, WITHHELD, st.sampled_from([Searched.WAITING, Searched.FAILED]))
def test_a_failed_search_is_never_nothing_held(
    items: tuple[str, ...], coverage: Coverage, withheld: dict[str, str], unfinished: Searched
) -> None:
    """No ruling is proposed while a system has not answered, whatever the others hold (C11)."""
    waiting = Coverage({**coverage.systems, "late": Search(state=unfinished)})
    with pytest.raises(SearchUnfinished):
        propose(at(State.INVESTIGATING, items=items, coverage=waiting, withheld=withheld), POLICY, 1)


def test_no_search_at_all_is_never_nothing_held() -> None:
    """An office without systems has searched nothing, and cannot say that nothing is held."""
    with pytest.raises(SearchUnfinished):
        propose(searched(), POLICY, 1)


def test_a_search_an_officer_left_out_does_not_hold_up_the_others() -> None:
    """A system that is excused, or has nothing to do with the matter, counts as answered."""
    case = searched(cards=HELD, crm=Search(state=Searched.EXCUSED), archive=Search(state=Searched.NOT_APPLICABLE))
    assert outcome(propose(case, POLICY, 1), "name")[0] is Verdict.DISCLOSED


# ---- the worked cases


def test_c10_unlinked_data_is_no_data() -> None:
    """Cookies and addresses that no record ties to the person are not retained personal data: no data, by Art. 33(3) (C10)."""
    proposed = propose(searched(("cookie", "ip_terminal"), cards=NOTHING, crm=NOTHING), POLICY, 1)
    assert proposed.kind is Kind.NO_DATA
    assert outcome(proposed, "cookie") == (Verdict.NO_DATA, "Art. 33(3)", "no-data")


def test_c10_linked_data_is_disclosed() -> None:
    """The same data tied to a log-in is disclosed (C10)."""
    proposed = propose(searched(("cookie",), cards=Search(state=Searched.SEARCHED, found={"cookie": 40})), POLICY, 1)
    assert (proposed.kind, outcome(proposed, "cookie")[0]) == (Kind.GRANTED, Verdict.DISCLOSED)


def test_c05_a_roster_kept_for_the_client_is_the_clients_to_answer() -> None:
    """What is held only for the client is referred; the same item held for both is disclosed in part (C05, Art. 16(4))."""
    roster = Search(state=Searched.SEARCHED, found={"email": 1}, entrusted={"title": 1, "email": 1})
    proposed = propose(searched(("title", "email"), cards=roster), POLICY, 1)
    assert outcome(proposed, "title") == (Verdict.REFERRED, "Art. 16(4)", "client-authority")
    assert outcome(proposed, "email") == (Verdict.PARTLY, "Art. 16(4)", "client-authority")
    assert proposed.kind is Kind.PARTIAL


def test_what_is_kept_back_names_its_own_ground() -> None:
    """An item an officer keeps back is refused on the ground chosen, with its article (Art. 36)."""
    proposed = propose(
        searched(("inquiries",), {"inquiries": "harm"}, crm=Search(state=Searched.SEARCHED, found={"inquiries": 2})), POLICY, 1
    )
    assert (proposed.kind, outcome(proposed, "inquiries")) == (Kind.REFUSED, (Verdict.REFUSED, "Art. 33(2)(i)", "harm"))


def test_a_ground_tells_nothing_about_what_is_not_held() -> None:
    """Keeping back an item that is not held is no refusal: the person learns that there is no data, and no more."""
    assert propose(searched(("inquiries",), {"inquiries": "harm"}, crm=NOTHING), POLICY, 1).kind is Kind.NO_DATA


# ---- kinds

OWN, CLIENTS = {"name": 1}, {"title": 1}


@pytest.mark.parametrize(
    ("items", "withheld", "found", "entrusted", "kind"),
    [
        pytest.param(("*",), {}, {"name": 1, "email": 1}, {}, Kind.GRANTED, id="everything, of which not every item is held"),
        pytest.param(("name", "email"), {}, {"name": 1, "email": 1}, {}, Kind.GRANTED, id="every item named"),
        pytest.param(("name", "email"), {}, OWN, {}, Kind.PARTIAL, id="of the items named one is not held"),
        pytest.param(("*",), {"email": "harm"}, {"name": 1, "email": 1}, {}, Kind.PARTIAL, id="one is kept back"),
        pytest.param(("*",), {}, OWN, CLIENTS, Kind.PARTIAL, id="one is the client's"),
        pytest.param(("*",), {}, OWN, OWN, Kind.PARTIAL, id="one is partly the client's"),
        pytest.param(("*",), {"name": "harm"}, OWN, {}, Kind.REFUSED, id="all that is held is kept back"),
        pytest.param(("*",), {"name": "harm"}, OWN, CLIENTS, Kind.REFUSED, id="kept back, or the client's"),
        pytest.param(("*",), {}, {}, CLIENTS, Kind.REFERRED, id="all that is held is the client's"),
        pytest.param(("name", "title"), {}, {}, CLIENTS, Kind.REFERRED, id="the client's, or not held"),
        pytest.param(("*",), {}, {}, {}, Kind.NO_DATA, id="nothing is held"),
    ],
)
def test_what_the_outcomes_come_to(
    items: tuple[str, ...], withheld: dict[str, str], found: dict[str, int], entrusted: dict[str, int], kind: Kind
) -> None:
    """The kind of a ruling is what its outcomes come to; an item nobody named and nobody holds takes nothing from a full disclosure."""
    cards = Search(state=Searched.SEARCHED, found=found, entrusted=entrusted)
    assert propose(searched(items, withheld, cards=cards, crm=NOTHING), POLICY, 1).kind is kind


@given(ITEMS, COVERAGES, WITHHELD)
def test_a_full_disclosure_keeps_nothing_back(items: tuple[str, ...], coverage: Coverage, withheld: dict[str, str]) -> None:
    """Whoever is told that all was granted is given all that was asked for and is held; whoever gets nothing is not told a part was."""
    proposed = propose(at(State.INVESTIGATING, items=items, coverage=coverage, withheld=withheld), POLICY, 1)
    given_ = proposed.of(Verdict.DISCLOSED, Verdict.PARTLY)
    if proposed.kind is Kind.GRANTED:
        assert not proposed.of(Verdict.PARTLY, Verdict.REFUSED, Verdict.REFERRED)
    assert bool(given_) is (proposed.kind in {Kind.GRANTED, Kind.PARTIAL})


# ---- what a signature is under


@given(ITEMS, COVERAGES, WITHHELD, st.integers(1, 3))
def test_the_same_findings_give_the_same_plan(items: tuple[str, ...], coverage: Coverage, withheld: dict[str, str], draft: int) -> None:
    """A ruling proposed twice from the same findings is the same; under another number of draft it is another, so old signatures fall."""
    case = at(State.INVESTIGATING, items=items, coverage=coverage, withheld=withheld)
    assert propose(case, POLICY, draft) == propose(case, POLICY, draft)
    assert propose(case, POLICY, draft).plan_hash() != propose(case, POLICY, draft + 1).plan_hash()


@pytest.mark.parametrize("kind", Kind)
def test_whatever_is_not_a_full_disclosure_needs_a_second_signature(kind: Kind) -> None:
    """Refusal, no data, a part, and a referral need two approvers (domain §4)."""
    assert needs_second(at(State.APPROVED1, kind)) is (kind is not Kind.GRANTED)


@pytest.mark.parametrize("right", Right)
def test_what_erases_needs_a_second_signature(right: Right) -> None:
    """Whatever may erase is signed by two, also where it is granted in full (domain §4)."""
    assert needs_second(at(State.APPROVED1, right=right)) is (right in {Right.CEASE, Right.CEASE5, Right.ERASE_V})


@given(st.sampled_from(Kind), st.sets(st.sampled_from([1, 2])), st.booleans())
def test_a_ruling_is_carried_out_with_all_its_signatures(kind: Kind, orders: set[int], confirmed: bool) -> None:  # noqa: FBT001 - a fact, not a switch
    """Cleared is what a confirmed person asked and every approver it needs has signed as it now stands (invariant 1)."""
    case = signed(at(State.DECIDED, kind), *sorted(orders))
    case = case if confirmed else replace(case, identity=INVITED)
    assert cleared(case) is (confirmed and orders >= ({1} if kind is Kind.GRANTED else {1, 2}))
    assert not cleared(replace(case, ruling=ruling(kind, draft=2)))


@pytest.mark.parametrize("kind", Kind)
def test_only_a_disclosure_hands_something_over(kind: Kind) -> None:
    """In full or in part something is given; otherwise there is a notice alone."""
    assert hands_over(at(State.DECIDED, kind)) is (kind in {Kind.GRANTED, Kind.PARTIAL})


# ---- what is asked for


def test_everything_is_every_item_of_clause_1() -> None:
    """Who asks for everything asks for every item of the policy, in its order."""
    assert asked(at(State.SCOPED, items=(EVERYTHING, "name")), POLICY) == CODES
    assert asked(at(State.SCOPED, items=("email", "name")), POLICY) == ("name", "email")


@given(st.sets(st.sampled_from(CODES)), st.sets(st.sampled_from(CODES), min_size=1))
def test_only_a_request_wholly_under_the_clients_authority_is_referred_unseen(clients: set[str], items: set[str]) -> None:
    """Before any search only what is the client's in every item asked for is referred (Art. 16(4), C05)."""
    marked = {c: replace(item, authority=Authority.CLIENT if c in clients else Authority.SHARED) for c, item in POLICY.items.items()}
    policy = replace(POLICY, items=marked)
    assert only_entrusted(at(State.ACKNOWLEDGED, items=tuple(items)), policy) is (items <= clients)


def test_a_request_for_nothing_the_policy_knows_is_not_referred() -> None:
    """Where no item is known nothing is the client's either."""
    assert not only_entrusted(at(State.ACKNOWLEDGED, items=("unheard-of",)), POLICY)
