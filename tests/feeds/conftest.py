"""A small newsroom for feeds: settings, and published items made from a few words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from digest.feeds.documents import FeedWriter
from digest.feeds.feed import Embargoed, Feed
from digest.feeds.press import build_press_feed
from digest.feeds.selection import FeedBuilder
from digest.items.model import Content
from digest.newsroom.log import Event, EventType
from digest.newsroom.pictures import Picture, Rendition
from digest.newsroom.public import Newsroom, build_newsroom
from digest.settings import Settings, build_settings
from digest.templates import Templates

SETTINGS = """
[newsroom]
name = "The Newsroom"
title = "The Newsroom of Example"
tagline = "Human rights news."
language = "en"
languages = ["ar", "fr"]
zone = "Europe/London"
base_url = "https://news.example.org"
postal_address = "1 Example Street"
tag_authority = "news.example.org,2021"
[topics.ukraine]
title = "Ukraine"
[topics.russia]
title = "Russia"
titles = { fr = "Russie" }
[topics.empty]
title = "Nothing yet"
[kinds.press-release]
title = "Press release"
titles = { fr = "Communiqué" }
[kinds.report]
title = "Report"
[kinds.victory]
title = "Victory"
[pictures]
hosts = ["img.example.org"]
"""
START = datetime(2022, 2, 1, 9, tzinfo=UTC)
PHOTO = "a" * 64
PICTURE = Picture(
    Rendition("0123456789abcdef-1200.jpg", 1200, 675, 41_234),
    Rendition("0123456789abcdef-1200.jpg", 1200, 675, 41_234),
    Rendition("fedcba9876543210-400.jpg", 400, 225, 9_876),
)

MONTHS_LATER = datetime(2022, 5, 20, tzinfo=UTC)
FULL = """
[topics.war]
title = "War"
moved_to = "ukraine"
[topics.vote]
title = "Vote"
ended = 2022-05-01
[feeds]
entries = 4
combinations = true
hub = "https://hub.example.org/?a=1&b=2"
"""

Release = Callable[..., Event]


@pytest.fixture
def settings() -> Settings:
    return build_settings(SETTINGS, {})


@pytest.fixture
def change_settings() -> Callable[[str], Settings]:
    """The settings with some more lines of TOML."""
    return lambda more: build_settings(SETTINGS + more, {})


@pytest.fixture
def templates() -> Templates:
    return Templates()


@pytest.fixture
def pictures() -> Mapping[str, Picture]:
    return {PHOTO: PICTURE}


@pytest.fixture
def release() -> Release:
    """Makes events of the log, one after the other; every argument changes one thing of them.

    Each is a day later than the one before; later events of an item keep its date and count its corrections. `updated_at` is
    the event's, `updated` what the file says.
    """
    count = 0
    published: dict[str, datetime] = {}
    corrected: dict[str, int] = {}

    def make(item: str, **changes: Any) -> Event:
        nonlocal count
        count += 1
        at = changes.pop("at", START + timedelta(days=count))
        photo_hash = changes.pop("photo_hash", None)
        event = {key: changes.pop(key) for key in ("type", "published_at", "updated_at", "backfill") if key in changes}
        if "updated" in changes:
            changes["updated_at"] = changes.pop("updated")
        content = {
            "id": item,
            "title": f"Title of {item}",
            "kind": "press-release",
            "topics": ("ukraine",),
            "summary": f"Summary of {item}.",
            "language": "en",
            "date": at.date(),
            "date_at": at,
            "body": f"Body of *{item}*.\n\nMore of it.",
        }
        published.setdefault(item, event.get("published_at", at))
        corrected[item] = corrected.get(item, 0) + (event.get("type") is EventType.CORRECTED)
        facts = {"type": EventType.RELEASED, "published_at": published[item], "updated_at": at, **event}
        return Event(
            item=item,
            at=at,
            entry_id=f"tag:news.example.org,2021:items/{item}",
            content=Content.model_validate({**content, **changes}),
            photo=photo_hash,
            number=count,
            corrections=corrected[item],
            **facts,
        )

    return make


@pytest.fixture
def newsroom(release: Release) -> Newsroom:
    """Items that use whatever a feed can show."""
    local = {"src": "crowd.jpg", "alt": "A crowd at dusk", "caption": "People gather", "credit": "Photo: A. Person"}
    same = START + timedelta(days=20)
    return build_newsroom(
        [
            release("plain"),
            release("pictured", photo=local, photo_hash=PHOTO, topics=("ukraine", "russia"), issuer="Partner & Sons"),
            release("same-day-1", at=same, topics=("russia",), kind="report"),
            release("same-day-2", at=same, topics=("russia",), body=""),
            release("remote", photo={**local, "src": "https://img.example.org/a.jpg?x=1&y=2", "caption": ""}),
            release("linked", photo={**local, "src": "https://elsewhere.example.com/a.jpg"}, topics=()),
            release("arabic", language="ar", title="عنوان", summary="ملخص", body="نص"),
            release("french", language="fr", topics=("russia",), translation_of="plain"),
            release("elsewhere", url="https://partner.example.com/story"),
            release("corrected", kind="report"),
            release(
                "corrected",
                type=EventType.CORRECTED,
                kind="report",
                published_at=START + timedelta(days=10),
                corrections=({"date": "2022-02-12", "note": "The figure is 12, not 21."},),
            ),
            release("gone"),
            release(
                "gone",
                type=EventType.WITHDRAWN,
                published_at=START + timedelta(days=12),
                withdrawn={"date": "2022-02-14", "reason": "The source took it back."},
            ),
        ]
    )


@pytest.fixture
def writer(settings: Settings, pictures: Mapping[str, Picture], templates: Templates) -> FeedWriter:
    return FeedWriter(settings, pictures, templates)


@pytest.fixture
def written(
    newsroom: Newsroom,
    busy: Newsroom,
    change_settings: Callable[[str], Settings],
    pictures: Mapping[str, Picture],
    templates: Templates,
    release: Release,
) -> list[tuple[Feed, FeedWriter]]:
    """Every sort of feed: plain, in one language, combined; with a hub, tombstones and pages of archives, ended and moved;
    and a private one."""
    plain, full = (FeedWriter(change_settings(more), pictures, templates) for more in ("", FULL))
    builders = [
        (FeedBuilder(newsroom, plain.settings), plain),
        (FeedBuilder(busy, full.settings), full),
        (FeedBuilder(busy, full.settings, MONTHS_LATER), full),
    ]
    feeds = [(feed, writer) for builder, writer in builders for feed in (*builder.offered(), *builder.moved())]
    for builder, writer in builders[1:]:
        archives = builder.archives
        assert archives is not None
        for topic, month in product([None, *writer.settings.topics], range(len(archives.months))):
            feeds += [(builder.build_page(topic, page), writer) for page in archives.pages(topic, month)]
    waiting = [Embargoed(release(name).content, MONTHS_LATER, START) for name in ("waiting-1", "waiting-2")]
    words, stem = templates.words("en"), "https://news.example.org/press/token/feed"
    return [*feeds, (build_press_feed(newsroom, waiting, plain.settings, words, stem), plain)]


@pytest.fixture
def busy(release: Release) -> Newsroom:
    """Items of three months under few entries, some of them corrected, withdrawn, in other languages."""
    topics = (("ukraine",), ("russia", "ukraine"), ("war",), ("vote",), ())
    kinds, languages = ("report", "victory"), ("en", "fr", "ar")
    moments = [START + timedelta(days=3 * n - 12) for n in range(24)]
    events = [
        release(f"busy-{n}", topics=topics[n % 5], kind=kinds[n % 2], language=languages[n % 3], at=at)
        for n, at in enumerate(moments)
    ]
    last = events[-1].at
    note, reason = {"date": "2022-04-01", "note": "It was twelve."}, {"date": "2022-04-01", "reason": "It was untrue."}
    same = {"language": "ar", "at": last}
    events.append(release("busy-2", type=EventType.CORRECTED, topics=("war",), kind="report", corrections=(note,), **same))
    for name, topic in (("busy-23", "vote"), ("busy-5", "ukraine")):
        events.append(release(name, type=EventType.WITHDRAWN, topics=(topic,), kind="victory", withdrawn=reason, **same))
    return build_newsroom(events)
