"""Whatever lies in the items folder, a publish puts out what is sound, names the rest in plain lines, and harms nothing."""

from __future__ import annotations

import json
import os
import re
from itertools import product
from pathlib import Path

import feedparser
import lxml.html
import pytest
from lxml import etree

PAYLOADS = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "]]>", "<![CDATA[x]]>", "<!--", "&#x202e;", "&lt;b&gt;",
    "\x00", "\x1b[31m", "\u202eexe", "\ufffe", "\u2028", "one\rtwo", "раураl.com", "👩‍👩‍👧‍👦", "Z" + "\u0301" * 80,
    "w" * 4000, "{{ 7*191 }}", "{% include '/etc/passwd' %}", "${7*191}", "%(title)s %s",
    "[x](javascript:alert(1))", "[x](JaVa&Tab;ScRiPt&colon;alert(1))", "<data:text/html,x>", "[x](//evil.example/)",
    "![x](https://e.org/pixel.gif)", "[x](https://user:pw@e.org/)", "> " * 200 + "x", "- x\n  " * 40,
    "*a", "&a x", "!!python/object/apply:os.system [id]", "{a: b}", "a: b: c", "---", "../../etc/passwd", "/etc/passwd",
    "https://user:pw@e.org/a.jpg", "https://127.0.0.1/a.jpg", "javascript:alert(1)", "0000-00-00", "9999-12-31T23:59-12:00",
)  # fmt: skip
PLACES = ("title", "summary", "body", "issuer", "url", "photo", "id", "date", "embargo", "topics", "corrections")
NAMES = (
    "<script>.md", "a b.md", "..md", "%2e%2e.md", "con.md", "A.md", "é.md", "-.md", "x" * 100 + ".md", "x\ny.md",
    "x\u202ey.md", "\udcff.md", ".hidden.md", "backup.md~", "{{x}}.md",
)  # fmt: skip
HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
BAD_TAGS = {"iframe", "object", "embed", "form", "base", "svg", "math", "frame", "textarea", "template", "plaintext"}
SOUND = "---\n{}---\n{}\n"


def _write(place: str, payload: str) -> str:
    """An item file with a payload in that place, as little quoted as its author would have quoted it."""
    fields = {"title": "A ship came in", "date": "2022-02-21", "kind": "press-release", "topics": "[ukraine]"}
    body = "Words."
    if place == "body":
        body = payload
    elif place == "photo":
        fields["photo"] = f"{{src: {json.dumps(payload)}, alt: {json.dumps(payload)}, credit: x}}"
    elif place == "corrections":
        fields["corrections"] = f"[{{date: 2022-02-22, note: {json.dumps(payload, ensure_ascii=False)}}}]"
    else:
        fields[place] = json.dumps(payload, ensure_ascii=False) if place in ("title", "issuer") else payload
    return SOUND.format("".join(f"{name}: {value}\n" for name, value in fields.items()), body)


@pytest.fixture
def site(terminal, at):
    """A site with one sound item among some hundred hostile files."""
    at("2022-02-24T09:00:00+00:00")
    terminal.item("neighbour", "The neighbour", "2022-02-23", body="Nothing *happens* to me.")
    items = terminal.folder / "items"
    for number, (payload, place) in enumerate(product(PAYLOADS, PLACES)):
        (items / f"h{number:03}.md").write_bytes(_write(place, payload).encode("utf-8", "surrogatepass"))
    for name in NAMES:
        (items / name).write_text(
            SOUND.format("title: By its name\ndate: 2022-02-21\nkind: update\ntopics: [russia]\n", "x")
        )
    (items / "latin.md").write_bytes("---\ntitle: Größe\n---\n".encode("latin-1"))
    (items / "empty.md").touch()
    (items / "large.md").write_bytes(b"x" * (1024 * 1024 + 1))
    (items / "link.md").symlink_to("/etc/passwd")
    (items / "folder.md").mkdir()
    os.mkfifo(items / "pipe.md")
    return terminal


def _look(folder: Path) -> set[str]:
    """Everything of the site but what publishing may write, and what lies beside it."""
    found = {str(path.relative_to(folder.parent)) for path in folder.parent.rglob("*")}
    return {path for path in found if not path.startswith(("site/public", "site/var", "site/keys"))}


def _judge_html(html: str, where: str) -> None:
    tree = lxml.html.fromstring(html)
    for element in tree.iter(etree.Element):
        assert element.tag not in BAD_TAGS, (where, element.tag)
        assert not [name for name in element.attrib if name.lower().startswith("on")], where
        for name in ("href", "src", "action", "srcset"):
            address = re.sub(r"[\x00-\x20]", "", element.get(name, ""))
            assert not re.match(r"(?i)(?:javascript|data|vbscript):", address), (where, address)


def test_hostile_files_harm_neither_the_site_nor_each_other(site):
    before = _look(site.folder)
    printed = site.run("publish", expect=1)

    assert _look(site.folder) == before
    assert not [line for line in printed.split("\n") if HIDDEN.search(line)]
    problems = [line for line in site.run("check", expect=1).splitlines() if line.startswith("items/")]
    assert len({re.match(r"items/h\d{3}", line)[0] for line in problems if re.match(r"items/h\d{3}", line)}) > 100
    assert not [line for line in problems if HIDDEN.search(line) or len(line) > 1000]
    public = site.folder / "public"
    assert len(list((public / "items").iterdir())) > 100, "much of it is harmless once it is text"
    for path in public.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        assert b"root:x:0" not in data and b"1337" not in data, path
        if path.suffix == ".html":
            _judge_html(data.decode(), path.name)
        if path.suffix in (".atom", ".rss"):
            parsed = feedparser.parse(data)
            assert not parsed.bozo, (path, parsed.get("bozo_exception"))
        if path.suffix in (".atom", ".rss", ".opml", ".xml"):
            etree.fromstring(data, etree.XMLParser(resolve_entities=False))
    for name in ("all", "ukraine", "press-release"):
        feed = json.loads((public / "feeds" / f"{name}.json").read_text("utf-8"))
        assert feed["items"][0]["title"] == "The neighbour"
        for item in feed["items"]:
            _judge_html(f"<div>{item['content_html']}</div>", item["id"])
            assert item["url"].startswith(("http://", "https://"))
    assert "0 files written" in site.run("publish", expect=1)
