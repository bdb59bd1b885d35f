"""What a letter says of the ruling, the objection and the delivery."""

from __future__ import annotations

from itertools import groupby

from desk.domain.articles import cited
from desk.domain.case import Authority, Case, Form, Language, Outcome, Package, Ruling, Verdict
from desk.domain.dates import long_date, on_day
from desk.domain.life import delivery
from desk.domain.policy import Item, Policy
from desk.letters.words import SOURCES, VERDICTS

GIVEN = (Verdict.DISCLOSED, Verdict.PARTLY)


def answer_facts(case: Case, policy: Policy, language: Language) -> dict[str, object]:
    """The ruling item by item, and the package; nothing of either before it is there."""
    ruling = _ruling(case, case.ruling, policy, language) if case.ruling else {}
    return {**ruling, **(_package(case, case.package, policy, language) if case.package else {})}


def _ruling(case: Case, ruling: Ruling, policy: Policy, language: Language) -> dict[str, object]:
    return {
        "kind": ruling.kind.value,
        "parts": _parts(ruling.outcomes, policy, language),
        "held_back": _parts([o for o in ruling.outcomes if o.verdict is not Verdict.DISCLOSED], policy, language),
        "given": [_given(policy.items[o.item], case, language) for o in ruling.of(*GIVEN)],
    }


def _parts(outcomes: list[Outcome] | tuple[Outcome, ...], policy: Policy, language: Language) -> list[dict[str, object]]:
    """Items with the same outcome for the same reason stand together."""
    ordered = sorted(outcomes, key=_alike)
    return [_part(list(alike), policy, language) for _, alike in groupby(ordered, key=_alike)]


def _alike(outcome: Outcome) -> tuple[int, str, str]:
    return (list(Verdict).index(outcome.verdict), outcome.article, outcome.reason)


def _part(outcomes: list[Outcome], policy: Policy, language: Language) -> dict[str, object]:
    first = outcomes[0]
    return {
        "verdict": VERDICTS[first.verdict].said(language),
        "labels": [policy.items[outcome.item].label.said(language) for outcome in outcomes],
        "article": cited(first.article, language),
        "reason": policy.law.grounds[first.reason].text.said(language),
    }


def _given(item: Item, case: Case, language: Language) -> dict[str, object]:
    return {
        "label": item.label.said(language),
        "source": SOURCES[item.source].said(language),
        "count": case.coverage.count(item.code, Authority.OPERATOR),
    }


def _package(case: Case, package: Package, policy: Policy, language: Language) -> dict[str, object]:
    """The day it stands for is the day it was built, unless the sender says otherwise."""
    paper = delivery(case, policy) is Form.PAPER
    return {
        "on_paper": paper,
        "built": long_date(on_day(package.built_at), language),
        "until": long_date(on_day(package.until), language),
    }
