"""Topics that go on in others: which ids lead to a topic, and where the topics that an item names go on."""

from __future__ import annotations

from collections.abc import Iterable

from digest.settings import Settings

__all__ = ["reach_topics", "topics_into"]


def topics_into(topic: str, settings: Settings) -> tuple[str, ...]:
    """A topic and all that moved to it, by any number of moves: what `Newsroom.select` takes for a topic's items."""
    return (topic, *(other for other in settings.topics if other != topic and settings.find_topic(other) == topic))


def reach_topics(named: Iterable[str], settings: Settings) -> tuple[str, ...]:
    """The topics that an item stands in: those that it names, in its order, then those where the moved ones go on."""
    topics = tuple(named)
    targets = (settings.find_topic(topic) for topic in topics)
    return tuple(dict.fromkeys((*topics, *(target for target in targets if target is not None))))
