"""Heads of Atom and RSS feeds: what stands before the entries.

feedgen writes each shape of head once, with a mark in place of each text; a head is that text with the marks replaced. A
newsroom has thousands of documents, and all but a few have one of a handful of shapes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from digest.feeds.xml_feeds import Head, XmlFormat, build_atom_generator, build_rss_generator
from digest.settings import Settings

__all__ = ["HeadWriter"]

_TAILS: dict[XmlFormat, str] = {"atom": "</feed>", "rss": "</channel></rss>"}
_TEXTS = ("id", "title", "description", "language", "home", "self", "updated", "hub", "current", "previous", "following")
_MARK = "digest-{}-5f1c7a0e"
"""Stands for a text of a head; no newsroom has such a title."""
_MARKED = re.compile(r'(=")?' + _MARK.format("([a-z]+)"))
_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_IN_ATTRIBUTE = {**_IN_TEXT, ord('"'): "&quot;"}


class HeadWriter:
    """Writes the heads of one newsroom's feeds, as feedgen would."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._shapes: dict[tuple[XmlFormat, Head], Callable[[Head], str]] = {}

    def render(self, form: XmlFormat, head: Head) -> tuple[bytes, bytes]:
        """What stands before and behind the entries of a feed."""
        tail = _TAILS[form]
        if head.deleted:  # each is another shape
            return self._write(form, head).encode(), tail.encode()
        marks: dict[str, Any] = {name: _MARK.format(name) for name in _TEXTS if getattr(head, name)}
        marked = replace(head, **marks)
        if (form, marked) not in self._shapes:
            self._shapes[form, marked] = _build_shape(self._write(form, marked))
        return self._shapes[form, marked](head).encode(), tail.encode()

    def _write(self, form: XmlFormat, head: Head) -> str:
        if form == "atom":
            whole: bytes = build_atom_generator(head, (), self._settings).atom_str()
        else:
            whole = build_rss_generator(head, ()).rss_str()
        return whole.decode().removesuffix(_TAILS[form])


def _build_shape(text: str) -> Callable[[Head], str]:
    """A function that puts a head's texts in the place of their marks, escaped as lxml does."""
    parts: list[str] = []
    names: list[tuple[str, dict[int, str]]] = []
    end = 0
    for mark in _MARKED.finditer(text):
        parts.append(text[end : mark.start()] + (mark[1] or ""))
        names.append((mark[2], _IN_ATTRIBUTE if mark[1] else _IN_TEXT))
        end = mark.end()

    def fill(head: Head) -> str:
        texts = (getattr(head, name).translate(escapes) for name, escapes in names)
        return "".join(part for pair in zip(parts, texts, strict=True) for part in pair) + text[end:]

    return fill
