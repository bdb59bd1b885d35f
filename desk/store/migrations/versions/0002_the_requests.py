"""The tables of the requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store.tables import Instant

revision = "0002"
down_revision = "0001"
TABLES = (
    "cases",
    "confirmations",
    "coverage",
    "drafts",
    "fees",
    "identifiers",
    "letters",
    "packages",
    "payments",
    "proofs",
    "questions",
    "rulings",
    "signatures",
    "withholdings",
)


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "cases",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("right", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("state_since", Instant(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=True),
        sa.Column("period_until", sa.Date(), nullable=True),
        sa.Column("arrived_at", Instant(), nullable=False),
        sa.Column("law", sa.String(length=32), nullable=False),
        sa.Column("policy", sa.String(length=32), nullable=False),
        sa.Column("submission_key", sa.String(length=64), nullable=False),
        sa.Column("submission_digest", sa.String(length=64), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("person", sa.LargeBinary(), nullable=True),
        sa.Column("holder", sa.LargeBinary(), nullable=True),
        sa.Column("looked_up", sa.Boolean(), nullable=False),
        sa.Column("invited", sa.Boolean(), nullable=False),
        sa.Column("invited_for_account", sa.Boolean(), nullable=False),
        sa.Column("conflicting", sa.Boolean(), nullable=False),
        sa.Column("review", sa.String(length=24), nullable=False),
        sa.Column("review_at", Instant(), nullable=True),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.Column("withdrawal_at", Instant(), nullable=True),
        sa.Column("objection_at", Instant(), nullable=True),
        sa.Column("objection_answer", sa.String(length=24), nullable=False),
        sa.Column("returned_from", sa.String(length=24), nullable=True),
        sa.Column("delivered_at", Instant(), nullable=True),
        sa.Column("package_wanted_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_cases")),
        sa.UniqueConstraint("submission_key", name=op.f("uq_cases_submission_key")),
    )
    op.create_index(op.f("ix_cases_state"), "cases", ["state"], unique=False)
    op.create_table(
        "confirmations",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("rung", sa.String(length=16), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("sealed_evidence", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["number"], ["cases.number"], name=op.f("fk_confirmations_number")),
        sa.PrimaryKeyConstraint("number", "rung", "method", name=op.f("pk_confirmations")),
    )
    op.create_table(
        "coverage",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("system", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("manual", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.Column("entrusted", sa.JSON(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("sealed_records", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["number"], ["cases.number"], name=op.f("fk_coverage_number")),
        sa.PrimaryKeyConstraint("number", "system", name=op.f("pk_coverage")),
    )
    op.create_table(
        "drafts",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("draft", sa.Integer(), nullable=False),
        sa.Column("officer", sa.String(length=64), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["cases.number"], name=op.f("fk_drafts_number")),
        sa.PrimaryKeyConstraint("number", "draft", name=op.f("pk_drafts")),
    )
    op.create_table(
        "fees",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("tariff", sa.String(length=32), nullable=False),
        sa.Column("waived_by", sa.String(length=64), nullable=True),
        sa.Column("noticed_at", Instant(), nullable=True),
        sa.Column("reminded_at", Instant(), nullable=True),
        sa.Column("deemed_answer", sa.String(length=24), nullable=False),
        sa.Column("deemed_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["number"], ["cases.number"], name=op.f("fk_fees_number")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_fees")),
    )
    op.create_table(
        "identifiers",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["cases.number"], name=op.f("fk_identifiers_number")),
        sa.PrimaryKeyConstraint("number", "digest", name=op.f("pk_identifiers")),
    )
    op.create_index(op.f("ix_identifiers_digest"), "identifiers", ["digest"], unique=False)
    op.create_table(
        "letters",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("occasion", sa.String(length=128), nullable=False),
        sa.Column("recipient", sa.String(length=80), nullable=False),
        sa.Column("message_id", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("owed_at", Instant(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("extra", sa.LargeBinary(), nullable=True),
        sa.Column("subject", sa.LargeBinary(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["number"], ["cases.number"], name=op.f("fk_letters_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        sa.UniqueConstraint("message_id", name=op.f("uq_letters_message_id")),
    )
    op.create_index(op.f("ix_letters_number"), "letters", ["number"], unique=False)
    op.create_index("uq_letters_once", "letters", ["number", "name", "occasion", "recipient"], unique=True)
    op.create_table(
        "packages",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("file", sa.String(length=128), nullable=False),
        sa.Column("manifest", sa.String(length=64), nullable=False),
        sa.Column("built_at", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("fetches", sa.Integer(), nullable=False),
        sa.Column("fetched_at", Instant(), nullable=True),
        sa.Column("dispatched_at", Instant(), nullable=True),
        sa.Column("tracking", sa.String(length=64), nullable=False),
        sa.Column("purged_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["number"], ["cases.number"], name=op.f("fk_packages_number")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_packages")),
    )
    op.create_table(
        "payments",
        sa.Column("question", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("officer", sa.String(length=64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["cases.number"], name=op.f("fk_payments_number")),
        sa.PrimaryKeyConstraint("question", name=op.f("pk_payments")),
    )
    op.create_index(op.f("ix_payments_number"), "payments", ["number"], unique=False)
    op.create_table(
        "proofs",
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("code_digest", sa.String(length=64), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", Instant(), nullable=False),
        sa.Column("code_until", Instant(), nullable=False),
        sa.Column("link_until", Instant(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.Column("superseded", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["cases.number"], name=op.f("fk_proofs_number")),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_proofs")),
    )
    op.create_index(op.f("ix_proofs_number"), "proofs", ["number"], unique=False)
    op.create_table(
        "questions",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("gate", sa.String(length=16), nullable=False),
        sa.Column("about", sa.String(length=64), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("plan", sa.String(length=64), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("answer", sa.String(length=32), nullable=False),
        sa.Column("extra", sa.String(length=64), nullable=False),
        sa.Column("officer", sa.String(length=64), nullable=False),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("rotated_from", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["cases.number"], name=op.f("fk_questions_number")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_questions")),
    )
    op.create_index(op.f("ix_questions_number"), "questions", ["number"], unique=False)
    op.create_index(op.f("ix_questions_state"), "questions", ["state"], unique=False)
    op.create_table(
        "rulings",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("draft", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("outcomes", sa.JSON(), nullable=False),
        sa.Column("plan", sa.String(length=64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("set_aside_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["number"], ["cases.number"], name=op.f("fk_rulings_number")),
        sa.PrimaryKeyConstraint("number", "draft", name=op.f("pk_rulings")),
    )
    op.create_table(
        "signatures",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("plan", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("officer", sa.String(length=64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["cases.number"], name=op.f("fk_signatures_number")),
        sa.PrimaryKeyConstraint("number", "plan", "place", name=op.f("pk_signatures")),
    )
    op.create_table(
        "withholdings",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("item", sa.String(length=32), nullable=False),
        sa.Column("ground", sa.String(length=32), nullable=False),
        sa.Column("officer", sa.String(length=64), nullable=False),
        sa.Column("draft", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["cases.number"], name=op.f("fk_withholdings_number")),
        sa.PrimaryKeyConstraint("number", "item", name=op.f("pk_withholdings")),
    )


def downgrade() -> None:
    """Remove every table, the last one first; its indexes go with it."""
    for table in reversed(TABLES):
        op.drop_table(table)
