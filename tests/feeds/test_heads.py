"""Heads filled into their shape are byte for byte what feedgen writes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from digest.feeds.extensions import DeletedEntry
from digest.feeds.heads import HeadWriter
from digest.feeds.xml_feeds import Head, XmlFormat, build_atom_generator, build_rss_generator
from digest.settings import Settings

PIECES = [
    "&",
    "<",
    ">",
    '"',
    "'",
    "]]>",
    "&amp;",
    "ü",
    "عنوان",
    "😀",
    "\u2028",
    "%s",
    "{title}",
    "digest-title-5f1c7a0e-",
    " ",
]
TEXT = st.lists(st.sampled_from(PIECES) | st.text("abc ", max_size=3), max_size=5).map(lambda parts: f"x{''.join(parts)}x")
ADDRESS = st.text("abc/:.?=&;+%-\"'<>", max_size=12).map(lambda rest: f"https://example.org/{rest}")
HEADS = st.builds(
    Head,
    id=TEXT,
    title=TEXT,
    description=TEXT,
    language=st.sampled_from(["en", "uk", "pt-BR"]),
    home=ADDRESS,
    self=ADDRESS,
    updated=st.just("2022-02-28T12:00:00.001Z"),
    hub=st.just("") | ADDRESS,
    current=st.just("") | ADDRESS,
    previous=st.just("") | ADDRESS,
    following=st.just("") | ADDRESS,
    prefixes=st.sets(st.sampled_from(["atom", "content", "dc", "media"])).map(frozenset),
)


@limits(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(heads=st.lists(HEADS, min_size=1, max_size=3))
def test_a_head_is_what_feedgen_would_write(settings: Settings, heads: list[Head]) -> None:
    writer = HeadWriter(settings)

    for head in heads:
        assert b"".join(writer.render("atom", head)) == build_atom_generator(head, (), settings).atom_str()
        assert b"".join(writer.render("rss", head)) == build_rss_generator(head, ()).rss_str()


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_feedgen_writes_each_shape_once(settings: Settings, form: XmlFormat, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Head("id", "One", "About", "en", "https://a.example/", "https://a.example/f", "now")
    writer = HeadWriter(settings)
    writer.render(form, first)

    def refuse(*_: object) -> None:
        raise AssertionError("feedgen was asked again")

    monkeypatch.setattr(HeadWriter, "_write", refuse)

    assert b"Two" in writer.render(form, replace(first, title="Two", updated="later"))[0]


def test_tombstones_stand_in_the_head_of_an_atom_feed(settings: Settings) -> None:
    deleted = (
        DeletedEntry("tag:a", "2022-02-28T12:00:00Z", "It was <untrue> & wrong", "fr"),
        DeletedEntry("tag:b", "x", "", "en"),
    )
    head = Head("id", "One", "About", "en", "https://a.example/", "https://a.example/f", "now", deleted=deleted)

    start, _ = HeadWriter(settings).render("atom", head)

    assert (
        b'<at:deleted-entry ref="tag:a" when="2022-02-28T12:00:00Z">'
        b'<at:comment xml:lang="fr">It was &lt;untrue&gt; &amp; wrong</at:comment></at:deleted-entry>'
        b'<at:deleted-entry ref="tag:b" when="x"/>'
    ) in start
    assert b'xmlns:at="http://purl.org/atompub/tombstones/1.0"' in start
