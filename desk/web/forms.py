"""What a person wrote, on the page or as JSON, made into a checked request or into errors tied to fields; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar
from urllib.parse import parse_qsl

from desk.domain.case import EVERYTHING, Form, Language, Person, Right
from desk.domain.policy import Policy
from desk.web import plain
from desk.web.plain import NotPlain

Read = TypeVar("Read")
MOST_FIELDS = 120
MOST_DETAILS = 2000
MOST_WORDS = 2000
NAME, POSTAL, IDENTIFIER = 80, 300, 120
IDENTIFIERS = ("email", "login_id", "company", "order")
FIELDS = (  # in the order of the page
    *("right", "language", "items", "period.from", "period.to", "form"),
    *("name.family", "name.given", "name.family_kana", "name.given_kana"),
    *("contact.email", "contact.telephone", "contact.postcode", "contact.postal"),
    *(f"identifiers.{kind}" for kind in IDENTIFIERS),
    "details",
)
SINGLE = tuple(name for name in FIELDS if name != "items")


class BadForm(Exception):
    """The form did not arrive whole."""


@dataclass(frozen=True, kw_only=True)
class FieldError:
    """What is wrong with one field, by the code of its words."""

    field: str
    code: str


class Refused(Exception):
    """The request cannot be taken as it is written."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        """Keep every error, in the order of the fields."""
        super().__init__(", ".join(f"{error.field}: {error.code}" for error in errors))
        self.errors = tuple(errors)


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What was written, field by field, before anything is checked."""

    values: Mapping[str, str] = field(default_factory=dict)  # by the names in SINGLE
    items: tuple[str, ...] = ()

    def value(self, name: str) -> str:
        """What one field holds; a field left out is empty."""
        return self.values.get(name, "")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request that can be taken in."""

    right: Right
    language: Language
    form: Form
    items: tuple[str, ...]
    period_from: date | None
    period_until: date | None
    person: Person


def posted(raw: bytes) -> dict[str, list[str]]:
    """The fields of a posted form: strict UTF-8, at most so many; raises BadForm."""
    try:
        pairs = parse_qsl(raw.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except (UnicodeError, ValueError) as error:
        raise BadForm from error
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


def once(fields: Mapping[str, Sequence[str]], name: str) -> str:
    """The one value of a field that may come once; empty if it did not come, BadForm if it came twice."""
    given = fields.get(name, ())
    if len(given) > 1:
        raise BadForm
    return given[0] if given else ""


def submission(fields: Mapping[str, Sequence[str]], right: Right, language: Language) -> Submission:
    """A posted form as a submission; `scope` is everything or some of the items."""
    values = {name: once(fields, name) for name in SINGLE if name in fields} | {"right": right.value, "language": language}
    items = () if once(fields, "scope") == "some" else (EVERYTHING,)
    return Submission(values=values, items=items or tuple(fields.get("items", ())))


def checked(given: Submission, policy: Policy, today: date) -> Asked:
    """The request, every field checked; raises Refused with every error at once."""
    check = _Check(given)
    right = check.right(policy)
    asked = Asked(
        right=right,
        language="en" if check.one_of("language", ("ja", "en")) == "en" else "ja",
        form=Form(check.one_of("form", tuple(Form)) or Form.ELECTRONIC),
        items=check.items(policy),
        period_from=check.read("period.from", plain.day),
        period_until=check.read("period.to", plain.day),
        person=check.person(),
    )
    check.period(asked, today)
    if check.errors:
        raise Refused(sorted(check.errors, key=lambda error: FIELDS.index(error.field)))
    return asked


def words(text: str) -> str:
    """A person's own words for an objection; raises Refused when there are none."""
    try:
        said = plain.lines(text, MOST_WORDS)
    except NotPlain as problem:
        raise Refused([FieldError(field="words", code=problem.code)]) from problem
    if not said:
        raise Refused([FieldError(field="words", code="missing")])
    return said


class _Check:
    """One pass over a submission that collects errors instead of stopping at the first."""

    def __init__(self, given: Submission) -> None:
        self.given = given
        self.errors: list[FieldError] = []

    def wrong(self, name: str, code: str) -> None:
        self.errors.append(FieldError(field=name, code=code))

    def read(self, name: str, reader: Callable[[str], Read]) -> Read | None:
        try:
            return reader(self.given.value(name))
        except NotPlain as problem:
            self.wrong(name, problem.code)
            return None

    def text(self, name: str, most: int, reader: Callable[[str, int], str] = plain.line) -> str:
        return self.read(name, lambda text: reader(text, most)) or ""

    def one_of(self, name: str, accepted: Sequence[str]) -> str:
        value = self.given.value(name)
        if value not in accepted:
            self.wrong(name, "unknown-value" if value else "missing")
            return ""
        return value

    def right(self, policy: Policy) -> Right:
        value = self.one_of("right", tuple(Right))
        if value and value not in policy.rights_by_form:
            self.wrong("right", "not-by-form")
        return Right(value) if value else Right.DISC

    def items(self, policy: Policy) -> tuple[str, ...]:
        given = tuple(dict.fromkeys(self.given.items))
        if not given:
            self.wrong("items", "no-items")
        if any(code != EVERYTHING and code not in policy.items for code in given):
            self.wrong("items", "unknown-item")
        return (EVERYTHING,) if EVERYTHING in given else given

    def period(self, asked: Asked, today: date) -> None:
        if asked.period_from and asked.period_from > today:
            self.wrong("period.from", "in-the-future")
        if asked.period_from and asked.period_until and asked.period_until < asked.period_from:
            self.wrong("period.to", "period-reversed")

    def person(self) -> Person:
        person = Person(
            family=self.text("name.family", NAME),
            given=self.text("name.given", NAME),
            family_kana=self.text("name.family_kana", NAME, plain.normal),
            given_kana=self.text("name.given_kana", NAME, plain.normal),
            email=self.read("contact.email", plain.address) or "",
            telephone=self.read("contact.telephone", plain.telephone) or "",
            postal=self.postal(),
            identifiers=self.identifiers(),
            details=self.text("details", MOST_DETAILS, plain.lines),
        )
        self.complete(person)
        return person

    def postal(self) -> str:
        code, rest = self.read("contact.postcode", plain.postcode) or "", self.text("contact.postal", POSTAL)
        if code and not rest:
            self.wrong("contact.postal", "missing")
        return f"〒{code} {rest}".strip() if code else rest

    def identifiers(self) -> dict[str, str]:
        found = {
            "email": self.read("identifiers.email", plain.address) or "",
            "login_id": self.text("identifiers.login_id", IDENTIFIER, plain.normal),
            "company": self.text("identifiers.company", IDENTIFIER),
            "order": self.text("identifiers.order", IDENTIFIER, plain.normal),
        }
        return {kind: value for kind, value in found.items() if value}

    def complete(self, person: Person) -> None:
        """At least a name, a way to reach the person, and something to search by; an error already named is not named twice."""
        wrong = {error.field.partition(".")[0] for error in self.errors}
        if not person.name and "name" not in wrong:
            self.wrong("name.family", "missing")
        if not (person.email or person.telephone or person.postal) and "contact" not in wrong:
            self.wrong("contact.email", "no-contact")
        if not person.identifiers and "identifiers" not in wrong:
            self.wrong("identifiers.email", "no-identifier")
