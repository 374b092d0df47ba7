"""The ways in which a style keeps a text from being seen."""

from __future__ import annotations

import re

__all__ = ["LEAST_SIZE", "hides", "is_clear"]

LEAST_SIZE = 8
"""Text below this many CSS pixels is read by nobody."""

_NUMBER = re.compile(r"(-?\d*\.?\d+)(px|pt|em|rem|%|vw|vh|in|cm)?")
_PIXELS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "em": 16.0, "rem": 16.0, "%": 6.0, "vw": 6.0, "vh": 6.0, "in": 96.0, "cm": 37.8}
_AWAY = 100  # CSS pixels
_LOW = 4  # no line fits into so many CSS pixels
_LEAST_OPACITY = 0.5
_ALPHA = re.compile(r"(?:rgba?|hsla?)\(.*[,/]\s*(?:0*\.?0+)%?\s*\)|#(?:[0-9a-f]{3}0|[0-9a-f]{6}00)")
_CUTTING = frozenset({"hidden", "clip", "scroll", "auto"})
_OFFSETS = ("left", "right", "top", "bottom", "inset")


def hides(declared: dict[str, str]) -> bool:
    """Whether an element with these declarations shows none of its text, whatever stands inside."""
    return (
        declared.get("display") == "none"
        or declared.get("visibility") in ("hidden", "collapse")
        or declared.get("content-visibility") == "hidden"
        or _opacity(declared.get("opacity", "")) < _LEAST_OPACITY
        or declared.get("clip", "auto") != "auto"
        or declared.get("clip-path", "none") != "none"
        or "scale(0" in declared.get("transform", "")
        or _is_cut_off(declared)
        or _is_away(declared)
    )


def is_clear(value: str) -> bool:
    """Whether a colour lets everything through."""
    plain = value.strip().lower()
    return plain == "transparent" or bool(_ALPHA.fullmatch(plain))


def _opacity(value: str) -> float:
    found = _NUMBER.fullmatch(value)
    return float(found[1]) * (0.01 if found[2] == "%" else 1) if found else 1.0


def _is_cut_off(declared: dict[str, str]) -> bool:
    if not any(declared.get(name, "").split(" ")[0] in _CUTTING for name in ("overflow", "overflow-x", "overflow-y")):
        return False
    sizes = (declared.get(name, "") for name in ("height", "max-height", "line-height", "width", "max-width"))
    return any(
        found[2] != "%" and float(found[1]) * _PIXELS[found[2] or ""] <= _LOW for found in map(_read_low, sizes) if found
    )


def _read_low(value: str) -> re.Match[str] | None:
    """A length; a line's height without a unit counts in letters."""
    found = _NUMBER.fullmatch(value)
    return None if found and not found[2] and float(found[1]) else found


def _is_away(declared: dict[str, str]) -> bool:
    names = ["text-indent", *(name for name in declared if name.startswith("margin"))]
    if declared.get("position") in ("absolute", "fixed", "relative"):
        names += _OFFSETS
    lengths = [length for name in names for length in _lengths(declared.get(name, ""))]
    far = any(abs(length) >= 10 * _AWAY for length in lengths)
    return far or any(length <= -_AWAY for length in lengths)


def _lengths(value: str) -> list[float]:
    return [float(number) * _PIXELS[unit] for number, unit in _NUMBER.findall(value)]
