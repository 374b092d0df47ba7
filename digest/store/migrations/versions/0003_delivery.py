"""What single letters, pace and standing approvals need.

Revision ID: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the new tables, and let a delivery name its single letter."""
    op.create_table(
        "letter",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("address_hash", sa.LargeBinary(), nullable=False),
        sa.Column("link", sa.LargeBinary(), nullable=True),
        sa.Column("message_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="letter_pkey"),
        sa.UniqueConstraint("occasion", name="letter_occasion_key"),
    )
    op.create_table(
        "rate",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="rate_pkey"),
    )
    op.create_table(
        "standing_approval",
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("rhythm", sa.Text(), nullable=False),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("approved_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("list_id", "rhythm", name="standing_approval_pkey"),
    )
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(
        f"ALTER TABLE delivery ADD COLUMN letter_id {number} CONSTRAINT delivery_letter_id_fkey REFERENCES letter (id)"
    )
    op.create_index(
        "delivery_letter",
        "delivery",
        ["letter_id"],
        sqlite_where=sa.text("letter_id IS NOT NULL"),
        postgresql_where=sa.text("letter_id IS NOT NULL"),
    )
    op.drop_index("subscription_audience", "subscription")
    op.create_index(
        "subscription_audience",
        "subscription",
        ["list_id", "state", "rhythm", "interest_id", "had_id", "language", "form", "urgent", "paused_until"],
    )
