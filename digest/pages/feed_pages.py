"""The pages about feeds: all of them in groups, and one page for each, which people see who open a feed in a browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from digest.feeds.selection import Feed
from digest.pages.frame import FeedView, build_feed
from digest.pages.views import language_name
from digest.settings import Settings

__all__ = ["FeedGroups", "FeedRow", "build_feed_groups"]


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A feed in a list, with the short name that suffices there."""

    title: str
    feed: FeedView


@dataclass(frozen=True, slots=True)
class FeedGroups:
    """All feeds: of everything, by topic, by kind, by topic and kind, and those of one language."""

    everything: tuple[FeedRow, ...]
    topics: tuple[FeedRow, ...]
    kinds: tuple[FeedRow, ...]
    combined: tuple[FeedRow, ...]
    languages: tuple[FeedRow, ...]


def build_feed_groups(feeds: Sequence[Feed], settings: Settings) -> FeedGroups:
    """The feeds in groups, each in the order in which it was handed in."""
    groups: dict[str, list[FeedRow]] = {"everything": [], "topics": [], "kinds": [], "combined": [], "languages": []}
    for feed in feeds:
        groups[_group(feed)].append(FeedRow(_short_title(feed, settings), build_feed(feed, settings)))
    return FeedGroups(**{name: tuple(rows) for name, rows in groups.items()})


def _group(feed: Feed) -> str:
    if feed.language:
        return "languages"
    if feed.topic and feed.kind:
        return "combined"
    return "topics" if feed.topic else "kinds" if feed.kind else "everything"


def _short_title(feed: Feed, settings: Settings) -> str:
    """What tells the feed from the others of its group: "Ukraine · Press release"; for the feed of everything its title."""
    language = settings.newsroom.language
    parts = [settings.topics[feed.topic].in_language(language)] if feed.topic else []
    parts += [settings.kinds[feed.kind].in_language(language)] if feed.kind else []
    parts += [language_name(feed.language)] if feed.language else []
    return " · ".join(parts) or feed.title
