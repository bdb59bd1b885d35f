"""The card-ordering system of the sample office: its tables, and what it holds on the invented people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from sample.people import SEED, TITLES, Invented, companies

SCHEMA = """
CREATE TABLE companies (id INTEGER PRIMARY KEY, name TEXT NOT NULL, address TEXT NOT NULL);
CREATE TABLE users (
    id INTEGER PRIMARY KEY, company_id INTEGER NOT NULL REFERENCES companies (id), login TEXT NOT NULL UNIQUE, email TEXT NOT NULL,
    family TEXT NOT NULL, given TEXT NOT NULL, family_kana TEXT, given_kana TEXT, title TEXT, telephone TEXT, joined_at TEXT NOT NULL);
CREATE TABLE client_roster (
    id INTEGER PRIMARY KEY, company_id INTEGER NOT NULL REFERENCES companies (id), email TEXT NOT NULL,
    family TEXT NOT NULL, given TEXT NOT NULL, title TEXT, telephone TEXT);
CREATE TABLE card_designs (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id),
    printed_name TEXT, printed_title TEXT, printed_email TEXT, printed_telephone TEXT);
CREATE TABLE design_changes (
    id INTEGER PRIMARY KEY, design_id INTEGER NOT NULL REFERENCES card_designs (id), changed_at TEXT NOT NULL,
    field TEXT NOT NULL, before TEXT, after TEXT);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, user_id INTEGER NOT NULL REFERENCES users (id),
    design_id INTEGER REFERENCES card_designs (id), boxes INTEGER NOT NULL, shipping_note TEXT, ordered_at TEXT NOT NULL);
CREATE TABLE linked_accounts (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id),
    service TEXT NOT NULL, external_id TEXT NOT NULL, profile TEXT);
CREATE TABLE inquiries (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), asked_at TEXT NOT NULL, words TEXT NOT NULL, answer TEXT);
CREATE TABLE access_log (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), at TEXT NOT NULL, page TEXT NOT NULL,
    ip TEXT NOT NULL, user_agent TEXT NOT NULL, location TEXT, anonymous_id TEXT);
CREATE INDEX designs_of ON card_designs (user_id);
CREATE INDEX changes_of ON design_changes (design_id);
CREATE INDEX orders_of ON orders (user_id);
CREATE INDEX links_of ON linked_accounts (user_id);
CREATE INDEX inquiries_of ON inquiries (user_id);
CREATE INDEX visits_of ON access_log (user_id);
"""
TODAY = datetime(2026, 11, 20, 9, tzinfo=UTC)
NOTES = ("受付に預けてください", "午前中の配達を希望します", "総務部気付でお願いします", "箱に宛名を書いてください", "")
WORDS = ("届いた名刺の紙が違うようです", "請求書の宛名を変えられますか", "退会の手続きを教えてください")
BROWSERS = ("Browser 1.0 (Windows)", "Browser 1.0 (macOS)", "Browser 2.1 (Android; Mobile)", "Browser 2.1 (iOS; Mobile)")
NETWORKS = ("192.0.2", "198.51.100", "203.0.113")  # set aside for documentation
Rows = list[tuple[object, ...]]


def is_everywhere(person: Invented) -> bool:
    """Whether every table about users has something on this person."""
    return person.is_user and person.id % 24 == 0


def rows(everyone: Sequence[Invented]) -> Iterator[tuple[str, Rows]]:
    """Every table with its rows, in the order they must be written."""
    dice, users = Random(SEED + 1), [person for person in everyone if person.is_user]
    yield "companies", [(c.id, c.name, f"見本県窓口市見本町{c.id}番地") for c in companies()]
    yield "users", [_user(person, dice) for person in users]
    yield "client_roster", [_on_roster(person) for person in everyone if person.is_on_roster]
    yield "card_designs", [_design(person) for person in users]
    yield "design_changes", [_change(person, dice) for person in users if person.id % 3 == 0]
    yield "orders", [_order(person, nth, dice) for person in users for nth in range(1 + person.id % 3)]
    yield "linked_accounts", [_link(person) for person in users if person.id % 6 == 0]
    yield "inquiries", [_inquiry(person, dice) for person in users if person.id % 8 == 0]
    yield "access_log", [_visit(person, nth, dice) for person in users for nth in range(1 + person.id % 5)]


def _moment(dice: Random) -> str:
    return (TODAY - timedelta(minutes=dice.randrange(3 * 365 * 24 * 60))).isoformat(timespec="seconds")


def _user(person: Invented, dice: Random) -> tuple[object, ...]:
    email = person.email.upper() if person.is_in_capitals else person.email
    account = (person.id, person.company.id, person.login_id, email)
    return (*account, *person.name.values(), person.title, person.telephone, _moment(dice))


def _on_roster(person: Invented) -> tuple[object, ...]:
    names = (person.name["family"], person.name["given"])
    return (person.id, person.company.id, person.email, *names, person.title, person.telephone)


def _design(person: Invented) -> tuple[object, ...]:
    printed = f"{person.name['family']} {person.name['given']}"
    return (person.id, person.id, printed, person.title, person.email, person.telephone)


def _change(person: Invented, dice: Random) -> tuple[object, ...]:
    return (person.id, person.id, _moment(dice), "printed_title", dice.choice(TITLES), person.title)


def _order(person: Invented, nth: int, dice: Random) -> tuple[object, ...]:
    number = person.id * 10 + nth
    return (number, f"M-{number:07}", person.id, person.id, dice.randrange(1, 6), dice.choice(NOTES), _moment(dice))


def _link(person: Invented) -> tuple[object, ...]:
    return (person.id, person.id, "sample-social", f"ss-{person.id * 7919 % 1_000_003}", f"表示名: {person.name['given']}")


def _inquiry(person: Invented, dice: Random) -> tuple[object, ...]:
    return (person.id, person.id, _moment(dice), dice.choice(WORDS), "担当よりお答えしました")


def _visit(person: Invented, nth: int, dice: Random) -> tuple[object, ...]:
    ip = f"{dice.choice(NETWORKS)}.{dice.randrange(1, 255)}"
    location = "見本県窓口市" if person.id % 7 else None
    page = dice.choice(("/orders", "/designs", "/account"))
    anonymous_id = f"anon-{person.id * 104_729 % 1_000_003}"
    return (person.id * 10 + nth, person.id, _moment(dice), page, ip, dice.choice(BROWSERS), location, anonymous_id)
