"""Text that looks like markup, or like the end of it, stays text in every format."""

from __future__ import annotations

import html
import json
from collections.abc import Callable

from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st
from lxml import etree

from digest.feeds.documents import FeedWriter
from digest.feeds.selection import build_feed
from digest.newsroom.log import Event
from digest.newsroom.public import build_newsroom
from digest.settings import Settings
from digest.templates import Templates

ATOM = "{http://www.w3.org/2005/Atom}"
ENCODED = "{http://purl.org/rss/1.0/modules/content/}encoded"
PIECES = [
    "]]>",
    "<script>alert(1)</script>",
    "</title>",
    "<b>",
    "&",
    "&amp;",
    "&#0;",
    '"',
    "'",
    "😀",
    "\u2028",
    "%s",
    "%(title)s",
]
PIECES += ["{{ x }}", "<!--", "<![CDATA[", "<?xml ?>", "\u202e", "\ufeff", "\u00a0", "javascript:alert(1)"]
LETTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"])
TEXT = st.lists(st.sampled_from(PIECES) | st.text(LETTERS, max_size=6), max_size=6).map(
    lambda parts: "x" + "".join(parts) + "x"
)


@limits(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=TEXT, summary=TEXT, body=TEXT)
def test_hostile_text_arrives_as_the_text_it_is(
    release: Callable[..., Event], settings: Settings, templates: Templates, title: str, summary: str, body: str
) -> None:
    item = release("hostile", title=title, summary=summary, body=body, issuer=title)
    feed = build_feed(build_newsroom([item]), settings)
    writer = FeedWriter(settings, {}, templates)

    atom = etree.fromstring(writer.render(feed, "atom")).find(f"{ATOM}entry")
    rss = etree.fromstring(writer.render(feed, "rss")).find("channel/item")
    listed = json.loads(writer.render(feed, "json"))["items"][0]

    assert atom.findtext(f"{ATOM}title") == rss.findtext("title") == listed["title"] == title
    assert atom.findtext(f"{ATOM}summary") == html.unescape(rss.findtext("description")) == listed["summary"] == summary
    assert atom.findtext(f"{ATOM}content") == rss.findtext(ENCODED) == listed["content_html"]
    assert "<script" not in listed["content_html"]
    assert "<" not in rss.findtext("description")


@limits(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(note=TEXT, caption=TEXT, reason=TEXT)
def test_hostile_notes_and_captions_never_become_markup(
    release: Callable[..., Event], settings: Settings, templates: Templates, note: str, caption: str, reason: str
) -> None:
    photo = {"src": "https://img.example.org/a.jpg", "alt": caption, "caption": caption, "credit": caption}
    shown = release("shown", photo=photo, corrections=({"date": "2022-03-01", "note": note},))
    gone = release("gone", withdrawn={"date": "2022-03-01", "reason": reason})
    writer = FeedWriter(settings, {}, templates)

    for entry in writer.entries(build_feed(build_newsroom([shown, gone]), settings)):
        tree = etree.HTML(f"<html><body>{entry.content}</body></html>")
        tags = {element.tag for element in tree.iter()} - {"html", "body"}
        assert tags <= {"p", "strong", "em", "figure", "figcaption", "img"}
        assert all(element.get("alt") in (None, caption) for element in tree.iter())
