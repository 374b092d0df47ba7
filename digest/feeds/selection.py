"""Which feeds there are, and which items each of them holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from babel import Locale, UnknownLocaleError

from digest.newsroom.addresses import Addresses, feed_name
from digest.newsroom.public import Newsroom, Published
from digest.settings import Settings

__all__ = ["Feed", "build_feed", "build_feeds"]


@dataclass(frozen=True, slots=True)
class Feed:
    """One selection of the newsroom, whatever the format.

    `topic`, `kind` and `language` are what it is restricted to (None: not); `id` is a tag: URI (RFC 4151); `language_tag`
    (RFC 5646) is the language of its own words; `home` the page it belongs to; `items` are the newest first. `newest` is the
    item of the whole selection that was updated last, which may be older than all that `items` has room for, so that the
    feed's own date never goes back; while there is none, `opened_at` stands in for it.
    """

    name: str
    id: str
    topic: str | None
    kind: str | None
    language: str | None
    title: str
    description: str
    language_tag: str
    home: str
    items: tuple[Published, ...]
    newest: Published | None
    opened_at: datetime


def build_feeds(newsroom: Newsroom, settings: Settings) -> tuple[Feed, ...]:
    """The feeds that are always written: all items, each topic of newsroom.toml, each kind that has items.

    Topics have their feeds before their first item, so that people can subscribe early. Restrictions to a language and
    combinations are made one by one with `build_feed`.
    """
    kinds = {item.content.kind for item in newsroom}
    return (
        build_feed(newsroom, settings),
        *(build_feed(newsroom, settings, topic=topic) for topic in settings.topics),
        *(build_feed(newsroom, settings, kind=kind) for kind in settings.kinds if kind in kinds),
    )


def build_feed(
    newsroom: Newsroom,
    settings: Settings,
    *,
    topic: str | None = None,
    kind: str | None = None,
    language: str | None = None,
) -> Feed:
    """The feed of a topic, kind and language of newsroom.toml; None means any.

    A withdrawn item keeps its place among the newest: an older one that slid in for it would be announced as new.
    """
    name = feed_name(topic, kind, language)
    addresses = Addresses(settings.newsroom.base_url)
    chosen = newsroom.select(topic, kind, language)
    title = _build_title(settings, topic, kind, language)
    return Feed(
        name=name,
        id=f"tag:{settings.newsroom.tag_authority}:feeds/{name}",
        topic=topic,
        kind=kind,
        language=language,
        title=title,
        description=settings.newsroom.tagline.strip() or title,
        language_tag=language or settings.newsroom.language,
        home=_build_home(addresses, name, topic),
        items=chosen[: settings.feeds.entries],
        newest=max(chosen, key=lambda item: (item.updated_at, item.released), default=None),
        opened_at=_opened_at(newsroom, settings),
    )


def _build_title(settings: Settings, topic: str | None, kind: str | None, language: str | None) -> str:
    words = language or settings.newsroom.language
    labels = [settings.topics[topic].in_language(words)] if topic else []
    labels += [settings.kinds[kind].in_language(words)] if kind else []
    title = f"{settings.newsroom.name}: {', '.join(labels)}" if labels else settings.newsroom.title
    return f"{title} ({_name_language(language)})" if language else title


def _build_home(addresses: Addresses, name: str, topic: str | None) -> str:
    """The front page, the topic's page, else the feed's own page for people."""
    if name == "all":
        return addresses.front
    return addresses.topic(topic) if name == topic else f"{addresses.feeds}{name}.html"


def _name_language(language: str) -> str:
    """A language's name in itself, else its tag."""
    try:
        return Locale.parse(language, sep="-").get_display_name() or language
    except (UnknownLocaleError, ValueError):
        return language


def _opened_at(newsroom: Newsroom, settings: Settings) -> datetime:
    """The date of a feed without items: when the newsroom's first release was published, which no later event moves.

    Before that, the day since which the newsroom's tag: URIs are its own.
    """
    first = min(newsroom, key=lambda item: item.released, default=None)
    if first is not None:
        return first.published_at
    day = re.findall(r"\d+", settings.newsroom.tag_authority.partition(",")[2])
    year, month, date = (*map(int, day), 1, 1)[:3]
    return datetime(year, month, date, tzinfo=UTC)
