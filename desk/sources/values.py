"""What is read from a system, as text and as a day."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum

from desk.clock import TOKYO

_THIS_MANY_SECONDS_ARE_MILLISECONDS = 100_000_000_000  # the year 5138 in seconds, 1973 in milliseconds


def as_text(value: object) -> str:  # noqa: PLR0911 - one line per kind of value reads best
    """A value as a person can read it: days and times in ISO 8601, bytes in base64, structures as JSON; nothing is empty."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case bytes() | bytearray() | memoryview():
            return base64.b64encode(value).decode()
        case date():
            return value.isoformat()
        case Enum():
            return as_text(value.value)
        case Mapping() | list() | tuple():
            return json.dumps(value, ensure_ascii=False, default=as_text)
        case _:
            return str(value)


def key_text(values: Sequence[object]) -> str:
    """A primary key as text; one of several columns as a JSON list."""
    if len(values) == 1:
        return as_text(values[0])
    return json.dumps([as_text(value) for value in values], ensure_ascii=False)


def within(value: object, since: date | None, until: date | None) -> bool:
    """Whether a moment lies between two days of Asia/Tokyo (inclusive); what cannot be read as a moment is never left out."""
    day = _day(value)
    if day is None:
        return True
    return (since is None or since <= day) and (until is None or day <= until)


def _day(value: object) -> date | None:
    match value:
        case datetime():
            return (value.astimezone(TOKYO) if value.tzinfo else value).date()
        case date():
            return value
        case bool():
            return None
        case int() | float():
            return _of_epoch(value)
        case str():
            return _of_text(value.strip())
        case _:
            return None


def _of_epoch(value: float) -> date | None:
    seconds = value / 1000 if abs(value) > _THIS_MANY_SECONDS_ARE_MILLISECONDS else value
    try:
        return datetime.fromtimestamp(seconds, UTC).astimezone(TOKYO).date()
    except (ValueError, OverflowError, OSError):
        return None


def _of_text(value: str) -> date | None:
    try:
        return _day(datetime.fromisoformat(value))
    except ValueError:
        return None
