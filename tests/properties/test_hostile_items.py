"""Ten thousand hostile item files: each is refused in plain lines or published as harmless text, and harms no neighbour.

The files are made by chance from a fixed seed: one to three payloads, each in a field or another place of an item, in one of
the ways in which YAML writes text. Every run tries the same files, and a failure names the one at fault.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import feedparser
import lxml.html
from lxml import etree

from digest.feeds.documents import FeedWriter
from digest.feeds.selection import build_feed, build_feeds
from digest.items.folder import read_folder
from digest.items.keeping import Reading
from digest.items.model import Content, Item
from digest.items.reading import read_item_file
from digest.items.together import judge_together
from digest.newsroom.pictures import Picture, Rendition
from digest.newsroom.public import Newsroom, build_newsroom, fold_lines
from digest.newsroom.releasing import plan_release
from digest.pages.site import plan_pages
from digest.settings import Site, build_settings
from digest.templates import Templates

FILE_COUNT, BATCH = 10_400, 260
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
BASE = "https://news.example.org"
SETTINGS = build_settings(
    """
    [newsroom]
    name = "The Newsroom"
    title = "The Newsroom of Example"
    languages = ["en", "ar", "fr"]
    zone = "Europe/London"
    base_url = "https://news.example.org"
    postal_address = "1 Example Street"
    tag_authority = "news.example.org,2021"
    [topics.ukraine]
    title = "Ukraine"
    [topics.russia]
    title = "Russia"
    [kinds.report]
    title = "Report"
    [kinds.update]
    title = "Update"
    [pictures]
    hosts = ["img.example.org"]
    [feeds]
    entries = 500
    """,
    {},
)
SHA = "a" * 64
SIZES = [Rendition(f"0123456789abcdef-{width}.jpg", width, width * 9 // 16, 1000) for width in (1600, 1200, 400)]
PICTURES = {SHA: Picture(*SIZES)}
PHOTOS = {"crowd.jpg": SHA}

SUM, RESULT = "{{ 1337*31337 }}", "41897569"
SCHEMES = (
    *(
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
        "java\rscript:alert(1)",
    ),
    *("javascript&colon;alert(1)", "&#106;avascript:alert(1)", "&#x6A;&#x61;vascript:alert(1)", "java&Tab;script:alert(1)"),
    *("java&NewLine;script:alert(1)", "java&#x0a;script:alert(1)", "&#1;javascript:alert(1)", "\x01javascript:alert(1)"),
    *("%6Aavascript:alert(1)", " javascript:alert(1)", "javascript\\:alert(1)", "java\u200bscript:alert(1)", "vbscript:x"),
    *("VBScript&#58;msgbox(1)", "data:text/html,<script>alert(1)</script>", "data:text/html;base64,PHNjcmlwdD4=", "blob:x"),
    *(
        "DATA&colon;text/html,x",
        "feed:javascript:alert(1)",
        "view-source:javascript:alert(1)",
        "file:///etc/passwd",
        "tel:1",
    ),
    *("https:javascript:alert(1)", "//javascript:alert(1)", "https://e.org/\njavascript:alert(1)", "jar:https://e.org!/x"),
    *("mailto:a@e.org?subject=javascript:x", "ｊａｖａｓｃｒｉｐｔ：alert(1)", "livescript:x", "mocha:x", "x:javascript:y"),
)
SHAPES = (
    *(
        "[x]({})",
        "[x](<{}>)",
        "<{}>",
        "[[x]]({})",
        "[![y]({})](https://e.org)",
        "[x][r]\n\n[r]: {}",
        '[x]({} "onload=alert(1)")',
    ),
    *(
        "![x]({})",
        "[a [b]({}) c](https://e.org/)",
        "{}",
        '<a href="{}">x</a>',
        "[x](  {}  )",
        "[`x`]({})",
        "https://e.org/?u={}",
    ),
)
PAYLOADS: dict[str, tuple[str, ...]] = {
    "markup": ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</title></head><b onclick='x'>",
        "<x:y z=1/>"),
    "unclosed": ("<div><p", '<a href="', "<b", "</article></body>", "<textarea>", "<title>", "<plaintext>", "<?php",
        "<!DOCTYPE x"),
    "comment": ("<!-- x -->", "<!--", "--><script>alert(1)</script>", "<!-->", "<!--[if IE]><script>x</script><![endif]-->"),
    "cdata": ("]]>", "<![CDATA[x]]>", "]]]]><![CDATA[>", "<![CDATA["),
    "style": ('<p style="background:url(javascript:x)">', "<style>*{}</style>", "style=expression(alert(1))",
        "<link rel=import>"),
    "foreign": ("<svg onload=alert(1)>", "<math><mtext><mglyph><style><img src=x onerror=x>",
        "<svg><a xlink:href='javascript:x'>"),
    "frame": ("<iframe srcdoc='<script>x</script>'>", "<object data=x>", "<embed src=x>", "<form action=x><input>",
        "<base href=x>"),
    "link": tuple(shape.format(scheme) for shape, scheme in product(SHAPES, SCHEMES)),
    "entity": ("&#0;", "&#x1b;", "&#x202e;", "&#xFFFE;", "&#xD800;", "&#128;", "&#13;", "&#x85;", "&#99999999;", "&#8232;"),
    "text entity": ("&amp;lt;script&amp;gt;", "&lt;script&gt;x", "&nosuch;", "&", "&#;", "&copy", "&amp;amp;",
        "&#60;b&#62;"),
    "control": ("\x00", "\x07", "\x1b[31m", "\x7f", "\x85", "\x08", "\x0b", "\x0c", "\x9b31m", "\u2028", "\u2029"),
    "no character": ("\ufffe", "\uffff", "\U0001fffe", "\ufdd0", "\ud800", "\udfff\ud83d"),
    "bidi override": ("\u202eexe.txt", "\u202a", "\u2066x", "\u2069", "\u202d", "\u206a", "\ufff9"),
    "bidi text": ("abc אבג \u200f\u061c\u200e", "مرحبا (x)", "\u200f\u200f"),
    "look-alike": ("раураl", "аррӏе.com", "ѕсrірt", "＜script＞alert(1)＜/script＞", "\u200b\u2060\ufeff", "\u3164\u2800",
        "ﬁ K"),
    "emoji": ("👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "\u200d\u200d", "🇺🇦🇺", "1️⃣", "\U000e0067\U000e007f"),
    "marks": ("Z" + "\u0301\u0327\u0488" * 60, "\u0300x", "ﷺ" * 30, "क्षि"),
    "template": (SUM, "{% if 1 %}x{% endif %}", "${1337*31337}", "{{ self.__init__.__globals__ }}",
        "{% raw %}"),
    "broken template": ("{% include '/etc/passwd' %}", "{{", "{%", "{#", "#{1337*31337}", "%(title)s %s {0}",
        "<%= 1337*31337 %>"),
    "relative": ("[x](../../../etc/passwd)", "[x](//evil.example/a)", "[x](/a b)", "[x](?q=<b>)", "[x](#a\"b)",
        "[x](\\\\e.org\\a)"),
    "picture": ("![x](https://e.org/a.png)", "![](//e.org/a.gif)", "![a![b](c)](d)", "<img src=https://e.org/1.gif>",
        '![" onerror=x](a)'),
    "credentials": ("[x](https://user:pw@e.org/)", "https://user@e.org/", "<https://a:b@e.org>",
        "https://e.org@evil.example/"),
    "nesting": ("> " * 25 + "x", "> " * 200 + "x", "- " * 150 + "x", "*a " * 60 + "b*" * 60, "[" * 300, "**" * 200,
        "`" * 99, "(" * 400),
    "long word": ("w" * 150, "w" * 3000, "https://e.org/" + "a" * 2500, "é" * 250, "\u00ad".join("long" * 60)),
    "bare cr": ("one\rtwo", "\r\r", "x\r---\ry", "a\r\nb\rc", "\rtitle: other"),
    "yaml": ("&a x", "*a", "!!python/object/apply:os.system [id]", "!tag x", "{a: b}", "[a, b", "? x", "%YAML 1.1", "@x",
        "x: y: z", "<<: *a"),
    "quotes": ('"', "'", '\\"', "''", "\\", "\\x00", "\\ud83d", "x # y", "---", "...", "- x", "null", "~", "yes", "0o7",
        "1e3"),
    "path": ("../../etc/passwd", "..\\..\\x.jpg", "/etc/passwd.jpg", "a/../crowd.jpg", "crowd.jpg\x00.png",
        "%2e%2e/crowd.jpg", "CROWD.JPG"),
    "address": (
        *("https://user:pw@e.org/a.jpg", "https://127.0.0.1/a.jpg", "https://[::1]/a.png", "//img.example.org/a.jpg",
          "http://e.org"),
        *('https://img.example.org/a.jpg?"onload=x', "https://img.example.org/a.jpg?x=<b>&y=&amp;'",
          "https://xn--a.org/é?q=ü#\u202e"),
        *("https://img.example.org/a.jpg?a=1&b=2'", "https://e.org/%00", "https://e.org:99999/", "https://раураl.com/{{x}}",
          "HTTPS://E.org"),
        *("https://e.org/?u=javascript:alert(1)", "https://e.org/${1337*31337}", "https://e..org/", "https:///x",
          "https://img.example.org"),
    ),
    "date": (
        *("0000-00-00", "9999-12-31", "1899-12-31", "1900-01-01", "2999-12-31", "2022-02-30", "12022-01-01", "٢٠٢٢-٠٢-٢٨",
          "today"),
        *("2022-03-27T01:30 Europe/London", "2022-10-30T01:30 Europe/London", "2022-02-28T12:00 ../../etc/passwd",
          "2022-2-8"),
        *("2022-02-28T12:00+99:99", "2022-02-28T24:00Z", "2022-02-28T12:00:60Z", "2022-02-28T12:00",
          "1900-01-01T00:00+23:59"),
        *("2022-02-28 12:00 Pacific/Kiritimati", "2022-02-28T12:00+14:00", "2022-02-28T12:00 Asia/Kathmandu", "-2022-02-28"),
        *("2022-02-28T12:00 Europe/Lon\u0000don", "2022-02-28T12:00 posixrules", "2022-02-28T12:00:00.999999999Z"),
    ),
    "id": ("../../x", "a/b", "..", ".", "con", "feeds", "index", "A", "-a", "a" * 81, "a\u202e", "é", "a-b", "0", "%2e%2e"),
    "root": ("neighbour", "neighbour\u200b", "../neighbour", "nobody"),
}  # fmt: skip
HARMLESS = [
    kind
    for kind in PAYLOADS
    if kind not in ("control", "no character", "bidi override", "path", "address", "date", "id", "root")
]
PROSE = (
    "title", "summary", "body", "issuer", "contact", "photo.alt", "photo.caption", "photo.credit", "corrections.note",
    "withdrawn.reason", "attachments.title",
)  # fmt: skip
STRICT = {
    "photo.src": ("path", "address", "link"), "url": ("address", "link", "credentials"), "attachments.src": ("address",
        "link"),
    "date": ("date",), "updated": ("date",), "embargo": ("date",), "corrections.date": ("date",), "withdrawn.date": ("date",
        ),
    "id": ("id", "path"), "translation_of": ("id", "root"), "kind": ("markup", "yaml"), "topics": ("markup", "yaml"),
        "language": ("look-alike",),
    "name": ("markup", "quotes", "yaml"),
}  # fmt: skip
NEVER_ACCEPTED = {"control", "no character", "bidi override"}
TRICKS = (
    "a: &a [x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c]",
    "title: again\ntitle: and again", "<<: {title: x}", "&x title2: y", "!!set {a, b}", "? [a, b]\n: c",
    "review: [[[[[[[[[[x]]]]]]]]]]",
    "topics2: " + "[" * 3000, "topics: [" + "ukraine, " * 5000 + "russia]", "review: [" + "title, " * 900 + "body]",
    "{" * 500,
    'issuer: "\\ud83d\\ude00"', 'issuer: "\\ud800"', 'issuer: "\\x00"', 'issuer: "\\u202e"', 'issuer: "\\uFFFE"',
    'issuer: "\\U0001F600"',
    'issuer: "\\U00110000"', 'issuer: "\\N\\L\\P\\_\\e"', "issuer: !!binary aGk=", "%TAG ! tag:x,1:\n---",
    "...\n---\ntitle: x",
    "\ttab: x", "issuer: |9\n x", "issuer: >-\n  a\n\n\n  b", "urgent: yes", "status: [ready]", "photo: crowd.jpg",
    "corrections: {}",
    "contact: a@e.org <script>", "contact: 'javascript:alert(1) https://e.org/\"onload=x www.e.org'", "# only a comment",
    "issuer:", "? ",
)  # fmt: skip
BANNED_TAGS = {
    *(
        "script",
        "style",
        "iframe",
        "object",
        "embed",
        "form",
        "input",
        "svg",
        "math",
        "base",
        "meta",
        "link",
        "frame",
        "textarea",
    ),
    *("button", "video", "audio", "title", "body", "html", "template", "noscript", "plaintext", "x:y"),
}
BANNED_ON_PAGES = {*("iframe", "object", "embed", "math", "base", "frame", "textarea", "video", "audio", "plaintext", "x:y")}
ADDRESSES = ("href", "src", "srcset", "action", "formaction", "poster", "background", "data", "cite", "xlink:href", "ping")
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(chr(plane << 16 | low) for plane in range(1, 17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
ATOM = "{http://www.w3.org/2005/Atom}"
ENCODED = "{http://purl.org/rss/1.0/modules/content/}encoded"
STRICT_XML = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)


class Hostile(NamedTuple):
    """An item file, the kinds of payload in it and the places where they stand."""

    file: str
    text: str
    kinds: tuple[str, ...]
    places: tuple[str, ...]


def generate(seed: int, count: int) -> Iterator[Hostile]:
    """That many files, always the same for a seed."""
    chance = Random(seed)
    for number in range(count):
        yield make_file(chance, f"items/h{number:05}.md")


def make_file(chance: Random, file: str) -> Hostile:
    values, kinds, body = {}, [], "A ship came in.\n\nIt left again."
    for _ in range(chance.choice((1, 1, 2, 3))):
        place = chance.choice(PROSE) if chance.random() < 0.75 else chance.choice(list(STRICT))
        if place in values:
            continue
        # what is refused everywhere is made rarely, or hardly any file with several payloads would be accepted
        among = STRICT.get(place) or (HARMLESS if chance.random() < 0.85 else list(PAYLOADS))
        kind = chance.choice(among)
        payload = chance.choice(PAYLOADS[kind])
        if place in PROSE:
            payload = (
                chance.choice(("{}", "x {} y", "A long time ago: {}", "{}\n\nz", "{0} {0}"))
                .replace("{0}", "{}")
                .replace("{}", payload)
            )
        values[place] = payload
        kinds.append(kind)
    body = values.get("body", body)
    if chance.random() < 0.003:
        kinds.append("huge")
        body = chance.choice((f"{body}\n\n" * 3000, "word " * 30_000, body + "x" * 150_000))[:180_000]
    trick = ""
    if chance.random() < 0.06:
        kinds.append("trick")
        trick = chance.choice(TRICKS) + "\n"
    return Hostile(file, f"---\n{write_fields(chance, values)}{trick}---\n{body}\n", tuple(kinds), tuple(values))


def write_fields(chance: Random, values: dict[str, str]) -> str:
    """The front matter: sound fields, with these values in place of theirs or beside them."""

    def value(place: str, sound: str = "x") -> str:
        return write_scalar(chance, values[place], "    ") if place in values else sound

    date = f"{chance.randrange(2015, 2026)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 28):02}"
    topics = write_scalar(chance, values["topics"], "    ") if "topics" in values else "ukraine"
    lines = [f"title: {value('title', 'A ship')}", f"date: {value('date', date)}", f"kind: {value('kind', 'report')}"]
    lines.append(f"topics: [{topics}]" if "\n" not in topics else f"topics:\n  - {topics}")
    lines += [
        f"{name}: {value(name)}" for name in ("summary", "issuer", "contact", "url", "updated", "embargo") if name in values
    ]
    lines += [f"{name}: {value(name)}" for name in ("id", "language", "translation_of") if name in values]
    lines += ["language: fr"] if "translation_of" in values and "language" not in values else []
    if any(place.startswith("photo.") for place in values):
        src = chance.choice(("crowd.jpg", "https://img.example.org/a.jpg", "https://elsewhere.example.com/a.png"))
        lines += [
            "photo:",
            f"  src: {value('photo.src', src)}",
            f"  alt: {value('photo.alt')}",
            f"  credit: {value('photo.credit')}",
        ]
        lines += [f"  caption: {value('photo.caption')}"]
    for name, words, day in (
        ("corrections", "note", "date"),
        ("attachments", "title", "src"),
        ("withdrawn", "reason", "date"),
    ):
        if any(place.startswith(f"{name}.") for place in values):
            sound = "https://e.org/a.pdf" if day == "src" else "2026-02-03"
            first = "  " if name == "withdrawn" else "  - "
            lines += [f"{name}:", f"{first}{day}: {value(f'{name}.{day}', sound)}"]
            lines += [f"{' ' * len(first)}{words}: {value(f'{name}.{words}')}"]
    if "name" in values:
        lines.append(f"{write_scalar(chance, values['name'], '')}: x")
    return "\n".join(lines) + "\n"


def write_scalar(chance: Random, text: str, indent: str) -> str:
    style = chance.choice(("double", "double", "double", "single", "single", "block", "plain", "escaped"))
    if style == "double":
        return json.dumps(text, ensure_ascii=False)
    if style == "escaped":
        return json.dumps(text)
    if style == "single":
        return "'" + text.replace("'", "''") + "'"
    return text if style == "plain" else "|-\n" + "\n".join(f"{indent}  {line}" for line in text.split("\n"))


NEIGHBOUR = (
    "---\ntitle: The neighbour\ndate: 2026-06-01T11:59Z\nkind: report\ntopics: [ukraine]\n---\nNothing *happens* to me.\n"
)


def test_ten_thousand_hostile_files_are_refused_or_harmless() -> None:
    files, tally, pages = list(generate(20220224, FILE_COUNT)), Tally(), Templates()
    for start in range(0, FILE_COUNT, BATCH):
        batch = files[start : start + BATCH]
        readings = [read_item_file(one.text, one.file, SETTINGS, PHOTOS.keys(), NOW) for one in batch]
        readings.append(read_item_file(NEIGHBOUR, "items/neighbour.md", SETTINGS))
        judged = judge_together(readings)
        for hostile, reading in zip(batch, judged, strict=False):
            check_reading(reading)
            tally.count(hostile, reading)
        newsroom = release([reading.item for reading in judged if reading.item is not None])
        tally.shown += check_outputs(newsroom, pages, has_parser=start < 2 * BATCH)
    tally.check()


def check_reading(reading: Reading) -> None:
    """It gave an item, or said why not in lines that a person can read."""
    assert reading.item is not None or reading.problems, reading.file
    for problem in reading.problems:
        assert str(problem).isprintable(), (reading.file, str(problem))
        assert str(problem).startswith(reading.file), (reading.file, str(problem))
    errors = [problem for problem in reading.problems if problem.severity == "error"]
    assert bool(errors) == (reading.item is None and not reading.is_draft), reading.file


class Tally:
    """What was tried, and what came of it."""

    def __init__(self) -> None:
        self.seen, self.accepted, self.refused = Counter[str](), Counter[str](), Counter[str]()
        self.accepted_count = self.shown = 0

    def count(self, hostile: Hostile, reading: Reading) -> None:
        names = {*hostile.kinds, *(f"in {place}" for place in hostile.places)}
        self.seen.update(names)
        (self.refused if reading.item is None else self.accepted).update(names)
        self.accepted_count += reading.item is not None

    def check(self) -> None:
        """The run was worth something: thousands of each outcome, and nothing that was never tried."""
        refused_count = FILE_COUNT - self.accepted_count
        assert self.accepted_count > 3000, self.accepted_count
        assert refused_count > 3000, refused_count
        assert self.shown > 0.95 * self.accepted_count, (self.shown, self.accepted_count)
        for name in (*PAYLOADS, *(f"in {place}" for place in (*PROSE, *STRICT)), "huge", "trick"):
            assert self.seen[name] >= 15, name
            assert self.refused[name], name
            if name not in ("in kind", "in topics", "in name"):  # what stands there is hardly ever meant for people
                assert bool(self.accepted[name]) == (name not in NEVER_ACCEPTED), name


def release(items: Iterable[Item]) -> Newsroom:
    """Publish them; what its file withdraws is published first, and then withdrawn."""
    found = list(items)
    before = [
        Item(item.content.model_copy(update={"withdrawn": None}), item.file, item.status, item.embargo_at) for item in found
    ]
    events = plan_release(before, build_newsroom([]), PHOTOS, SETTINGS, NOW).events
    first = build_newsroom(events)
    return build_newsroom([*events, *plan_release(found, first, PHOTOS, SETTINGS, NOW).events])


def check_outputs(newsroom: Newsroom, templates: Templates, *, has_parser: bool) -> int:
    """All feeds and pages of a newsroom; the number of hostile items that were shown."""
    writer = FeedWriter(SETTINGS, PICTURES, templates)
    feeds = build_feeds(newsroom, SETTINGS, NOW)
    for feed in feeds:
        ids = check_feed(writer.render(feed, "atom"), writer.render(feed, "rss"), writer.render(feed, "json"))
        if feed.name in ("all", "topics/ukraine", "ukraine"):
            assert newsroom.by_id["neighbour"].entry_id in ids, feed.name
    whole = build_feed(newsroom, SETTINGS)
    shown = check_entries(newsroom, writer.render(whole, "atom"), writer.render(whole, "rss"), writer.render(whole, "json"))
    for item in newsroom:
        if item.id not in shown:  # no room beside the others
            alone = fold_lines([item.line], newsroom.by_id[item.id].contents)
            feed = build_feed(alone, SETTINGS)
            shown |= check_entries(
                alone, writer.render(feed, "atom"), writer.render(feed, "rss"), writer.render(feed, "json")
            )
    if has_parser:
        for form in ("atom", "rss"):
            assert feedparser.parse(writer.render(whole, form))["bozo"] == 0
    for group in plan_pages(newsroom, SETTINGS, PICTURES, templates, feeds, ""):
        for document in group.list():
            check_page(document.path, document.render(), newsroom)
    return len(shown) - 1


def check_feed(atom: bytes, rss: bytes, listed: bytes) -> list[str]:
    """It is well-formed in each format, with the same entries; their ids."""
    ids = [entry["id"] for entry in json.loads(listed)["items"]]
    assert len(ids) == len(set(ids))
    assert [entry.findtext(f"{ATOM}id") for entry in etree.fromstring(atom, STRICT_XML).iter(f"{ATOM}entry")] == ids
    assert [item.findtext("guid") for item in etree.fromstring(rss, STRICT_XML).iter("item")] == ids
    for text in (atom, rss, listed):
        assert not HIDDEN.search(text.decode()), HIDDEN.search(text.decode())
    return ids


def check_entries(newsroom: Newsroom, atom: bytes, rss: bytes, listed: bytes) -> set[str]:
    """Each entry says in each format what its item says, and no more; the ids of their items."""
    by_entry = {item.entry_id: item for item in newsroom}
    told = [entry for entry in json.loads(listed)["items"] if entry["id"] in by_entry]
    in_atom = {entry.findtext(f"{ATOM}id"): entry for entry in etree.fromstring(atom, STRICT_XML).iter(f"{ATOM}entry")}
    in_rss = {item.findtext("guid"): item for item in etree.fromstring(rss, STRICT_XML).iter("item")}
    for entry in told:
        item, title, source = by_entry[entry["id"]], entry["title"], entry["content_html"]
        first, second = in_atom[entry["id"]], in_rss[entry["id"]]
        assert first.findtext(f"{ATOM}title") == second.findtext("title") == title, item.id
        assert first.find(f"{ATOM}title").get("type", "text") == "text", item.id
        assert item.is_withdrawn or title == item.content.title, item.id
        assert first.findtext(f"{ATOM}content") == second.findtext(ENCODED) == source, item.id
        assert RESULT not in json.dumps(entry), item.id
        assert not any(map(HIDDEN.search, list_strings(entry))), item.id
        check_content(source, item.content, is_withdrawn=item.is_withdrawn)
    return {by_entry[entry["id"]].id for entry in told}


def list_strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from list_strings(inner)


def check_content(source: str, content: Content, *, is_withdrawn: bool) -> None:
    """An entry's HTML: nothing that runs, nothing that loads but the picture, and links that lead to the web."""
    tree = lxml.html.fragment_fromstring(source, create_parent="section")
    assert not {element.tag for element in tree.iter()} & BANNED_TAGS, (content.id, source)
    check_elements(tree, f"{BASE}/items/{content.id}/", content.id)
    loaded = [element.get("src") for element in tree.iter("img")]
    assert all(address.startswith((f"{BASE}/", "https://img.example.org")) for address in loaded), (content.id, loaded)
    words = tree.text_content()
    assert not HIDDEN.search(words), content.id
    if content.body in (SUM, f"x {SUM} y") and not is_withdrawn:
        assert content.body in words, content.id


def check_elements(tree: Any, address: str, name: str) -> None:
    for element in tree.iter(etree.Element):
        for attribute, value in element.attrib.items():
            assert not attribute.lower().startswith("on"), (name, attribute, value)
            assert attribute not in ("style", "srcdoc"), (name, attribute, value)
            assert not HIDDEN.search(value), (name, attribute, value)
            if attribute in ADDRESSES and attribute != "srcset":
                check_address(value, address, name)


def check_address(value: str, address: str, name: str) -> None:
    """It leads to the web or to a mailbox, however a browser reads it: browsers drop blanks and controls."""
    bare = re.sub(r"[\x00-\x20\x7f-\xa0\u200b\u2060\ufeff]", "", value)
    assert urlsplit(urljoin(address, bare)).scheme in ("http", "https", "mailto"), (name, value)
    assert "@" not in urlsplit(urljoin(address, bare)).netloc, (name, value)


def check_page(path: str, data: bytes, newsroom: Newsroom) -> None:
    """A page of the site: well-formed text in which items brought in no element of their own."""
    text = data.decode()
    assert not HIDDEN.search(text), (path, HIDDEN.search(text))
    assert RESULT not in text, path
    if path.endswith((".xml", ".svg")):
        etree.fromstring(data, STRICT_XML)
    if not path.endswith(".html"):
        return
    tree = lxml.html.document_fromstring(data, parser=lxml.html.HTMLParser(encoding="utf-8", huge_tree=True))
    assert not {element.tag for element in tree.iter(etree.Element)} & BANNED_ON_PAGES, path
    check_elements(tree, f"{BASE}/{path.removesuffix('index.html')}", path)
    assert not HIDDEN.search(tree.text_content()), path
    if path.startswith("items/"):
        item = newsroom.by_id[path.split("/")[1]]
        assert len(list(tree.iter("title"))) == len(list(tree.iter("h1"))) == 1, path
        assert item.is_withdrawn or tree.find(".//h1").text_content() == item.content.title, path
        assert {"script", "style", "form", "svg"}.isdisjoint(inner.tag for inner in tree.iter(etree.Element)), path


def test_files_that_are_no_text_are_refused_by_name(tmp_path: Path) -> None:
    """Bytes that are not UTF-8, a file of zeros, marks of other encodings, and names that cannot be shown."""
    (tmp_path / "items").mkdir()
    site, chance = Site(tmp_path, SETTINGS), Random(1)
    broken = (
        b"\xff\xfe",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\x80",
        b"\xe2\x82",
        b"\xf8\x88\x80\x80\x80",
        b"\xfe",
    )
    for one in generate(7, 400):
        data = one.text.encode("utf-8", "surrogatepass")
        place = chance.randrange(len(data))
        (tmp_path / one.file).write_bytes(data[:place] + chance.choice(broken) + data[place:])
    for name, data in (
        ("zeros.md", bytes(5000)),
        ("wide.md", NEIGHBOUR.encode("utf-16")),
        ("\u202efdm.md", b""),
        ("a\nb.md", b"x"),
    ):
        (tmp_path / "items" / name).write_bytes(data)
    (tmp_path / "items" / "neighbour.md").write_text(NEIGHBOUR)

    folder = read_folder(site)

    assert [item.id for item in folder.items] == ["neighbour"]
    assert all(str(problem).isprintable() for problem in folder.problems)
    assert {f"items/h{number:05}.md" for number in range(400)} <= {problem.file for problem in folder.problems}
    assert {"items/zeros.md", "items/wide.md"} <= {problem.file for problem in folder.problems}
