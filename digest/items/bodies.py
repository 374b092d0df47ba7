"""What is wrong with a body: nesting without end, hidden characters, and what would be lost without a word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from cmarkgfm.cmark import Options

from digest.items.characters import find_first_forbidden, name_character, replace_forbidden
from digest.items.commonmark import to_html
from digest.items.links import build_link
from digest.items.markdown import TAG, attributes

__all__ = ["MAX_NESTING", "Finding", "inspect_body"]

MAX_NESTING = 32
_NESTED = frozenset({"blockquote", "li", "em", "strong"})
_BEGINNINGS = tuple(f"<{name}" for name in _NESTED)
_LOSS = re.compile(r'<(?:(?P<name>a|img)(?P<rest>(?: [a-z-]+="[^"]*")*) ?/?>|!-- raw HTML omitted -->)')
"""One tag or comment of cmark's that may not be shown as it was written."""

_PLACE = 'data-sourcepos="'
_ANY_PAGE = "https://page.example/items/x/"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of a body: its line, counted from 1 in the body (where its block begins), and what to do."""

    line: int
    text: str
    severity: Literal["error", "warning"] = "error"


def inspect_body(markdown: str) -> Iterator[Finding]:
    """All that is wrong with a body; each sort of loss is reported once, at its first place.

    Args:
        markdown: the body; its own forbidden characters, which are replaced, were reported with the front matter.
    """
    source = to_html(replace_forbidden(markdown), Options.CMARK_OPT_SOURCEPOS)
    deep = _find_depth(source)
    seen = set[str]()
    for token in _LOSS.finditer(source, 0, deep):
        loss = _judge_loss(token)
        if loss and loss not in seen:
            seen.add(loss)
            yield Finding(_find_line(source, token.end()), loss, "warning")
    if deep < len(source):
        text = f"quotations, lists or emphasis are nested over {MAX_NESTING} deep; write them flat"
        yield Finding(_find_line(source, deep), text)
    elif "&" in markdown:
        yield from _find_hidden(source)


def _find_depth(source: str) -> int:
    """Where the tag ends that nests too deep; the end of the text when none does."""
    # most bodies have fewer tags at all
    if source.count("<") > 2 * MAX_NESTING and sum(map(source.count, _BEGINNINGS)) > MAX_NESTING:
        depth = 0
        for token in TAG.finditer(source):
            if token["name"] in _NESTED:
                depth += -1 if token["end"] else 1
                if depth > MAX_NESTING:
                    return token.end()
    return len(source)


def _find_line(source: str, end: int) -> int:
    """The line on which the newest block before a place in cmark's HTML begins."""
    start = source.rfind(_PLACE, 0, end)
    return 1 if start < 0 else int(source[start + len(_PLACE) : source.index(":", start)])


def _judge_loss(token: re.Match[str]) -> str:
    """What a reader would miss of this token, with the remedy; empty when nothing."""
    if not token["name"]:
        return "HTML tags are left out; write Markdown instead"
    if token["name"] == "img":
        return "pictures in the body become links; show one picture with the field photo"
    address = attributes(token).get("href", "")
    if build_link(address, _ANY_PAGE) is None:
        return "a link without a usable address keeps its words only; use https://, http:// or mailto:"
    if address.startswith("www."):
        return f"the link {address[:60]} leads to a page of this site; write it in full, beginning with https://"
    return ""


def _find_hidden(source: str) -> Iterator[Finding]:
    """Forbidden characters that entities such as `&#x202e;` make."""
    found = find_first_forbidden(source)
    if found:
        name = name_character(found[0])
        yield Finding(_find_line(source, found.start()), f"an entity makes the forbidden character {name}; delete it")
