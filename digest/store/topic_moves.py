"""Topics that go on in another one, each with the position in the log from which its readers follow that one too."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from digest.editions.moves import Move
from digest.newsroom.log import to_seconds
from digest.store.sqlite import AnyConnection, driver

__all__ = ["keep_moves", "read_moves"]


def read_moves(connection: AnyConnection) -> dict[str, Move]:
    """Every topic that has moved, and where to."""
    rows = driver(connection).execute("SELECT topic, target, position FROM topic_move")
    return {topic: Move(target, position) for topic, target, position in rows}


def keep_moves(connection: AnyConnection, moves: Mapping[str, Move], now: datetime) -> None:
    """Keep these moves, and no others; those that were not known date from now."""
    known = read_moves(connection)
    plain = driver(connection)
    plain.executemany("DELETE FROM topic_move WHERE topic = ?", [(topic,) for topic in known.keys() - moves.keys()])
    plain.executemany(
        "INSERT OR REPLACE INTO topic_move (topic, target, position, at) VALUES (?, ?, ?, ?)",
        [(topic, *move, to_seconds(now)) for topic, move in moves.items() if known.get(topic) != move],
    )
