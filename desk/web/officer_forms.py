"""What an officer filled in, made into an answer or into the reason why it cannot be one; pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from desk.domain.gates import MOST_YEN, Answer, Extra, Question, Refusal
from desk.web import plain
from desk.web.forms import once
from desk.web.plain import NotPlain

Fields = Mapping[str, Sequence[str]]
LONGEST_TRACKING = 40
CODE_DIGITS = 6
MOST_DIGITS = 9


class NotAnAnswer(Exception):
    """The form cannot be taken as an answer; the code is not spent on it."""

    def __init__(self, refusal: Refusal) -> None:
        """Say why."""
        super().__init__(refusal)
        self.refusal = refusal


@dataclass(frozen=True, kw_only=True)
class About:
    """Which question a form was shown for."""

    gate: str
    about: str
    plan: str

    def fits(self, question: Question) -> bool:
        """Whether this is the question the officer saw, whatever key it bears by now."""
        return (question.gate, question.about, question.plan) == (self.gate, self.about, self.plan)

    def stale(self, question: Question) -> bool:
        """Whether the same is asked, about something that has changed."""
        return (question.gate, question.about) == (self.gate, self.about) and not self.fits(question)


def about_of(fields: Fields) -> About:
    """Which question a posted form is for."""
    return About(gate=once(fields, "gate"), about=once(fields, "about"), plan=once(fields, "plan"))


def code_of(fields: Fields) -> str:
    """A one-time code as typed or pasted, 全角 or spaced, brought to six digits."""
    return "".join(unicodedata.normalize("NFKC", once(fields, "code")[:40]).split())


def answer_of(fields: Fields, question: Question, officer: str) -> Answer:
    """The answer as it was given; NotAnAnswer where a field is missing, wrong, or filled in for another choice."""
    answer = once(fields, "answer")
    choice = question.choices.get(answer)
    if choice is None:
        raise NotAnAnswer(Refusal.UNKNOWN_ANSWER)
    given = {name: value for name in ("draft", "amount", "tracking") if (value := once(fields, name).strip())}
    if set(given) - {choice.extra}:
        raise NotAnAnswer(Refusal.EXTRA_UNASKED)
    if not choice.extra:
        return Answer(officer=officer, answer=answer)
    return _with(choice.extra, given.get(choice.extra, ""), officer, answer)


def _with(extra: Extra, value: str, officer: str, answer: str) -> Answer:
    if extra == "tracking":
        return Answer(officer=officer, answer=answer, tracking=_tracking(value))
    number = _whole(value)
    if extra == "draft":
        return Answer(officer=officer, answer=answer, draft=number)
    if number > MOST_YEN:
        raise NotAnAnswer(Refusal.EXTRA_MISSING)
    return Answer(officer=officer, answer=answer, amount=number)


def _whole(value: str) -> int:
    """A whole number above nothing: １，０００円 is 1000."""
    text = unicodedata.normalize("NFKC", value).replace(",", "").replace("¥", "").removesuffix("円").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS and int(text)):
        raise NotAnAnswer(Refusal.EXTRA_MISSING)
    return int(text)


def _tracking(value: str) -> str:
    try:
        text = plain.normal(value, LONGEST_TRACKING)
    except NotPlain:
        text = ""
    if not text.isascii() or not text.replace("-", "").replace(" ", "").isalnum():
        raise NotAnAnswer(Refusal.EXTRA_MISSING)
    return text
