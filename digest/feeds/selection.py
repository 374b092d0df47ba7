"""Which feeds there are, and which items each of them holds.

A feed holds its newest items by date, as many as `[feeds] entries` says. A withdrawn item keeps its place among them, for an
older one that slid in would be announced as new. Besides them it holds

- items older than these that were corrected or withdrawn since the oldest of these was published, the last ones first, at
  most as many again: a reader program that knows such an item learns of the change nowhere else;
- what stands in no sealed page of the feed's archive yet (see `archives`).

All stand in one order, newest published first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import product, starmap, takewhile
from operator import attrgetter

from digest.feeds.archives import Archives, Page
from digest.feeds.catalogue import Catalogue
from digest.feeds.feed import Feed, Tombstone, Update
from digest.feeds.lifecycle import State, ended_at, tombstone_at, topic_state
from digest.feeds.naming import Choice, Titles
from digest.newsroom.addresses import Addresses
from digest.newsroom.log import EventType, from_seconds, to_seconds
from digest.newsroom.public import Newsroom, Published
from digest.newsroom.topics import topics_into
from digest.settings import Settings

__all__ = ["Feed", "FeedBuilder", "build_feed", "build_feeds"]


def build_feeds(newsroom: Newsroom, settings: Settings, now: datetime | None = None) -> tuple[Feed, ...]:
    """The feeds that are offered: of all items, of each topic that is open or ended lately, of each kind that has items.

    Topics have their feeds before their first item, so that people can subscribe early. With more than one language there is
    a feed of each that has items, and with `[feeds] combinations` one of each combination that has items.

    Args:
        now: the moment for which they are built; the newsroom's last event when None.
    """
    return FeedBuilder(newsroom, settings, now).offered()


def build_feed(
    newsroom: Newsroom,
    settings: Settings,
    *,
    topic: str | None = None,
    kind: str | None = None,
    language: str | None = None,
    now: datetime | None = None,
) -> Feed:
    """The feed of a topic, kind and language of newsroom.toml as of `now`; None means any.

    It may have moved, or be over (then it is empty, and a server answers 410): see `Feed.state`.
    """
    return FeedBuilder(newsroom, settings, now).build(Choice(topic, kind, language))


_LAST_THOUSANDTH = 999
"""What left a feed may have been updated in that very second, with any number."""


class FeedBuilder:
    """Builds the feeds of a newsroom as of a moment; what they have in common is worked out once."""

    def __init__(self, newsroom: Newsroom, settings: Settings, now: datetime | None = None) -> None:
        self.catalogue = Catalogue(newsroom, settings)
        self.opened_at = _opened_at(newsroom, settings)
        self.now = now or newsroom.at or self.opened_at
        self.archives = Archives(self.catalogue, settings) if settings.feeds.archives else None
        self._newsroom, self._settings = newsroom, settings
        self._titles, self._addresses = Titles(settings), Addresses(settings.newsroom.base_url)

    def offered(self) -> tuple[Feed, ...]:
        """See `build_feeds`."""
        return self._offered

    @cached_property
    def _offered(self) -> tuple[Feed, ...]:
        topics = [topic for topic in self._settings.topics if self.state(topic) in ("open", "ended")]
        kinds = [kind for kind in self._settings.kinds if kind in self.catalogue.kinds]
        languages = [one for one in self._settings.languages if one in self.catalogue.languages]
        spoken = languages if len(self._settings.languages) > 1 else []
        choices = [Choice(), *map(Choice, topics), *(Choice(kind=kind) for kind in kinds)]
        choices += [Choice(language=language) for language in spoken]
        if self._settings.feeds.combinations:
            choices += self._combine([None, *topics], [None, *kinds], [None, *spoken])
        return tuple(map(self.build, choices))

    def moved(self) -> tuple[Feed, ...]:
        """The feeds of topics that go on in others: a notice each, combinations among them if they are written."""
        topics = [topic for topic in self._settings.topics if self.state(topic) == "moved"]
        choices = [*map(Choice, topics)]
        if self._settings.feeds.combinations:
            parts = product(topics, [None, *self._settings.kinds], [None, *self._settings.languages])
            choices += [choice for choice in starmap(Choice, parts) if any(choice[1:]) and self._newsroom.select(*choice)]
        return tuple(map(self.build, choices))

    def state(self, topic: str | None) -> State:
        """What has become of a topic's feeds."""
        return topic_state(topic, self._settings, self.now)

    def build(self, choice: Choice) -> Feed:
        """See `build_feed`."""
        feed, state = self._frame(choice), self.state(choice.topic)
        if state == "over":
            return replace(feed, state=state)
        if state == "moved":
            return self._build_moved(feed, choice)
        items, held, previous = self._choose(choice, feed.has_archive)
        tombstones = tuple(self._find_tombstones(items))
        gone = {stone.item.id for stone in tombstones}
        notice_at = self._date_notice(choice) if state == "ended" else None
        return replace(
            feed,
            updated=self._find_update(choice, self._updated_last(choice), notice_at),
            items=tuple(item for item in items if item.id not in gone),
            held=held - gone,
            tombstones=tombstones,
            state=state,
            notice_at=notice_at,
            hub=self._settings.feeds.hub,
            previous=previous,
        )

    def build_page(self, topic: str | None, page: Page) -> Feed:
        """A page of the archive of everything or of a topic, as a feed. Notices of withdrawn items stay in it for good."""
        feed = self._frame(Choice(topic))
        return replace(
            feed,
            title=f"{feed.title} ({page.name})",
            stem=self._addresses.feed_stem(feed.name, page.name),
            updated=_build_update(max(map(_updated, page.items))),
            items=tuple(sorted(page.items, key=_place, reverse=True)),
            held=frozenset(item.id for item in page.items),
            page=page.name,
            previous=page.previous,
            following=page.following,
        )

    def _frame(self, choice: Choice) -> Feed:
        """A feed without its items."""
        newsroom, title = self._settings.newsroom, self._titles.title(choice)
        return Feed(
            name=choice.name,
            id=f"tag:{newsroom.tag_authority}:feeds/{choice.name}",
            topic=choice.topic,
            kind=choice.kind,
            language=choice.language,
            title=title,
            description=newsroom.tagline or title,
            language_tag=choice.language or newsroom.language,
            home=self._find_home(choice),
            stem=self._addresses.feed_stem(choice.name),
            updated=Update(self.opened_at),
        )

    def _find_home(self, choice: Choice) -> str:
        """The front page, the topic's page, else the feed's own page for people."""
        if choice == Choice():
            return self._addresses.front
        if choice.topic and choice == Choice(choice.topic):
            return self._addresses.topic(choice.topic)
        return f"{self._addresses.feed_stem(choice.name)}.html"

    def _combine(
        self, topics: Sequence[str | None], kinds: Sequence[str | None], languages: Sequence[str | None]
    ) -> Iterator[Choice]:
        """All combinations of two or three restrictions that have items."""
        for choice in starmap(Choice, product(topics, kinds, languages)):
            if sum(part is not None for part in choice) > 1 and self.catalogue.select(choice):
                yield choice

    def _choose(self, choice: Choice, has_archive: bool) -> tuple[Sequence[Published], frozenset[str], str]:
        """The items of a current document, which of them stand nowhere else, and the newest page of its archive."""
        chosen, room = self.catalogue.select(choice), self._settings.feeds.entries
        newest = chosen[:room]
        late = self._find_late(choice, newest) if len(chosen) > room else []
        previous, unsealed = self.archives.standing(choice.topic) if self.archives and has_archive else ("", ())
        added = {item.id: item for item in (*late, *unsealed)}
        more = added.keys() - {item.id for item in newest}
        if not more:
            return newest, frozenset(added), previous
        return sorted([*newest, *(added[name] for name in more)], key=_place, reverse=True), frozenset(added), previous

    def _find_late(self, choice: Choice, newest: Sequence[Published]) -> list[Published]:
        """Items older than the newest ones that were corrected or withdrawn since the oldest of those was published."""
        oldest = newest[-1]
        late = [
            item
            for item in self.catalogue.changed(choice)
            if _told(item)[0] >= oldest.line.published_at
            and _place(item) < _place(oldest)
            and (item.corrections or item.is_withdrawn)
        ]
        return sorted(late, key=_told, reverse=True)[: self._settings.feeds.entries]

    def _find_tombstones(self, items: Iterable[Published]) -> Iterator[Tombstone]:
        for item in items:
            if item.is_withdrawn and (removed_at := tombstone_at(item, self._settings)) <= self.now:
                yield Tombstone(item, removed_at)

    def _find_update(self, choice: Choice, items: Iterable[Published], notice_at: datetime | None) -> Update:
        """The last update of these items, of their tombstones and of the feed itself, which an item may have left too.

        Nothing is older than the newsroom: a first item that is dated back must not take an empty feed back with it.
        """
        items = tuple(items)
        stones = [stone.removed_at for stone in self._find_tombstones(items)]
        moments = [to_seconds(moment) for moment in (self.opened_at, notice_at, *stones) if moment]
        left = to_seconds(self._left_at(choice)), _LAST_THOUSANDTH
        return _build_update(max([left, *map(_updated, items), *((moment, 0) for moment in moments)]))

    def _left_at(self, choice: Choice) -> datetime:
        """When staff last took an item out of a feed, by another topic, kind or language; 1970 if they never did."""
        topics = topics_into(choice.topic, self._settings) if choice.topic else ()
        return from_seconds(max(self._newsroom.left.get(part or "", 0) for part in (*topics, *choice[1:])))

    def _updated_last(self, choice: Choice) -> Iterable[Published]:
        """Those of a selection's items of which one was updated last."""
        chosen = self.catalogue.select(choice)
        yield from takewhile(lambda item: item.line.published_at == chosen[0].line.published_at, chosen)
        yield from self.catalogue.changed(choice)

    def _date_notice(self, choice: Choice) -> datetime:
        """When an ended feed says so: on the day it ended, or after whatever came later."""
        end = ended_at(choice.topic, self._settings) if choice.topic else None
        newest = self.catalogue.select(choice)[:1]
        return max([*(item.published_at for item in newest), end or self.opened_at])

    def _build_moved(self, feed: Feed, choice: Choice) -> Feed:
        """A feed with nothing but a notice, dated as late as all that it ever held, or on its `ended` day."""
        topic = choice.topic or ""
        held = self._newsroom.select(*choice)
        end = ended_at(topic, self._settings)
        dates = [end] if end and end <= self.now else []
        notice_at = max([*dates, *(item.updated_at for item in held), self.opened_at, self._left_at(choice)])
        target = self._frame(choice._replace(topic=self._settings.find_topic(topic)))
        updated = self._find_update(choice, held, notice_at)
        return replace(feed, state="moved", notice_at=notice_at, updated=updated, target=target)


def _updated(item: Published) -> tuple[int, int]:
    return item.line.updated_at, item.release.number % 1000


def _told(item: Published) -> tuple[int, int]:
    """When the public was told of its last correction or withdrawal; `updated` may be an earlier moment that its file names.

    Behind a silent fix only `updated` is known.
    """
    line = item.line
    return line.updated_at if item.type is EventType.REFILED else max(line.at, line.updated_at), line.number


def _build_update(moment: tuple[int, int]) -> Update:
    return Update(from_seconds(moment[0]), moment[1])


def _place(item: Published) -> tuple[int, int]:
    """Where an item stands among others, by date and release."""
    return item.line.published_at, item.release.number


def _opened_at(newsroom: Newsroom, settings: Settings) -> datetime:
    """The date of a feed without items: when the newsroom's first release was published, which no later event moves.

    Before that, and at the earliest, the day since which the newsroom's tag: URIs are its own.
    """
    numbers = re.findall(r"\d+", settings.newsroom.tag_authority.partition(",")[2])
    year, month, date = (*map(int, numbers), 1, 1)[:3]
    day = datetime(year, month, date, tzinfo=UTC)
    first = min(newsroom, key=attrgetter("release.number"), default=None)
    return day if first is None else max(day, first.published_at)
