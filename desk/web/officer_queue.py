"""The queue as officers see it: every open request by its date, whose turn it is, and which will be late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum, StrEnum

from desk import clock
from desk.domain import number as numbers
from desk.domain.case import Case, State
from desk.domain.dates import business_days_after, ceiling_date, target_date
from desk.domain.gates import Gate, Role, roles_of
from desk.domain.life import STEPS, Ask, Do, Done, Turn, asleep, next_act, whose_turn
from desk.domain.office_words import STATES
from desk.domain.policy import Policy
from desk.policies import policies
from desk.store import cases, queue
from desk.store.ledger import reading
from desk.store.officers import Officer
from desk.store.queue import OpenCase

PER_PAGE = 50
WEEK = timedelta(days=7)
PERSON_ACTS = frozenset({State.DOCS_REQUESTED, State.FEE_NOTICED, State.FEE_REMINDED})


class Outlook(Enum):
    """Whether a request will be answered in time, as far as can be told today."""

    LATE = "期限超過"
    RISK = "遅れるおそれ"
    GOOD = "期限内"
    PERSON = "請求者待ち"
    ANSWERED = "回答済み"


class Due(StrEnum):
    """By which dates the queue may be narrowed."""

    LATE = "late"
    RISK = "risk"
    WEEK = "week"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What an officer wants to see of the queue."""

    role: Role | None = None
    state: State | None = None
    due: Due | None = None
    mine: bool = False
    typed: str = ""  # a number as it was typed
    page: int = 1


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the queue."""

    case: OpenCase
    policy: Policy
    due: date
    left: int  # days, negative when it is over
    outlook: Outlook
    turn: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of the queue, and how many requests there are."""

    rows: tuple[Row, ...]
    wanted: Wanted
    found: int
    in_all: int
    late: int
    risk: int
    pages: int


def wanted(given: Mapping[str, str]) -> Wanted:
    """What is wanted, from the address; what is not known is left aside."""
    page = given.get("page", "")
    return Wanted(
        role=next((role for role in Role if role == given.get("role")), None),
        state=next((state for state in State if state == given.get("state")), None),
        due=next((due for due in Due if due == given.get("due")), None),
        mine=given.get("mine") == "1",
        typed=given.get("number", "")[:40],
        page=int(page) if page.isascii() and page.isdigit() and len(page) < len("10000") else 1,
    )


async def queue_for(officer: Officer, asked: Wanted) -> Page:
    """The queue, narrowed as wanted; only the requests on the page are read whole."""
    now, today = clock.now(), clock.today()
    async with reading() as db:
        rows = [_row(case, today) for case in await queue.open_cases(db)]
        chosen = sorted((row for row in rows if _fits(row, asked, officer)), key=lambda row: (row.due, row.case.number))
        pages = max(1, -(-len(chosen) // PER_PAGE))
        page = min(max(1, asked.page), pages)
        shown = [
            replace(row, turn=turn_of(await cases.read(db, row.case.number), row.policy, now))
            for row in chosen[(page - 1) * PER_PAGE : page * PER_PAGE]
        ]
    late, risk = (sum(row.outlook is outlook for row in rows) for outlook in (Outlook.LATE, Outlook.RISK))
    return Page(rows=tuple(shown), wanted=replace(asked, page=page), found=len(chosen), in_all=len(rows), late=late, risk=risk, pages=pages)


def _row(case: OpenCase, today: date) -> Row:
    policy = policies().version(case.policy, case.law)
    due = (ceiling_date if case.delayed else target_date)(case.arrived_at, policy.days)
    return Row(case=case, policy=policy, due=due, left=(due - today).days, outlook=outlook(case.state, due, policy, today), turn="")


def _fits(row: Row, asked: Wanted, officer: Officer) -> bool:
    roles = {role for question in row.case.questions for role in question.roles}
    return all(
        (
            not asked.typed or row.case.number == numbers.tidy(asked.typed),
            asked.role is None or asked.role in roles,
            asked.state is None or asked.state is row.case.state,
            not asked.mine or not roles.isdisjoint(officer.roles),
            _due_fits(row, asked.due),
        )
    )


def _due_fits(row: Row, due: Due | None) -> bool:
    match due:
        case Due.LATE:
            return row.outlook is Outlook.LATE
        case Due.RISK:
            return row.outlook in {Outlook.LATE, Outlook.RISK}
        case Due.WEEK:
            return row.left <= WEEK.days and row.outlook is not Outlook.ANSWERED
        case None:
            return True


def outlook(state: State, due: date, policy: Policy, today: date) -> Outlook:
    """Late, or likely to be: the working days the policy allows the steps still ahead no longer fit before the date."""
    if state is State.NOTIFIED:
        return Outlook.ANSWERED
    if due < today:
        return Outlook.LATE
    if state in PERSON_ACTS:
        return Outlook.PERSON
    return Outlook.RISK if business_days_after(today, _ahead(state, policy), policy.holidays) > due else Outlook.GOOD


def _ahead(state: State, policy: Policy) -> int:
    """The business days that people still need: to look at who asks, to sign, to answer. A search takes machines no day."""
    days = policy.days
    match STEPS[state]:
        case "identity":
            return days.identity_business + days.decide_business + days.notify_business
        case "fulfilment":
            return days.notify_business
        case _:
            return days.notify_business if state is State.DECIDED else days.decide_business + days.notify_business


def turn_of(case: Case, policy: Policy, now: datetime) -> str:
    """Whose turn it is, as the office needs to know it: a role, the person, the desk's own work, a date, or nobody."""
    if case.halted:
        return "停止中"
    match next_act(case, policy, now):
        case Ask(gate, _) if gate is Gate.PAYMENT or (gate is Gate.REVIEW and case.state is State.DOCS_REQUESTED):
            return "請求者"
        case Ask(gate, about):
            return _said(roles_of(gate, about))
        case Do():
            return "自動処理"
        case Done():
            return "なし"
        case _:
            return _waits_for(case, policy, now)


def _waits_for(case: Case, policy: Policy, now: datetime) -> str:
    if asleep(case, policy, now):
        return "休止(入金待ち)"
    return "請求者" if whose_turn(case, policy, now) is Turn.PERSON else "期日待ち"


def _said(roles: Sequence[Role]) -> str:
    return "・".join(role.ja for role in roles)


def states_open() -> tuple[tuple[State, str], ...]:
    """The states an open request may be in, with their words."""
    ended = {State.CLOSED, State.REJECTED, State.REFERRED, State.WITHDRAWN, State.DEEMED_WITHDRAWN}
    return tuple((state, words) for state, words in STATES.items() if state not in ended)
