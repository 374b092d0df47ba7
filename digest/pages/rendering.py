"""Views joined with the templates: the one place where pages become bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from markupsafe import Markup

from digest.feeds.selection import Feed
from digest.newsroom.addresses import Addresses
from digest.pages.frame import FeedView, Frame, Head, build_feed, build_frame
from digest.pages.views import ItemCard, ItemView, Link, site_paths
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
        self._feeds: dict[str, FeedView] = {feed.name: build_feed(feed, settings) for feed in feeds}
        self.frame: Frame = build_frame(settings, language, has_editions)
        self.words = templates.words(language)
        self._templates = templates
        self._newsroom = settings.newsroom
        self._addresses = Addresses(settings.newsroom.base_url)
        self._paths = site_paths(settings)
        self._places = self.frame.places
        self._cards: dict[tuple[str, bool], Markup] = {}
        self._mastheads: dict[str, Markup] = {}
        self._links_of: dict[str, Markup] = {}
        self._links = self._block("links", language, frame=self.frame)
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
            links=self._links + Markup("").join(map(self._announce, dict.fromkeys([*head.feeds, "all"]))),
            masthead=self._masthead(head.path),
            footer=self._footer,
            show_card=self.card,
            show_lead=self.lead,
            **values,
        )
        return text.encode()

    def moved(self, path: str, title: str, leads_to: Link) -> bytes:
        """The page at an old address: it leads on at once, also where a server cannot answer with the new address."""
        site = self._addresses.front.removesuffix(self._paths.front)
        canonical = f"{site}{leads_to.address}"
        head = self.head(title, path, canonical=canonical, leads_to=leads_to.address, indexed=False)
        return self.page("moved", head, title=title, leads_to=leads_to)

    def _announce(self, name: str) -> Markup:
        """A feed as the head announces it, the same on all pages that do; nothing for a feed that is not written."""
        if name not in self._links_of:
            feed = self._feeds.get(name)
            self._links_of[name] = self._block("announced", self.language, feed=feed) if feed else Markup()
        return self._links_of[name]

    def _masthead(self, path: str) -> Markup:
        """The masthead, rendered once for each page that it marks as the present one and once for all others."""
        current = path if path in self._places else ""
        if current not in self._mastheads:
            self._mastheads[current] = self._block("masthead", self.language, frame=self.frame, current=current)
        return self._mastheads[current]

    def card(self, card: ItemCard, dated: bool = False) -> Markup:
        """An item in a list; dated where the list is not one by day. Rendered once for all the lists that show it."""
        key = (card.id, dated)
        if key not in self._cards:
            self._cards[key] = self._block("card", card.language, card=card, dated=dated)
        return self._cards[key]

    def lead(self, card: ItemCard) -> Markup:
        """The item that leads a page."""
        return self._block("lead", card.language, card=card)

    def article(self, item: ItemView) -> Markup:
        """An item in full."""
        return self._block("article", item.card.language, item=item, card=item.card)

    def _block(self, name: str, language: str, **values: Any) -> Markup:
        return Markup(self._templates.render(f"pages/{name}.html", language, **values))  # noqa: S704 (autoescaped)
