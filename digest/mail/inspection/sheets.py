"""Style sheets and style attributes, read as far as an inspection needs them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["Declarations", "Rule", "is_dark", "is_for_paper", "read_declarations", "read_rules"]

Declarations = dict[str, tuple[str, bool]]
"""Each property's value, and whether it is `!important`; the last one of a property counts."""

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_DECLARATION = re.compile(r"([\w-]+)\s*:\s*((?:[^;(]|\([^)]*\))+)")
_DARK = re.compile(r"prefers-color-scheme\s*:\s*dark")
_NOT = re.compile(r"\s*not\b")
_PAPER = re.compile(r"\s*(?:only\s+)?(?:print|speech)\b")
_GROUPS = ("@supports", "@layer", "@container", "@scope")
_IMPORTANT = re.compile(r"\s*!\s*important\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Rule:
    """One rule: its selectors, its declarations, and the condition of the `@media` block in which it stands."""

    selectors: tuple[str, ...]
    declarations: Declarations
    media: str = ""


def is_dark(rule: Rule) -> bool:
    """Whether it counts in the dark alone."""
    queries = rule.media.split(",")
    return all(_DARK.search(query) and not _NOT.match(query) for query in queries)


def is_for_paper(rule: Rule) -> bool:
    """Whether it counts for no screen."""
    return bool(rule.media) and all(_PAPER.match(query) for query in rule.media.split(","))


@lru_cache(maxsize=4096)
def read_declarations(text: str) -> Declarations:
    """The declarations of a style attribute or of a rule's body."""
    found: Declarations = {}
    for match in _DECLARATION.finditer(text):
        value = match[2].strip()
        plain = _IMPORTANT.sub("", value)
        found[match[1].lower()] = (plain, plain != value)
    return found


@lru_cache(maxsize=64)
def read_rules(sheet: str) -> tuple[Rule, ...]:
    """The rules of a style sheet in their order, those inside `@media` too."""
    return tuple(_read(_COMMENT.sub("", sheet), ""))


def _read(sheet: str, media: str) -> Iterator[Rule]:
    for prelude, body in _blocks(sheet):
        if prelude.startswith("@media"):
            own = prelude.removeprefix("@media").strip().lower()
            yield from _read(body, f"{media} and {own}" if media else own)
        elif prelude.startswith(_GROUPS):
            yield from _read(body, media)
        elif not prelude.startswith("@"):
            selectors = tuple(selector.strip() for selector in prelude.split(","))
            yield Rule(selectors, read_declarations(body.partition("{")[0]), media)


def _blocks(sheet: str) -> Iterator[tuple[str, str]]:
    """What stands before and inside each outermost pair of braces."""
    depth, start, prelude = 0, 0, ""
    for match in re.finditer(r"[{};]", sheet):
        if match[0] == "{":
            depth += 1
            if depth == 1:
                prelude, start = sheet[start : match.start()].strip(), match.end()
        elif match[0] == "}" and depth:
            depth -= 1
            if not depth:
                yield prelude, sheet[start : match.start()]
                start = match.end()
        elif not depth:
            start = match.end()
