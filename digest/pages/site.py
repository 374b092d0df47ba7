"""All pages of the public site: planned in groups, rendered one by one by whoever asks for their bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from digest.feeds.selection import Feed
from digest.newsroom.document import Document, Group
from digest.newsroom.pictures import Pictures
from digest.newsroom.public import Newsroom, Published
from digest.pages.archive import plan_archive
from digest.pages.crawlers import plan_sitemap, render_robots
from digest.pages.edition_view import PastEdition, render_past_editions
from digest.pages.feed_groups import FeedIndex
from digest.pages.feed_pages import plan_feed_pages
from digest.pages.item_pages import plan_items
from digest.pages.lists import LIST_LENGTH, FrontView, choose_front, group_by_day
from digest.pages.plan import Plan
from digest.pages.topic_pages import plan_topics
from digest.settings import Settings
from digest.templates import Templates

__all__ = ["plan_pages"]


def plan_pages(
    newsroom: Newsroom,
    settings: Settings,
    pictures: Pictures,
    templates: Templates,
    feeds: Sequence[Feed],
    site_key: str,
    editions: Sequence[PastEdition] = (),
) -> Iterator[Group]:
    """Every page of the site, in groups: the lists that show the newest items first, then the archive and the items.

    Args:
        pictures: the renditions of the newsroom's photos; a photo that has none is not shown.
        feeds: the feeds that are written beside the pages, which the pages announce and list.
        site_key: a fingerprint of settings, templates and code.
        editions: the digests whose web view is public, newest first; their index and its link appear with the first.

    Rendering a document may raise a TemplateError: a template, theme.toml or PO file cannot be used.
    """
    plan = Plan(newsroom, settings, pictures, templates, feeds, site_key, bool(editions))
    yield plan.group("assets", _plan_assets(plan))
    yield plan.group("front", _plan_front(plan, editions))
    yield plan_topics(plan)
    yield plan_feed_pages(plan)
    yield from plan_sitemap(plan)
    yield from plan_archive(plan)
    yield from plan_items(plan)


def _plan_assets(plan: Plan) -> Iterator[Document]:
    language, templates = plan.settings.newsroom.language, plan.templates
    yield plan.document("style.css", None, lambda: templates.render("pages/site.css", language).encode())
    yield plan.document("favicon.svg", None, lambda: templates.render("pages/favicon.svg", language).encode())
    logo = templates.logo
    for name, data in logo.files.items() if logo else ():
        yield plan.document(name, None, partial(bytes, data))
    yield plan.document("robots.txt", None, partial(render_robots, plan))
    gettext = plan.rendering.words.gettext
    yield plan.document("404.html", None, partial(_render_refusal, plan, 404, "not_found", gettext("There is no such page")))
    yield plan.document("410.html", None, partial(_render_refusal, plan, 410, "gone", gettext("This is no longer here")))


def _plan_front(plan: Plan, editions: Sequence[PastEdition]) -> Iterator[Document]:
    lead, others = choose_front(plan.facts.chosen)
    has_older = len(plan.facts.chosen) > LIST_LENGTH + (lead is not None)
    followed = [(feed.name, feed.state) for feed in plan.feeds]
    facts = (plan.facts.of([lead] if lead else []), plan.facts.of(others), has_older, followed)
    yield plan.document("index.html", facts, partial(_render_front, plan, lead, others, has_older))
    if editions:
        listed = tuple((edition.id, edition.title, edition.day.isoformat(), edition.language) for edition in editions)
        render = partial(render_past_editions, editions, plan.settings, plan.templates, plan.feeds)
        yield plan.document("editions/index.html", listed, render)


def _render_front(plan: Plan, lead: Published | None, others: Sequence[Published], has_older: bool) -> bytes:
    opening = plan.card(lead) if lead else None
    front = FrontView(opening, group_by_day(plan.card(item) for item in others), has_older)
    head = plan.rendering.head("", "", picture=opening.picture if opening else None)
    return plan.rendering.page("front", head, front=front, feeds=FeedIndex(plan.feeds, plan.settings).group())


def _render_refusal(plan: Plan, status: int, name: str, title: str) -> bytes:
    """The page that a server shows where nothing is (any more)."""
    return plan.rendering.page(name, plan.rendering.head(title, f"{status}.html", canonical="", indexed=False))
