"""An edition of the sample items in memory, and variants of it: what mail is measured with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random

from bench.sites.items import KINDS, Sample, build_items
from digest.editions.content import CarriedItem, VariantContent
from digest.editions.edition import Edition
from digest.items.model import Content, Photo
from digest.mail.filling import Filling
from digest.newsroom.log import ALL_TOPICS, Event, EventType
from digest.newsroom.pictures import Picture, Rendition
from digest.newsroom.public import build_newsroom
from digest.settings import Settings, build_settings
from digest.templates import Templates

__all__ = ["MOMENT", "build_filling", "build_variants"]

MOMENT = datetime(2022, 2, 28, 18, tzinfo=UTC)
_ITEM_COUNT, _TOPIC_COUNT, _PHOTO_SHARE = 40, 12, 2 / 3
_LAST_DAY = date(2022, 2, 27)


def _build_settings() -> Settings:
    """A newsroom with twelve topics and one list."""
    lines = [
        "[newsroom]",
        'name = "The Newsroom"',
        'title = "The Newsroom: human rights news"',
        'zone = "UTC"',
        'base_url = "https://news.example.org"',
        'postal_address = "1 Example Street, 10001 New York"',
        'tag_authority = "news.example.org,2020"',
    ]
    lines += [f'[topics.topic-{number}]\ntitle = "Topic {number}"' for number in range(_TOPIC_COUNT)]
    lines += [f'[kinds.{kind}]\ntitle = "{kind.capitalize()}"' for kind in KINDS]
    lines += ["[lists.supporters]", 'title = "Supporters"', 'sender = "The Newsroom <news@news.example.org>"']
    return build_settings("\n".join(lines), {})


def build_filling() -> Filling:
    """All that the letters of the edition are filled from: forty items of the last week, two thirds with a photo."""
    chance = Random(5)
    events = [_build_event(number, sample, chance) for number, sample in enumerate(build_items(_ITEM_COUNT), 1)]
    newsroom = build_newsroom(events)
    pictures = {event.photo: _build_picture(event.item) for event in events if event.photo}
    edition = Edition(
        id="2022-w09-supporters",
        list_id="supporters",
        rhythm="weekly",
        period="2022-w09",
        moment=MOMENT,
        horizon=newsroom.end,
        changed_by="bench",
        changed_what="prepared",
        changed_at=MOMENT,
    )
    return Filling(edition, newsroom, pictures, _build_settings(), Templates())


def build_variants(filling: Filling, count: int, carried_count: int = 12) -> Iterator[VariantContent]:
    """That many variants: each another choice of items of the edition in another order."""
    chance = Random(11)
    for _ in range(count):
        chosen = chance.sample(filling.newsroom.items, carried_count)
        new = tuple(CarriedItem(item.id, 0, item.topics[0]) for item in chosen)
        yield VariantContent("en", "full", new, (), ())


def _build_event(number: int, sample: Sample, chance: Random) -> Event:
    day = _LAST_DAY - timedelta(days=number % 7)
    at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    photo = Photo(src=f"{sample.name}.jpg", alt="A street at dusk, people with candles", credit="Photo: The Newsroom")
    has_photo = chance.random() < _PHOTO_SHARE
    content = Content(
        id=sample.name,
        date=day,
        date_at=at,
        kind=sample.kind,
        language="en",
        title=sample.title,
        summary=sample.summary,
        body=sample.body,
        topics=tuple(f"topic-{int(topic.removeprefix('topic-')) % _TOPIC_COUNT}" for topic in sample.topics[:1]),
        photo=photo if has_photo else None,
    )
    return Event(
        type=EventType.RELEASED,
        item=content.id,
        at=at,
        entry_id=f"tag:news.example.org,2020:{content.id}",
        content=content,
        published_at=at,
        updated_at=at,
        entered=(ALL_TOPICS, *content.topics),
        photo=content.id if has_photo else None,
        number=number,
    )


def _build_picture(name: str) -> Picture:
    large, medium, small = (Rendition(f"{name}-{width}.jpg", width, width * 9 // 16, 90_000) for width in (1600, 1200, 400))
    return Picture(large, medium, small)
