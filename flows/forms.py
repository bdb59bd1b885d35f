"""What an officer fills in at a gate: typed, strict, in Japanese; no default that could pass for an answer, and no free text."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Literal

from prefect.input import RunInput
from pydantic import ConfigDict, Field, create_model

from desk.domain import office_words as words
from desk.domain.gates import MOST_YEN, Answer, Extra, Gate, Question
from desk.settings import settings
from tasks.systems import system_labels

_EXTRAS: dict[Extra, tuple[object, object]] = {
    "draft": (
        Annotated[int | None, Field(strict=True, ge=1, le=99_999)],
        Field(default=None, title="文案番号", description="案件の頁で書いた文案の番号"),
    ),
    "amount": (
        Annotated[int | None, Field(strict=True, ge=1, le=MOST_YEN)],
        Field(default=None, title="金額(円)", description="入金された額"),
    ),
    "tracking": (
        Annotated[str | None, Field(strict=True, max_length=40)],
        Field(default=None, title="追跡番号", description="書留などの番号"),
    ),
}


class OfficerForm(RunInput):
    """What every form asks: who answers, and the proof of it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    officer: Annotated[str, Field(title="担当者ID", description="あなたの担当者ID", min_length=1, max_length=64)]
    code: Annotated[str, Field(title="ワンタイムコード", description="認証アプリの6桁の数字", min_length=6, max_length=6)]


@cache
def _model(gate: Gate, choices: tuple[str, ...], extra: Extra) -> type[OfficerForm]:
    fields: dict[str, tuple[object, object]] = {"answer": (Literal[choices], Field(title="回答"))}
    if extra:
        fields[extra] = _EXTRAS[extra]
    return create_model(str(gate), __base__=OfficerForm, **fields)  # type: ignore[call-overload,no-any-return]  # the fields are made up here


def form_for(question: Question) -> type[OfficerForm]:
    """The form of one question, titled by the gate's word, with help and a link to the evidence."""
    extra = next((choice.extra for choice in question.choices.values() if choice.extra), "")
    model = _model(question.gate, tuple(question.choices), extra)
    return model.with_initial_data(description=_help(question))


def _help(question: Question) -> str:
    about = words.about(question.gate, question.about, system_labels())
    who = "・".join(role.ja for role in question.roles)
    subject = f"対象: {about}\n\n" if about else ""
    link = f"{settings().desk_url}/desk/cases/{question.number}"
    asked = f"**{question.number}「{question.gate}」**\n\n{words.HELP[question.gate]}"
    return f"{asked}\n\n{subject}回答できる権限: {who}\n\n[根拠と資料を見る]({link})"


def answer_of(form: OfficerForm) -> tuple[Answer, str]:
    """What was filled in, and the one-time code apart from it."""
    given = {name: getattr(form, name) for name in ("draft", "amount", "tracking") if getattr(form, name, None) is not None}
    return Answer(officer=form.officer, answer=form.answer, **given), form.code  # type: ignore[attr-defined]  # every gate adds `answer`
