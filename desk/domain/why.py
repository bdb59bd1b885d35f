"""The person's clock in words: why this date, what is waited for, and what happens when nothing comes.

Until identity is confirmed nothing here looks at what was found or proven, so that the sentences are the same for everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from desk.domain.articles import cited
from desk.domain.case import Case, Form, Kind, Language, Right, Searched, State
from desk.domain.dates import business_days_after, ceiling_date, long_date, on_day, suit_date, target_date
from desk.domain.life import BEFORE_FULFILMENT, ENDED, asleep, delivery
from desk.domain.policy import Policy, Text
from desk.domain.timers import fee_lapse_from, papers_last_day

SUABLE = frozenset({Right.DISC, Right.TPR, Right.CORR, Right.CEASE, Right.STOP3P, Right.CEASE5})  # Art. 39(1)
REFUSING = frozenset({Kind.REFUSED, Kind.PARTIAL, Kind.NO_DATA})
PAYING = frozenset({State.FEE_NOTICED, State.FEE_REMINDED})
ANSWERED = frozenset({State.NOTIFIED, State.CLOSED})
DELAYED = "N07"
LAST_CALL = "N04"


@dataclass(frozen=True)
class _Clock:
    """One look at a request, by the dates a sentence may name."""

    case: Case
    policy: Policy
    now: datetime
    language: Language

    def on(self, day: date) -> str:
        return long_date(day, self.language)

    def after(self, instant: datetime, days: int) -> str:
        return self.on(on_day(instant) + timedelta(days=days))

    def say(self, ja: str, en: str, **facts: object) -> str:
        return Text(ja, en).said(self.language).format(**facts)


def why(case: Case, policy: Policy, now: datetime, language: Language) -> tuple[str, ...]:
    """Why this date, what is waited for, and what the law gives meanwhile: sentences for the person, in order."""
    clock = _Clock(case, policy, now, language)
    return (*_dates(clock), *_wishes(clock), *_now(clock), *_suit(clock))


def promised(case: Case, policy: Policy) -> date:
    """The day by which an answer is promised: the target, or the ceiling once a delay was announced (N07)."""
    return ceiling_date(case.arrived_at, policy.days) if DELAYED in case.letters else target_date(case.arrived_at, policy.days)


def suable_from(case: Case, policy: Policy) -> date | None:
    """The first day a suit may be brought, for the rights Art. 39 covers."""
    return suit_date(case.arrived_at, policy.days) if case.right in SUABLE else None


def _dates(clock: _Clock) -> list[str]:
    case, days = clock.case, clock.policy.days
    if case.state.value in ENDED.split() or case.state in ANSWERED or case.state is State.REOPENED:
        return []
    arrived, due = clock.on(on_day(case.arrived_at)), clock.on(promised(case, clock.policy))
    if case.state in PAYING and case.fee is not None and not case.fee.settled:
        return []
    if DELAYED in case.letters:
        return [
            clock.say("遅れのお知らせのとおり、{due}までにお答えします。", "As our notice of delay says, we will answer by {due}.", due=due)
        ]
    return [
        clock.say(
            "{due}までにお答えすることを目標にしています。法律の「遅滞なく」を、弊社は{arrived}の到達から{n}日以内と定めているためです。",
            "We aim to answer by {due}: the law says “without delay”, and our rule for that is {n} days from arrival on {arrived}.",
            due=due,
            arrived=arrived,
            n=days.target,
        )
    ]


def _wishes(clock: _Clock) -> list[str]:
    case = clock.case
    if case.withdrawal_at and case.state.value in BEFORE_FULFILMENT.split():
        return [clock.say("お取り下げを承りました。まもなく手続きを終えます。", "We have your withdrawal; the procedure will end shortly.")]
    if case.objection_at and (case.state.value in ENDED.split() or case.state is State.NOTIFIED):
        return [clock.say("異議のお申し出を承りました。まもなく見直しを始めます。", "We have your objection; a review will begin shortly.")]
    return []


def _now(clock: _Clock) -> list[str]:
    """What is waited for in this state."""
    if clock.case.halted:
        return [clock.say("弊社の都合により、作業を一時止めています。", "Work has been paused for reasons on our side.")]
    return SAID[clock.case.state](clock)


def _proving(clock: _Clock) -> list[str]:
    """Before identity is confirmed: the same for everybody in the same state since the same day."""
    looked = business_days_after(on_day(clock.case.state_since), clock.policy.days.identity_business, clock.policy.holidays)
    return [
        clock.say(
            "ご本人の確認を進めています。確認のご案内が届いた場合はお手続きください。届かないときも、あらためてご請求いただく必要はありません。",
            "We are confirming who is asking. If a message about this reaches you, please follow it. If none does, you need not ask again.",
        ),
        clock.say(
            "{looked}までに確認が済まないときは、担当者が内容を拝見し、次のお手続きをご案内します。",
            "If this is not settled by {looked}, our staff will look at your request and tell you what comes next.",
            looked=clock.on(looked),
        ),
    ]


def _papers(clock: _Clock) -> list[str]:
    since, days = clock.case.state_since, clock.policy.days
    due = days.papers_final if LAST_CALL in clock.case.letters else days.papers
    said = [
        clock.say(
            "ご本人の確認のため、ご案内したお手続きを{due}までにお願いします。",
            "To confirm who is asking, please follow what we wrote to you by {due}.",
            due=clock.after(since, due),
        )
    ]
    if LAST_CALL not in clock.case.letters:
        said.append(
            clock.say(
                "{day}に、もう一度お知らせします。", "We will remind you once, on {day}.", day=clock.after(since, days.papers_reminder)
            )
        )
    if clock.policy.deemed_withdrawal:
        said.append(_lapses(clock, clock.on(papers_last_day(clock.case, clock.policy))))
    return said


def _lapses(clock: _Clock, day: str) -> str:
    return clock.say(
        "{day}を過ぎると、取り下げられたものとして扱うことがあります。その後も、お申し出により手続きを再開できます。",
        "After {day} the request may be treated as withdrawn; it can be taken up again whenever you ask.",
        day=day,
    )


def _searching(clock: _Clock) -> list[str]:
    coverage = clock.case.coverage
    total, done = len(coverage.systems), len(coverage.systems) - len(coverage.unfinished)
    said = [
        clock.say(
            "{total}か所のうち{done}か所の調査を終えました。すべて終わるまで、回答の案は作りません。",
            "{done} of {total} places have been searched. No answer is drafted before all of them are.",
            total=total,
            done=done,
        )
    ]
    if failed := len(coverage.named(Searched.FAILED)):
        said.append(
            clock.say(
                "{n}か所から回答を得られていないため、担当者が対応しています。得られないことを「該当なし」とは扱いません。",
                "{n} of them did not answer, and our staff are looking into it; no answer is never taken for “nothing held”.",
                n=failed,
            )
        )
    return said


def _signing(clock: _Clock) -> list[str]:
    return [
        clock.say(
            "調査を終え、回答の案を、調査に関わっていない責任者が審査しています。",
            "The search is complete. The answer is being examined by officers who had no part in it.",
        )
    ]


def _decided(clock: _Clock) -> list[str]:
    return [clock.say("回答が決まりました。まもなくお知らせをお送りします。", "The answer is decided; a letter will follow shortly.")]


def _paying(clock: _Clock) -> list[str]:
    fee, days = clock.case.fee, clock.policy.days
    if fee is None or fee.settled or fee.noticed_at is None:
        return _decided(clock)
    if asleep(clock.case, clock.policy, clock.now):
        return [
            clock.say(
                "手数料{yen}円のお支払いを確認できないため、手続きを休止しています。お支払いをいただければ、続きから再開します。",
                "The request is resting, because the fee of {yen} yen has not come in. As soon as it does, we go on from here.",
                yen=f"{fee.amount - fee.paid:,}",
            )
        ]
    said = [
        clock.say(
            "手数料{yen}円を{due}までにお支払いください({article})。お渡しは、お支払いの確認から{n}営業日以内を目安にしています。",
            "Please pay the fee of {yen} yen by {due} ({article}). We aim to deliver within {n} business days of payment.",
            yen=f"{fee.amount - fee.paid:,}",
            due=clock.after(fee.noticed_at, days.fee),
            n=days.deliver_business,
            article=cited("Art. 38(1)", clock.language),
        )
    ]
    if fee.reminded_at is None:
        when = clock.after(fee.noticed_at, days.fee_reminder)
        return [*said, clock.say("{day}に、もう一度お知らせします。", "We will remind you once, on {day}.", day=when)]
    lapse = fee_lapse_from(clock.case, clock.policy)
    return [*said, _lapses(clock, clock.on(on_day(lapse) - timedelta(days=1)))] if lapse else said


def _preparing(clock: _Clock) -> list[str]:
    if delivery(clock.case, clock.policy) is Form.PAPER:
        return [clock.say("書面を用意し、郵送します。", "We are preparing the papers and will post them.")]
    return [clock.say("お渡しするデータを用意しています。", "Your copy is being prepared.")]


def _answered(clock: _Clock) -> list[str]:
    case, said = clock.case, [clock.say("ご請求への回答をお知らせしました。", "The answer to your request has been sent.")]
    if case.package and not case.package.purged_at and delivery(case, clock.policy) is Form.ELECTRONIC and clock.now < case.package.until:
        said.append(
            clock.say(
                "データは{until}まで、何度でも受け取れます。",
                "You can fetch your copy until {until}, as often as you need.",
                until=clock.on(on_day(case.package.until)),
            )
        )
    if case.delivered_at and case.state is State.NOTIFIED:
        said.append(
            clock.say(
                "{day}に手続きを終えます。その後も異議をお申し出いただけます。",
                "The procedure closes on {day}. You can object after that, too.",
                day=clock.after(case.delivered_at, clock.policy.days.close_after_delivery),
            )
        )
    return said


def _ended(ja: str, en: str) -> Callable[[_Clock], list[str]]:
    again = Text(
        "ご納得いただけないときや再開をお望みのときは、このページからお申し出ください。",
        "To object, or to take it up again, use this page.",
    )
    return lambda clock: [clock.say(ja, en), again.said(clock.language)]


def _reviewing(clock: _Clock) -> list[str]:
    days = clock.policy.days.objection_answer
    return [
        clock.say(
            "お申し出を、これまで関わっていない担当者が見直しています。{due}までにお答えします。",
            "Somebody who has had no part in the matter is reviewing it. We will answer by {due}.",
            due=clock.after(clock.case.objection_at or clock.case.state_since, days),
        )
    ]


def _suit(clock: _Clock) -> list[str]:
    """Art. 39: the date the law gives never pauses, and a refusal opens the way at once."""
    case, first = clock.case, suable_from(clock.case, clock.policy)
    if first is None or case.state in {State.WITHDRAWN, State.DEEMED_WITHDRAWN}:
        return []
    article = cited("Art. 39(1)", clock.language)
    if case.state is State.REJECTED or (case.state in ANSWERED and case.ruling and case.ruling.kind in REFUSING):
        return [
            clock.say(
                "お応えできない部分については、すぐに裁判所へ訴えを起こすことができます({article})。",
                "For what was not granted, you may bring the matter before a court at once ({article}).",
                article=article,
            )
        ]
    if case.state in ANSWERED:
        return []
    return [
        clock.say(
            "裁判所への訴えは{day}から起こすことができます({article})。この日は、お手続きをお待ちしている間も延びません。",
            "You may bring the matter before a court from {day} ({article}). That day does not move, whoever is being waited for.",
            day=clock.on(first),
            article=article,
        )
    ]


SAID: Mapping[State, Callable[[_Clock], list[str]]] = {
    **dict.fromkeys((State.RECEIVED, State.ACKNOWLEDGED, State.SCOPED, State.ID_CHECK), _proving),
    State.DOCS_REQUESTED: _papers,
    State.INVESTIGATING: _searching,
    **dict.fromkeys((State.DRAFTED, State.APPROVED1, State.APPROVED2), _signing),
    State.DECIDED: _decided,
    **dict.fromkeys((State.FEE_NOTICED, State.FEE_REMINDED), _paying),
    State.FULFILLING: _preparing,
    **dict.fromkeys((State.NOTIFIED, State.CLOSED), _answered),
    State.REJECTED: _ended("ご本人からのご請求であることを確認できませんでした。", "We could not confirm that it was you who asked."),
    State.REFERRED: _ended("契約先の企業の窓口をご案内しました。", "We referred you to the client company's desk."),
    State.WITHDRAWN: _ended("お取り下げにより、手続きを終えました。", "The procedure ended because you withdrew."),
    State.DEEMED_WITHDRAWN: _ended(
        "お手続きを確認できなかったため、取り下げられたものとして終えました。",
        "It was treated as withdrawn, because nothing came from you.",
    ),
    State.REOPENED: _reviewing,
}
