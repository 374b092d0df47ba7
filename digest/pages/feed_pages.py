"""The pages about feeds: all of them in groups, and one page for each, which people see who open a feed in a browser."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from digest.feeds.naming import Choice
from digest.feeds.selection import Feed
from digest.newsroom.document import Document, Group
from digest.newsroom.pictures import Pictures
from digest.newsroom.public import Newsroom
from digest.pages.feed_groups import FeedIndex
from digest.pages.frame import build_feed, sign_up_path
from digest.pages.plan import Plan
from digest.pages.views import Link
from digest.settings import Settings
from digest.templates import Templates

__all__ = ["plan_feed_pages", "render_feed_page"]

FEED_PAGE_LENGTH = 15
"""How many items the page of a feed shows."""


def plan_feed_pages(plan: Plan) -> Group:
    """The page of all feeds, and one for each feed that is written; of a topic that moved, where its feed is now."""
    return plan.group("feed pages", _plan_documents(plan, FeedIndex(plan.feeds, plan.settings)))


def render_feed_page(
    feed: Feed,
    newsroom: Newsroom,
    settings: Settings,
    pictures: Pictures,
    templates: Templates,
    feeds: Sequence[Feed],
    *,
    has_editions: bool = False,
) -> bytes:
    """The page of a feed, whether it is written or made when asked for: `/feeds/NAME.html`.

    Args:
        feeds: the feeds that are written, to which pages link.
        has_editions: whether the masthead links to past digests.

    Raises:
        TemplateError: a template, theme.toml or PO file cannot be used.
    """
    index = FeedIndex(feeds, settings)
    announced = feeds if any(one.name == feed.name for one in feeds) else (*feeds, feed)
    plan = Plan(newsroom, settings, pictures, templates, announced, has_editions=has_editions)
    if feed.target:
        goal = Choice(feed.target.topic, feed.target.kind, feed.target.language)
        return _render_moved(feed.name, feed.title, index.link(goal), plan)
    return _render_feed(feed, index, plan)


def _plan_documents(plan: Plan, index: FeedIndex) -> Iterator[Document]:
    listed = [(feed.name, feed.title, feed.state) for feed in plan.feeds]
    yield plan.document("feeds/index.html", listed, partial(_render_feeds, index, plan))
    for feed in plan.feeds:
        related = (index.narrower(feed), index.wider(feed))
        facts = (feed.title, feed.state, feed.previous, repr(related), plan.facts.of(feed.items[:FEED_PAGE_LENGTH]))
        yield plan.document(f"feeds/{feed.name}.html", facts, partial(_render_feed, feed, index, plan))
    for topic, about in plan.settings.topics.items():
        goal = plan.find_goal(topic)
        if goal is not None and index.find(Choice(goal)):
            title, location = about.in_language(plan.settings.newsroom.language), plan.context.addresses.feed_stem(goal)
            render = partial(_render_moved, topic, title, index.link(Choice(goal)), plan)
            yield plan.document(f"feeds/{topic}.html", None, render, 301, f"{location}.html")


def _render_feeds(index: FeedIndex, plan: Plan) -> bytes:
    rendering = plan.rendering
    head = rendering.head(rendering.words.gettext("Feeds"), "feeds/", feeds=plan.settings.topics)
    return rendering.page("feeds", head, groups=index.group())


def _render_feed(feed: Feed, index: FeedIndex, plan: Plan) -> bytes:
    rendering, ended = plan.rendering, plan.settings.topics[feed.topic].ended if feed.topic else None
    head = rendering.head(feed.title, f"feeds/{feed.name}.html", feeds=[feed.name], canonical="", indexed=False)
    return rendering.page(
        "feed",
        head,
        feed=build_feed(feed, plan.settings),
        ended_on=None if feed.state == "open" else ended,
        sign_up=_sign_up(feed, plan),
        narrower=index.narrower(feed),
        wider=index.wider(feed),
        cards=[plan.card(item) for item in feed.items[:FEED_PAGE_LENGTH]],
    )


def _sign_up(feed: Feed, plan: Plan) -> str:
    """Where the same is had by mail: the feed's topic in its language; kinds are for feeds alone."""
    if feed.topic and not plan.settings.topics[feed.topic].is_open:
        return ""
    return sign_up_path(plan.settings, feed.language or plan.rendering.language, topic=feed.topic or "")


def _render_moved(name: str, title: str, leads_to: Link, plan: Plan) -> bytes:
    """A short page that leads on from the feed of a topic which moved."""
    return plan.rendering.moved(f"feeds/{name}.html", title, leads_to)
