"""One request as an officer sees it: what is asked first, what is known, and what is personal only where it was asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from desk import clock
from desk.domain import decision, fee
from desk.domain import office_words as words
from desk.domain.case import Case, Person, Record, State
from desk.domain.gates import MOST_YEN, Answer, Extra, Gate, Question, Refusal, Role, plan_of, refusal
from desk.domain.life import Act, next_act
from desk.domain.policy import Policy, Text
from desk.domain.why import promised, suable_from, why
from desk.policies import policies
from desk.settings import settings
from desk.store import agenda, audit, cases, looking, questions, queue, searches
from desk.store.ledger import Db, reading, writing
from desk.store.letters import Sent
from desk.store.officers import Officer
from desk.web.officer_letters import Preview, previews
from desk.web.officer_queue import Outlook, outlook, turn_of
from desk.web.officer_roles import May, may

REQUEST, PROOFS, LETTERS, WORDS = "request", "proofs", "letters", "words"
EVIDENCE = "evidence:"  # and a system's name
MOST_RECORDS = 200
OF_MONEY = frozenset(
    {"received", "fee billed", "payment booked", "fee waived", "halted", "halt lifted", *(state.lower() for state in State)}
)


@dataclass(frozen=True, kw_only=True)
class Offered:
    """One answer an officer may give, what more it needs, and why this officer cannot give it."""

    answer: str
    role: Role
    extra: Extra
    barred: Refusal | None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """An open question, as it stands before this officer."""

    question: Question
    about: str
    help: str
    offered: tuple[Offered, ...]
    stale: bool

    @property
    def mine(self) -> bool:
        """Whether this officer can answer it at all."""
        return not self.stale and any(one.barred is None for one in self.offered)


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What was opened on purpose; every part of it is a look on record."""

    request: Person | None = None
    proofs: Mapping[str, Mapping[str, str]] | None = None
    letters: tuple[Sent, ...] | None = None
    words: Mapping[int, str] | None = None
    evidence: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)

    @property
    def sections(self) -> tuple[str, ...]:
        """The names of what is open, so that the next look keeps it so."""
        single = {REQUEST: self.request, PROOFS: self.proofs, LETTERS: self.letters, WORDS: self.words}
        return (*(name for name, value in single.items() if value is not None), *(f"{EVIDENCE}{system}" for system in self.evidence))


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Everything the page shows."""

    case: Case
    policy: Policy
    act: Act
    turn: str
    due: date
    left: int
    outlook: Outlook
    suit: date | None
    why: tuple[str, ...]
    run: str
    asked: tuple[Asked, ...]
    history: tuple[audit.Entry, ...]
    climbed: tuple[looking.Climbed, ...]
    kept: tuple[looking.Kept, ...]
    written: tuple[looking.Written, ...]
    withheld: tuple[looking.Withheld, ...]
    owed: int  # yen, by the tariff, whether billed or not
    opened: Opened

    @property
    def last(self) -> audit.Entry | None:
        """The last answer that was taken or refused."""
        return next((entry for entry in reversed(self.history) if entry.deed in {"answered", "answer refused"}), None)

    @property
    def call_back(self) -> audit.Entry | None:
        """The person's last wish to be called or written to, because no code can be mailed."""
        return next((entry for entry in reversed(self.history) if entry.deed == "call back asked"), None)

    @property
    def doing(self) -> str:
        """What the request needs next, in one word for the page: do, ask, wait or done."""
        return type(self.act).__name__.lower()

    @property
    def items(self) -> tuple[str, ...]:
        """The items asked for, in the policy's order."""
        return decision.asked(self.case, self.policy)


async def see(number: str, officer: Officer, labels: Mapping[str, Text], wanted: Collection[str] = ()) -> Seen:
    """Read one request for an officer; what is `wanted` open is opened, and each look put on record."""
    async with writing() if wanted else reading() as db:
        if wanted:
            await agenda.lock(db, number)
        case = await cases.read(db, number)
        opened = await _opened(db, case, officer, wanted) if may(officer.roles, May.PERSONAL) else Opened()
        return await _seen(db, case, officer, labels, opened)


async def _seen(db: Db, case: Case, officer: Officer, labels: Mapping[str, Text], opened: Opened) -> Seen:
    policy, now, today = policies().version(case.policy, case.law), clock.now(), clock.today()
    due, number = promised(case, policy), case.number
    return Seen(
        case=case,
        policy=policy,
        act=next_act(case, policy, now),
        turn=turn_of(case, policy, now),
        due=due,
        left=(due - today).days,
        outlook=outlook(case.state, due, policy, today),
        suit=suable_from(case, policy),
        why=why(case, policy, now, "ja"),
        run=await queue.run_of(db, number),
        asked=tuple(_asked(one, case, officer, labels) for one in await questions.open_questions(db, number)),
        history=_told(await audit.history(db, number), officer),
        climbed=await looking.rungs(db, number),
        kept=await looking.kept(db, number),
        written=await looking.written(db, number),
        withheld=await looking.withheld(db, number),
        owed=fee.owed(case, policy),
        opened=opened,
    )


def _told(history: Sequence[audit.Entry], officer: Officer) -> tuple[audit.Entry, ...]:
    """What was done, as far as it is this officer's to know: without the findings, only what concerns the fee and the state."""
    if may(officer.roles, May.FINDINGS):
        return tuple(history)
    return tuple(entry for entry in history if entry.deed in OF_MONEY or entry.facts.get("gate") == Gate.PAYMENT)


async def _opened(db: Db, case: Case, officer: Officer, wanted: Collection[str]) -> Opened:
    number, who = case.number, officer.id
    systems = [system for system in case.coverage.systems if f"{EVIDENCE}{system}" in wanted]
    return Opened(
        request=await looking.request(db, number, who) if REQUEST in wanted else None,
        proofs=await looking.identifiers(db, number, who) if PROOFS in wanted else None,
        letters=await looking.thread(db, number, who) if LETTERS in wanted else None,
        words={one.draft: one.words for one in await looking.drafted(db, number, who)} if WORDS in wanted else None,
        evidence={system: await searches.looked_at(db, number, who, system) for system in systems},
    )


def _asked(question: Question, case: Case, officer: Officer, labels: Mapping[str, Text]) -> Asked:
    plan = plan_of(question.gate, question.about, case)
    offered = [
        Offered(
            answer=answer,
            role=choice.role,
            extra=choice.extra,
            barred=refusal(question, _trial(officer, answer, choice.extra), officer.roles, case, plan),
        )
        for answer, choice in question.choices.items()
    ]
    return Asked(
        question=question,
        about=words.about(question.gate, question.about, labels),
        help=words.HELP[question.gate],
        offered=tuple(offered),
        stale=question.plan != plan,
    )


def _trial(officer: Officer, answer: str, extra: Extra) -> Answer:
    """The answer as it would be given, complete: only who gives it is in question."""
    match extra:
        case "draft":
            return Answer(officer=officer.id, answer=answer, draft=1)
        case "amount":
            return Answer(officer=officer.id, answer=answer, amount=MOST_YEN)
        case "tracking":
            return Answer(officer=officer.id, answer=answer, tracking="1")
        case _:
            return Answer(officer=officer.id, answer=answer)


def previewed(seen: Seen, labels: Mapping[str, Text], now: datetime) -> Sequence[Preview]:
    """The letters that could go next."""
    base = f"{settings().public_url}/ja/status/{seen.case.number}"
    return previews(seen.case, seen.policy, seen.act, labels, base, now)
