"""The tables of the ledger; private to desk/store.

Columns named `sealed…`, and `person`, `holder`, `extra`, `subject`, `body`, `words`, `address` of letters, drafts and proofs hold
ciphertext under the key of their case; destroying `cases.wrapped_key` destroys them all, backups included.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Store in UTC; a naive value is a mistake."""
        if value is not None and value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Read back as UTC; SQLite forgets the zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


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
    Column("occasion", String(64), nullable=False),
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
agenda = Table(
    "agenda",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("number", String(32), primary_key=True),
    Column("what", String(40), primary_key=True),
    Column("due_at", Instant, index=True),
    Column("wakes", BigInteger, nullable=False, default=1),
    Column("seen", BigInteger, nullable=False, default=0),
    Column("attempt", Integer, nullable=False, default=0),
    Column("holder", String(120), nullable=False, default=""),
    Column("fence", BigInteger, nullable=False, default=0),
    Column("until", Instant),
    Column("run", String(40), nullable=False, default=""),
    Column("runs", Integer, nullable=False, default=1),
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
officers = Table(
    "officers",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("roles", JSON, nullable=False),
    Column("email", String(255), nullable=False),
    Column("sealed_secret", LargeBinary, nullable=False),
    Column("password", String(255), nullable=False),
    Column("disabled", Boolean, nullable=False, default=False),
    Column("away_until", Date),
    Column("epoch", Integer, nullable=False, default=1),
)
used_codes = Table(
    "used_codes",
    metadata,
    Column("officer", String(64), primary_key=True),
    Column("purpose", String(16), primary_key=True),
    Column("counter", BigInteger, primary_key=True),
)
sessions = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("epoch", Integer, nullable=False, default=1),
    Column("opened_at", Instant, nullable=False),
    Column("used_at", Instant, nullable=False),
)
limits = Table(
    "limits",
    metadata,
    Column("what", String(32), primary_key=True),
    Column("who", String(64), primary_key=True),
    Column("span", BigInteger, primary_key=True),
    Column("count", Integer, nullable=False),
)
chains = Table(
    "chains",
    metadata,
    Column("number", String(32), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)
audit = Table(
    "audit",
    metadata,
    Column("number", String(32), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("entry", String, nullable=False),
    Column("hash", String(64), nullable=False),
)
checkpoints = Table(
    "checkpoints",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("statement", String, nullable=False),
    Column("signature", String(128), nullable=False),
)
halts = Table(
    "halts",
    metadata,
    Column("number", String(32), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("by", String(64), nullable=False),
)
