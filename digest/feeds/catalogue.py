"""The newsroom's items by topic, kind and language, gone through once for all feeds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from digest.feeds.naming import Choice
from digest.newsroom.public import Newsroom, Published
from digest.settings import Settings

__all__ = ["Catalogue"]


class Catalogue:
    """Finds the items of a feed. An item that names a topic which moved stands in the topic where that one goes on."""

    def __init__(self, newsroom: Newsroom, settings: Settings) -> None:
        self.newsroom = newsroom
        self._targets = {topic: settings.find_topic(topic) or topic for topic in settings.topics}
        self.reached: dict[str, tuple[str, ...]] = {}
        """The topics in which items stand, by those that their lines name."""
        self._all = _Shelf(newsroom.items, self)
        self._changed = _Shelf((item for item in newsroom.items if item.line.updated_at != item.line.published_at), self)

    @property
    def kinds(self) -> Iterable[str]:
        """The kinds that have items."""
        return self._all.by_kind

    @property
    def languages(self) -> Iterable[str]:
        """The languages that have items."""
        return self._all.by_language

    def topics(self, item: Published) -> tuple[str, ...]:
        """The topics in which an item stands, each once."""
        named = item.line.topics
        if named not in self.reached:
            self.reached[named] = tuple(dict.fromkeys(self._targets.get(topic, topic) for topic in item.topics))
        return self.reached[named]

    def select(self, choice: Choice) -> Sequence[Published]:
        """A feed's items, newest first."""
        return self._all.select(choice)

    def changed(self, choice: Choice) -> Sequence[Published]:
        """Those of a feed's items whose `updated_at` is not their `published_at`, newest first."""
        return self._changed.select(choice)


class _Shelf:
    """Items, newest first, by one of their topics, by kind and by language."""

    def __init__(self, items: Iterable[Published], catalogue: Catalogue) -> None:
        self.items = tuple(items)
        self.by_topic: defaultdict[str, list[Published]] = defaultdict(list)
        self.by_kind: defaultdict[str, list[Published]] = defaultdict(list)
        self.by_language: defaultdict[str, list[Published]] = defaultdict(list)
        reached = catalogue.reached
        for item in self.items:
            line = item.line
            for topic in reached.get(line.topics) or catalogue.topics(item):
                self.by_topic[topic].append(item)
            self.by_kind[line.kind].append(item)
            self.by_language[line.language].append(item)

    def select(self, choice: Choice) -> Sequence[Published]:
        """The items of a topic, kind and language."""
        topic, kind, language = choice
        if topic is not None:
            found: Sequence[Published] = self.by_topic.get(topic, ())
        elif kind is not None:
            found, kind = self.by_kind.get(kind, ()), None
        elif language is not None:
            found, language = self.by_language.get(language, ()), None
        else:
            return self.items
        if kind is None and language is None:
            return found
        return [item for item in found if kind in (None, item.line.kind) and language in (None, item.line.language)]
