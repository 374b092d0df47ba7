"""How feeds change by time alone: topics that end, and notices of withdrawn items that become tombstones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal

from digest.clock import day_start
from digest.newsroom.public import Newsroom, Published
from digest.settings import Settings

__all__ = ["State", "ended_at", "next_change", "tombstone_at", "topic_state"]

State = Literal["open", "ended", "moved", "over"]
"""What became of a feed: `ended` while its notice lasts, `moved` for good, `over` when there is nothing more to say."""


def topic_state(topic: str | None, settings: Settings, now: datetime) -> State:
    """What has become of a topic's feeds; a topic that goes on in another one ends with that one."""
    target = settings.find_topic(topic) if topic else None
    if target is None:
        return "open"
    end = ended_at(target, settings)
    if end is not None and end + settings.feeds.tombstone_after <= now:
        return "over"
    if target != topic:
        return "moved"
    return "ended" if end is not None and end <= now else "open"


def ended_at(topic: str, settings: Settings) -> datetime | None:
    """When a topic ends: its `ended` day begins on the newsroom's clock. None while no day is set."""
    known = settings.topics.get(topic)
    return day_start(known.ended, settings.zone) if known is not None and known.ended is not None else None


def tombstone_at(item: Published, settings: Settings) -> datetime:
    """When the notice of a withdrawn item leaves the feeds."""
    return item.at + settings.feeds.tombstone_after


def next_change(newsroom: Newsroom, settings: Settings, now: datetime) -> datetime | None:
    """The next moment at which any feed changes though nothing is published; None when there is none."""
    return min((moment for moment in _turning_points(newsroom, settings) if moment > now), default=None)


def _turning_points(newsroom: Iterable[Published], settings: Settings) -> Iterator[datetime]:
    yield from (tombstone_at(item, settings) for item in newsroom if item.is_withdrawn)
    for topic in settings.topics:
        end = ended_at(topic, settings)
        if end is not None:
            yield end
            yield end + settings.feeds.tombstone_after
