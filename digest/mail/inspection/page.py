"""A letter's HTML, parsed once for all rules."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Any

from lxml import etree
from lxml.html import document_fromstring

from digest.mail.inspection.sheets import Rule, read_rules

__all__ = ["Element", "Page", "words_of"]

Element = Any
"""An element as lxml hands it out."""

_CONDITIONAL = re.compile(r"<!--\s*\[if[^\]]*\]>(.*?)-->", re.DOTALL)
_CLASS = re.compile(r"\.([\w-]+)")


class Page:
    """The elements of a page in their order, its style sheets, and what only some mail programs read."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.root: Element = document_fromstring(source if source.strip() else "<html></html>")
        self.elements: list[Element] = list(self.root.iter("*"))
        self.conditional = tuple(_CONDITIONAL.findall(source))

    def named(self, *tags: str) -> Iterator[Element]:
        """The elements of those names."""
        return (element for element in self.elements if element.tag in tags)

    def first(self, tag: str) -> Element | None:
        """The first element of that name."""
        return next(self.named(tag), None)

    @cached_property
    def sheets(self) -> tuple[str, ...]:
        """The style blocks that every mail program reads."""
        return tuple(element.text or "" for element in self.named("style"))

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The rules of the style blocks."""
        return tuple(rule for sheet in self.sheets for rule in read_rules(sheet))

    def select(self, selector: str) -> list[Element]:
        """The elements that a selector names; none where it needs a state such as hovering, or cannot be understood."""
        if single := _CLASS.fullmatch(selector):
            return self._by_class.get(single[1], [])
        compiled = _compile(selector)
        return compiled(self.root) if compiled else []

    @cached_property
    def _by_class(self) -> dict[str, list[Element]]:
        found: dict[str, list[Element]] = defaultdict(list)
        for element in self.elements:
            for name in element.get("class", "").split():
                found[name].append(element)
        return found


def words_of(element: Element) -> str:
    """What is read of an element: its text, and the alternative texts of its pictures, on one line."""
    parts: list[str] = []
    for one in element.iter():
        if one.tag == "img":
            parts.append(one.get("alt", ""))
        elif isinstance(one.tag, str):
            parts.append(one.text or "")
        if one is not element:
            parts.append(one.tail or "")
    return " ".join("".join(parts).split())


@lru_cache(maxsize=512)
def _compile(selector: str) -> Any:
    from cssselect import SelectorError
    from lxml.cssselect import CSSSelector

    try:
        return CSSSelector(selector)
    except (SelectorError, etree.XPathError):
        return None
