"""What a careful designer and a postmaster would object to in a letter that is about to be approved.

Errors hold an edition back; warnings are shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import chain
from typing import Literal
from urllib.parse import unquote, urlsplit

from digest.errors import Problem
from digest.mail.compile import CompiledMessage
from digest.mail.encoding import Kind
from digest.mail.fitting import HTML_LIMIT
from digest.mail.letter import Letter
from digest.mail.slotted import Slotted, fill

__all__ = ["HTML_WARNING", "inspect"]

HTML_WARNING = 75_000
"""From this many octets on a letter's HTML is called long."""

_LEAVE = "https://leave.invalid/u/token"
_RESIDUE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}")
_TEXT_LINK = re.compile(r"^https?://\S+$", re.MULTILINE)
_PREHEADER_LENGTHS = range(30, 201)
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

Finding = tuple[str, str, Literal["error", "warning"]]


class _Elements(HTMLParser):
    """All elements of a page in their order: name and attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def named(self, tag: str) -> list[dict[str, str]]:
        """The attributes of each element of that name."""
        return [attributes for name, attributes in self.found if name == tag]


def inspect(
    letter: Letter, html: Slotted | None, text: Slotted, message: CompiledMessage | None = None
) -> tuple[Problem, ...]:
    """All that is wrong with a letter as rendered, and with its message once there is one.

    The edition stands in the place of the file.
    """
    findings = chain(
        _inspect_html(letter, html) if html is not None else (),
        _inspect_text(text),
        _inspect_links(letter, html, text),
        _inspect_message(message) if message else (),
    )
    return tuple(Problem(letter.edition, 0, field, words, severity) for field, words, severity in findings)


def _inspect_html(letter: Letter, slotted: Slotted) -> Iterator[Finding]:
    html = fill(slotted, _LEAVE)
    size = len(html.encode())
    if size >= HTML_LIMIT:
        yield "html", f"it has {size:,} octets; from {HTML_LIMIT:,} on mail services cut the end off", "error"
    elif size >= HTML_WARNING:
        yield "html", f"it has {size:,} octets, which is long for a letter", "warning"
    if len(slotted) < 2:
        yield "html", "the link to leave is missing; write {{ leave_url }} into the template", "error"
    if not html.startswith("<!DOCTYPE html>"):
        yield "html", "it does not begin with <!DOCTYPE html>", "error"
    if found := _RESIDUE.search(html):
        yield "html", f"template code was left in it: {found[0][:60]}", "error"
    if len(letter.preheader) not in _PREHEADER_LENGTHS:
        yield "preheader", "it should have 30 to 200 characters", "warning"
    yield from _inspect_elements(_Elements(html))


def _inspect_elements(page: _Elements) -> Iterator[Finding]:
    for tag in ("html", "div"):
        first = next(iter(page.named(tag)), {})
        if not first.get("lang") or not first.get("dir"):
            yield "html", f"the first {tag} needs lang and dir", "error"
    if len(page.named("h1")) != 1:
        yield "html", "it should have one h1", "warning"
    if any(table.get("role") != "presentation" for table in page.named("table")):
        yield "html", 'a table lacks role="presentation"; screen readers would read it as data', "error"
    for image in page.named("img"):
        source = image.get("src", "")
        if not image.get("alt", "").strip():
            yield "html", f"the picture {source} has no alternative text", "error"
        if not image.get("width") or not image.get("height"):
            yield "html", f"the picture {source} lacks width or height", "error"
        if not _is_safe(source):
            yield "html", f"the picture {source} is not loaded by https", "error"


def _is_safe(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def _inspect_text(slotted: Slotted) -> Iterator[Finding]:
    text = fill(slotted, _LEAVE)
    if len(slotted) < 2:
        yield "text", "the link to leave is missing; write {{ leave_url }} into the template", "error"
    if found := _RESIDUE.search(text):
        yield "text", f"template code was left in it: {found[0][:60]}", "error"
    if "\n-- \n" not in text:
        yield "text", "it has no footer behind a line of two hyphens and a blank", "warning"


def _inspect_links(letter: Letter, html: Slotted | None, text: Slotted) -> Iterator[Finding]:
    """Both parts lead to the same places, one perhaps with more of an address percent-encoded."""
    in_text = set(map(unquote, _TEXT_LINK.findall(fill(text, _LEAVE))))
    if html is None:
        in_html = set(map(unquote, (*letter.links(), _LEAVE)))
    else:
        in_html = {unquote(link.get("href", "")) for link in _Elements(fill(html, _LEAVE)).named("a")}
    for link in sorted(in_html - in_text):
        yield "text", f"it lacks the link {link}", "error"
    for link in sorted(in_text - in_html):
        yield "html", f"it lacks the link {link}", "error"


def _inspect_message(message: CompiledMessage) -> Iterator[Finding]:
    kinds = {place.kind for place in message.places}
    if not {Kind.TO, Kind.MESSAGE_ID, Kind.LEAVE} <= kinds:
        yield "message", "the address, the Message-ID or the link to leave has no place in it", "error"
    for constant in message.constants:
        if b"\n" in constant.replace(b"\r\n", b"") or b"\r" in constant.replace(b"\r\n", b""):
            yield "message", "a line ends in something else than CR LF", "error"
        if any(len(line) > 998 or line.startswith(b".") for line in constant.split(b"\r\n")):
            yield "message", "a line is longer than 998 octets or starts with a full stop", "error"
