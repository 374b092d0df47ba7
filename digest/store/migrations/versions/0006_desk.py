"""The people at the desk, their sessions, and numbers that pages show without counting.

Revision ID: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the desk's tables."""
    op.add_column("edition", sa.Column("edited_by", sa.Text(), nullable=True))
    held = sa.text("state = 'held'")
    op.create_index("delivery_held", "delivery", ["id"], sqlite_where=held, postgresql_where=held)
    _make_staff()
    _make_doors()
    _make_counts()


def _make_staff() -> None:
    op.create_table(
        "staff",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("code_key", sa.LargeBinary(), nullable=True),
        sa.Column("code_step", sa.BigInteger(), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="staff_pkey"),
        sa.UniqueConstraint("name", name="staff_name_key"),
    )


def _make_doors() -> None:
    op.create_table(
        "staff_link",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("staff_id", _NUMBER, nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="staff_link_staff_id_fkey"),
        sa.PrimaryKeyConstraint("token_hash", name="staff_link_pkey"),
    )
    op.create_table(
        "staff_session",
        sa.Column("id_hash", sa.LargeBinary(), nullable=False),
        sa.Column("staff_id", _NUMBER, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("proved_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="staff_session_staff_id_fkey"),
        sa.PrimaryKeyConstraint("id_hash", name="staff_session_pkey"),
    )
    op.create_index("staff_session_staff_id", "staff_session", ["staff_id"])


def _make_counts() -> None:
    op.create_table(
        "tally",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="tally_pkey"),
    )
    op.create_table(
        "reader_count",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("facet", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "list_id", "facet", "value", name="reader_count_pkey"),
    )
