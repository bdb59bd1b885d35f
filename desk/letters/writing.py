"""From a letter's name to its subject and body.

Templates come from files only; nothing of what a person wrote is ever a template (T25).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, TemplateRuntimeError, Undefined

from desk.domain.case import Case, Language, Person
from desk.domain.policy import Policy
from desk.letters.facts import Occasion, facts
from desk.letters.registry import CannotWrite, Recipe, recipe_of
from desk.letters.words import line

MAIL = Path(__file__).resolve().parents[2] / "templates" / "mail"
RULE = "=" * 40


@dataclass(frozen=True)
class Letter:
    """A mail as plain text; the subject is one line, the body has no control characters but line feeds."""

    subject: str
    body: str


def write(name: str, *, case: Case, policy: Policy, person: Person | None, today: date, extra: Mapping[str, str]) -> Letter:
    """The letter in the person's language; in English, the Japanese text that is authoritative follows (domain C12).

    Raises NoSuchLetter, and CannotWrite where anything is missing: a letter with a hole in it is never sent (F34).
    """
    recipe = recipe_of(name, case.number)
    occasion = Occasion(case=case, policy=policy, person=person if recipe.named else None, today=today, extra=_given(recipe, extra))
    try:
        japanese = _written(recipe, occasion, "ja")
        if case.language == "ja" or "en" not in recipe.languages:
            return japanese
        english = _written(recipe, occasion, "en")
    except (TemplateError, LookupError, ValueError) as error:
        raise CannotWrite(case.number) from error
    return Letter(english.subject, f"{english.body}\n\n{RULE}\n\n{japanese.body}")


def _given(recipe: Recipe, extra: Mapping[str, str]) -> dict[str, str]:
    wanted = recipe.needs | recipe.may
    return {key: value for key, value in extra.items() if key in wanted or key.startswith("system.")}


def _written(recipe: Recipe, occasion: Occasion, language: Language) -> Letter:
    """One language of a letter: the first line of the page is the subject, the rest is the body."""
    template = _environment().get_template(f"{recipe.stem}.{language}.txt")
    subject, _, body = template.render(facts(occasion, language)).strip().partition("\n")
    if not subject.strip() or not body.strip():
        message = "a letter needs a subject and a body"
        raise TemplateRuntimeError(message)
    return Letter(subject.strip(), _tidy(body))


def _tidy(body: str) -> str:
    """No spaces at the end of a line, never more than one empty line."""
    trimmed = "\n".join(row.rstrip() for row in body.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", trimmed).strip()


@cache
def _environment() -> Environment:
    # The mails are text/plain, where markup means nothing; `_printable` is what stands between a value and the page.
    return Environment(
        loader=FileSystemLoader(MAIL),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - text/plain
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _printable(value: object) -> str:
    """Every value as it reaches the page: one harmless line, or a whole number; anything else is a fault of the template."""
    if isinstance(value, str):
        return line(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, Undefined):
        return str(value)  # raises, and says what is missing
    message = f"a letter cannot print a {type(value).__name__}"
    raise TemplateRuntimeError(message)
