"""Whether the page is one that mail programs, screen readers and webmail show as it is meant."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from itertools import pairwise

from digest.mail.fitting import HTML_LIMIT
from digest.mail.inspection.finding import Finding, cut
from digest.mail.inspection.page import Page, words_of
from digest.mail.inspection.staff import describe_code, find_own_words
from digest.mail.letter import Letter
from digest.mail.wording import Sentences
from digest.templates import direction

__all__ = ["HTML_WARNING", "find_residue", "inspect_size", "inspect_structure"]

HTML_WARNING = 75_000
"""From this many octets on a letter's HTML is called long."""

_STYLE_LIMIT = 8_192
_WIDEST = 640
_FORBIDDEN = (
    "script", "form", "input", "button", "svg", "video", "audio", "iframe", "object", "embed", "base", "link",
)  # fmt: skip
_LOADING = ("@import", "@font-face", "url(")
_TEMPLATE_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}")
_NAMES = "|".join(("leave", *(field.name for field in fields(Sentences))))
_SLOT = re.compile(rf"(?:{_NAMES})[0-9a-f]{{24}}|<!--[0-9a-f]{{24}}-\d+-->")
_TABLE = re.compile(r"<table\b[^>]*>", re.IGNORECASE)
_LENGTH = re.compile(r"\d+%?")
_PIXELS = re.compile(r"(\d+)(?:px)?")
_STYLE_WIDTH = re.compile(r"(?:^|[;\s])(?:min-)?width\s*:\s*(\d+)px")
_ALIGNMENTS = {
    "align": frozenset({"left", "right", "center", "justify"}),
    "valign": frozenset({"top", "middle", "bottom", "baseline"}),
}


def inspect_size(html: str) -> Iterator[Finding]:
    """Whether mail services would cut the letter off."""
    size = len(html.encode())
    if size >= HTML_LIMIT:
        yield Finding("html", f"it has {size:,} octets; from {HTML_LIMIT:,} on mail services cut the end off")
    elif size >= HTML_WARNING:
        yield Finding("html", f"it has {size:,} octets, which is long for a letter; carry fewer items", "warning")


def find_residue(rendered: str, letter: Letter) -> str:
    """Template code or a slot's name that was left in a part, in staff's own words too; what an item says does not count."""
    if found := _SLOT.search(rendered):
        return found[0]
    codes = [found[0] for found in _TEMPLATE_CODE.finditer(rendered)]
    own = find_own_words(letter) if codes else ""
    return next((code for code in codes if code not in own), "")


def inspect_structure(letter: Letter, page: Page) -> Iterator[Finding]:
    """The frame: document, head, headings, tables, and what must not stand in a letter at all."""
    if not page.source.startswith("<!DOCTYPE html>"):
        yield Finding("html", "it does not begin with <!DOCTYPE html>; write that into the first line of the template")
    if code := find_residue(page.source, letter):
        yield describe_code("html", code, letter)
    yield from _inspect_languages(letter, page)
    yield from _inspect_head(page)
    yield from _inspect_headings(page)
    yield from _inspect_tables(page)
    yield from _inspect_forbidden(page)
    yield from _inspect_sheets(page)
    yield from _inspect_attributes(page)


def _inspect_languages(letter: Letter, page: Page) -> Iterator[Finding]:
    expected = (letter.language, direction(letter.language))
    for tag in ("html", "div"):
        first = page.first(tag)
        found = (first.get("lang", ""), first.get("dir", "")) if first is not None else ("", "")
        if not all(found):
            yield Finding("html", f"the first {tag} needs lang and dir: screen readers and webmail go by them")
        elif found != expected:
            text = f"the first {tag} says {found[0]} {found[1]} in a letter in {expected[0]} {expected[1]}"
            yield Finding("html", f"{text}; use lang and dir of the template")


def _inspect_head(page: Page) -> Iterator[Finding]:
    metas = list(page.named("meta"))
    named = {meta.get("name", "").lower(): meta.get("content", "").lower() for meta in metas}
    if not any(meta.get("charset", "").lower() == "utf-8" for meta in metas):
        yield Finding("html", 'it does not name its charset; write <meta charset="utf-8"> into the head')
    viewport = named.get("viewport", "").replace(" ", "")
    if "width=device-width" not in viewport:
        yield Finding("html", "it has no viewport of width=device-width, so that phones show it tiny", "warning")
    if re.search(r"user-scalable=(?:no|0)|maximum-scale=", viewport):
        yield Finding("html", "its viewport forbids to zoom; drop user-scalable and maximum-scale")
    for name in ("color-scheme", "supported-color-schemes"):
        if "dark" not in named.get(name, ""):
            yield Finding("html", f'the meta {name} is missing; write content="light dark"', "warning")
    titles = list(page.named("title"))
    if len(titles) != 1 or not words_of(titles[0]):
        yield Finding("html", "it needs exactly one title with words in it")


def _inspect_headings(page: Page) -> Iterator[Finding]:
    headings = [element for element in page.elements if re.fullmatch(r"h[1-6]", element.tag)]
    if sum(heading.tag == "h1" for heading in headings) != 1:
        yield Finding("html", "it should have one h1: its title", "warning")
    if headings and headings[0].tag != "h1":
        yield Finding("html", f"its first heading is an {headings[0].tag}; begin with the h1", "warning")
    for before, after in pairwise(headings):
        if int(after.tag[1]) > int(before.tag[1]) + 1:
            text = f"an {after.tag} follows an {before.tag}: a level of headings is left out"
            yield Finding("html", text, "warning", cut(words_of(after)))
    for heading in headings:
        if not words_of(heading):
            yield Finding("html", f"an {heading.tag} is empty; leave it out", "warning")


def _inspect_tables(page: Page) -> Iterator[Finding]:
    hidden = [tag for comment in page.conditional for tag in _TABLE.findall(comment)]
    roles = [table.get("role") == "presentation" for table in page.named("table")]
    if not all((*roles, *('role="presentation"' in tag for tag in hidden))):
        yield Finding("html", 'a table lacks role="presentation"; screen readers would read it as data')
    shown = [(table.get("width", ""), table.get("style", "")) for table in page.named("table", "td", "img")]
    fixed = [int(found[1]) for tag in hidden if (found := re.search(r'width="(\d+)(?:px)?"', tag))]
    widths = [_widest(width, style) for width, style in shown]
    if (widest := max((*widths, *fixed), default=0)) > _WIDEST:
        yield Finding("html", f"something in it is {widest} pixels wide; keep tables and pictures within {_WIDEST}")


def _widest(attribute: str, style: str) -> int:
    found = _PIXELS.fullmatch(attribute.strip())
    return max([int(found[1]) if found else 0, *(int(width) for width in _STYLE_WIDTH.findall(style))])


def _inspect_forbidden(page: Page) -> Iterator[Finding]:
    for tag in _FORBIDDEN:
        if page.first(tag) is not None:
            yield Finding("html", f"it holds <{tag}>, which mail programs drop or distrust; take it out of the template")
    for element in page.elements:
        handler = next((name for name in element.attrib if name.startswith("on")), "")
        if handler:
            yield Finding("html", f"a <{element.tag}> has {handler}: a script; take it out of the template")
        if "url(" in element.get("style", "") or element.get("background"):
            yield Finding("html", f"a <{element.tag}> loads a background picture; use <img> with an alternative text")
    ids = Counter(element.get("id") for element in page.elements if element.get("id"))
    for name, count in ids.items():
        if count > 1:
            yield Finding("html", f"the id {name} stands in it {count} times; an id may stand once")


def _inspect_sheets(page: Page) -> Iterator[Finding]:
    for sheet in page.sheets:
        if len(sheet.encode()) >= _STYLE_LIMIT:
            yield Finding(
                "html", f"a style block has {len(sheet.encode()):,} octets; from {_STYLE_LIMIT:,} on it is dropped"
            )
        if sheet.count("{") != sheet.count("}"):
            yield Finding("html", "a style block has unbalanced braces; webmail drops all of it then")
        for word in _LOADING:
            if word in sheet.lower():
                yield Finding("html", f"a style block holds {word}: letters load nothing; use system fonts and <img>")
    body = page.first("body")
    if body is not None and next(body.iter("style"), None) is not None:
        yield Finding("html", "a rule could not be written into the elements: a style block stands in the body", "warning")


def _inspect_attributes(page: Page) -> Iterator[Finding]:
    """Attributes that no browser reads: what is left when a style is copied into them."""
    for element in page.elements:
        for name in ("width", "height"):
            value = element.get(name)
            if value is not None and element.tag != "meta" and not _LENGTH.fullmatch(value.strip()):
                yield Finding(
                    "html", f'a <{element.tag}> has {name}="{cut(value)}", which is no number of pixels or percent'
                )
        for name, known in _ALIGNMENTS.items():
            value = element.get(name)
            if value is not None and value.lower() not in known:
                yield Finding("html", f'a <{element.tag}> has {name}="{cut(value)}", which no mail program knows')
