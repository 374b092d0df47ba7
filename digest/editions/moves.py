"""Topics that go on in another one: their readers follow them there.

A move has a position, the end of the log when it was first published. Who follows a topic that moved follows its target too,
from that position on, and keeps what was due in the old topic from before; who follows the target gets nothing of the old
topic's past. Readers' own choices are never rewritten: a move that is undone leaves no trace in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["Move", "follow_moves", "plan_moves"]


class Move(NamedTuple):
    """Where a topic goes on, and the position in the log from which its readers follow that."""

    target: str
    position: int


def follow_moves(interest: Mapping[str, int], moves: Mapping[str, Move]) -> dict[str, int]:
    """What a reader follows in truth: their own choice, and all that its topics have moved to, by any number of moves.

    Args:
        interest: what they chose: topic -> floor.
        moves: every topic that has moved.

    Returns:
        The interest with the targets. A topic that is followed in several ways counts from the lowest of their floors.
    """
    followed = dict(interest)
    for start in interest:
        topic, floor, passed = start, interest[start], {start}
        while (move := moves.get(topic)) is not None and move.target not in passed:
            topic, floor = move.target, max(floor, move.position)
            passed.add(topic)
            followed[topic] = min(floor, followed.get(topic, floor))
    return followed


def plan_moves(known: Mapping[str, Move], targets: Mapping[str, str | None], position: int) -> dict[str, Move]:
    """The moves after a publish.

    Args:
        known: the moves so far.
        targets: every topic of newsroom.toml, and where it goes on (None: nowhere else).
        position: the end of the log before this publish.

    Returns:
        Moves that stand keep their positions; new ones, and those to another target than before, count from here; undone
        ones are gone. A topic that newsroom.toml no longer has stays where it went.
    """
    kept = {topic: move for topic, move in known.items() if topic not in targets}
    wanted = {topic: target for topic, target in targets.items() if target is not None}
    same = {topic: known[topic] for topic, target in wanted.items() if topic in known and known[topic].target == target}
    return kept | {topic: Move(target, position) for topic, target in wanted.items()} | same
