"""Views joined with the templates: the one place where pages become bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from markupsafe import Markup

from digest.feeds.selection import Feed
from digest.newsroom.addresses import Addresses
from digest.pages.frame import FeedView, Frame, Head, build_alternates, build_feed, build_frame
from digest.pages.views import ItemCard, ItemView, site_paths
from digest.settings import Settings
from digest.templates import Templates

__all__ = ["DESCRIPTION_LENGTH", "Rendering"]

DESCRIPTION_LENGTH = 200
"""How much of a text search engines and previews are told, in characters."""


class Rendering:
    """Renders pages in one language; blocks about an item are rendered in the item's own language and set in.

    Args:
        language: the language of masthead, footer and headings.
        has_editions: whether the masthead links to past digests.
    """

    def __init__(
        self, settings: Settings, templates: Templates, feeds: Sequence[Feed], language: str, has_editions: bool = False
    ) -> None:
        self.language = language
        self.feeds: tuple[FeedView, ...] = tuple(build_feed(feed, settings) for feed in feeds)
        self.frame: Frame = build_frame(settings, language, has_editions)
        self.words = templates.words(language)
        self._templates = templates
        self._newsroom = settings.newsroom
        self._addresses = Addresses(settings.newsroom.base_url)
        self._paths = site_paths(settings)
        self._places = self.frame.places
        self._cards: dict[tuple[ItemCard, bool], Markup] = {}
        self._mastheads: dict[str, Markup] = {}
        self._links_of: dict[tuple[str, ...], Markup] = {}
        self._footer = self._block("footer", language, frame=self.frame)

    def head(self, title: str, path: str, description: str = "", feeds: Iterable[str] = (), **more: Any) -> Head:
        """The head of the page at that path below the site's front page; without a title it has the newsroom's."""
        site = self._newsroom.title
        return Head(
            title=title or site,
            description=description or self._newsroom.tagline or site,
            path=f"{self._paths.front}{path}",
            feeds=tuple(feeds),
            **{"canonical": f"{self._addresses.front}{path}", **more},
        )

    def page(self, name: str, head: Head, **values: Any) -> bytes:
        """A whole page from `templates/pages/NAME.html`."""
        text = self._templates.render(
            f"pages/{name}.html",
            self.language,
            frame=self.frame,
            head=head,
            links=self._links(head.feeds),
            masthead=self._masthead(head.path),
            footer=self._footer,
            show_card=self.card,
            show_lead=self.lead,
            **values,
        )
        return text.encode()

    def _links(self, names: tuple[str, ...]) -> Markup:
        """What the head links to; rendered once for all pages that announce the same feeds."""
        if names not in self._links_of:
            feeds = build_alternates(self.feeds, names)
            self._links_of[names] = self._block("links", self.language, frame=self.frame, feeds=feeds)
        return self._links_of[names]

    def _masthead(self, path: str) -> Markup:
        """The masthead, rendered once for each page that it marks as the present one and once for all others."""
        current = path if path in self._places else ""
        if current not in self._mastheads:
            self._mastheads[current] = self._block("masthead", self.language, frame=self.frame, current=current)
        return self._mastheads[current]

    def card(self, card: ItemCard, dated: bool = False) -> Markup:
        """An item in a list; dated where the list is not one by day."""
        if (card, dated) not in self._cards:
            self._cards[card, dated] = self._block("card", card.language, card=card, dated=dated)
        return self._cards[card, dated]

    def lead(self, card: ItemCard) -> Markup:
        """The item that leads a page."""
        return self._block("lead", card.language, card=card)

    def article(self, item: ItemView) -> Markup:
        """An item in full."""
        return self._block("article", item.card.language, item=item, card=item.card)

    def _block(self, name: str, language: str, **values: Any) -> Markup:
        return Markup(self._templates.render(f"pages/{name}.html", language, **values))  # noqa: S704 (autoescaped)
