"""Whatever a source holds, its entries become item files without errors, or are named with what is wrong."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from io import BytesIO
from xml.sax.saxutils import escape

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.errors import ContentError
from digest.items.fields import ID
from digest.items.importing.entries import Entry, File, Picture, Skip, Term, clean
from digest.items.importing.feeds import read_feed
from digest.items.importing.json_feed import read_json_feed
from digest.items.importing.mapping import Made, Mapper
from digest.items.importing.naming import Names
from digest.items.importing.rest import read_posts
from digest.items.importing.sources import is_json
from digest.items.importing.wordpress import read_export
from digest.items.reading import read_item
from digest.settings import build_settings

SETTINGS = build_settings(
    """
    [newsroom]
    name = "Harbour Rights"
    title = "Harbour Rights newsroom"
    languages = ["en", "uk"]
    zone = "Europe/London"
    base_url = "https://news.example.org"
    postal_address = "1 Quay, Porttown"
    tag_authority = "example.org,2020"
    [topics.russia]
    title = "Russia"
    keywords = ["Kremlin", "("]
    [kinds.update]
    title = "Update"
    [pictures]
    hosts = ["pictures.example.org"]
    """,
    {},
)
SIGNS = [
    *"ab:-#[]{}&*!|>'\"%@`?,~\n\r \t\\\0\x0b\u202e\u2028\ud800é€", "---", "\n---\n", "../", "{{ x }}", "]]>", "<b>", "</p>",
    "&#0;", "<script>", "javascript:x", "com1", "feeds", "https://pictures.example.org/p.jpg", "https://x.example/a-b/",
    "Kremlin", "…", "2022-02-28", "<img src=p.jpg>", "<!DOCTYPE x>", "null", "\U0001f6a2", "ش", "\u200b",
]  # fmt: skip
TEXT = st.lists(st.sampled_from(SIGNS), max_size=12).map("".join) | st.text(
    st.characters(exclude_categories=()), max_size=40
)
PLAIN = TEXT.map(clean)
"""Readers of sources give clean texts; only the HTML is as it was found."""

NOON = datetime(2022, 2, 28, 12, tzinfo=UTC)
DATES = st.datetimes().map(lambda moment: moment.replace(tzinfo=UTC)) | st.dates() | st.none() | st.just(NOON)
TERMS = st.lists(st.builds(Term, PLAIN, PLAIN), max_size=3).map(tuple)
PICTURES = st.none() | st.builds(Picture, PLAIN, PLAIN, PLAIN, PLAIN)
FILES = st.lists(st.builds(File, PLAIN, PLAIN), max_size=2).map(tuple)
SORTS = st.sampled_from(["", "post", "page"])
ENTRIES = st.builds(
    Entry, PLAIN, TEXT, DATES, st.just(0), PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, SORTS, TERMS, PICTURES, FILES, st.booleans()
)


def judged(made: Made | Skip) -> None:
    """Check what must hold of every entry that was fitted."""
    if isinstance(made, Skip):
        assert made.why
        return
    assert "/" not in made.file
    assert ID.fullmatch(made.id)
    item, problems = read_item(made.text, f"items/{made.file}", SETTINGS)
    assert item, problems
    assert item.id == made.id


@given(st.lists(ENTRIES, max_size=3))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_entry_is_an_item_or_named(entries: list[Entry]) -> None:
    names = Names({})
    mapper = Mapper(SETTINGS, "update", names)
    made = [mapper.make(entry) for entry in entries]
    for one in made:
        judged(one)
    again = Mapper(SETTINGS, "update", Names({}))
    assert made == [again.make(entry) for entry in entries]


@given(PLAIN.filter(lambda text: any(c.isalnum() and c.isascii() for c in text)), TEXT, PLAIN, PLAIN)
@settings(max_examples=200, deadline=None)
def test_nothing_but_its_date_and_words_can_keep_an_entry_out(title: str, words: str, link: str, summary: str) -> None:
    source = f"<p>Said. {words.replace('<', '&lt;')}</p>"
    entry = Entry(title, source, date(2022, 2, 28), guid="1", link=link, summary=summary, language=clean(words))
    made = Mapper(SETTINGS, "update", Names({})).make(entry)
    assert isinstance(made, Made), made
    judged(made)


def _read(data: bytes) -> None:
    """Both commands on these bytes."""
    for readers in ((read_export, read_posts), (read_feed, read_json_feed)):
        reader = readers[is_json(BytesIO(data))]
        try:
            for entry in reader(BytesIO(data), "x"):
                if isinstance(entry, Entry):
                    judged(Mapper(SETTINGS, "update", Names({})).make(entry))
        except ContentError:
            pass


RSS = """<rss xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/"
xmlns:wp="http://wordpress.org/export/1.2/"><channel><item>{}</item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"><entry>{}</entry></feed>"""
ELEMENTS = st.sampled_from([
    "title", "link", "guid", "pubDate", "description", "content:encoded", "category", "media:content", "id", "published",
    "content", "summary", "wp:post_type", "wp:status", "wp:post_date_gmt", "wp:postmeta", "enclosure",
])  # fmt: skip
ATTRIBUTES = st.sampled_from([
    "", ' type="xhtml"', ' type="html"', ' url="https://[" medium="image"', ' href="https://["', ' xml:base="https://["',
    ' xml:lang="uk"',
])  # fmt: skip
MEANT = ["post", "publish", "2022-02-28 12:00:00", "Mon, 28 Feb 2022 12:00:00 GMT", "2022-02-28T12:00:00Z"]
VALUES = st.sampled_from(MEANT) | TEXT
CHILD = st.builds(
    lambda name, attribute, text: f"<{name}{attribute}>{text}</{name}>", ELEMENTS, ATTRIBUTES, VALUES.map(escape)
)
CHILDREN = st.lists(CHILD, max_size=8).map("".join)


@given(st.sampled_from([RSS, ATOM]), CHILDREN)
@settings(max_examples=200, deadline=None)
def test_any_feed_or_export_is_read_or_refused(head: str, children: str) -> None:
    _read(head.format(children).encode("utf-8", "replace"))


NAMES = st.sampled_from([
    "id", "title", "rendered", "content", "slug", "link", "date_gmt", "_embedded", "wp:term", "wp:featuredmedia", "caption",
    "media_details", "content_html", "content_text", "date_published", "tags", "attachments", "image", "status", "lang",
    "items", "version",
])  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=20,
)
POSTS = st.fixed_dictionaries(
    {"id": st.just(1), "content": st.fixed_dictionaries({"rendered": TEXT}), "date_gmt": VALUES},
    optional=dict.fromkeys(["title", "_embedded", "guid", "slug", "excerpt", "type", "lang"], JSON),
)
FEEDS = st.fixed_dictionaries(
    {"version": st.just("https://jsonfeed.org/version/1.1"), "items": st.lists(JSON, max_size=3) | JSON}
)


@given(JSON | POSTS | st.lists(POSTS, max_size=2) | FEEDS)
@settings(max_examples=150, deadline=None)
def test_any_json_is_read_or_refused(value: object) -> None:
    _read(json.dumps(value).encode())


PIECES = ["<rss>", "<channel>", "<item>", "</item>", "<!DOCTYPE", "<?xml ", "?>", "<!--", "{", "[", '"', "&x;", "\0"]


@given(st.binary(max_size=200) | st.lists(st.sampled_from(PIECES)).map(lambda pieces: "".join(pieces).encode()))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    _read(data)
