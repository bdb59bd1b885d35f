"""Logs as JSON lines: the case number and the step, from a list of allowed fields, never personal data."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

ALLOWED = ("number", "step", "system", "letter", "question", "attempt", "reason", "seconds", "what", "status")


class _Lines(logging.Formatter):
    """One JSON object per record; an exception is named by its type, its text may hold personal data."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "from": record.name,
            "said": record.getMessage(),
        }
        line.update({key: getattr(record, key) for key in ALLOWED if hasattr(record, key)})
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line, ensure_ascii=True, default=str)


def start_logging(level: int = logging.INFO) -> None:
    """Send the office's own log to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    office = logging.getLogger("madoguchi")
    office.handlers = [handler]
    office.setLevel(level)
    office.propagate = False


def log(part: str) -> logging.Logger:
    """The logger of one part of the office."""
    return logging.getLogger(f"madoguchi.{part}")
