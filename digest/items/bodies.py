"""What is wrong with a body: nesting without end, hidden characters, and what would be lost without a word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import cmarkgfm
from cmarkgfm.cmark import Options

from digest.items.characters import find_first_forbidden, name_character, replace_forbidden
from digest.items.links import build_link
from digest.items.markdown import TAG, attributes

__all__ = ["MAX_NESTING", "Finding", "inspect_body"]

MAX_NESTING = 32
_NESTED = frozenset({"blockquote", "li", "em", "strong"})
_TOKEN = re.compile(rf"{TAG.pattern}|<!-- raw HTML omitted -->")
_ANY_PAGE = "https://page.example/items/x/"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of a body: its line, counted from 1 in the body (where its block begins), and what to do."""

    line: int
    text: str
    severity: Literal["error", "warning"] = "error"


def inspect_body(markdown: str) -> Iterator[Finding]:
    """All that is wrong with a body; each sort of loss is reported once, at its first place."""
    source = cmarkgfm.markdown_to_html(replace_forbidden(markdown), Options.CMARK_OPT_SOURCEPOS)
    line, depth, seen = 1, 0, set[str]()
    for token in _TOKEN.finditer(source):
        place = re.search(r'data-sourcepos="([0-9]+):', token["rest"] or "")
        line = int(place[1]) if place else line
        if token["name"] in _NESTED:
            depth += -1 if token["end"] else 1
            if depth > MAX_NESTING:
                yield Finding(line, f"quotations, lists or emphasis are nested over {MAX_NESTING} deep; write them flat")
                return
        loss = _judge_loss(token)
        if loss and loss not in seen:
            seen.add(loss)
            yield Finding(line, loss, "warning")
    yield from _find_hidden(source)


def _judge_loss(token: re.Match[str]) -> str:
    """What a reader would miss of this token, with the remedy; empty when nothing."""
    if not token["name"]:
        return "HTML tags are left out; write Markdown instead"
    if token["end"]:
        return ""
    if token["name"] == "img":
        return "pictures in the body become links; show one picture with the field photo"
    if token["name"] != "a":
        return ""
    address = attributes(token).get("href", "")
    if build_link(address, _ANY_PAGE) is None:
        return "a link without a usable address keeps its words only; use https://, http:// or mailto:"
    if address.startswith("www."):
        return f"the link {address[:60]} leads to a page of this site; write it in full, beginning with https://"
    return ""


def _find_hidden(source: str) -> Iterator[Finding]:
    """Forbidden characters that entities such as `&#x202e;` make; the file's own were reported with the front matter."""
    found = find_first_forbidden(source)
    if found:
        places = re.findall(r'data-sourcepos="([0-9]+):', source[: found.start()])
        name = name_character(found[0])
        yield Finding(int(places[-1]) if places else 1, f"an entity makes the forbidden character {name}; delete it")
