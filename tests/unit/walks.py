"""A small pure office: it does to a request as a value what the tasks and the officers' answers do to the ledger, and keeps a diary.

`Walk.settle` lets the desk do all it can; `Walk.event` is what the world does next: the person, an officer, the post, time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from desk.domain import decision, fee, identity
from desk.domain.case import Case, Coverage, Fee, Kind, Package, Rung, Search, Searched, Signature, State
from desk.domain.fulfilment import purge_on
from desk.domain.gates import SECOND, Answer, Choice, Gate, Question, Role, plan_of, refusal
from desk.domain.life import BEFORE_FULFILMENT, ENDED, Ask, Deed, Do, may_move, next_act, resumes_at
from desk.domain.policy import Policy

STAFF: Mapping[str, frozenset[Role]] = {
    "uketsuke": frozenset({Role.CLERK}),
    "chosa": frozenset({Role.INVESTIGATOR}),
    "keiri": frozenset({Role.ACCOUNTING}),
    "shonin": frozenset({Role.APPROVER}),
    "shonin-2": frozenset({Role.APPROVER, Role.INVESTIGATOR, Role.CLERK}),  # able to make and to approve, and so to be barred
    "daini": frozenset({Role.SECOND_APPROVER}),
    "daini-2": frozenset({Role.SECOND_APPROVER, Role.APPROVER}),
    "kansa": frozenset({Role.AUDITOR, Role.MANAGER}),
}
MAKING = {Gate.REVIEW, Gate.ARCHIVE, Gate.SEARCH, Gate.LAPSE}
AT_ONCE = 60  # more deeds in a row than this are a circle
RARE = 6
DAYS = (timedelta(hours=7), timedelta(days=5), timedelta(days=12), timedelta(days=17))
WEEKS = (timedelta(days=15), timedelta(days=40))
SETBACKS = {"認められない", "差し戻す"}


@dataclass(frozen=True, kw_only=True)
class World:
    """What the office does not decide: what is on file, what the systems hold, and whether the proofs agree."""

    address: bool = True  # what the person wrote leads to one address on file
    account_address: bool = True  # the signed account does
    one_person: bool = True
    answers: Mapping[str, Search] = field(default_factory=dict)  # what each system answers in the end
    down: frozenset[str] = frozenset()  # the systems that fail until they are tried again
    withheld: Mapping[str, str] = field(default_factory=dict)
    never: frozenset[State] = frozenset()  # where the person never does what is waited for: papers, payment


@dataclass(frozen=True, kw_only=True)
class Told:
    """A letter that was owed, and when."""

    name: str
    at: datetime
    since: datetime  # since when the request was in the state it left, or came to, with this letter


@dataclass
class Walk:
    """One request on its way through the office."""

    case: Case
    policy: Policy
    world: World
    now: datetime
    states: list[State] = field(default_factory=list)
    deeds: list[tuple[Deed, Case]] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    answered: list[tuple[Gate, str, str, Case]] = field(default_factory=list)  # gate, answer, officer, the case before
    posting: set[str] = field(default_factory=set)
    drafts: int = 0

    def __post_init__(self) -> None:
        """Begin where the request stands."""
        self.states.append(self.case.state)

    # ---- the desk

    def settle(self) -> None:
        """Let the desk do all it can by itself."""
        for _ in range(AT_ONCE):
            act = next_act(self.case, self.policy, self.now)
            if not isinstance(act, Do):
                return
            self.deeds.append((act.deed, self.case))
            DEEDS[act.deed](self)
        raise AssertionError(f"the desk goes round in a circle: {[deed for deed, _ in self.deeds[-6:]]}")

    def note(self, **facts: object) -> None:
        """Set facts of the request."""
        self.case = replace(self.case, **facts)  # type: ignore[arg-type] # facts are fields of a case

    def know(self, **facts: object) -> None:
        """Set facts of what is proven."""
        self.note(identity=replace(self.case.identity, **facts))  # type: ignore[arg-type] # facts are fields of an identity

    def bill(self, **facts: object) -> None:
        """Set facts of the fee."""
        assert self.case.fee is not None
        self.note(fee=replace(self.case.fee, **facts))  # type: ignore[arg-type] # facts are fields of a fee

    def move(self, state: State) -> None:
        """Take the request along an edge of the table."""
        if state is not self.case.state:
            assert may_move(self.case.state, state), (self.case.state, state)
            self.note(state=state, state_since=self.now)
            self.states.append(state)

    def owe(self, name: str) -> None:
        """Owe a letter."""
        self.note(letters=self.case.letters | {name})
        self.posting.add(name)
        self.told.append(Told(name=name, at=self.now, since=self.case.state_since))

    # ---- the world

    def event(self, move: int) -> Callable[[], None]:
        """What happens next: one of all that may, in an order that is always the same; every sixth time something out of the ordinary."""
        ordinary = [*self._officers(), *self._proves(), *self._time(DAYS)]
        rare = [*self._setbacks(), *self._wishes(), *self._post(), *self._time(WEEKS)]
        chosen = rare if move % RARE == 0 else ordinary
        return chosen[(move // RARE) % len(chosen)]

    def _time(self, jumps: Sequence[timedelta]) -> Iterator[Callable[[], None]]:
        for jump in jumps:
            yield lambda jump=jump: self.pass_time(jump)  # type: ignore[misc] # bound here

    def pass_time(self, jump: timedelta) -> None:
        """Time goes by; packages whose days are over are destroyed, but not while a review is open."""
        self.now += jump
        package = self.case.package
        if package and self.now >= package.until and package.purged_at is None and self.case.state is not State.REOPENED:
            self.note(package=replace(package, purged_at=self.now))

    def _post(self) -> Iterator[Callable[[], None]]:
        if self.posting:
            yield self.bounce

    def send(self) -> None:
        """The post takes every letter; some answers are delivered by that alone."""
        if {"N10", "N11", "N18"} & self.posting and self.case.state is State.NOTIFIED and self.case.delivered_at is None:
            self.note(delivered_at=self.now)
        self.posting.clear()

    def bounce(self) -> None:
        """A server refuses one letter for good."""
        name = min(self.posting)
        self.posting.discard(name)
        self.note(undelivered=tuple(sorted({*self.case.undelivered, name})))

    def _proves(self) -> Iterator[Callable[[], None]]:
        """The person proves something, fetches what is there, or comes back; the post does its work; a halt is lifted."""
        state, proven = self.case.state, self.case.identity.proven
        if state in {State.ID_CHECK, State.DOCS_REQUESTED}:
            if Rung.PERSON not in proven and self.case.identity.invited:
                yield lambda: self.know(proven=proven | {Rung.PERSON}, address_proven=True, conflicting=False)
            if Rung.RECORDS not in proven:
                yield lambda: self.know(proven=proven | {Rung.RECORDS}, conflicting=False)
        if state is State.NOTIFIED and self.case.package and not self.case.package.purged_at and self.case.delivered_at is None:
            yield lambda: self.note(delivered_at=self.now)
        if state in _states(ENDED):
            yield lambda: self.note(objection_at=self.now)
        if self.posting:
            yield self.send
        if self.case.halted:
            yield lambda: self.note(halted=False)

    def _wishes(self) -> Iterator[Callable[[], None]]:
        if self.case.state in _states(BEFORE_FULFILMENT):
            yield lambda: self.note(withdrawal_at=self.now)
        if self.case.state in _states(ENDED) | {State.NOTIFIED}:
            yield lambda: self.note(objection_at=self.now)
        yield lambda: self.note(halted=True)

    def _officers(self) -> Iterator[Callable[[], None]]:
        return (act for said, act in self._answers() if said not in SETBACKS)

    def _setbacks(self) -> Iterator[Callable[[], None]]:
        yield from (act for said, act in self._answers() if said in SETBACKS)
        if self.case.state is State.DRAFTED and self.world.withheld and not self.case.withheld:
            yield self.withhold

    def _answers(self) -> Iterator[tuple[str, Callable[[], None]]]:
        act = next_act(self.case, self.policy, self.now)
        asked = [act] if isinstance(act, Ask) and (act.gate is Gate.LAPSE or self.case.state not in self.world.never) else []
        if asked and asked[0].gate is Gate.LAPSE and self.case.state not in self.world.never | {State.DOCS_REQUESTED}:
            asked.append(Ask(Gate.PAYMENT))  # a payment can be booked as long as one is awaited
        for ask in asked:
            for answer, officer in answers_that_count(self.case, ask):
                yield answer.answer, lambda ask=ask, answer=answer, officer=officer: self.answer(ask, answer, officer)  # type: ignore[misc] # bound here

    def answer(self, ask: Ask, answer: Answer, officer: str) -> None:
        """An officer's answer that counts, with its effect."""
        self.answered.append((ask.gate, answer.answer, officer, self.case))
        if ask.gate in MAKING:
            self.note(makers=self.case.makers | {officer})
        ANSWERS[ask.gate](self, ask, answer)

    def withhold(self) -> None:
        """An investigator keeps items back; the ruling that stood is set aside."""
        self.note(withheld=self.world.withheld, makers=self.case.makers | {"chosa"})
        self.send_back()

    def send_back(self) -> None:
        """Back to the investigation: the connected systems are searched afresh."""
        again = {name: search if name in self.case.manual else Search() for name, search in self.case.coverage.systems.items()}
        self.note(ruling=None, coverage=Coverage(again))
        self.move(State.INVESTIGATING)


def _states(names: str) -> set[State]:
    return {State(name) for name in names.split()}


def question(case: Case, ask: Ask) -> Question:
    """The question on record for what is asked now."""
    plan = plan_of(ask.gate, ask.about, case)
    return Question(number=case.number, gate=ask.gate, about=ask.about, key="q", plan=plan, asked_at=case.state_since, round=case.round)


def answers_that_count(case: Case, ask: Ask) -> list[tuple[Answer, str]]:
    """Every answer somebody of the staff may give now, with who gives it."""
    asked = question(case, ask)
    tried = [(answer, who) for said, choice in asked.choices.items() for who in STAFF for answer in filled(who, said, choice, case)]
    return [(answer, who) for answer, who in tried if refusal(asked, answer, STAFF[who], case, asked.plan) is None]


def filled(officer: str, said: str, choice: Choice, case: Case) -> list[Answer]:
    """An answer with the one more thing it needs; what came in may be all that is owed, a part of it, or too much."""
    plain = Answer(officer=officer, answer=said)
    match choice.extra:
        case "draft":
            return [replace(plain, draft=1)]
        case "amount":
            owed = case.fee.amount - case.fee.paid if case.fee else 1
            return [replace(plain, amount=amount) for amount in (owed, 300, owed + 500)]
        case "tracking":
            return [replace(plain, tracking="12-3456")]
        case _:
            return [plain]


# ---- what a deed does


def _invite(walk: Walk) -> None:
    known = walk.case.identity
    by_account = Rung.RECORDS in known.proven
    found = walk.world.address or (by_account and walk.world.account_address)
    walk.know(looked_up=True, invited=known.invited or found, invited_for_account=by_account)
    walk.move(State.ID_CHECK)


def _confirm(walk: Walk) -> None:
    if walk.case.identity.review == identity.RECOGNISED or walk.world.one_person:
        walk.know(confirmed=True)
        walk.move(State.INVESTIGATING)
    else:
        walk.know(conflicting=True)


def _ask_papers(walk: Walk) -> None:
    walk.know(review="", papers_reminded_at=None)
    walk.move(State.DOCS_REQUESTED)
    walk.owe("N03")


def _remind_papers(walk: Walk) -> None:
    walk.know(papers_reminded_at=walk.now)
    walk.owe("N04")


def _search(walk: Walk) -> None:
    systems = dict(walk.case.coverage.systems) or {name: Search() for name in walk.world.answers}
    for name, search in systems.items():
        if search.state is Searched.WAITING and name not in walk.case.manual:
            fails = name in walk.world.down and not search.attempts
            systems[name] = Search(state=Searched.FAILED, attempts=1) if fails else walk.world.answers[name]
    walk.note(coverage=Coverage(systems))


def _propose(walk: Walk) -> None:
    walk.drafts += 1
    walk.note(ruling=decision.propose(walk.case, walk.policy, walk.drafts))
    walk.move(State.DRAFTED)


def _decide(walk: Walk) -> None:
    walk.move(State.DECIDED)
    if walk.case.ruling and walk.case.ruling.kind is Kind.PARTIAL:
        walk.owe("N12")


def _answer(walk: Walk) -> None:
    kind = walk.case.ruling.kind if walk.case.ruling else Kind.NO_DATA
    walk.move(State.REFERRED if kind is Kind.REFERRED else State.NOTIFIED)
    walk.owe({Kind.REFUSED: "N10", Kind.NO_DATA: "N11"}.get(kind, "N02"))


def _charge(walk: Walk) -> None:
    before, owed = walk.case.fee, fee.owed(walk.case, walk.policy)
    fresh = Fee(amount=owed, tariff=walk.policy.tariff.version if walk.policy.tariff else "", noticed_at=walk.now)
    walk.note(fee=replace(fresh, amount=before.amount, paid=before.paid) if before else fresh)
    walk.move(State.FEE_NOTICED)
    walk.owe("N08")


def _remind_fee(walk: Walk) -> None:
    walk.bill(reminded_at=walk.now)
    walk.move(State.FEE_REMINDED)
    walk.owe("N09")


def _pack(walk: Walk) -> None:
    until = purge_on(walk.now, walk.policy.days.package)
    walk.note(package=Package(built_at=walk.now, until=until, manifest_hash=f"{len(walk.deeds)}"))


def _reopen(walk: Walk) -> None:
    walk.note(returned_from=walk.case.state, objection_at=None, objection_answer="", withdrawal_at=None)
    walk.move(State.REOPENED)


def _resume(walk: Walk) -> None:
    state = resumes_at(walk.case)
    walk.note(round=walk.case.round + 1, delivered_at=None, letters=frozenset())
    if state is State.ID_CHECK:
        walk.know(review="", conflicting=False, looked_up=False, invited=False, invited_for_account=False)
    if state is State.INVESTIGATING:
        walk.note(ruling=None, package=None, coverage=Coverage({name: Search() for name in walk.case.coverage.systems}))
    walk.move(state)
    walk.owe("N18")


def _to(state: State, *letters: str) -> Callable[[Walk], None]:
    def done(walk: Walk) -> None:
        walk.move(state)
        for letter in letters:
            walk.owe(letter)

    return done


def _scope(walk: Walk) -> None:
    _to(State.REFERRED, "N02")(walk) if decision.only_entrusted(walk.case, walk.policy) else walk.move(State.SCOPED)


DEEDS: Mapping[Deed, Callable[[Walk], None]] = {
    Deed.WITHDRAW: _to(State.WITHDRAWN, "N05"),
    Deed.REOPEN: _reopen,
    Deed.RESUME: _resume,
    Deed.DELAY: lambda walk: walk.owe("N07"),
    Deed.ACKNOWLEDGE: _to(State.ACKNOWLEDGED, "N01"),
    Deed.SCOPE: _scope,
    Deed.INVITE: _invite,
    Deed.CONFIRM: _confirm,
    Deed.REJECT: _to(State.REJECTED, "N06"),
    Deed.ASK_PAPERS: _ask_papers,
    Deed.REMIND_PAPERS: _remind_papers,
    Deed.LOOK_AGAIN: _to(State.ID_CHECK),
    Deed.SEARCH: _search,
    Deed.PROPOSE: _propose,
    Deed.DECIDE: _decide,
    Deed.ANSWER: _answer,
    Deed.CHARGE: _charge,
    Deed.REMIND_FEE: _remind_fee,
    Deed.FULFIL: _to(State.FULFILLING),
    Deed.PACK: _pack,
    Deed.DELIVER: _to(State.NOTIFIED, "N13"),
    Deed.CLOSE: _to(State.CLOSED),
}

# ---- what an answer does


def _archive(walk: Walk, ask: Ask, answer: Answer) -> None:
    found = Search(state=Searched.SEARCHED, found={"form_input": 1}) if answer.draft else Search(state=Searched.NOTHING_HELD)
    walk.note(coverage=Coverage({**walk.case.coverage.systems, ask.about: found}))


def _failed(walk: Walk, ask: Ask, answer: Answer) -> None:
    after = Search(state=Searched.EXCUSED) if answer.draft else Search(attempts=1)
    walk.note(coverage=Coverage({**walk.case.coverage.systems, ask.about: after}))


def _sign(walk: Walk, ask: Ask, answer: Answer) -> None:
    if answer.answer == "差し戻す":
        walk.send_back()
        return
    order, plan = 2 if ask.about == SECOND else 1, walk.case.ruling.plan_hash() if walk.case.ruling else ""
    walk.note(signatures=(*walk.case.signatures, Signature(officer=answer.officer, order=order, plan_hash=plan, at=walk.now)))
    walk.move(State.APPROVED2 if ask.about == SECOND else State.APPROVED1)


def _pay(walk: Walk, _: Ask, answer: Answer) -> None:
    if answer.amount and walk.case.fee:
        walk.bill(paid=walk.case.fee.paid + answer.amount)
    elif answer.answer == "免除する":
        walk.bill(waived=True)


def _lapse(walk: Walk, _: Ask, answer: Answer) -> None:
    if answer.answer == "取下げとみなす":
        _to(State.DEEMED_WITHDRAWN, "N05")(walk)
    elif walk.case.fee:
        walk.bill(deemed_answer=answer.answer, deemed_at=walk.now)
    else:
        walk.note(state_since=walk.now)
        walk.know(papers_reminded_at=None)


def _dispatch(walk: Walk, _: Ask, __: Answer) -> None:
    if walk.case.package:
        walk.note(package=replace(walk.case.package, dispatched_at=walk.now), delivered_at=walk.now)


def _resend(walk: Walk, ask: Ask, answer: Answer) -> None:
    walk.note(undelivered=tuple(name for name in walk.case.undelivered if name != ask.about))
    if answer.answer == "再送する":
        walk.posting.add(ask.about)
    elif ask.about in {"N10", "N11", "N18"} and walk.case.state is State.NOTIFIED:
        walk.note(delivered_at=walk.now)


def _object(walk: Walk, _: Ask, answer: Answer) -> None:
    walk.note(objection_answer=answer.answer, reviewers=walk.case.reviewers | {answer.officer})


ANSWERS: Mapping[Gate, Callable[[Walk, Ask, Answer], None]] = {
    Gate.REVIEW: lambda walk, _, answer: walk.know(review=answer.answer),
    Gate.ARCHIVE: _archive,
    Gate.SEARCH: _failed,
    Gate.DECISION: _sign,
    Gate.PAYMENT: _pay,
    Gate.LAPSE: _lapse,
    Gate.DISPATCH: _dispatch,
    Gate.RESEND: _resend,
    Gate.OBJECTION: _object,
}


def walked(walk: Walk, moves: Sequence[int], look: Callable[[Walk], None] = lambda _: None) -> Walk:
    """Let the desk and the world take turns, each move a choice among what may happen; `look` after every turn."""
    walk.settle()
    look(walk)
    for move in moves:
        walk.event(move)()
        walk.settle()
        look(walk)
    return walk
