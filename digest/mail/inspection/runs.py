"""Every piece of text of a page with the colours, size and weight in which it is seen, in the light and in the dark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from digest.mail.inspection.hiding import LEAST_SIZE, hides, is_clear
from digest.mail.inspection.page import Element, Page
from digest.mail.inspection.sheets import Declarations, Rule, is_dark, is_for_paper, read_declarations

__all__ = ["Colour", "Run", "build_runs", "is_colour", "read_colour"]


class Colour(NamedTuple):
    """Red, green and blue from 0 to 255."""

    red: int
    green: int
    blue: int

    def __str__(self) -> str:
        return "#{:02x}{:02x}{:02x}".format(*self)


@dataclass(frozen=True, slots=True)
class Run:
    """A text and how it is seen: `size` in CSS pixels; clear: without colour; turned: a rule for the dark sets it."""

    text: str
    ink: Colour
    ground: Colour
    size: float = 16.0
    is_bold: bool = False
    is_hidden: bool = False
    is_clear: bool = False
    ink_is_turned: bool = False
    ground_is_turned: bool = False

    @property
    def is_large(self) -> bool:
        """Whether the text is large: 24 pixels, or bold from 18.66 on (WCAG 2.2, 1.4.3)."""
        return self.size >= 24 or (self.is_bold and self.size >= 18.66)


class _Scene(NamedTuple):
    """The rules that count for each element, what `@media` rules say of it, and whether it is dark."""

    rules: dict[Element, Declarations]
    sometimes: dict[Element, list[Declarations]]
    is_dark: bool


_SIZES = {"h1": 2.0, "h2": 1.5, "h3": 1.17}  # as browsers have it, times the size around
_BOLD = frozenset({"b", "strong", "th", "h1", "h2", "h3", "h4", "h5", "h6"})
_UNSEEN = frozenset({"head", "style", "script", "title", "template"})
_LIGHT = Run("", Colour(0, 0, 0), Colour(255, 255, 255), ground_is_turned=True)
_DARK = Run("", Colour(255, 255, 255), Colour(18, 18, 18), ink_is_turned=True, ground_is_turned=True)
_LINKS = {False: Colour(0, 0, 238), True: Colour(158, 158, 255)}  # where no rule names their colour
_FUNCTION = re.compile(r"rgba?\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*(?:,\s*1(?:\.0*)?\s*)?\)")
_LENGTH = re.compile(r"(\d*\.?\d+)(px|pt|em|rem|%)?")
_SHORT_SIZE = re.compile(r".*?(\d*\.?\d+(?:px|pt|em|rem|%)).*")
_FACTORS = {"px": 1.0, "pt": 4 / 3, "rem": 16.0}
_INHERITED = frozenset({"inherit", "transparent", "none", "initial", "unset", "currentcolor", ""})


def build_runs(page: Page, *, dark: bool, wide: bool = False) -> list[Run]:
    """The texts of a page in their order, the alternative texts of pictures among them.

    Args:
        wide: count every `@media` rule for a screen, whatever else it asks for.
    """
    body = page.first("body")
    if body is None:
        return []
    scene = _Scene(_apply_rules(page, dark, wide), _find_sometimes(page), dark)
    return list(_walk(body, _DARK if dark else _LIGHT, scene))


def _find_sometimes(page: Page) -> dict[Element, list[Declarations]]:
    """What `@media` blocks for screens say: what one of them shows is hidden elsewhere for a reason."""
    found: dict[Element, list[Declarations]] = {}
    for rule in page.rules:
        if rule.media and not is_for_paper(rule):
            for selector in rule.selectors:
                for element in page.select(selector):
                    found.setdefault(element, []).append(rule.declarations)
    return found


def _counts(rule: Rule, dark: bool, wide: bool) -> bool:
    if not rule.media:
        return True
    return dark if is_dark(rule) else wide and not is_for_paper(rule)


def _apply_rules(page: Page, dark: bool, wide: bool) -> dict[Element, Declarations]:
    found: dict[Element, Declarations] = {}
    for rule in page.rules:
        if not _counts(rule, dark, wide):
            continue
        for selector in rule.selectors:
            for element in page.select(selector):
                own = found.setdefault(element, {})
                for name, (value, important) in rule.declarations.items():
                    if important or not own.get(name, ("", False))[1]:
                        own[name] = (value, important)
    return found


def _walk(element: Element, around: Run, scene: _Scene) -> Iterator[Run]:
    own = _dress(element, around, scene)
    text = (element.get("alt") if element.tag == "img" else element.text) or ""
    if text.strip():
        yield _read_run(own, text)
    for child in element:
        if isinstance(child.tag, str) and child.tag not in _UNSEEN:
            yield from _walk(child, own, scene)
        if child.tail and child.tail.strip():
            yield _read_run(own, child.tail)


def _read_run(own: Run, text: str) -> Run:
    return replace(own, text=text, is_hidden=own.is_hidden or own.is_clear or own.size < LEAST_SIZE)


def _dress(element: Element, around: Run, scene: _Scene) -> Run:
    """How the text of an element is seen, by its own style, the rules for it and what is around it."""
    rules = scene.rules.get(element, {})
    inline = read_declarations(element.get("style", ""))
    if (
        not inline
        and not rules
        and not element.get("bgcolor")
        and element.tag not in ("a", "font", *_BOLD)
        and element.get("hidden") is None
    ):
        return around
    changes: dict[str, object] = {}
    ink, by_rule = _choose(("color",), inline, rules)
    if ink is None and element.tag == "a" and element.get("href"):
        changes |= {"ink": _LINKS[scene.is_dark], "ink_is_turned": scene.is_dark}
    elif ink is not None:
        changes |= {"ink": ink, "ink_is_turned": by_rule}
    elif element.tag == "font" and (plain := read_colour(element.get("color", ""))):
        changes |= {"ink": plain, "ink_is_turned": False}
    ground, by_rule = _choose(("background-color", "background"), inline, rules)
    if ground is None and element.get("bgcolor"):
        ground, by_rule = read_colour(element.get("bgcolor")), False
    if ground is not None:
        changes |= {"ground": ground, "ground_is_turned": by_rule}
    declared = _merge(rules, inline)
    if is_clear(declared.get("color", "")) or is_clear(declared.get("-webkit-text-fill-color", "")):
        changes["is_clear"] = True
    elif "ink" in changes:
        changes["is_clear"] = False
    size = _size(
        declared.get("font-size", "") or _SHORT_SIZE.sub(r"\1", declared.get("font", "")),
        around.size,
        _SIZES.get(element.tag, 1.0),
    )
    weight = declared.get("font-weight", "bold" if element.tag in _BOLD else "")
    changes |= {
        "size": size,
        "is_bold": weight in ("bold", "bolder") or (weight.isdigit() and int(weight) >= 700) if weight else around.is_bold,
        "is_hidden": around.is_hidden or element.get("hidden") is not None or _is_never_seen(element, declared, scene),
    }
    return replace(around, **changes)  # type: ignore[arg-type]


def _choose(names: tuple[str, ...], inline: Declarations, rules: Declarations) -> tuple[Colour | None, bool]:
    """The colour that wins, and whether it comes from a rule: important ones beat what stands in the element."""
    for name in names:
        own, rule = inline.get(name), rules.get(name)
        if rule and (own is None or (rule[1] and not own[1])) and (colour := read_colour(rule[0])):
            return colour, True
        if own and (colour := read_colour(own[0])):
            return colour, False
    return None, False


def _is_never_seen(element: Element, declared: dict[str, str], scene: _Scene) -> bool:
    if not hides(declared):
        return False
    plain: Declarations = {name: (value, False) for name, value in declared.items()}
    return all(hides(_merge(plain, rule)) for rule in scene.sometimes.get(element, ()))


def _merge(rules: Declarations, inline: Declarations) -> dict[str, str]:
    """The values that count: the element's own, but for what a rule says with more weight."""
    own = {name: one for name, one in inline.items() if one[1] or not rules.get(name, ("", False))[1]}
    return {name: value.strip().lower() for name, (value, _) in {**rules, **own}.items()}


def _size(text: str, around: float, factor: float) -> float:
    found = _LENGTH.fullmatch(text)
    if not found:
        return around * factor
    number, unit = float(found[1]), found[2] or "px"
    return number * _FACTORS[unit] if unit in _FACTORS else around * number * (0.01 if unit == "%" else 1.0)


def is_colour(value: str) -> bool:
    """Whether a value is a colour that can be judged, or says that there is none of its own."""
    return value.strip().lower() in _INHERITED or read_colour(value) is not None


@lru_cache(maxsize=1024)
def read_colour(text: str) -> Colour | None:
    """The colour that a value names, for a background the first one in it; None where it names none that can be judged."""
    from PIL import ImageColor

    value = text.strip().lower()
    if value in _INHERITED:
        return None
    if found := _FUNCTION.search(value):
        return Colour(*map(int, found.groups()))
    for word in value.split():
        try:
            red, green, blue, *alpha = ImageColor.getrgb(word)
        except ValueError:
            continue
        if not alpha or alpha[0] == 255:
            return Colour(red, green, blue)
    return None
