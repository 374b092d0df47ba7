"""The plain text of a letter, from its own template: never made from the HTML."""

from __future__ import annotations

import secrets
import textwrap
from functools import lru_cache

from digest.mail.letter import ItemPiece, Letter
from digest.mail.slotted import Slotted
from digest.mail.wording import build_sentences, text_direction
from digest.templates import Templates

__all__ = ["WIDTH", "render_text", "wrap_line", "wrap_text"]

WIDTH = 72
"""At how many characters lines are wrapped; a longer word, such as an address, stays whole."""

_TEMPLATE, _ITEM = "mail/edition.txt", "mail/item.txt"
_SIGNATURE = "-- "
_RIGHT_TO_LEFT = "\u200f"  # a line of a wrapped Arabic paragraph stays right-to-left though it begins with a Latin word


def render_text(letter: Letter, templates: Templates) -> Slotted:
    """The letter as lines of at most 72 characters that end in a line feed, around the leave link.

    Raises:
        TemplateError: the template is broken.
    """
    leave = f"leave{secrets.token_hex(12)}"
    sentences = build_sentences(letter, templates.words(letter.language))

    def show(item: ItemPiece, leads: bool = False) -> str:
        return _show(item, leads, letter.language, templates)

    text = templates.render(_TEMPLATE, letter.language, letter=letter, sentences=sentences, leave_url=leave, show=show)
    return tuple(wrap_text(text).split(leave))


@lru_cache(maxsize=4096)
def _show(item: ItemPiece, leads: bool, language: str, templates: Templates) -> str:
    """An item stands in many variants; its text is the same in all of one language."""
    return templates.render(_ITEM, language, item=item, leads=leads)


def wrap_text(text: str) -> str:
    """Wrap each line, and let at most two empty ones follow each other."""
    wrapped = "\n".join(map(wrap_line, text.split("\n")))
    while "\n\n\n\n" in wrapped:
        wrapped = wrapped.replace("\n\n\n\n", "\n\n\n")
    return wrapped.strip("\n") + "\n"


@lru_cache(maxsize=4096)
def wrap_line(line: str) -> str:
    """One line of a template as one or several; blanks at its end are dropped but in the line before a footer (`-- `)."""
    if line == _SIGNATURE:
        return line
    if len(line) <= WIDTH:
        return line.rstrip(" ")
    indent = line[: len(line) - len(line.lstrip(" "))]
    parts = textwrap.wrap(
        line, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    if text_direction(line) == "rtl":
        parts = [_RIGHT_TO_LEFT + part if text_direction(part) == "ltr" else part for part in parts]
    return "\n".join(parts)
