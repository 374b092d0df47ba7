"""The permanent addresses of a newsroom on the web, and the names of its feeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from digest.newsroom.pictures import Rendition

__all__ = ["FEED_FORMATS", "Addresses", "FeedFormat", "feed_name"]

FeedFormat = Literal["atom", "rss", "json"]
FEED_FORMATS: tuple[FeedFormat, ...] = ("atom", "rss", "json")


def feed_name(topic: str | None = None, kind: str | None = None, language: str | None = None) -> str:
    """A feed's name: `all`, a topic, a kind or `topic+kind`, then `.LANG` when restricted to a language."""
    chosen = "+".join(part for part in (topic, kind) if part) or "all"
    return f"{chosen}.{language}" if language else chosen


@dataclass(frozen=True, slots=True)
class Addresses:
    """Absolute addresses below a base URL without a trailing slash."""

    base_url: str

    @property
    def front(self) -> str:
        """The front page."""
        return f"{self.base_url}/"

    @property
    def feeds(self) -> str:
        """The page of all feeds."""
        return f"{self.base_url}/feeds/"

    @property
    def opml(self) -> str:
        """The OPML document of all feeds."""
        return f"{self.base_url}/feeds/all.opml"

    @property
    def icon(self) -> str:
        """The newsroom's square picture."""
        return f"{self.base_url}/favicon.svg"

    def item(self, item: str) -> str:
        """An item's page."""
        return f"{self.base_url}/items/{item}/"

    def topic(self, topic: str) -> str:
        """A topic's page."""
        return f"{self.base_url}/topics/{topic}/"

    def feed(self, name: str, form: FeedFormat) -> str:
        """A feed document."""
        return f"{self.feed_stem(name)}.{form}"

    def feed_stem(self, name: str, page: str = "") -> str:
        """What the three documents of a feed, or of a page of its archive such as `2022-02`, have in common."""
        return f"{self.base_url}/feeds/{name}/{page}" if page else f"{self.base_url}/feeds/{name}"

    def photo(self, rendition: Rendition) -> str:
        """A re-encoded photo."""
        return f"{self.base_url}/photos/{rendition.name}"

    def edition(self, edition: str, language: str | None = None) -> str:
        """An edition's web view, in a language other than the newsroom's when one is named."""
        return f"{self.base_url}/editions/{edition}/" + (f"{language}/" if language else "")

    def leave(self, token: str) -> str:
        """The page behind the unsubscribe link of one copy; RFC 8058 posts go to the same address."""
        return f"{self.base_url}/u/{token}"

    def subscribe(self, list_id: str = "") -> str:
        """The page to subscribe, to one list when it is named."""
        return f"{self.base_url}/subscribe/" + (f"{list_id}" if list_id else "")

    def confirm(self, token: str) -> str:
        """The page behind the link that confirms a request."""
        return f"{self.base_url}/confirm/{token}"

    def preferences(self, token: str = "") -> str:
        """The page of one's choices; without a token the one on which its link is asked for."""
        return f"{self.base_url}/preferences/{token}"

    def move(self, token: str) -> str:
        """The page on which a reader agrees, from the address held so far, to another one."""
        return f"{self.base_url}/address/{token}"

    def undo(self, token: str) -> str:
        """The page on which somebody who left comes back."""
        return f"{self.base_url}/undo/{token}"
