"""The table of a request's life: every row by what it does, every edge by the office's own procedure, and what is asked of the table."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.domain.case import Case, Coverage, Fee, Form, Identity, Kind, Rung, Search, Searched, State
from desk.domain.dates import long_date, on_day
from desk.domain.gates import Gate
from desk.domain.life import (
    AT_WORK,
    BEFORE_FULFILMENT,
    ENDED,
    STEPS,
    TABLE,
    Act,
    Ask,
    Deed,
    Do,
    Done,
    Turn,
    Wait,
    asleep,
    delivery,
    may_move,
    next_act,
    resumes_at,
    row_for,
    wake_at,
    whose_turn,
)
from desk.domain.policy import Policy
from desk.domain.why import why
from tests.unit.cases import (
    FAILED,
    HELD,
    INVITED,
    NOON,
    NOTHING,
    ON_PAPER,
    PATIENT,
    POLICY,
    SEARCHED,
    at,
    day,
    package,
    signed,
)

PERSON, DESK, NONE = Turn.PERSON, Turn.DESK, Turn.NONE
S = State
BOTH_PROVEN = replace(INVITED, proven=frozenset(Rung))
ONE_PROVEN = replace(INVITED, proven=frozenset({Rung.PERSON}))
BY_ACCOUNT = Identity(looked_up=True, proven=frozenset({Rung.RECORDS}))
REMINDED = replace(INVITED, papers_reminded_at=day(10))
FAILING = Coverage({"cards": HELD, "crm": FAILED, "archive": Search()})
PAID = Fee(amount=1000, tariff="2026-04", paid=1000, noticed_at=NOON)
UNPAID = replace(PAID, paid=0, reminded_at=day(14))
PAPER = at(S.FULFILLING, form=Form.PAPER, package=package())

ROWS: dict[str, tuple[Case, datetime, Act, Turn]] = {
    "a halted request rests": (at(S.INVESTIGATING, halted=True), NOON, Wait(), DESK),
    "a withdrawal ends it": (at(S.DRAFTED, withdrawal_at=NOON), NOON, Do(Deed.WITHDRAW), DESK),
    "a withdrawal comes before money": (at(S.FEE_NOTICED, fee=PAID, withdrawal_at=NOON), NOON, Do(Deed.WITHDRAW), DESK),
    "an objection reopens it": (at(S.CLOSED, objection_at=NOON), NOON, Do(Deed.REOPEN), DESK),
    "an objection need not wait for the end": (at(S.NOTIFIED, objection_at=NOON), NOON, Do(Deed.REOPEN), DESK),
    "the target day is over": (at(S.DRAFTED), day(15), Do(Deed.DELAY), DESK),
    "the target day is over while 審査 waits": (at(S.ID_CHECK), day(15), Do(Deed.DELAY), DESK),
    "a letter came back": (at(S.ID_CHECK, undelivered=("N01",)), NOON, Ask(Gate.RESEND, "N01"), DESK),
    "a letter came back after the end": (at(S.REJECTED, undelivered=("N06",)), NOON, Ask(Gate.RESEND, "N06"), DESK),
    "a request came in": (at(S.RECEIVED), NOON, Do(Deed.ACKNOWLEDGE), DESK),
    "it was acknowledged": (at(S.ACKNOWLEDGED), NOON, Do(Deed.SCOPE), DESK),
    "its scope is settled": (at(S.SCOPED, identity=Identity()), NOON, Do(Deed.INVITE), PERSON),
    "everything is proven": (at(S.ID_CHECK, identity=BOTH_PROVEN), NOON, Do(Deed.CONFIRM), PERSON),
    "an officer recognised the person": (at(S.ID_CHECK, identity=Identity(review="本人と認める")), NOON, Do(Deed.CONFIRM), PERSON),
    "an officer did not": (at(S.ID_CHECK, identity=replace(INVITED, review="認められない")), NOON, Do(Deed.REJECT), PERSON),
    "an officer wants papers": (at(S.ID_CHECK, identity=replace(INVITED, review="書類を求める")), NOON, Do(Deed.ASK_PAPERS), PERSON),
    "an account leads to an address": (at(S.ID_CHECK, identity=BY_ACCOUNT), NOON, Do(Deed.INVITE), PERSON),
    "one proof is missing": (at(S.ID_CHECK, identity=ONE_PROVEN), NOON, Ask(Gate.REVIEW), PERSON),
    "no address was found": (at(S.ID_CHECK, identity=Identity(looked_up=True)), NOON, Ask(Gate.REVIEW), PERSON),
    "the proofs conflict": (at(S.ID_CHECK, identity=replace(BOTH_PROVEN, conflicting=True)), NOON, Ask(Gate.REVIEW), PERSON),
    "the person was invited": (at(S.ID_CHECK), NOON, Wait(), PERSON),
    "the person never came": (at(S.ID_CHECK), day(4), Ask(Gate.REVIEW), PERSON),
    "papers are awaited": (at(S.DOCS_REQUESTED), day(9), Ask(Gate.REVIEW), PERSON),
    "what was asked for came in": (at(S.DOCS_REQUESTED, identity=BOTH_PROVEN), NOON, Do(Deed.LOOK_AGAIN), PERSON),
    "papers are reminded of": (at(S.DOCS_REQUESTED), day(10), Do(Deed.REMIND_PAPERS), PERSON),
    "papers never came": (at(S.DOCS_REQUESTED, identity=REMINDED), day(31), Ask(Gate.LAPSE), PERSON),
    "systems are to be asked": (at(S.INVESTIGATING), NOON, Do(Deed.SEARCH), DESK),
    "no system was ever asked": (at(S.INVESTIGATING, coverage=Coverage()), NOON, Do(Deed.SEARCH), DESK),
    "a system did not answer": (at(S.INVESTIGATING, coverage=FAILING), NOON, Ask(Gate.SEARCH, "crm"), DESK),
    "the archive is to be looked through": (
        at(S.INVESTIGATING, coverage=Coverage({"cards": HELD, "archive": Search()})),
        NOON,
        Ask(Gate.ARCHIVE, "archive"),
        DESK,
    ),
    "every system answered": (at(S.INVESTIGATING, coverage=SEARCHED), NOON, Do(Deed.PROPOSE), DESK),
    "a ruling is proposed": (at(S.DRAFTED), NOON, Ask(Gate.DECISION, "1"), DESK),
    "a refusal has its first signature": (at(S.APPROVED1, Kind.REFUSED), NOON, Ask(Gate.DECISION, "2"), DESK),
    "a full disclosure has its signature": (at(S.APPROVED1), NOON, Do(Deed.DECIDE), DESK),
    "a refusal has both signatures": (at(S.APPROVED2, Kind.REFUSED), NOON, Do(Deed.DECIDE), DESK),
    "a state does not bear its signatures": (at(S.FULFILLING, signatures=()), NOON, Wait(), DESK),
    "it is refused": (at(S.DECIDED, Kind.REFUSED), NOON, Do(Deed.ANSWER), DESK),
    "there is no data": (at(S.DECIDED, Kind.NO_DATA), NOON, Do(Deed.ANSWER), DESK),
    "all of it is the client's": (at(S.DECIDED, Kind.REFERRED), NOON, Do(Deed.ANSWER), DESK),
    "it is granted for a fee": (at(S.DECIDED), NOON, Do(Deed.CHARGE), DESK),
    "it is granted again, and the bill is unpaid": (at(S.DECIDED, fee=UNPAID), NOON, Do(Deed.CHARGE), DESK),
    "it is granted again, and the bill is paid": (at(S.DECIDED, fee=PAID), NOON, Do(Deed.FULFIL), DESK),
    "it was paid": (at(S.FEE_REMINDED, fee=PAID), NOON, Do(Deed.FULFIL), DESK),
    "it was waived": (at(S.FEE_NOTICED, fee=replace(UNPAID, waived=True)), NOON, Do(Deed.FULFIL), DESK),
    "a payment is awaited": (at(S.FEE_NOTICED), day(13), Ask(Gate.PAYMENT), PERSON),
    "a payment is reminded of": (at(S.FEE_NOTICED), day(14), Do(Deed.REMIND_FEE), DESK),
    "a payment is still awaited": (at(S.FEE_REMINDED), day(30), Ask(Gate.PAYMENT), PERSON),
    "a payment never came": (at(S.FEE_REMINDED), day(31), Ask(Gate.LAPSE), PERSON),
    "the package is to be made": (at(S.FULFILLING), NOON, Do(Deed.PACK), DESK),
    "the package was destroyed before it went out": (at(S.FULFILLING, package=package(purged_at=NOON)), NOON, Do(Deed.PACK), DESK),
    "the package is ready": (at(S.FULFILLING, package=package()), NOON, Do(Deed.DELIVER), DESK),
    "the papers are ready": (PAPER, NOON, Ask(Gate.DISPATCH), DESK),
    "the papers were posted": (replace(PAPER, package=package(dispatched_at=NOON)), NOON, Do(Deed.DELIVER), DESK),
    "the person was told": (at(S.NOTIFIED, package=package()), day(20), Wait(), NONE),
    "the answer was delivered and its days are over": (at(S.NOTIFIED, delivered_at=NOON), day(14), Do(Deed.CLOSE), NONE),
    "nobody fetched the package": (at(S.NOTIFIED, package=package()), day(44), Do(Deed.CLOSE), NONE),
    "the package is wanted once more": (at(S.CLOSED, package_wanted_at=NOON), NOON, Do(Deed.PACK), NONE),
    "an objection is to be reviewed": (at(S.REOPENED), NOON, Ask(Gate.OBJECTION), DESK),
    "an objection was reviewed": (at(S.REOPENED, objection_answer="維持する"), NOON, Do(Deed.RESUME), DESK),
    "nothing is left to do": (at(S.CLOSED), NOON, Done(), NONE),
}


@pytest.mark.parametrize(("case", "now", "act", "turn"), ROWS.values(), ids=ROWS)
def test_what_is_next_when(case: Case, now: datetime, act: Act, turn: Turn) -> None:
    """At this point the table asks for this act, and says whose turn it is."""
    assert next_act(case, POLICY, now) == act
    assert whose_turn(case, POLICY, now) is turn


def test_every_row_is_shown() -> None:
    """No row of the table is without an example above."""
    shown = [row_for(case, POLICY, now) for case, now, _, _ in ROWS.values()]
    assert [row for row in TABLE if row not in shown] == []


# ---- the edges


def edges(there: str, here: str) -> set[tuple[State, State]]:
    """Every pair of one of these states and one of those."""
    return {(State(a), State(b)) for a in there.split() for b in here.split()}


PROCEDURE = (  # the office's procedure for disclosure, row by row (domain §4)
    edges("RECEIVED", "ACKNOWLEDGED")
    | edges("ACKNOWLEDGED", "SCOPED REFERRED")
    | edges("SCOPED", "ID_CHECK")
    | edges("ID_CHECK", "DOCS_REQUESTED")
    | edges("DOCS_REQUESTED", "ID_CHECK DEEMED_WITHDRAWN")
    | edges("ID_CHECK", "REJECTED INVESTIGATING")
    | edges("INVESTIGATING", "DRAFTED")
    | edges("DRAFTED", "APPROVED1")
    | edges("APPROVED1", "APPROVED2")
    | edges("APPROVED2", "DECIDED")
    | edges("DRAFTED APPROVED1", "INVESTIGATING")  # the approver sends it back
    | edges("DECIDED", "NOTIFIED FEE_NOTICED FULFILLING")
    | edges("FEE_NOTICED", "FEE_REMINDED FULFILLING")
    | edges("FEE_REMINDED", "DEEMED_WITHDRAWN")
    | edges("FULFILLING", "NOTIFIED")
    | edges("NOTIFIED", "CLOSED")
    | edges(BEFORE_FULFILMENT, "WITHDRAWN")
    | edges("CLOSED DEEMED_WITHDRAWN REJECTED REFERRED", "REOPENED")
)
OURS = (  # what the procedure leaves open, and the table settles
    edges("APPROVED1", "DECIDED")  # a full disclosure needs no second approval
    | edges("DECIDED", "REFERRED")  # only the search showed that all of it is the client's to answer
    | edges("FEE_REMINDED", "FULFILLING")  # who pays after the reminder has paid
    | edges("NOTIFIED WITHDRAWN", "REOPENED")  # nobody waits fourteen days to object, and who withdrew may think better of it
    | edges("REOPENED", "ID_CHECK INVESTIGATING DECIDED NOTIFIED")  # "any": where it went wrong, or answered as before
)


def test_the_edges_are_those_of_the_procedure() -> None:
    """A request moves along the edges of the office's procedure and a few named ones, and along no other."""
    assert {(a, b) for a in State for b in State if may_move(a, b)} == PROCEDURE | OURS


def test_every_state_is_reached_and_left() -> None:
    """From arrival every state can be reached, and from every state there is a way on."""
    reached = {S.RECEIVED}
    for _ in State:
        reached |= {b for a in reached for b in State if may_move(a, b)}
    assert reached == set(State)
    assert all(any(may_move(state, other) for other in State) for state in State)


def test_every_state_is_one_of_the_six_words() -> None:
    """The step a person or a queue shows is known for every state."""
    assert set(STEPS) == set(State)


@pytest.mark.parametrize("state", ENDED.split())
def test_an_ended_request_stays_ended_until_somebody_objects(state: str) -> None:
    """Only an objection takes a request up again; a late payment or a late withdrawal does not."""
    ended = at(State(state), fee=PAID, withdrawal_at=NOON)
    assert next_act(ended, POLICY, day(400)) == Done()
    assert next_act(replace(ended, objection_at=NOON), POLICY, day(400)) == Do(Deed.REOPEN)


@pytest.mark.parametrize("state", sorted(set(State) - {State(name) for name in BEFORE_FULFILMENT.split()}))
def test_nobody_withdraws_what_is_being_handed_over(state: State) -> None:
    """From fulfilment on a wish to withdraw changes nothing."""
    assert next_act(at(state, withdrawal_at=NOON), POLICY, NOON) == next_act(at(state), POLICY, NOON)


# ---- time


@pytest.mark.parametrize("state", AT_WORK.split())
def test_a_delay_is_told_once(state: str) -> None:
    """Once the target day is over and work goes on, the person is told, and only once; a later round has no target of its own."""
    late = at(State(state), package=package(), form=Form.PAPER)
    assert next_act(late, POLICY, day(14)) != Do(Deed.DELAY)
    assert next_act(late, POLICY, day(15)) == Do(Deed.DELAY)
    assert next_act(replace(late, letters=frozenset({"N07"})), POLICY, day(15)) != Do(Deed.DELAY)
    assert next_act(replace(late, round=2), POLICY, day(15)) != Do(Deed.DELAY)


@pytest.mark.parametrize("state", [S.DOCS_REQUESTED, S.FEE_NOTICED, S.FEE_REMINDED, S.NOTIFIED, S.REOPENED])
def test_no_delay_is_told_while_the_person_is_waited_for(state: State) -> None:
    """Work rests while papers or money are awaited, and is over once the person was told."""
    assert next_act(at(state), POLICY, day(15)) != Do(Deed.DELAY)


def test_after_a_payment_the_days_of_delivery_count_first() -> None:
    """Who paid on the day after the target is told of a delay only when the five business days of delivery are over too."""
    paid = at(S.FULFILLING, fee=PAID, state_since=day(15), package=package(), form=Form.PAPER)  # Monday, 7 December
    assert next_act(paid, POLICY, day(22)) == Ask(Gate.DISPATCH)
    assert next_act(paid, POLICY, day(23)) == Do(Deed.DELAY)


@pytest.mark.parametrize(("reminded", "lapses"), [(10, 31), (17, 38)])
def test_papers_lapse_only_days_after_the_reminder(reminded: int, lapses: int) -> None:
    """The last day is the person's to the end, and a reminder that went out late moves it, so that nobody loses days."""
    waiting = at(S.DOCS_REQUESTED, identity=replace(INVITED, papers_reminded_at=day(reminded)))
    assert next_act(waiting, POLICY, day(lapses, seconds=-1)) == Ask(Gate.REVIEW)
    assert next_act(waiting, POLICY, day(lapses)) == Ask(Gate.LAPSE)


@pytest.mark.parametrize(("reminded", "lapses"), [(14, 31), (20, 37)])
def test_a_fee_lapses_only_days_after_the_reminder(reminded: int, lapses: int) -> None:
    """The last day is the person's to the end, and a reminder that went out late moves it, so that nobody loses days."""
    unpaid = at(S.FEE_REMINDED, fee=replace(UNPAID, reminded_at=day(reminded)))
    assert next_act(unpaid, POLICY, day(lapses, seconds=-1)) == Ask(Gate.PAYMENT)
    assert next_act(unpaid, POLICY, day(lapses)) == Ask(Gate.LAPSE)


def test_an_officers_patience_starts_the_days_afresh() -> None:
    """After 待つ the clerk is asked again when the days of the rule have gone once more."""
    waited = at(S.FEE_REMINDED, fee=replace(UNPAID, deemed_answer="待つ", deemed_at=day(33)))
    assert next_act(waited, POLICY, day(63)) == Ask(Gate.PAYMENT)
    assert next_act(waited, POLICY, day(64)) == Ask(Gate.LAPSE)


@pytest.mark.parametrize("late", [0, 5])
def test_the_last_day_a_person_reads_is_the_day_before_the_clerk_is_asked(late: int) -> None:
    """What the status page says of the last day is what the table keeps, however late the reminder, and after an officer's patience."""
    papers = at(S.DOCS_REQUESTED, identity=replace(INVITED, papers_reminded_at=day(10 + late)), letters=frozenset({"N04"}))
    unpaid = at(S.FEE_REMINDED, fee=replace(UNPAID, reminded_at=day(14 + late)))
    waited = at(S.FEE_REMINDED, fee=replace(UNPAID, reminded_at=day(14 + late), deemed_answer="待つ", deemed_at=day(40)))
    for case, now in ((papers, day(16)), (unpaid, day(20)), (waited, day(20))):
        asked = wake_at(case, POLICY, day(21))
        assert asked is not None
        assert long_date(on_day(asked) - timedelta(days=1), "ja") in "".join(why(case, POLICY, now, "ja"))


@pytest.mark.parametrize("waiting", [at(S.DOCS_REQUESTED, identity=REMINDED), at(S.FEE_REMINDED)], ids=["papers", "fee"])
def test_without_a_published_rule_nothing_lapses(waiting: Case) -> None:
    """Deemed withdrawal rests on the operator's own published rule: no rule, no question."""
    assert next_act(waiting, PATIENT, day(4000)) in {Ask(Gate.REVIEW), Ask(Gate.PAYMENT)}


def test_nothing_lapses_without_a_reminder() -> None:
    """Papers of which nobody was reminded are reminded of first, however late it is."""
    assert next_act(at(S.DOCS_REQUESTED), POLICY, day(4000)) == Do(Deed.REMIND_PAPERS)
    assert next_act(at(S.FEE_NOTICED), POLICY, day(4000)) == Do(Deed.REMIND_FEE)


def test_a_package_that_waits_too_long_is_made_anew() -> None:
    """Papers that were not posted before the package's last day are printed from another package."""
    assert next_act(replace(PAPER, letters=frozenset({"N07"})), POLICY, day(31)) == Do(Deed.PACK)


WAKES: dict[str, tuple[Case, datetime | None]] = {
    "an invited person: when an officer looks": (at(S.ID_CHECK), day(4)),  # 23 November is a holiday
    "a person who acted: when the target is over": (at(S.ID_CHECK, identity=ONE_PROVEN), day(15)),
    "papers: the reminder": (at(S.DOCS_REQUESTED), day(10)),
    "papers, reminded: the lapse": (at(S.DOCS_REQUESTED, identity=REMINDED), day(31)),
    "a fee: the reminder": (at(S.FEE_NOTICED), day(14)),
    "a fee, reminded: the lapse": (at(S.FEE_REMINDED), day(31)),
    "a signature: when the target is over": (at(S.DRAFTED), day(15)),
    "a signature, and a delay told: never": (at(S.DRAFTED, letters=frozenset({"N07"})), None),
    "papers to be posted: when the target is over": (PAPER, day(15)),
    "papers to be posted, late: when the package is over": (replace(PAPER, letters=frozenset({"N07"})), day(31, seconds=-1)),
    "delivered: the close": (at(S.NOTIFIED, delivered_at=day(2, seconds=5)), day(16)),
    "offered: days after the package is over": (at(S.NOTIFIED, package=package()), day(44)),
    "halted: never": (at(S.DRAFTED, halted=True), None),
    "an objection: never": (at(S.REOPENED), None),
    "ended: never": (at(S.CLOSED), None),
}


@pytest.mark.parametrize(("case", "when"), WAKES.values(), ids=WAKES)
def test_when_to_look_again(case: Case, when: datetime | None) -> None:
    """Time alone changes what this request needs at this instant, or never."""
    assert wake_at(case, POLICY, NOON) == when


# ---- what nobody may learn

IDENTITIES = st.builds(
    Identity,
    looked_up=st.booleans(),
    invited=st.booleans(),
    invited_for_account=st.booleans(),
    proven=st.frozensets(st.sampled_from(Rung)),
    conflicting=st.booleans(),
    review=st.sampled_from(["", "本人と認める", "書類を求める", "認められない"]),
    papers_reminded_at=st.none() | st.just(day(10)),
    address_proven=st.booleans(),
)
UNCONFIRMED = st.sampled_from([S.SCOPED, S.ID_CHECK, S.DOCS_REQUESTED])


@given(UNCONFIRMED, IDENTITIES, st.integers(0, 90), st.sampled_from([(), ("N01",)]))
def test_while_identity_is_open_nobody_learns_who_is_known(state: State, known: Identity, days: int, bounced: tuple[str, ...]) -> None:
    """Whether an address was found, what was proven and what an officer said changes nothing in whose turn it is."""
    unknown = at(state, state_since=day(days // 3), undelivered=bounced)
    assert whose_turn(replace(unknown, identity=known), POLICY, day(days)) is whose_turn(unknown, POLICY, day(days))


@given(st.sampled_from([Kind.GRANTED, Kind.PARTIAL, Kind.REFUSED, Kind.NO_DATA, Kind.REFERRED]), st.sets(st.sampled_from([1, 2])))
def test_nothing_is_decided_or_handed_over_without_its_signatures(kind: Kind, orders: set[int]) -> None:
    """Whatever the state says, a ruling that lacks a signature or a confirmed person goes nowhere."""
    needed = {1} if kind is Kind.GRANTED else {1, 2}
    for state in (S.APPROVED2, S.DECIDED, S.FULFILLING):
        case = signed(at(state, kind), *sorted(orders))
        assert (next_act(case, POLICY, NOON) == Wait()) is not (needed <= orders)
        assert next_act(replace(case, identity=INVITED), POLICY, NOON) == Wait()


def test_a_signature_under_another_ruling_counts_for_nothing() -> None:
    """A ruling proposed afresh bears none of the signatures of the one before."""
    case = at(S.FULFILLING)
    other = at(S.FULFILLING, Kind.PARTIAL).ruling
    assert next_act(case, POLICY, NOON) == Do(Deed.PACK)
    assert next_act(replace(case, ruling=other), POLICY, NOON) == Wait()


# ---- what else is asked of the table

RESUMED: dict[str, tuple[Case, State]] = {
    "upheld": (at(S.REOPENED, objection_answer="維持する", returned_from=S.REJECTED, identity=INVITED), S.NOTIFIED),
    "rejected": (at(S.REOPENED, objection_answer="審査し直す", returned_from=S.REJECTED, identity=INVITED), S.ID_CHECK),
    "referred unseen": (at(S.REOPENED, objection_answer="審査し直す", returned_from=S.REFERRED, identity=INVITED), S.ID_CHECK),
    "answered": (at(S.REOPENED, objection_answer="審査し直す", returned_from=S.CLOSED), S.INVESTIGATING),
    "answered and paid": (at(S.REOPENED, objection_answer="審査し直す", returned_from=S.CLOSED, fee=PAID), S.INVESTIGATING),
    "answered, an old bill unpaid": (at(S.REOPENED, objection_answer="審査し直す", returned_from=S.CLOSED, fee=UNPAID), S.INVESTIGATING),
    "lapsed unpaid": (at(S.REOPENED, objection_answer="審査し直す", returned_from=S.DEEMED_WITHDRAWN, fee=UNPAID), S.DECIDED),
    "withdrawn unpaid": (at(S.REOPENED, objection_answer="審査し直す", returned_from=S.WITHDRAWN, fee=UNPAID), S.DECIDED),
    "withdrawn at work": (at(S.REOPENED, objection_answer="審査し直す", returned_from=S.WITHDRAWN), S.INVESTIGATING),
}


@pytest.mark.parametrize(("case", "state"), RESUMED.values(), ids=RESUMED)
def test_a_reviewed_request_goes_on_where_it_went_wrong(case: Case, state: State) -> None:
    """Upheld it is answered as before; sent back it goes to identity, to the unpaid fee, or to the investigation."""
    assert resumes_at(case) is state
    assert may_move(S.REOPENED, state)


@pytest.mark.parametrize(
    ("wished", "policy", "way"),
    [
        (Form.ELECTRONIC, POLICY, Form.ELECTRONIC),
        (Form.PAPER, POLICY, Form.PAPER),
        (Form.ELECTRONIC, ON_PAPER, Form.PAPER),
        (Form.ELECTRONIC, replace(POLICY, forms=(Form.PAPER, Form.ELECTRONIC)), Form.ELECTRONIC),
        (Form.PAPER, replace(POLICY, forms=(Form.ELECTRONIC,)), Form.PAPER),
    ],
)
def test_the_person_chooses_and_paper_is_what_remains(wished: Form, policy: Policy, way: Form) -> None:
    """Data goes out as the person chose; where that is difficult, on paper (Art. 33(2))."""
    assert delivery(at(S.FULFILLING, form=wished), policy) is way


def test_paper_that_replaces_another_form_is_posted() -> None:
    """Where the office cannot deliver electronically, an officer posts the papers."""
    assert next_act(at(S.FULFILLING, package=package()), ON_PAPER, NOON) == Ask(Gate.DISPATCH)


def test_unpaid_past_the_last_day_a_request_is_asleep() -> None:
    """Without a published rule it sleeps from the last day on; with one the clerk is asked, and his patience lets it sleep again."""
    unpaid = at(S.FEE_REMINDED)
    waited = replace(unpaid, fee=replace(UNPAID, deemed_answer="待つ", deemed_at=day(31)))
    assert [asleep(unpaid, PATIENT, day(n)) for n in (30, 31, 4000)] == [False, True, True]
    assert [asleep(unpaid, POLICY, day(n)) for n in (30, 31, 4000)] == [False, False, False]
    assert [asleep(waited, POLICY, day(n)) for n in (32, 61, 62)] == [True, True, False]


@pytest.mark.parametrize("fee", [PAID, replace(UNPAID, waived=True), None])
def test_a_payment_wakes_what_is_asleep(fee: Fee | None) -> None:
    """Nothing that is paid, waived or free is asleep."""
    assert not asleep(at(S.FEE_REMINDED if fee else S.FULFILLING, fee=fee), PATIENT, day(40))


def test_a_request_asleep_can_still_be_paid() -> None:
    """Accounting is asked as long as it sleeps, and a payment takes it on."""
    assert next_act(at(S.FEE_REMINDED), PATIENT, day(4000)) == Ask(Gate.PAYMENT)
    assert next_act(at(S.FEE_REMINDED, fee=PAID), PATIENT, day(4000)) == Do(Deed.FULFIL)


def test_systems_are_taken_one_after_the_other() -> None:
    """What can be asked is asked first, then the officer is asked about failures, then about the archives."""
    both = Coverage({"cards": FAILED, "crm": Search(), "archive": Search()})
    case = at(S.INVESTIGATING, coverage=both)
    assert next_act(case, POLICY, NOON) == Do(Deed.SEARCH)
    case = replace(case, coverage=Coverage({**both.systems, "crm": NOTHING}))
    assert next_act(case, POLICY, NOON) == Ask(Gate.SEARCH, "cards")
    case = replace(case, coverage=Coverage({**case.coverage.systems, "cards": Search(state=Searched.EXCUSED)}))
    assert next_act(case, POLICY, NOON) == Ask(Gate.ARCHIVE, "archive")
