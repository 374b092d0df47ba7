"""What readers ask for by themselves, until it is done.

Revision ID: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table of requests, and let an address be found on every list."""
    op.create_table(
        "request",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("address_hash", sa.LargeBinary(), nullable=False),
        sa.Column("network", sa.LargeBinary(), nullable=False),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("subscription_id", _NUMBER, nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("agreed", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name="request_subscription_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="request_pkey"),
    )
    op.create_index("request_address", "request", ["address_hash"])
    op.create_index(
        "request_new", "request", ["id"], sqlite_where=sa.text("state = 'new'"), postgresql_where=sa.text("state = 'new'")
    )
    op.create_index("request_subscription_id", "request", ["subscription_id"])
    op.create_index("subscription_address", "subscription", ["address_hash"])
