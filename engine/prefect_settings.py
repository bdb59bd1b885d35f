"""How Prefect has to be set for the desk: nothing ephemeral, nothing sent out, nothing kept that need not be."""

from __future__ import annotations

import logging
import os

REQUIRED = {
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_V2_ENABLED": "false",  # its pages call home from the officer's browser
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
    "PREFECT_LOGGING_LOG_PRINTS": "false",
}
SHORTEST_AUTH = 32


def prepare() -> None:
    """Set what the desk relies on, before Prefect is imported; what an office sets otherwise is reported by `problems`."""
    for name, value in REQUIRED.items():
        os.environ.setdefault(name, value)


class _Sleeping(logging.Filter):
    """Prefect reports a run that went to sleep as an error; it is none."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "Suspended" not in record.getMessage()


def quieten() -> None:
    """Keep Prefect's own log to what is wrong."""
    logging.getLogger("prefect.flow_runs").addFilter(_Sleeping())


def problems() -> tuple[str, ...]:
    """Every setting of Prefect with which this office cannot work, one sentence each."""
    found = [f"{name} must be {value}" for name, value in REQUIRED.items() if os.environ.get(name, value) != value]
    if not os.environ.get("PREFECT_API_URL"):
        found.append("PREFECT_API_URL is not set: without it Prefect would start a private server")
    auth = os.environ.get("PREFECT_API_AUTH_STRING", "")
    if len(auth) < SHORTEST_AUTH:
        found.append(f"PREFECT_API_AUTH_STRING must have at least {SHORTEST_AUTH} characters")
    if os.environ.get("PREFECT_API_KEY"):
        found.append("PREFECT_API_KEY must not be set: it would override PREFECT_API_AUTH_STRING")
    return tuple(found)
