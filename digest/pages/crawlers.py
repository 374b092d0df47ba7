"""What search engines are told: which addresses there are, and which are nobody's business."""

from __future__ import annotations

from xml.sax.saxutils import escape

from digest.clock import format_utc
from digest.pages.lists import YearView
from digest.pages.views import PageContext

__all__ = ["render_robots", "render_sitemap"]

PRIVATE = ("desk", "u", "confirm", "preferences")
"""Below these addresses everything belongs to one person."""

SITEMAP_LENGTH = 50_000
"""The most addresses that one file may hold by the sitemap protocol."""


def render_robots(context: PageContext) -> bytes:
    """robots.txt (RFC 9309)."""
    lines = ["User-agent: *", *(f"Disallow: {context.paths.front}{name}/" for name in PRIVATE)]
    lines += ["", f"Sitemap: {context.addresses.front}sitemap.xml", ""]
    return "\n".join(lines).encode()


def render_sitemap(context: PageContext, years: tuple[YearView, ...]) -> bytes:
    """sitemap.xml: the front page, topics, feeds, the archive, and the items that stand and are ours."""
    addresses = context.addresses
    pages = [addresses.front, addresses.feeds, f"{addresses.front}archive/"]
    pages += [addresses.topic(topic) for topic in context.settings.topics]
    pages += [f"{addresses.front}archive/{year.year}/" for year in years]
    rows = [f"<url><loc>{escape(page)}</loc></url>" for page in pages]
    rows += [
        f"<url><loc>{escape(addresses.item(item.id))}</loc><lastmod>{format_utc(item.updated_at)}</lastmod></url>"
        for item in context.newsroom
        if not item.is_withdrawn and not item.content.url
    ]
    head = '<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    return (head + "\n".join(rows[:SITEMAP_LENGTH]) + "\n</urlset>\n").encode()
