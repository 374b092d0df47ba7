"""Words that people wrote into settings and choices: plain text, shown as it stands; a fault is named with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.mail.inspection.finding import Finding, cut
from digest.mail.inspection.links import inspect_address
from digest.mail.letter import Letter

__all__ = ["MARKUP", "describe_code", "find_own_words", "inspect_staff_words"]

_ADDRESS = re.compile(
    r"(?:https?://|www\.)[^\s<>()\[\]“”«»]+|(?<![\w@./-])(?:[a-z0-9-]+\.)+[a-z]{2,}/[^\s<>()\[\]]+", re.IGNORECASE
)
_MARKDOWN = re.compile(r"\[[^\]\n]+\]\(\s*(?:https?:|www\.|/)[^)\s]*\)|\*\*[^*\s][^*\n]*\*\*|(?<!\w)__[^_\s][^_\n]*__(?!\w)")
_OPTIONS = {"subject": "subject", "preheader": "preheader", "introduction": "intro", "title": "title"}
MARKUP = re.compile(
    r"</?(?:a|b|br|center|div|em|font|h[1-6]|i|img|li|ol|p|span|strong|table|td|tr|u|ul)\b[^>]*>", re.IGNORECASE
)
"""An HTML element in words that are shown as they stand."""


def inspect_staff_words(letter: Letter) -> Iterator[Finding]:
    """Addresses, Markdown and HTML in what staff wrote for this edition, and HTML in what newsroom.toml says."""
    own = find_own_words(letter)
    for field, words, remedy in _places(letter):
        for found in MARKUP.finditer(words):
            if found[0] not in own:
                text = f"HTML does nothing there and would be read as it stands: {cut(found[0])}; {remedy}"
                yield Finding(field, text)
        if field in ("title", "preheader", "introduction"):
            yield from _inspect_words(field, words, own)


def _inspect_words(field: str, words: str, own: str) -> Iterator[Finding]:
    for found in _MARKDOWN.finditer(words):
        if found[0] not in own:
            text = f"Markdown does nothing there and is read as it stands: {cut(found[0])}; write plain text"
            yield Finding(field, text, "warning")
    for found in _ADDRESS.finditer(words):
        address = found[0].rstrip(".,;:!?…")
        if address not in own:
            full = address if "://" in address else f"https://{address}"
            yield from inspect_address(full, field, plain="warning")


def describe_code(field: str, code: str, letter: Letter) -> Finding:
    """Template code in a part of a letter, named with the place from which it came, if that can be told."""
    for place, words, remedy in _places(letter):
        if found := re.search(re.escape(code), words, re.IGNORECASE):  # the text sets titles in capitals
            text = f"template code stands in it: {cut(found[0])}; letters hold nothing personal; {remedy}"
            return Finding(place, text)
    where = "look at the template, or at the footer of theme.toml"
    return Finding(field, f"template code was left in it: {cut(code)}; {where}")


def find_own_words(letter: Letter) -> str:
    """What the items themselves say, one below the other."""
    words: list[str] = []
    for piece in (*letter.items, *letter.corrections, *letter.withdrawals, *letter.more):
        words += [piece.title, piece.link]
    for item in letter.items:
        words.append(item.summary)
        for picture in filter(None, (item.picture, item.small_picture)):
            words += [picture.src, picture.alt, picture.caption, picture.credit]
    words += [one.note for one in letter.corrections] + [one.reason for one in letter.withdrawals]
    return "\n".join(words)


def _places(letter: Letter) -> Iterator[tuple[str, str, str]]:
    """Field, words, and what to do."""
    for name, option in _OPTIONS.items():
        yield name, getattr(letter, name), f"write it anew: digest edition set ID --{option} TEXT"
    yield "newsroom", letter.newsroom, "mend newsroom.name and newsroom.title in newsroom.toml"
    yield "newsroom.postal_address", letter.postal_address, "mend that key in newsroom.toml"
    yield f"lists.{letter.list_id}.title", letter.list_title, "mend that key in newsroom.toml"
    topics = (*letter.topics, *(section.heading for section in letter.sections), *(item.topics for item in letter.items))
    yield "topics", "\n".join(topics), "mend the topic's title in newsroom.toml"
    yield "kinds", "\n".join(item.kind for item in letter.items), "mend the kind's title in newsroom.toml"
