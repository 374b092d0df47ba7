"""What all groups of pages share: the newsroom and its facts, the key of what is the same on every page, and the templates.

Planning reads no content and no template. Both are touched when the first page is rendered, and not before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from digest.feeds.selection import Feed
from digest.newsroom.document import Document, Group, fingerprint
from digest.newsroom.pictures import Pictures
from digest.newsroom.public import Newsroom, Published
from digest.pages.facts import Facts
from digest.pages.rendering import Rendering
from digest.pages.views import ItemCard, PageContext, build_card
from digest.settings import Settings
from digest.templates import Templates

__all__ = ["Plan"]


class Plan:
    """Makes documents and groups whose keys cover all that their bytes follow from.

    Args:
        site_key: a fingerprint of settings, templates and code.
        feeds: the feeds that are published beside the pages, which the pages announce and list.
        has_editions: whether there are digests whose web view is public: then the masthead links to them.
    """

    def __init__(
        self,
        newsroom: Newsroom,
        settings: Settings,
        pictures: Pictures,
        templates: Templates,
        feeds: Sequence[Feed],
        site_key: str = "",
        has_editions: bool = False,
    ) -> None:
        self.context = PageContext(newsroom, settings, pictures)
        self.facts = Facts(self.context)
        self.settings, self.templates, self.feeds, self.has_editions = settings, templates, feeds, has_editions
        announced = {"all", *self.context.find_open(tuple(settings.topics))}
        self.key = fingerprint(site_key, has_editions, [feed.title for feed in feeds if feed.name in announced])
        """What every page follows from."""
        self._cards: dict[str, ItemCard] = {}

    @cached_property
    def rendering(self) -> Rendering:
        """The templates, in the newsroom's language."""
        return Rendering(self.settings, self.templates, self.feeds, self.settings.newsroom.language, self.has_editions)

    def find_goal(self, topic: str) -> str | None:
        """The topic in which one that moved goes on; None for a topic that did not move."""
        goal = self.settings.find_topic(topic)
        return goal if goal != topic and goal in self.settings.topics else None

    def card(self, item: Published) -> ItemCard:
        """An item as lists show it; built once, for as long as the plan is used, since many lists show the same items."""
        card = self._cards.get(item.id)
        if card is None:
            card = self._cards[item.id] = build_card(item, self.context)
        return card

    def document(
        self, path: str, facts: object, render: Callable[[], bytes], status: int = 200, location: str = ""
    ) -> Document:
        """A page that follows from these facts and from what every page follows from."""
        return Document(path, fingerprint(self.key, facts), render, status, location)

    def group(self, name: str, documents: Iterable[Document]) -> Group:
        """A few documents as a group."""
        found = tuple(documents)
        return Group(name, fingerprint(*((document.path, document.key) for document in found)), lambda: found)
