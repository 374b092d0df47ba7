"""Half a year of a newsroom's release log, written straight into the database: what an edition is planned from.

Twelve items a week in one to three of sixty topics, every sixth with a translation, every twelfth corrected a week
later, one withdrawn at the end; the last week, which the edition is to carry, has more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random

from bench.sites.items import TOPIC_COUNT, Sample, build_items
from digest.items.model import Content
from digest.newsroom.log import ALL_TOPICS, Event, EventType, build_line
from digest.store.releases import append_lines
from digest.store.sqlite import AnyConnection

__all__ = ["LANGUAGES", "MOMENT", "POPULARITY", "WEEKS", "build_log", "write_log"]

WEEKS = 26
MOMENT = datetime(2022, 2, 25, 9, tzinfo=UTC)
"""The moment of the edition that carries the last week."""
LANGUAGES = ("en", "fr", "es")
POPULARITY = tuple(accumulate(1 / rank for rank in range(1, TOPIC_COUNT + 1)))
"""How much is written about each topic, and how many follow it: weights, each with those before it added (Zipf)."""
_WEEKLY, _NEW = 12, 24
_TRANSLATED, _CORRECTED = 6, 12


def build_log() -> list[Event]:
    """The events in their order, numbered."""
    events: list[Event] = []
    for week, event in _build_events():
        end = MOMENT - timedelta(weeks=WEEKS - 1 - week)
        events.append(replace(event, number=len(events) + 1, at=end - timedelta(days=2)))
    return events


def write_log(connection: AnyConnection, events: list[Event]) -> None:
    """Append them to an empty log."""
    contents = {event.content.version: event.content for event in events}
    append_lines(connection, [build_line(event) for event in events], contents.__getitem__)


def _build_events() -> Iterator[tuple[int, Event]]:
    """Each event with its week, counted from 0."""
    chance = Random(13)
    samples = build_items((WEEKS - 1) * _WEEKLY + _NEW)
    before: list[Event] = []
    for week in range(WEEKS):
        here = [_release(next(samples), week, chance) for _ in range(_NEW if week == WEEKS - 1 else _WEEKLY)]
        for event in here:
            yield week, event
            if int(event.item[-6:]) % _TRANSLATED == 0:
                yield week, _translate(event)
        for event in before:
            if int(event.item[-6:]) % _CORRECTED == 0:
                yield week, replace(event, type=EventType.CORRECTED, corrections=1, entered=())
        if week == WEEKS - 1:
            yield week, replace(before[1], type=EventType.WITHDRAWN, entered=())
        before = here


def _release(sample: Sample, week: int, chance: Random) -> Event:
    at = MOMENT - timedelta(weeks=WEEKS - 1 - week, days=2)
    topics = chance.choices(range(TOPIC_COUNT), cum_weights=POPULARITY, k=len(sample.topics))
    content = Content(
        id=sample.name, date=at.date(), date_at=at, kind=sample.kind, language=LANGUAGES[0], title=sample.title,
        summary=sample.summary, body=sample.body,
        topics=tuple(f"topic-{topic}" for topic in dict.fromkeys(topics)),
    )  # fmt: skip
    return _event(content, at)


def _translate(event: Event) -> Event:
    values = {"id": f"{event.item}-fr", "language": LANGUAGES[1], "translation_of": event.item}
    return _event(event.content.model_copy(update=values), event.at)


def _event(content: Content, at: datetime) -> Event:
    return Event(
        type=EventType.RELEASED, item=content.id, at=at, entry_id=f"tag:news.example.org,2020:{content.id}",
        content=content, published_at=at, updated_at=at, entered=(ALL_TOPICS, *content.topics),
    )  # fmt: skip
