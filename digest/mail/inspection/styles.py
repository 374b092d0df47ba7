"""Style declarations that too many mail programs do not understand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from digest.mail.inspection.finding import Finding, cut
from digest.mail.inspection.page import Page
from digest.mail.inspection.runs import is_colour
from digest.mail.inspection.sheets import Declarations, read_declarations

__all__ = ["inspect_styles"]


class _Weak(NamedTuple):
    """A pattern that a value must match, and the share of mail programs in hundredths that show it."""

    value: re.Pattern[str]
    share: int


def _weak(share: int, value: str = "") -> _Weak:
    return _Weak(re.compile(value), share)


# Shares: caniemail data of 2025-09 (302 features), newest version of each program, partial support counted as a half.
_BY_PROPERTY = {
    "display": (_weak(80, r"^(?:inline-)?flex"), _weak(56, r"^(?:inline-)?grid")),
    "position": (_weak(56, r"^(?!static)"),),
    "float": (_weak(83, r"^(?!none)"),),
    "gap": (_weak(54),),
    "column-gap": (_weak(54),),
    "row-gap": (_weak(54),),
    "inset": (_weak(13),),
    "transform": (_weak(49),),
    "filter": (_weak(48),),
    "backdrop-filter": (_weak(31),),
    "clip-path": (_weak(50),),
    "animation": (_weak(33),),
    "transition": (_weak(39),),
    "aspect-ratio": (_weak(41),),
    "object-fit": (_weak(63),),
    "box-shadow": (_weak(61),),
    "opacity": (_weak(71),),
    "background-image": (_weak(81, r"^(?!none)"),),
    "inline-size": (_weak(46),),
    "max-inline-size": (_weak(28),),
    "margin-inline": (_weak(54),),
    "margin-block": (_weak(54),),
    "padding-inline": (_weak(39),),
    "padding-block": (_weak(39),),
    "hyphens": (_weak(40),),
    "overflow-wrap": (_weak(24),),
    "text-wrap": (_weak(18),),
}
_BY_VALUE = {
    "var()": _weak(48, r"\bvar\("),
    "calc()": _weak(60, r"\bcalc\("),
    "min()": _weak(54, r"\bmin\("),
    "max()": _weak(54, r"\bmax\("),
    "clamp()": _weak(51, r"\bclamp\("),
    "light-dark()": _weak(28, r"\blight-dark\("),
    "a gradient": _weak(58, r"gradient\("),
    "a colour without commas": _weak(32, r"\b(?:rgb|hsl)a?\([^,)]*\)|\b(?:lab|lch|oklab|oklch|color)\("),
}
_BY_SELECTOR = {
    ":is()": _weak(41, r":(?:is|where|not)\("),
    ":has()": _weak(34, r":has\("),
    "::before": _weak(35, r"::?(?:before|after)"),
    ":nth-child()": _weak(41, r":nth-"),
    "nesting": _weak(20, r"&"),
}
_NEGATIVE = re.compile(r"(?:^|\s)-\d")


def inspect_styles(page: Page) -> Iterator[Finding]:
    """What is poorly supported, each with the first element or rule in which it stands; `@media` may hold what it likes."""
    for element in page.elements:
        if style := element.get("style"):
            yield from _inspect_declarations(read_declarations(style), f"<{element.tag} {cut(element.get('class', ''))}>")
    for rule in page.rules:
        selectors = ", ".join(rule.selectors)
        for name, weak in _BY_SELECTOR.items():
            if not rule.media and weak.value.search(selectors):
                yield _finding(name, weak, cut(selectors))
        if not rule.media:
            yield from _inspect_declarations(rule.declarations, cut(selectors))
    if any("&" in sheet for sheet in page.sheets):
        yield _finding("nesting", _BY_SELECTOR["nesting"], "<style>")


def _inspect_declarations(declarations: Declarations, where: str) -> Iterator[Finding]:
    for name, (value, _) in declarations.items():
        for weak in _BY_PROPERTY.get(name, ()):
            if weak.value.search(value):
                yield _finding(f"{name}: {value}" if weak.value.pattern else name, weak, where)
        if name in ("color", "background-color") and not is_colour(value):
            text = f"the contrast of {name}: {cut(value)} cannot be judged; write it like #26262a"
            yield Finding("html", text, "warning", where)
        if name.startswith("margin") and _NEGATIVE.search(value):
            yield Finding("html", f"a negative margin ({name}: {value}) is dropped by many mail programs", "warning", where)
        for label, weak in _BY_VALUE.items():
            if weak.value.search(value):
                yield _finding(label, weak, where)


def _finding(what: str, weak: _Weak, where: str) -> Finding:
    text = f"{cut(what)} is understood by {weak.share} of 100 mail programs; do it with a table or a plain value"
    return Finding("html", text, "warning", where)
