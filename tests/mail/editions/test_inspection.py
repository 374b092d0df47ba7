"""Every golden edition, in every language: the project's own inspection, and what it must not be alone in saying."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from digest.mail.inspection import inspect

WARNINGS = {
    "cut-for-length": "which is long for a letter",  # it fills all the room there is
    "long-titles": "a word is too long for a phone",  # an address in a summary, kept to see that it is broken
}
"""The warnings that golden editions earn."""


class _Balance(HTMLParser):
    """Start and end tags in their order; every element is closed by its own tag, and where it was opened."""

    VOID = frozenset({"meta", "img", "br", "link", "hr"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.links: list[str] = []
        self.feed(html)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.links.append(dict(attrs)["href"] or "")
        if tag not in self.VOID:
            self.open.append(tag)
        if len({name for name, _ in attrs}) < len(attrs):
            self.faults.append(f"<{tag}> has an attribute twice: {attrs}")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()} closes something else")


def test_inspection_finds_nothing(copies: list[Any]) -> None:
    for copy in copies:
        problems = inspect(copy.letter, copy.proof.html, copy.proof.text, copy.message)

        known = WARNINGS.get(copy.name)
        assert [str(problem) for problem in problems if not known or known not in problem.text] == [], copy.label


def test_every_element_is_closed_where_it_was_opened(copies: list[Any]) -> None:
    for copy in copies:
        if not copy.letter.is_discreet:
            assert _Balance(copy.html).faults == [], copy.label


def test_both_parts_lead_to_the_same_places(copies: list[Any]) -> None:
    for copy in copies:
        if not copy.letter.is_discreet:
            in_text = re.findall(r"^https://\S+$", copy.text, re.MULTILINE)
            in_words = {link for item in copy.letter.items for link in re.findall(r"https://\S+", item.summary)}

            assert set(in_text) - in_words == set(_Balance(copy.html).links), copy.label


def test_lines_of_text_fit_a_terminal(copies: list[Any]) -> None:
    for copy in copies:
        long = [line for line in copy.text.splitlines() if len(line) > 72 and not line.startswith("https://")]

        assert long == [], copy.label
        assert not re.search(r"[ \t]$(?<!^-- )|\n{4}", copy.text.removeprefix("-- "), re.MULTILINE), copy.label


def test_no_sentence_of_another_language_is_left(copies: list[Any], press: Any) -> None:
    """What the letter says itself is in its own language: nothing of the English chrome stands in another one."""
    english = press.make(copies[0].name, "en")
    chrome = _chrome(english)
    for copy in copies[1:]:
        assert sorted(chrome & _chrome(copy)) == [], copy.label


def _chrome(copy: Any) -> set[str]:
    """What stands in a letter that no item, no setting and no staff wrote, in pieces."""
    letter = copy.letter
    given = [letter.newsroom, letter.postal_address, *letter.paragraphs, *letter.topics, letter.list_title]
    given += [letter.title] if copy.has_own_title else []
    for piece in (*letter.items, *letter.corrections, *letter.withdrawals, *letter.more):
        given += [getattr(piece, name, "") for name in ("title", "summary", "note", "reason", "topics")]
    lines = " ".join(copy.text.split())
    for text in sorted(filter(None, given), key=len, reverse=True):
        lines = lines.replace(text, " | ").replace(text.upper(), " | ")
    return {part.strip() for part in re.split(r"[|/·]|https://\S+|[=-]{2,}", lines) if re.search(r"[a-zA-Z]{3}", part)}
