"""What feeds, their announcements and the press need.

Revision ID: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Copy to each event what items are chosen by, and make the new tables."""
    for name in ("kind", "language", "root", "day"):
        op.add_column("event", sa.Column(name, sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("event", sa.Column("topics", sa.Text(), nullable=False, server_default=sa.text("'[]'")))
    op.add_column("event", sa.Column("urgent", sa.SmallInteger(), nullable=False, server_default=sa.text("0")))
    op.execute(
        """
        UPDATE event SET (kind, language, root, day, topics, urgent) = (
            SELECT
                json_extract(content, '$.kind'),
                json_extract(content, '$.language'),
                COALESCE(json_extract(content, '$.translation_of'), json_extract(content, '$.id')),
                json_extract(content, '$.date'),
                COALESCE(json_extract(content, '$.topics'), '[]'),
                COALESCE(json_extract(content, '$.urgent'), 0)
            FROM version WHERE version.hash = event.version
        )
        """
    )
    op.create_table(
        "announcement",
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("queued_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("hub", "address", name="announcement_pkey"),
    )
    op.create_table(
        "press_feed",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("used_on", sa.Text(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="press_feed_pkey"),
        sa.UniqueConstraint("name", name="press_feed_name_key"),
        sa.UniqueConstraint("token_hash", name="press_feed_token_hash_key"),
    )
    op.create_table(
        "feed_count",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("full_count", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("unchanged_count", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("day", "path", name="feed_count_pkey"),
    )
    op.create_table(
        "feed_audience",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("subscribers", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "path", "agent", name="feed_audience_pkey"),
    )
    op.create_table(
        "topic_move",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("position", _NUMBER, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", name="topic_move_pkey"),
    )
