"""Which topics and kind an entry has: told by its categories, or proposed by keywords."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property

from digest.items.characters import fold
from digest.items.importing.entries import Term
from digest.settings import Settings

__all__ = ["Vocabulary", "propose_topics"]


def propose_topics(text: str, settings: Settings) -> tuple[str, ...]:
    """The topics of which the text holds the title or a keyword, as whole words in any case."""

    def speaks_of(words: Sequence[str]) -> bool:
        return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) for word in words if word)

    return tuple(name for name, topic in settings.topics.items() if speaks_of((topic.title, *topic.keywords)))


class Vocabulary:
    """Other people's words for the newsroom's topics and kinds, in any case.

    A topic is meant by a word of `[import.topics]`, by its id and by its titles; a kind by its id and its titles. A topic
    that has moved stands for the one it moved to.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def find_topics(self, terms: Iterable[Term]) -> tuple[str, ...]:
        """The topics that these categories and tags mean, each once, in their order."""
        found = (self._topics.get(word) for term in terms for word in _words(term))
        return tuple(dict.fromkeys(topic for topic in found if topic))

    def find_kind(self, terms: Iterable[Term]) -> str | None:
        """The first kind that one of these categories means."""
        return next((self._kinds[word] for term in terms for word in _words(term) if word in self._kinds), None)

    @cached_property
    def _topics(self) -> dict[str, str]:
        words: dict[str, str] = {}
        named = [(word, topic) for word, topic in self._settings.imports.topics.items()]
        named += [
            (word, name) for name, topic in self._settings.topics.items() for word in _names(name, topic.titles, topic.title)
        ]
        for word, name in named:
            goal = self._settings.find_topic(name)
            if goal in self._settings.topics:
                words.setdefault(_key(word), goal)
        return words

    @cached_property
    def _kinds(self) -> dict[str, str]:
        named = {name: _names(name, kind.titles, kind.title) for name, kind in self._settings.kinds.items()}
        return {_key(word): name for name, words in reversed(named.items()) for word in words}


def _names(name: str, titles: dict[str, str], title: str) -> tuple[str, ...]:
    return (name, name.replace("-", " "), *titles.values(), title)


def _words(term: Term) -> tuple[str, ...]:
    return tuple(_key(word) for word in (term.name, term.slug, re.sub("[-_]", " ", term.slug)) if word)


def _key(word: str) -> str:
    return fold(word).replace("\u00a0", " ").casefold()
