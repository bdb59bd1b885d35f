"""The shapes of the JSON API: what it takes, strictly and nothing more (T43), and what it gives."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from desk.web.forms import Submission

MOST = 4000  # characters of any one value, before its own rule is applied
Value = Annotated[str, StringConstraints(max_length=MOST)]
Optional = Value | None


class Taken(BaseModel):
    """A body the API takes: only the fields it names, each of exactly its type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Name(Taken):
    """A name as the person writes it; someone may have only one."""

    family: Value = ""
    given: Value = ""
    family_kana: Value = ""
    given_kana: Value = ""


class Contact(Taken):
    """How to reach the person: at least one."""

    email: Optional = None
    telephone: Optional = None
    postal: Optional = None


class Identifiers(Taken):
    """By what the systems are searched: at least one."""

    email: Optional = None
    login_id: Optional = None
    company: Optional = None
    order: Optional = None


class Period(Taken):
    """The period asked about, both days included."""

    since: Optional = Field(default=None, alias="from")
    until: Optional = Field(default=None, alias="to")


class RequestBody(Taken):
    """A request; `items` is ["*"] for everything, or item codes of the policy."""

    right: Value
    language: Literal["ja", "en"]
    name: Name
    contact: Contact
    identifiers: Identifiers
    items: Annotated[list[Value], Field(max_length=100)]
    period: Period | None = None
    form: Value
    details: Value = ""

    def submission(self) -> Submission:
        """The same as the fields of the page."""
        parts = {"name": self.name, "contact": self.contact, "identifiers": self.identifiers, "period": self.period or Period()}
        flat = {f"{part}.{field}": value or "" for part, model in parts.items() for field, value in model.model_dump(by_alias=True).items()}
        own = {"right": self.right, "language": self.language, "form": self.form, "details": self.details}
        return Submission(values=own | flat, items=tuple(self.items))


class CodeFor(Taken):
    """What a code is wanted for."""

    for_: Literal["status", "package"] = Field(alias="for")


class Code(Taken):
    """A code from a letter: eight characters of A-Z and 2-7."""

    code: Annotated[str, StringConstraints(max_length=64)]


class Assertion(Taken):
    """A signed account: a JWT of the service."""

    assertion: Value


class Words(Taken):
    """Somebody's own words."""

    words: Value


class Login(Taken):
    """How an officer proves who it is."""

    officer: Annotated[str, StringConstraints(max_length=64)]
    password: Annotated[str, StringConstraints(max_length=200)]
    code: Annotated[str, StringConstraints(max_length=16)]


class Received(BaseModel):
    """What a person is told at once about a request taken in."""

    number: str
    received_at: datetime
    target_date: date
    suit_date: date | None
    status_url: str


class Covered(BaseModel):
    """One system and how far its search has come."""

    system: str
    label: str
    state: str


class Ruled(BaseModel):
    """What became of one item."""

    item: str
    label: str
    outcome: str
    article: str
    reason: str
    kept_until: date | None = None


class Owed(BaseModel):
    """The fee: yen, how it stands, and by when."""

    amount: int
    paid: int
    state: str
    due_date: date | None


class Message(BaseModel):
    """One letter of the desk; one that went to the proven address only is named, not shown."""

    name: str
    subject: str
    body: str
    at: datetime


class Status(BaseModel):
    """Where a request stands, as far as its asker may see."""

    number: str
    right: str
    state: str
    step: str
    whose_turn: str
    received_at: datetime
    target_date: date
    suit_date: date | None
    why: list[str]
    coverage: list[Covered]
    items: list[Ruled]
    fee: Owed | None
    package_until: datetime | None
    messages: list[Message]


class Token(BaseModel):
    """A session; it ends when it is idle: 15 minutes for a person, 30 for an officer."""

    token: str


class Accepted(BaseModel):
    """It was taken; what follows is in the letters."""

    accepted: bool = True


class Drafted(BaseModel):
    """Words under a number."""

    draft: int


class ProblemField(BaseModel):
    """One field and what is wrong with it."""

    field: str
    code: str
    message: str


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    errors: list[ProblemField] = []
