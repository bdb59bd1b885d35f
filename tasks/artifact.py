"""What the engine's own pages show of a case: one artifact, a name and tags; numbers, codes and dates, never personal data."""

from __future__ import annotations

from collections.abc import Mapping

from desk import clock
from desk.domain import office_words as words
from desk.domain.articles import cited
from desk.domain.case import Case, Ruling, Search, State
from desk.domain.dates import long_date, on_day, suit_date, target_date
from desk.domain.gates import Gate, Refusal, roles_of
from desk.domain.life import STEPS, Ask, Do, Done, asleep, next_act
from desk.domain.policy import Policy
from desk.settings import settings
from desk.store import audit, cases, questions
from desk.store.ledger import reading
from tasks.once import policy_of
from tasks.systems import system_labels

HISTORY = 8


def run_name(case: Case, policy: Policy) -> str:
    """A run's name: number, right and state, as the office says them."""
    return f"{case.number} {policy.law.rights[case.right].label.ja} {words.STATES[case.state]}"


def run_tags(case: Case, policy: Policy) -> list[str]:
    """A run's tags: right, step, whose role, and the day it is due."""
    act = next_act(case, policy, clock.now())
    roles = roles_of(act.gate, act.about) if isinstance(act, Ask) else ()
    return [
        f"権利:{policy.law.rights[case.right].label.ja}",
        f"段階:{words.STEPS[STEPS[case.state]]}",
        *(f"役割:{role.ja}" for role in roles),
        f"期限:{target_date(case.arrived_at, policy.days).isoformat()}",
    ]


async def page(number: str) -> tuple[Case, Policy, str]:
    """The case, its policy, and the artifact's markdown: next action first, then dates, coverage, ruling and history; one screen."""
    async with reading() as db:
        case = await cases.read(db, number)
        last = await questions.last_answer(db, number)
        entries = (await audit.history(db, number))[-HISTORY:]
    policy = policy_of(case)
    history = [f"| {_minute(e)} | {_deed(e)} | {words.ACTORS.get(e.actor, e.actor)} |" for e in reversed(entries)]
    parts = [*_next(case, policy), *_said(last), *_days(case, policy), *_coverage(case), *_ruling(case, policy)]
    return case, policy, "\n".join([*parts, "", "### 経過", "", "| 日時 | 事柄 | 担当 |", "|---|---|---|", *history])


def _minute(entry: audit.Entry) -> str:
    return f"{entry.at.astimezone(clock.TOKYO):%m-%d %H:%M}"


def _deed(entry: audit.Entry) -> str:
    """What was done, in words; a move to a state is said by the state's name."""
    if entry.deed.upper() in set(State):
        return f"「{words.STATES[State(entry.deed.upper())]}」へ"
    return words.DEEDS.get(entry.deed, entry.deed)


def _next(case: Case, policy: Policy) -> list[str]:
    link = f"[案件の頁を開く]({settings().desk_url}/desk/cases/{case.number})"
    return [f"## {case.number} {words.STATES[case.state]}", "", f"**次の一手:** {_action(case, policy)} {link}", ""]


def _action(case: Case, policy: Policy) -> str:
    if case.halted:
        return "停止中です。"
    match next_act(case, policy, clock.now()):
        case Ask(gate, about):
            roles = "・".join(role.ja for role in roles_of(gate, about))
            return f"「{gate}」{_about(gate, about)}の回答({roles})。この実行の Resume、または"
        case Do(_):
            return "自動で進みます。"
        case Done():
            return "終わっています。"
        case _:
            return "休止中です。入金があれば再開します。" if asleep(case, policy, clock.now()) else "請求者の手続または期日を待っています。"


def _about(gate: Gate, about: str) -> str:
    said = words.about(gate, about, system_labels())
    return f"({said})" if said else ""


def _said(last: tuple[str, str, str] | None) -> list[str]:
    if last is None:
        return []
    gate, state, reason = last
    if state == "answered":
        return [f"「{gate}」の回答を**受理しました**。", ""]
    return [f"「{gate}」の回答は**受理できません**: {Refusal(reason).ja}", ""]


def _days(case: Case, policy: Policy) -> list[str]:
    target, suit = target_date(case.arrived_at, policy.days), suit_date(case.arrived_at, policy.days)
    return [
        f"- 到達 {long_date(on_day(case.arrived_at), 'ja')}、目標 **{long_date(target, 'ja')}**(到達から{policy.days.target}日)",
        f"- 訴えを起こせる日 {long_date(suit, 'ja')}(法第39条。止まりません)",
        f"- 法令 {case.law}、方針 {case.policy}、第{case.round}回",
        "",
    ]


def _coverage(case: Case) -> list[str]:
    labels = system_labels()
    rows = [
        f"- {labels[name].ja if name in labels else name}: **{words.SEARCHED[search.state]}**{_counted(search)}"
        for name, search in case.coverage.systems.items()
    ]
    return ["### 調査の範囲", "", *rows, ""]


def _counted(search: Search) -> str:
    """How much was found, where anything was; and how much of it is the client's to answer for."""
    found, entrusted = _sum(search.found), _sum(search.entrusted)
    if not found + entrusted:
        return ""
    return f"({found + entrusted}件、うち委託{entrusted}件)" if entrusted else f"({found}件)"


def _sum(counts: Mapping[str, int]) -> int:
    return sum(counts.values())


def _ruling(case: Case, policy: Policy) -> list[str]:
    if case.ruling is None:
        return []
    signed = "・".join(f"第{s.order} {s.officer}" for s in case.signatures if s.plan_hash == case.ruling.plan_hash()) or "なし"
    head = f"### 決定案: {words.KINDS[case.ruling.kind]}(署名: {signed})"
    return [head, "", *_outcomes(case.ruling, policy), ""]


def _outcomes(ruling: Ruling, policy: Policy) -> list[str]:
    """One line for each conclusion and article, with the items it is drawn for."""
    together: dict[tuple[str, str], list[str]] = {}
    for one in ruling.outcomes:
        together.setdefault((words.VERDICTS[one.verdict], cited(one.article, "ja")), []).append(policy.items[one.item].label.ja)
    return [f"- **{verdict}**({article}): {'、'.join(items)}" for (verdict, article), items in together.items()]
