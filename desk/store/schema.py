"""The tables of the ledger; private to desk/store. Those of a request stand here, those of the office in schema_office.py.

Columns named `sealed…`, and `person`, `holder`, `extra`, `subject`, `body`, `words`, `address` of letters, drafts and proofs hold
ciphertext under the key of their case; destroying `cases.wrapped_key` destroys them all.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Boolean, Column, Date, ForeignKey, Index, Integer, LargeBinary, String, Table

from desk.store.schema_office import agenda, audit, chains, checkpoints, halts, limits, officers, sessions, used_codes
from desk.store.tables import Instant, metadata

__all__ = [
    "Instant",
    "agenda",
    "audit",
    "cases",
    "chains",
    "checkpoints",
    "confirmations",
    "coverage",
    "drafts",
    "fees",
    "halts",
    "identifiers",
    "letters",
    "limits",
    "metadata",
    "officers",
    "packages",
    "payments",
    "proofs",
    "questions",
    "rulings",
    "sessions",
    "signatures",
    "used_codes",
    "withholdings",
]


def _of_case(*, primary: bool = False) -> Column[Any]:
    return Column("number", String(32), ForeignKey("cases.number"), primary_key=primary, nullable=False, index=not primary)


cases = Table(
    "cases",
    metadata,
    Column("number", String(32), primary_key=True),
    Column("right", String(16), nullable=False),
    Column("state", String(24), nullable=False, index=True),
    Column("state_since", Instant, nullable=False),
    Column("round", Integer, nullable=False, default=1),
    Column("language", String(2), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("form", String(16), nullable=False),
    Column("items", JSON, nullable=False),
    Column("period_from", Date),
    Column("period_until", Date),
    Column("arrived_at", Instant, nullable=False),
    Column("law", String(32), nullable=False),
    Column("policy", String(32), nullable=False),
    Column("submission_key", String(64), nullable=False, unique=True),
    Column("submission_digest", String(64), nullable=False),
    Column("wrapped_key", LargeBinary),
    Column("person", LargeBinary),
    Column("holder", LargeBinary),
    Column("looked_up", Boolean, nullable=False, default=False),
    Column("invited", Boolean, nullable=False, default=False),
    Column("invited_for_account", Boolean, nullable=False, default=False),
    Column("conflicting", Boolean, nullable=False, default=False),
    Column("review", String(24), nullable=False, default=""),
    Column("review_at", Instant),
    Column("confirmed_at", Instant),
    Column("withdrawal_at", Instant),
    Column("objection_at", Instant),
    Column("objection_answer", String(24), nullable=False, default=""),
    Column("returned_from", String(24)),
    Column("delivered_at", Instant),
    Column("package_wanted_at", Instant),
)
identifiers = Table(
    "identifiers",
    metadata,
    _of_case(primary=True),
    Column("digest", String(64), primary_key=True, index=True),
)
confirmations = Table(
    "confirmations",
    metadata,
    _of_case(primary=True),
    Column("rung", String(16), primary_key=True),
    Column("method", String(16), primary_key=True),
    Column("round", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("sealed_evidence", LargeBinary),
)
proofs = Table(
    "proofs",
    metadata,
    Column("token_digest", String(64), primary_key=True),
    _of_case(),
    Column("purpose", String(16), nullable=False),
    Column("code_digest", String(64), nullable=False),
    Column("address", LargeBinary, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("code_until", Instant, nullable=False),
    Column("link_until", Instant, nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("used_at", Instant),
    Column("superseded", Boolean, nullable=False, default=False),
)
coverage = Table(
    "coverage",
    metadata,
    _of_case(primary=True),
    Column("system", String(64), primary_key=True),
    Column("place", Integer, nullable=False),
    Column("manual", Boolean, nullable=False),
    Column("state", String(24), nullable=False),
    Column("found", JSON, nullable=False),
    Column("entrusted", JSON, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("reason", String(64), nullable=False, default=""),
    Column("at", Instant, nullable=False),
    Column("sealed_records", LargeBinary),
)
withholdings = Table(
    "withholdings",
    metadata,
    _of_case(primary=True),
    Column("item", String(32), primary_key=True),
    Column("ground", String(32), nullable=False),
    Column("officer", String(64), nullable=False),
    Column("draft", Integer, nullable=False),
    Column("at", Instant, nullable=False),
)
rulings = Table(
    "rulings",
    metadata,
    _of_case(primary=True),
    Column("draft", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("outcomes", JSON, nullable=False),
    Column("plan", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("set_aside_at", Instant),
)
signatures = Table(
    "signatures",
    metadata,
    _of_case(primary=True),
    Column("plan", String(64), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("officer", String(64), nullable=False),
    Column("at", Instant, nullable=False),
)
fees = Table(
    "fees",
    metadata,
    _of_case(primary=True),
    Column("amount", Integer, nullable=False),
    Column("tariff", String(32), nullable=False),
    Column("waived_by", String(64)),
    Column("noticed_at", Instant),
    Column("reminded_at", Instant),
    Column("deemed_answer", String(24), nullable=False, default=""),
    Column("deemed_at", Instant),
)
payments = Table(
    "payments",
    metadata,
    Column("question", String(40), primary_key=True),
    _of_case(),
    Column("amount", Integer, nullable=False),
    Column("officer", String(64), nullable=False),
    Column("at", Instant, nullable=False),
)
packages = Table(
    "packages",
    metadata,
    _of_case(primary=True),
    Column("file", String(128), nullable=False),
    Column("manifest", String(64), nullable=False),
    Column("built_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("fetches", Integer, nullable=False, default=0),
    Column("fetched_at", Instant),
    Column("dispatched_at", Instant),
    Column("tracking", String(64), nullable=False, default=""),
    Column("purged_at", Instant),
)
letters = Table(
    "letters",
    metadata,
    Column("id", String(40), primary_key=True),
    _of_case(),
    Column("name", String(32), nullable=False),
    Column("occasion", String(128), nullable=False),
    Column("recipient", String(80), nullable=False),
    Column("message_id", String(255), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("owed_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("reason", String(64), nullable=False, default=""),
    Column("extra", LargeBinary),
    Column("subject", LargeBinary),
    Column("body", LargeBinary),
    Index("uq_letters_once", "number", "name", "occasion", "recipient", unique=True),
)
questions = Table(
    "questions",
    metadata,
    Column("key", String(40), primary_key=True),
    _of_case(),
    Column("gate", String(16), nullable=False),
    Column("about", String(64), nullable=False, default=""),
    Column("round", Integer, nullable=False),
    Column("plan", String(64), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("answer", String(32), nullable=False, default=""),
    Column("extra", String(64), nullable=False, default=""),
    Column("officer", String(64), nullable=False, default=""),
    Column("answered_at", Instant),
    Column("reason", String(32), nullable=False, default=""),
    Column("rotated_from", String(40), nullable=False, default=""),
)
drafts = Table(
    "drafts",
    metadata,
    _of_case(primary=True),
    Column("draft", Integer, primary_key=True),
    Column("officer", String(64), nullable=False),
    Column("words", LargeBinary, nullable=False),
    Column("at", Instant, nullable=False),
)
