"""Bodies: CommonMark to clean HTML, and to plain text where a line or a summary is wanted.

cmark escapes all text and leaves raw HTML out, so every `<` in what it writes begins a tag of its own: that makes it safe
to go over its tags with one pattern. nh3 then holds the result to an allow-list, whatever went before.
"""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Callable, Iterator

import nh3

from digest.items.characters import fold, replace_forbidden
from digest.items.commonmark import to_html
from digest.items.links import build_link
from digest.remembering import remember

__all__ = ["TAG", "cut_at_word", "escape_markdown", "first_paragraph", "render_html", "to_words"]

MEMORY_BYTES = 64_000_000
"""How much of rendered bodies stays in memory."""
TAG = re.compile(r'<(?P<end>/?)(?P<name>[a-z][a-z0-9]*)(?P<rest>(?: [a-z-]+="[^"]*")*) ?/?>')
"""One tag as cmark writes it."""

_ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')
_CLEANER = nh3.Cleaner(
    tags={"p", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "a", "em", "strong", "code", "pre", "br", "hr"},
    attributes={"a": {"href"}, "ol": {"start"}},
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
)
_REWRITTEN = re.compile(TAG.pattern.replace("[a-z][a-z0-9]*", "a|img|h[1-6]"))
"""The tags that do not stay as cmark writes them."""

_HEADINGS = {"h1": "h2", "h2": "h3", "h3": "h4", "h4": "h4", "h5": "h4", "h6": "h4"}
_SPECIAL = re.compile(r"[\\`*_\[\]<]|&(?=[#A-Za-z])|^(?:#|[-+=>~])|^(?P<number>[0-9]{1,9})(?P<stop>[.)])", re.MULTILINE)


@remember(MEMORY_BYTES, sys.getsizeof)
def render_html(markdown: str, base_url: str) -> str:
    """Clean HTML of a body that is also well-formed XML: paragraphs, headings from h2 on, lists, quotes, links, code.

    Raw HTML is left out. Links are absolute (relative ones against `base_url`, the item's own page) and lead to http, https
    or mailto addresses only; a picture becomes a link with its alt text as words.
    """
    clean = _CLEANER.clean(_rewrite(to_html(replace_forbidden(markdown)), base_url))
    clean = clean.replace("&nbsp;", "\u00a0").replace("<br>", "<br />").replace("<hr>", "<hr />")
    return replace_forbidden(clean, "").strip()


def _rewrite(source: str, base_url: str) -> str:
    """cmark's HTML with our headings, absolute links, and pictures as links; a link without address leaves its words."""
    open_links: list[bool] = []

    def replace(tag: re.Match[str]) -> str:
        name = tag["name"]
        if name in _HEADINGS:
            return f"<{tag['end']}{_HEADINGS[name]}>"
        if name == "img":
            return _link_picture(attributes(tag), base_url, inside_link=any(open_links))
        if tag["end"]:
            return "</a>" if open_links.pop() else ""
        link = build_link(attributes(tag).get("href", ""), base_url)
        open_links.append(link is not None)
        return f'<a href="{html.escape(link)}">' if link is not None else ""

    return _REWRITTEN.sub(replace, source)


def attributes(tag: re.Match[str]) -> dict[str, str]:
    """A tag's attributes, unescaped."""
    return {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(tag["rest"])}


def _link_picture(picture: dict[str, str], base_url: str, *, inside_link: bool) -> str:
    words = html.escape(picture.get("alt", ""))
    link = None if inside_link else build_link(picture.get("src", ""), base_url)
    return words if link is None else f'<a href="{html.escape(link)}">{words or html.escape(link)}</a>'


def first_paragraph(markdown: str) -> str:
    """The first paragraph that holds words, as plain text on one line; the whole text's words when there is no paragraph."""
    source = to_html(replace_forbidden(markdown))
    return next((words for words in _find_paragraphs(source) if words), "")


def _find_paragraphs(source: str) -> Iterator[str]:
    for found in re.finditer(r"<p>(.*?)</p>", source, re.DOTALL):
        yield to_words(found[1])
    yield to_words(re.sub(r"</(?:h[1-6]|li|pre)>", " ", source))


def to_words(source: str, picture: Callable[[dict[str, str]], str] = lambda _: "") -> str:
    """The words of a piece of cmark's HTML on one line; pictures give nothing unless told otherwise."""

    def replace(tag: re.Match[str]) -> str:
        if tag["name"] == "br":
            return " "
        return picture(attributes(tag)) if tag["name"] == "img" else ""

    words = TAG.sub(replace, source.replace("<!-- raw HTML omitted -->", ""))
    return fold(replace_forbidden(html.unescape(words), ""))


def cut_at_word(text: str, limit: int) -> str:
    """Text of at most `limit` characters: what is longer ends after a whole word and an ellipsis."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    if not text[limit - 1].isspace() and " " in head:
        head = head.rpartition(" ")[0]
    return head.rstrip(" ,;:–—-\u00a0") + "…"


def escape_markdown(text: str) -> str:
    """Plain text as Markdown that shows exactly this text; a paragraph must come as one line without blanks around it."""

    def replace(found: re.Match[str]) -> str:
        if found["number"]:
            return f"{found['number']}\\{found['stop']}"
        return "\\" + found[0]

    return _SPECIAL.sub(replace, text)
