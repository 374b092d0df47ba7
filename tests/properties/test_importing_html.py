"""Whatever the HTML of others holds, it becomes a body that shows the same words and that the reader of items takes."""

from __future__ import annotations

import html

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.items.bodies import inspect_body
from digest.items.characters import find_forbidden, normalise, replace_forbidden
from digest.items.importing.inline import read_back
from digest.items.importing.markup import convert_html
from digest.items.importing.shortcodes import expand_shortcodes
from digest.items.markdown import render_html

BASE = "https://partner.example.org/news/one/"
SIGNS = [
    *"ab1 .)-+*_#>=~!|[]()<&;:\\`'\"\t\n",
    "**",
    "1. ",
    "- ",
    "```",
    "\u00a0",
    "é",
    "e\u0301",
    "€",
    "«",
    "Київ",
    "&amp;",
    "![x](y)",
    "</b>",
]
WORDS = st.lists(st.sampled_from(SIGNS), max_size=8).map("".join)
INLINE = ["b", "strong", "i", "em", "span", "a", "code", "u", "q"]
BLOCKS = ["p", "div", "h2", "h5", "ul", "ol", "li", "blockquote", "pre", "figure", "details", "center"]


def _element(names: list[str], inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def build(name: str, said: list[str]) -> str:
        link = ' href="https://x.example/(a)?b=1&amp;copy;=2"' if name == "a" else ""
        return f"<{name}{link}>{''.join(said)}</{name}>"

    return st.builds(build, st.sampled_from(names), st.lists(inner, max_size=3))


RUNS = st.recursive(WORDS.map(html.escape) | st.just("<br>"), lambda inner: _element(INLINE, inner), max_leaves=8)
SOUND = st.recursive(RUNS, lambda inner: _element(BLOCKS, inner), max_leaves=10)
NAMES = [*INLINE, *BLOCKS, "table", "tr", "td", "img src=x.jpg alt=A", "script", "svg", "form", "style", "hr"]
ODDS = ["<a href=", "<!--", "-->", "<![CDATA[", "&#x202e;", "\0", "&#0;", "[caption]", "[/caption]", "[x y='1']"]
TAGS = [f"<{end}{name}>" for name in NAMES for end in ("", "/")]
BROKEN = st.lists(st.sampled_from([*SIGNS, *TAGS, *ODDS]), max_size=40).map("".join)


def squeeze(text: str) -> str:
    """The characters that are seen, and no blanks; quotation marks of `<q>` are ours."""
    return "".join(normalise(text).replace("“", "").replace("”", "").split())


def sound_body(markdown: str) -> str:
    """Read it, and check what must hold of every body."""
    assert not list(find_forbidden(markdown))
    assert [finding for finding in inspect_body(markdown) if finding.severity == "error"] == []
    return render_html(markdown, BASE)


@given(st.lists(SOUND, max_size=4).map("".join), st.booleans())
@settings(max_examples=300, deadline=None)
def test_the_same_words_are_shown(source: str, has_lines: bool) -> None:
    markdown = convert_html(source, BASE, has_lines=has_lines).markdown
    sound_body(markdown)
    said = html.unescape("".join(part.partition(">")[2] if n else part for n, part in enumerate(source.split("<"))))
    if "<script" not in source:
        assert squeeze(read_back(markdown)) == squeeze(replace_forbidden(said, ""))


@given(BROKEN | st.text(st.characters(exclude_categories=()), max_size=120), st.booleans())
@settings(max_examples=300, deadline=None)
def test_any_html_becomes_a_body_without_loss_of_safety(source: str, has_lines: bool) -> None:
    converted = convert_html(expand_shortcodes(source).html, BASE, has_lines=has_lines)
    shown = sound_body(converted.markdown)
    assert "<script" not in shown
    assert "javascript:" not in shown
    assert "raw HTML omitted" not in shown
    warnings = {finding.text for finding in inspect_body(converted.markdown)}
    assert warnings <= set(), warnings
