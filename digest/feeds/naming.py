"""What feeds are called: names in addresses, and titles, no two alike."""

from __future__ import annotations

from typing import NamedTuple

from babel import Locale, UnknownLocaleError

from digest.newsroom.addresses import feed_name
from digest.settings import Label, Settings

__all__ = ["Choice", "Titles", "parse_feed_name"]


class Choice(NamedTuple):
    """What a feed is restricted to; None: not."""

    topic: str | None = None
    kind: str | None = None
    language: str | None = None

    @property
    def name(self) -> str:
        """The feed's name."""
        return feed_name(*self)


def parse_feed_name(name: str, settings: Settings) -> Choice | None:
    """The topic, kind and language of a feed's name; None when newsroom.toml knows no such feed.

    Each feed has one name: `all`, a topic, a kind or `topic+kind`, then `.LANG` where there is more than one language.
    Topics that moved or ended count as known.
    """
    stem, _, language = name.partition(".")
    first, _, second = stem.partition("+")
    topic = first if first in settings.topics else None
    kind = second or (first if first in settings.kinds else None)
    choice = Choice(topic, kind, language or None)
    if choice.name != name or (kind and kind not in settings.kinds):
        return None
    spoken = settings.languages if len(settings.languages) > 1 else ()
    return choice if not language or language in spoken else None


class Titles:
    """The titles of a newsroom's feeds.

    Of topics and kinds with one title, the first open one keeps it and the others bear their id behind it: a reader program
    shows nothing but titles.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._owners: dict[str, dict[str, str]] = {}

    def title(self, choice: Choice) -> str:
        """A feed's title in its own language: "Example Newsroom: Ukraine, Report (English)"."""
        newsroom = self._settings.newsroom
        words = choice.language or newsroom.language
        labels = [self._label(self._settings.topics[choice.topic], choice.topic, words)] if choice.topic else []
        labels += [self._label(self._settings.kinds[choice.kind], choice.kind, words)] if choice.kind else []
        title = f"{newsroom.name}: {', '.join(labels)}" if labels else newsroom.title
        return f"{title} ({_name_language(choice.language)})" if choice.language else title

    def _label(self, label: Label, name: str, language: str) -> str:
        title = label.in_language(language)
        return title if self._find_owners(language)[title] == name else f"{title} ({name})"

    def _find_owners(self, language: str) -> dict[str, str]:
        """Who keeps a title: open topics first, then kinds, then topics that moved or ended."""
        if language not in self._owners:
            topics, newsroom = self._settings.topics, self._settings.newsroom
            open_topics = {name: topic for name, topic in topics.items() if topic.is_open}
            owners = {newsroom.title.removeprefix(f"{newsroom.name}: "): "all"}
            for name, label in [*open_topics.items(), *self._settings.kinds.items(), *topics.items()]:
                owners.setdefault(label.in_language(language), name)
            self._owners[language] = owners
        return self._owners[language]


def _name_language(language: str) -> str:
    """A language's name in itself, else its tag."""
    try:
        return Locale.parse(language, sep="-").get_display_name() or language
    except (UnknownLocaleError, ValueError):
        return language
