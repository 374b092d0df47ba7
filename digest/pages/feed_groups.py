"""Feeds in the order in which people look for them: by topic, kind and language, and which of them narrow which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from digest.feeds.naming import Choice
from digest.feeds.selection import Feed
from digest.pages.frame import FeedView, build_feed
from digest.pages.views import Link, language_name, site_paths
from digest.settings import Settings

__all__ = ["CombinedFeeds", "FeedGroups", "FeedIndex"]

_EVERYTHING = Choice()


@dataclass(frozen=True, slots=True)
class CombinedFeeds:
    """The feeds that narrow the feed of a topic or kind, each named by what it adds."""

    title: str
    feeds: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class FeedGroups:
    """All feeds: of everything, by topic, by kind, by language, those narrowed once more, and those of topics that ended."""

    everything: tuple[FeedView, ...] = ()
    topics: tuple[FeedView, ...] = ()
    kinds: tuple[FeedView, ...] = ()
    languages: tuple[FeedView, ...] = ()
    combined: tuple[CombinedFeeds, ...] = ()
    ended: tuple[FeedView, ...] = ()


class FeedIndex:
    """The feeds that are written, by what they are restricted to."""

    def __init__(self, feeds: Sequence[Feed], settings: Settings) -> None:
        self._settings, self._paths = settings, site_paths(settings)
        self._feeds = {_choice(feed): feed for feed in feeds}
        self._narrower: dict[Choice, list[Choice]] = {}
        for choice in self._feeds:
            for wider in _widen(choice):
                self._narrower.setdefault(wider, []).append(choice)

    def find(self, choice: Choice) -> Feed | None:
        """The feed with these restrictions, when it is written."""
        return self._feeds.get(choice)

    def link(self, choice: Choice, known: Choice = _EVERYTHING) -> Link:
        """The page of a feed, under the name of what it is restricted to beyond what is known already."""
        return Link(self._label(choice, known), f"{self._paths.feeds}{choice.name}.html")

    def narrower(self, feed: Feed) -> tuple[Link, ...]:
        """The feeds with one restriction more, named by it; none for the feed of everything, for those are all feeds."""
        own = _choice(feed)
        return tuple(self.link(choice, own) for choice in self._narrower.get(own, ()) if own != _EVERYTHING)

    def wider(self, feed: Feed) -> tuple[Link, ...]:
        """The feeds with one restriction less; none for a feed that has only one."""
        return tuple(self.link(one) for one in _widen(_choice(feed)) if one != _EVERYTHING and one in self._feeds)

    def group(self) -> FeedGroups:
        """The feeds in groups, each in the order in which it was handed in."""
        groups: dict[str, list[FeedView]] = {}
        combined: dict[Choice, list[Link]] = {}
        for choice, feed in self._feeds.items():
            first = Choice(choice.topic) if choice.topic else Choice(kind=choice.kind)
            if _count(choice) < 2:
                groups.setdefault(_name_group(feed), []).append(build_feed(feed, self._settings, self._label(choice)))
            elif _count(choice) == 2 and feed.state == "open":
                combined.setdefault(first, []).append(self.link(choice, first))
        rows = tuple(CombinedFeeds(self._label(first), tuple(links)) for first, links in combined.items())
        return FeedGroups(combined=rows, **{name: tuple(feeds) for name, feeds in groups.items()})

    def _label(self, choice: Choice, known: Choice = _EVERYTHING) -> str:
        """What a feed is restricted to, beyond what is known already: "Ukraine · Press release"."""
        settings, words = self._settings, self._settings.newsroom.language
        parts = [settings.topics[choice.topic].in_language(words)] if choice.topic and not known.topic else []
        parts += [settings.kinds[choice.kind].in_language(words)] if choice.kind and not known.kind else []
        parts += [language_name(choice.language)] if choice.language and not known.language else []
        return " · ".join(parts)


def _choice(feed: Feed) -> Choice:
    return Choice(feed.topic, feed.kind, feed.language)


def _count(choice: Choice) -> int:
    return sum(part is not None for part in choice)


def _widen(choice: Choice) -> list[Choice]:
    """A choice without each of its restrictions in turn, the last one first."""
    restricted = [name for name, part in zip(choice._fields, choice, strict=True) if part is not None]
    return [choice._replace(**{name: None}) for name in reversed(restricted)]


def _name_group(feed: Feed) -> str:
    if feed.state != "open":
        return "ended"
    return "topics" if feed.topic else "kinds" if feed.kind else "languages" if feed.language else "everything"
