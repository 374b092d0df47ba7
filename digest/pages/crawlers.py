"""What search engines are told: which addresses there are, and which are nobody's business."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from html import escape as escape_html

from digest.clock import format_utc
from digest.newsroom.document import Document, Group, fingerprint
from digest.newsroom.public import Published
from digest.pages.plan import Plan

__all__ = ["plan_sitemap", "render_robots"]

PRIVATE = ("desk", "u", "confirm", "preferences", "address", "undo")
"""Below these addresses everything belongs to one person."""

WHOLE_LENGTH = 1_000
"""Up to how many addresses the sitemap is one file; with more it is an index, with one file a year.

So a new item rewrites one of them, and not a list of all that was ever published.
"""

FILE_LENGTH = 50_000
"""The most addresses that one file may hold by the sitemap protocol (sitemaps.org)."""

_SCHEMA = "http://www.sitemaps.org/schemas/sitemap/0.9"


def render_robots(plan: Plan) -> bytes:
    """robots.txt (RFC 9309)."""
    paths, addresses = plan.context.paths, plan.context.addresses
    lines = ["User-agent: *", *(f"Disallow: {paths.front}{name}/" for name in PRIVATE)]
    return "\n".join([*lines, "", f"Sitemap: {addresses.front}sitemap.xml", ""]).encode()


def plan_sitemap(plan: Plan) -> Iterator[Group]:
    """sitemap.xml: the front page, topics, feeds, the archive, and the items that stand and are ours."""
    items, years, facts = plan.context.newsroom.items, plan.facts.years, plan.facts.by_year
    pages = _list_pages(plan, years)
    if len(pages) + len(items) <= WHOLE_LENGTH:
        whole = plan.document("sitemap.xml", list(facts.values()), partial(_render_set, plan, pages, items))
        yield plan.group("sitemap", [whole])
        return
    files = ["sitemap-pages.xml", *(name for year, found in years.items() for name, _ in _name_files(year, found))]
    index = plan.document("sitemap.xml", files, partial(_render_index, plan, files))
    yield plan.group("sitemap", [index, plan.document(files[0], pages, partial(_render_set, plan, pages, ()))])
    for year, found in years.items():
        yield Group(f"sitemap {year}", fingerprint(plan.key, facts[year]), partial(_plan_year, plan, year, found))


def _list_pages(plan: Plan, years: Iterable[str]) -> tuple[str, ...]:
    addresses, settings = plan.context.addresses, plan.settings
    topics = (addresses.topic(topic) for topic in settings.topics if settings.find_topic(topic) == topic)
    archive = f"{addresses.front}archive/"
    return addresses.front, addresses.feeds, archive, *topics, *(f"{archive}{year}/" for year in years)


def _name_files(year: str, items: Sequence[Published]) -> Iterator[tuple[str, Sequence[Published]]]:
    for number, start in enumerate(range(0, len(items), FILE_LENGTH), 1):
        yield f"sitemap-{year}{'' if number == 1 else f'-{number}'}.xml", items[start : start + FILE_LENGTH]


def _plan_year(plan: Plan, year: str, items: Sequence[Published]) -> Iterator[Document]:
    for name, found in _name_files(year, items):
        yield plan.document(name, plan.facts.of(found), partial(_render_set, plan, (), found))


def _render_set(plan: Plan, pages: Iterable[str], items: Iterable[Published]) -> bytes:
    rows = [f"<url><loc>{_escape(page)}</loc></url>" for page in pages]
    rows += [
        f"<url><loc>{_escape(plan.context.addresses.item(item.id))}</loc><lastmod>{format_utc(item.updated_at)}</lastmod></url>"
        for item in items
        if not item.is_withdrawn and not item.content.url
    ]
    return _render("urlset", rows)


def _render_index(plan: Plan, files: Iterable[str]) -> bytes:
    front = _escape(plan.context.addresses.front)
    return _render("sitemapindex", [f"<sitemap><loc>{front}{name}</loc></sitemap>" for name in files])


def _escape(address: str) -> str:
    return escape_html(address, quote=False)


def _render(root: str, rows: Sequence[str]) -> bytes:
    lines = ['<?xml version="1.0" encoding="utf-8"?>', f'<{root} xmlns="{_SCHEMA}">', *rows, f"</{root}>", ""]
    return "\n".join(lines).encode()
