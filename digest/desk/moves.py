"""Topics of newsroom.toml that go on in another one, noted for their readers when they are published."""

from __future__ import annotations

from datetime import datetime

from digest.editions.moves import plan_moves
from digest.settings import Settings
from digest.store.journal import write_journal
from digest.store.releases import log_end
from digest.store.sqlite import AnyConnection
from digest.store.topic_moves import keep_moves, read_moves

__all__ = ["record_moves"]


def record_moves(
    connection: AnyConnection, settings: Settings, now: datetime, actor: str = "staff", via: str = "cli"
) -> None:
    """Note where topics go on, before a publish appends to the log: from here on their readers follow them there.

    Args:
        connection: of the transaction that will append the events of this publish.
        settings: the site's.
        now: the moment of the publish, aware UTC.
        actor: who publishes.
        via: by which door.
    """
    known = read_moves(connection)
    moves = plan_moves(known, {name: topic.moved_to for name, topic in settings.topics.items()}, log_end(connection))
    if moves == known:
        return
    keep_moves(connection, moves, now)
    for topic in sorted(known.keys() | moves.keys()):
        before, after = known.get(topic), moves.get(topic)
        if before != after:
            action = "topic moved" if after else "topic moved back"
            write_journal(connection, now, actor, action, f"topic {topic}", via, target=after.target if after else "")
