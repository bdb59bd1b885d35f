"""The tables of the office itself: what is due, who works here, what was done; private to desk/store."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Date, Integer, LargeBinary, String, Table

from desk.store.tables import Instant, metadata

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
    Column("until", Instant, nullable=False, index=True),
)
chains = Table(
    "chains",
    metadata,
    Column("number", String(32), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("vouched", BigInteger, nullable=False, default=0),  # how far checkpoints reach
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
