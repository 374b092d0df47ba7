"""The first schema.

Revision ID: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "barred",
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("list_id", "item", name="barred_pkey"),
    )
    op.create_table(
        "domain_pace",
        sa.Column("domain_key", sa.LargeBinary(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("domain_key", name="domain_pace_pkey"),
    )
    op.create_table(
        "edition",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("rhythm", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("extra", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("moment", sa.BigInteger(), nullable=False),
        sa.Column("horizon", sa.BigInteger(), nullable=False),
        sa.Column("choices", sa.Text(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_what", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("approved_hash", sa.Text(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.BigInteger(), nullable=True),
        sa.Column("manifest", sa.Text(), nullable=True),
        sa.Column("frozen_hash", sa.Text(), nullable=True),
        sa.Column("earliest_at", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("paused_by", sa.Text(), nullable=True),
        sa.Column("paused_reason", sa.Text(), nullable=True),
        sa.Column("audience_count", sa.Integer(), nullable=True),
        sa.Column("archive", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="edition_pkey"),
        sa.UniqueConstraint("list_id", "rhythm", "period", "part", name="edition_list_id_rhythm_period_part_key"),
    )
    op.create_table(
        "fact",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="fact_pkey"),
    )
    op.create_table(
        "had",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("sent", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="had_pkey"),
        sa.UniqueConstraint("hash", name="had_hash_key"),
    )
    op.create_table(
        "interest",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("floors", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="interest_pkey"),
        sa.UniqueConstraint("hash", name="interest_hash_key"),
    )
    op.create_table(
        "journal",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="journal_pkey"),
    )
    op.create_table(
        "suppression",
        sa.Column("address_hash", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", name="suppression_pkey"),
    )
    op.create_table(
        "version",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="version_pkey"),
    )
    op.create_table(
        "event",
        sa.Column("number", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("entered", sa.Text(), nullable=False),
        sa.Column("corrections", sa.Integer(), nullable=False),
        sa.Column("photo", sa.Text(), nullable=True),
        sa.Column("backfill", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["version"], ["version.hash"], name="event_version_fkey"),
        sa.PrimaryKeyConstraint("number", name="event_pkey"),
    )
    op.create_index("event_item", "event", ["item"], unique=False)
    op.create_table(
        "subscription",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("address_hash", sa.LargeBinary(), nullable=False),
        sa.Column("domain_key", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("interest_id", _NUMBER, nullable=False),
        sa.Column("had_id", _NUMBER, nullable=False),
        sa.Column("rhythm", sa.Text(), nullable=False),
        sa.Column("urgent", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_position", sa.BigInteger(), nullable=True),
        sa.Column("paused_until", sa.BigInteger(), nullable=True),
        sa.Column("left_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["had_id"], ["had.id"], name="subscription_had_id_fkey"),
        sa.ForeignKeyConstraint(["interest_id"], ["interest.id"], name="subscription_interest_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="subscription_pkey"),
        sa.UniqueConstraint("list_id", "address_hash", name="subscription_list_id_address_hash_key"),
    )
    op.create_index("subscription_audience", "subscription", ["list_id", "state", "rhythm"], unique=False)
    op.create_table(
        "variant",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("edition_id", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("message_hash", sa.Text(), nullable=False),
        sa.Column("stopped", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name="variant_edition_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="variant_pkey"),
        sa.UniqueConstraint("edition_id", "hash", name="variant_edition_id_hash_key"),
    )
    op.create_table(
        "consent",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("subscription_id", _NUMBER, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name="consent_subscription_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="consent_pkey"),
    )
    op.create_index("consent_subscription_id", "consent", ["subscription_id"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("edition_id", sa.Text(), nullable=True),
        sa.Column("variant_id", _NUMBER, nullable=True),
        sa.Column("subscription_id", _NUMBER, nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("domain_key", sa.LargeBinary(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("stopped", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("unknown_count", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("attempt_count", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("sender", sa.Integer(), nullable=True),
        sa.Column("code", sa.SmallInteger(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("outcome_at", sa.BigInteger(), nullable=True),
        sa.Column("settled", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name="delivery_edition_id_fkey"),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name="delivery_subscription_id_fkey", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name="delivery_variant_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="delivery_pkey"),
        sa.UniqueConstraint("edition_id", "subscription_id", name="delivery_edition_id_subscription_id_key"),
    )
    op.create_index(
        "delivery_claims",
        "delivery",
        ["subscription_id"],
        unique=False,
        sqlite_where=sa.text("settled = 0"),
        postgresql_where=sa.text("settled = 0"),
    )
    op.create_index(
        "delivery_due",
        "delivery",
        ["edition_id", "lane", "next_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'queued'"),
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index("delivery_edition_state", "delivery", ["edition_id", "state"], unique=False)
    op.create_index(
        "delivery_open",
        "delivery",
        ["sender"],
        unique=False,
        sqlite_where=sa.text("state IN ('picked', 'inflight')"),
        postgresql_where=sa.text("state IN ('picked', 'inflight')"),
    )
