"""What every page has around its content: masthead, footer, head and the autodiscovery of feeds."""

from __future__ import annotations

from dataclasses import dataclass

from digest.feeds.selection import Feed
from digest.newsroom.addresses import FEED_FORMATS, Addresses, FeedFormat
from digest.pages.pictures import PictureView
from digest.pages.views import Link, site_paths
from digest.settings import Settings

__all__ = ["FeedAddress", "FeedView", "Frame", "Head", "build_feed", "build_frame", "sign_up_path"]

NAV_TOPICS = 7
"""How many topics the masthead names; the page of feeds names all."""

_NAMES: dict[FeedFormat, str] = {"atom": "Atom", "rss": "RSS", "json": "JSON Feed"}
_MEDIA_TYPES: dict[FeedFormat, str] = {
    "atom": "application/atom+xml",
    "rss": "application/rss+xml",
    "json": "application/feed+json",
}


@dataclass(frozen=True, slots=True)
class FeedAddress:
    """One document of a feed: the name of its format, its path, its full address and its media type."""

    name: str
    path: str
    address: str
    media_type: str


@dataclass(frozen=True, slots=True)
class FeedView:
    """A feed as pages offer it: its id, its title, the page that shows it, its documents.

    `label` is what tells it from others beside it, such as "Ukraine"; `archive` the address of the newest document of its
    archive (RFC 5005), empty while it has none.
    """

    id: str
    title: str
    label: str
    page: str
    addresses: tuple[FeedAddress, ...]
    archive: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """Masthead and footer, the same on every page of one language. All addresses are paths on the site.

    `subscribe` is where people sign up for letters; empty where they cannot.
    """

    name: str
    title: str
    tagline: str
    front: str
    topics: tuple[Link, ...]
    feeds: str
    archive: str
    editions: str
    opml: str
    style: str
    icon: str
    postal_address: str
    contact: str
    subscribe: str = ""

    @property
    def places(self) -> frozenset[str]:
        """The pages that the masthead leads to."""
        return frozenset(
            {
                self.front,
                self.feeds,
                self.archive,
                self.editions,
                self.subscribe.partition("?")[0],
                *(link.address for link in self.topics),
            }
        )


@dataclass(frozen=True, slots=True)
class Head:
    """What the `<head>` says of one page: `path` on the site, `canonical` in full.

    `feeds` names the feeds that the page announces (autodiscovery) before that of everything; `published` and `updated`
    (RFC 3339) are set for items only; a page that is not `indexed` asks search engines to stay away. `leads_to` is where a
    page that is only there for an old address sends its readers; `canonical` is empty where nobody should find the page.
    """

    title: str
    description: str
    path: str
    canonical: str
    alternates: tuple[Link, ...] = ()
    feeds: tuple[str, ...] = ()
    picture: PictureView | None = None
    published: str = ""
    updated: str = ""
    indexed: bool = True
    leads_to: str = ""


def build_frame(settings: Settings, language: str, has_editions: bool) -> Frame:
    """The frame of all pages in a language; digests are linked once there is one."""
    newsroom, paths = settings.newsroom, site_paths(settings)
    topics = [
        Link(topic.in_language(language), paths.topic(name)) for name, topic in settings.topics.items() if topic.is_open
    ]
    return Frame(
        name=newsroom.name,
        title=newsroom.title,
        tagline=newsroom.tagline,
        front=paths.front,
        topics=tuple(topics[:NAV_TOPICS]),
        feeds=paths.feeds,
        archive=f"{paths.front}archive/",
        editions=f"{paths.front}editions/" if has_editions else "",
        opml=paths.opml,
        style=f"{paths.front}style.css",
        icon=f"{paths.front}favicon.svg",
        postal_address=newsroom.postal_address,
        contact=newsroom.contact,
        subscribe=sign_up_path(settings, language),
    )


def sign_up_path(settings: Settings, language: str, *, list_id: str = "", topic: str = "") -> str:
    """Where people subscribe on the web, in a language: to a list, with a topic chosen, when they are named.

    Empty where they cannot.
    """
    if not (settings.web.sign_up and settings.lists):
        return ""
    chosen = f"&topic={topic}" if topic else ""
    return f"{site_paths(settings).subscribe(list_id)}?language={language}{chosen}"


def build_feed(feed: Feed, settings: Settings, label: str = "") -> FeedView:
    """A feed as pages offer it, under a short name where one is given."""
    paths, addresses = site_paths(settings), Addresses(settings.newsroom.base_url)
    return FeedView(
        id=feed.name,
        title=feed.title,
        label=label or feed.title,
        page=f"{paths.feed_stem(feed.name)}.html",
        addresses=tuple(
            FeedAddress(_NAMES[form], paths.feed(feed.name, form), addresses.feed(feed.name, form), _MEDIA_TYPES[form])
            for form in FEED_FORMATS
        ),
        archive=f"{addresses.feed_stem(feed.name, feed.previous)}.atom" if feed.previous else "",
    )
