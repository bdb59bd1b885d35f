"""What a letter may say, as plain words and dates in one language. A template sees nothing else: no request, no policy, no person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from desk.domain.articles import cited
from desk.domain.case import EVERYTHING, Authority, Case, Form, Language, Person, Right, Rung, State
from desk.domain.dates import ceiling_date, long_date, on_day, suit_date, target_date
from desk.domain.decision import asked
from desk.domain.life import STEPS
from desk.domain.policy import Contact, Policy, Text
from desk.letters import words
from desk.letters.answered import answer_facts
from desk.letters.money import fee_facts
from desk.letters.searched import search_facts

Facts = dict[str, object]
DATES = ("new_date", "as_of")  # the keys of extra that are ISO dates
SUABLE = {Right.DISC, Right.TPR, Right.CORR, Right.CEASE, Right.STOP3P, Right.CEASE5}  # Art. 39(1); not a 求め under Art. 32(2)
FORMAL = {Right.DISC, Right.TPR}  # the person chooses the form (Art. 33(1), (5))
OBJECTIONS = {"審査し直す": "again", "維持する": "upheld"}
REVIEW = "review"  # the method that takes papers


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """Whatever a letter is written from."""

    case: Case
    policy: Policy
    person: Person | None
    today: date
    extra: Mapping[str, str]


def facts(occasion: Occasion, language: Language) -> Facts:
    """Everything a template may print or ask; what is not known is left out, so that printing it is an error."""
    case, policy, today = occasion.case, occasion.policy, occasion.today
    return {
        **_added(occasion.extra, language),
        "salutation": words.salutation(occasion.person, language),
        "today": long_date(today, language),
        **_office(policy, language),
        **_request(case, policy, language),
        **_dates(case, policy, today, language),
        **_identity(case, policy, language),
        **fee_facts(case, policy, today, language),
        **answer_facts(case, policy, language),
        **search_facts(case, occasion.person, occasion.extra, language),
    }


def _added(extra: Mapping[str, str], language: Language) -> Facts:
    plain = {key: value for key, value in extra.items() if not key.startswith("system.")}
    dated = {key: long_date(date.fromisoformat(plain[key]), language) for key in DATES if key in plain}
    several: Facts = {key: words.lines(plain[key]) for key in ("words", "account") if key in plain}
    return {**plain, **dated, **several}


def _office(policy: Policy, language: Language) -> Facts:
    """Who writes, and where else the person may turn."""
    desk = policy.contacts["desk"]
    return {
        "operator": policy.operator.name.said(language),
        "service": policy.operator.service.said(language),
        "desk": _contact(desk, language),
        "complaints": _contact(policy.contacts.get("complaints", desk), language),
        "elsewhere": words.lines(policy.authority_body.said(language)),
        "purposes": [purpose.text.said(language) for purpose in policy.purposes.values()],
        "lapses": policy.deemed_withdrawal,
    }


def _contact(contact: Contact, language: Language) -> Facts:
    return {
        "label": contact.label.said(language),
        "telephone": contact.telephone,
        "email": contact.email,
        "address": contact.address.said(language),
        "hours": contact.hours.said(language),
    }


def _request(case: Case, policy: Policy, language: Language) -> Facts:
    """The request as the desk understands it; nothing of the person's own words."""
    right = policy.law.rights[case.right]
    everything = Text("すべての情報", "all information")
    named = [everything] if EVERYTHING in case.items else [policy.items[code].label for code in asked(case, policy)]
    entrusted = [policy.items[code].label for code in asked(case, policy) if policy.items[code].authority is not Authority.OPERATOR]
    return {
        "number": case.number,
        "law": policy.law.label.said(language),
        "right": right.label.said(language),
        "right_article": cited(right.article, language),
        "wanted": [label.said(language) for label in named],
        "entrusted": [label.said(language) for label in entrusted],
        "period": words.period(case.period_from, case.period_until, language),
        "form": words.FORMS[case.form].said(language) if case.right in FORMAL else "",
        "chosen_form": words.FORMS[case.form].said(language),
        "forms": [words.FORMS[form].said(language) for form in policy.forms if form is not case.form],
        "fallback": words.FORMS[policy.forms[0]].said(language),
        "fallback_paper": policy.forms[0] is Form.PAPER,
        "state": case.state.value,
        "returned_from": case.returned_from.value if case.returned_from else "",
        "ruled": case.ruling is not None,
        "by_person": case.state is State.WITHDRAWN or (case.withdrawal_at is not None and case.state is not State.DEEMED_WITHDRAWN),
        **({"objection": OBJECTIONS[case.objection_answer]} if case.objection_answer in OBJECTIONS else {}),
    }


def _dates(case: Case, policy: Policy, today: date, language: Language) -> Facts:
    """The person's clock, and the last days for papers; a reminder that goes out late moves them, so that nobody loses days."""
    days = policy.days
    asked_on = on_day(case.state_since) if case.state is State.DOCS_REQUESTED else today
    final = max(asked_on + timedelta(days.papers_final), today + timedelta(days.papers_final - days.papers_reminder))
    ceiling = ceiling_date(case.arrived_at, days)
    lapse = max(asked_on + timedelta(days.papers_deemed), today + timedelta(days.papers_deemed - days.papers_reminder))
    return {
        "arrived": long_date(on_day(case.arrived_at), language),
        "target": long_date(target_date(case.arrived_at, days), language),
        "ceiling": long_date(ceiling if ceiling > today else today + timedelta(days.target), language),
        "suit": long_date(suit_date(case.arrived_at, days), language) if case.right in SUABLE else "",
        "withdrawn": long_date(on_day(case.withdrawal_at), language) if case.withdrawal_at else "",
        "papers_due": long_date(asked_on + timedelta(days.papers), language),
        "papers_final": long_date(final, language),
        "papers_lapse": long_date(lapse, language),
        "method_due": long_date(today + timedelta(days.papers), language),
        "objection_days": days.objection_answer,
        "deliver_days": days.deliver_business,
        "step": STEPS[case.state].value,
    }


def _identity(case: Case, policy: Policy, language: Language) -> Facts:
    """What is to be proven and by what: only what the right needs and the policy publishes, never what a search found."""
    needed = [rung for rung in Rung if rung in policy.ladder.needs[case.right]]
    open_yet = [rung for rung in needed if rung not in case.identity.proven] or needed
    methods = policy.ladder.methods.values()
    return {
        "rungs": [
            {"question": words.RUNGS[rung].said(language), "ways": [m.label.said(language) for m in methods if rung in m.proves]}
            for rung in needed
        ],
        "missing": [words.RUNGS[rung].said(language) for rung in open_yet],
        "ways": [m.label.said(language) for m in methods if m.code != REVIEW and m.proves.intersection(open_yet)],
    }
