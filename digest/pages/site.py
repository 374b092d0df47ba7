"""All pages of the public site in one call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from digest.clock import format_utc
from digest.feeds.selection import Feed
from digest.items.markdown import cut_at_word
from digest.newsroom.pictures import Pictures
from digest.newsroom.public import Newsroom, Published
from digest.pages.crawlers import render_robots, render_sitemap
from digest.pages.edition_view import PastEdition, render_past_editions
from digest.pages.feed_pages import FeedGroups, build_feed_groups
from digest.pages.lists import YearView, build_front, build_topic, build_years
from digest.pages.rendering import DESCRIPTION_LENGTH, Rendering
from digest.pages.views import PageContext, build_item
from digest.settings import Settings
from digest.templates import Templates

__all__ = ["build_pages"]

FEED_PAGE_LENGTH = 15
"""How many items the page of a feed shows."""

Page = tuple[str, bytes]


def build_pages(
    newsroom: Newsroom,
    settings: Settings,
    pictures: Pictures,
    templates: Templates,
    feeds: Sequence[Feed],
    editions: Sequence[PastEdition] = (),
) -> dict[str, bytes]:
    """Every page of the site by its path below public/, and the same bytes whenever the same values are handed in.

    Args:
        pictures: the renditions of the newsroom's photos; a photo that has none is not shown.
        feeds: the feeds that are published beside the pages, which the pages announce and list.
        editions: the digests whose web view is public, newest first; their index and its link appear with the first.

    Raises:
        TemplateError: a template, theme.toml or PO file cannot be used.
    """
    context = PageContext(newsroom, settings, pictures)
    rendering = Rendering(settings, templates, feeds, settings.newsroom.language, bool(editions))
    years, groups = build_years(context), build_feed_groups(feeds, settings)
    pages = dict(_render_files(context, templates, years))
    pages["index.html"] = _render_front(context, groups, rendering)
    pages["404.html"] = _render_not_found(rendering)
    pages |= {f"topics/{topic}/index.html": _render_topic(topic, context, rendering) for topic in settings.topics}
    pages |= {f"items/{item.id}/index.html": _render_item(item, context, rendering) for item in newsroom}
    pages |= dict(_render_archive(years, rendering))
    pages |= dict(_render_feeds(feeds, groups, context, rendering))
    if editions:
        pages["editions/index.html"] = render_past_editions(editions, settings, templates, feeds)
    return pages


def _render_files(context: PageContext, templates: Templates, years: tuple[YearView, ...]) -> Iterator[Page]:
    language = context.settings.newsroom.language
    yield "style.css", templates.render("pages/site.css", language).encode()
    yield "favicon.svg", templates.render("pages/favicon.svg", language).encode()
    yield "robots.txt", render_robots(context)
    yield "sitemap.xml", render_sitemap(context, years)


def _render_front(context: PageContext, feeds: FeedGroups, rendering: Rendering) -> bytes:
    front = build_front(context)
    head = rendering.head("", "", picture=front.lead.picture if front.lead else None)
    return rendering.page("front", head, front=front, feeds=feeds)


def _render_not_found(rendering: Rendering) -> bytes:
    title = rendering.words.gettext("There is no such page")
    return rendering.page("not_found", rendering.head(title, "404.html", indexed=False))


def _render_topic(topic: str, context: PageContext, rendering: Rendering) -> bytes:
    view = build_topic(topic, context)
    head = rendering.head(view.title, f"topics/{topic}/", feeds=[topic])
    feed = next((feed for feed in rendering.feeds if feed.id == topic), None)
    return rendering.page("topic", head, topic=view, feed=feed)


def _render_item(item: Published, context: PageContext, rendering: Rendering) -> bytes:
    view = build_item(item, context)
    card, path = view.card, f"items/{item.id}/"
    if card.withdrawn:
        head = rendering.head(rendering.words.gettext("This item was withdrawn"), path, indexed=False)
    else:
        head = rendering.head(
            card.title,
            path,
            cut_at_word(card.summary, DESCRIPTION_LENGTH),
            item.content.topics,
            canonical=view.canonical,
            alternates=card.translations,
            picture=card.picture,
            published=format_utc(item.published_at),
            updated=format_utc(item.updated_at),
        )
    return rendering.page("item", head, article=rendering.article(view))


def _render_archive(years: tuple[YearView, ...], rendering: Rendering) -> Iterator[Page]:
    title = rendering.words.gettext("Archive")
    yield "archive/index.html", rendering.page("archive", rendering.head(title, "archive/"), years=years)
    for year in years:
        head = rendering.head(f"{title} {year.year}", f"archive/{year.year}/")
        yield f"archive/{year.year}/index.html", rendering.page("archive_year", head, year=year)


def _render_feeds(feeds: Sequence[Feed], groups: FeedGroups, context: PageContext, rendering: Rendering) -> Iterator[Page]:
    words = rendering.words
    head = rendering.head(words.gettext("Feeds"), "feeds/", feeds=context.settings.topics)
    yield "feeds/index.html", rendering.page("feeds", head, groups=groups)
    for feed, view in zip(feeds, rendering.feeds, strict=True):
        head = rendering.head(feed.title, f"feeds/{feed.name}.html", feeds=[feed.name], indexed=False)
        cards = [context.cards[item.id] for item in feed.items[:FEED_PAGE_LENGTH]]
        yield f"feeds/{feed.name}.html", rendering.page("feed", head, feed=view, cards=cards)
