"""What stays of an edition's deliveries when their rows are forgotten.

Revision ID: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table of counts."""
    op.create_table(
        "delivery_count",
        sa.Column("edition_id", sa.Text(), nullable=False),
        sa.Column("variant_id", _NUMBER, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("code", sa.SmallInteger(), nullable=False),
        sa.Column("doubted", sa.SmallInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name="delivery_count_edition_id_fkey"),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name="delivery_count_variant_id_fkey"),
        sa.PrimaryKeyConstraint("edition_id", "variant_id", "state", "code", "doubted", name="delivery_count_pkey"),
    )
