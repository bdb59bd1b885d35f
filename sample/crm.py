"""The marketing system of the sample office: contacts, their inquiries and newsletters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from sample.people import SEED, Invented

SCHEMA = """
CREATE TABLE contacts (id INTEGER PRIMARY KEY, email TEXT NOT NULL, name TEXT NOT NULL, company TEXT, telephone TEXT);
CREATE TABLE inquiries (
    id INTEGER PRIMARY KEY, contact_id INTEGER NOT NULL REFERENCES contacts (id), asked_on TEXT NOT NULL, subject TEXT, body TEXT);
CREATE TABLE newsletters (id INTEGER PRIMARY KEY, email TEXT NOT NULL, sent_on TEXT NOT NULL, issue TEXT NOT NULL, opened INTEGER NOT NULL);
CREATE INDEX inquiries_of ON inquiries (contact_id);
CREATE INDEX newsletters_to ON newsletters (email);
"""
TODAY = datetime(2026, 11, 20, tzinfo=UTC).date()
SUBJECTS = ("資料請求", "見積もりのお願い", "展示会のお礼", "料金について")
Rows = list[tuple[object, ...]]


def rows(everyone: Sequence[Invented]) -> Iterator[tuple[str, Rows]]:
    """Every table with its rows, in the order they must be written."""
    dice, contacts = Random(SEED + 2), [person for person in everyone if person.is_contact]
    yield "contacts", [_contact(person) for person in contacts]
    yield "inquiries", [_inquiry(person, dice) for person in contacts if person.id % 5]
    yield "newsletters", [_newsletter(person, issue, dice) for person in contacts for issue in range(1 + person.id % 3)]


def _contact(person: Invented) -> tuple[object, ...]:
    name = f"{person.name['family']} {person.name['given']}"
    return (person.id, person.email, name, person.company.name, person.telephone)


def _inquiry(person: Invented, dice: Random) -> tuple[object, ...]:
    day = TODAY - timedelta(days=dice.randrange(900))
    return (person.id, person.id, day.isoformat(), dice.choice(SUBJECTS), "ご連絡をお待ちしています")


def _newsletter(person: Invented, issue: int, dice: Random) -> tuple[object, ...]:
    day = TODAY - timedelta(days=30 * issue)
    return (person.id * 10 + issue, person.email, day.isoformat(), f"第{12 - issue}号", dice.randrange(2))
