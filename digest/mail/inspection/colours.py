"""Contrast of every text against its ground, in the light and in the dark (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from digest.mail.inspection.finding import Finding, cut
from digest.mail.inspection.runs import Colour, Run

__all__ = ["contrast", "inspect_colours"]

_NEEDED = {False: 4.5, True: 3.0}  # large texts need less


def inspect_colours(runs: Sequence[Run], *, dark: bool) -> Iterator[Finding]:
    """Texts that cannot be read well, and grounds that a rule for the dark has forgotten.

    Args:
        runs: the texts of a page as seen in the light, or in the dark.
    """
    for run in runs:
        if run.is_hidden:
            continue
        found, needed = contrast(run.ink, run.ground), _NEEDED[run.is_large]
        stale = dark and run.ink_is_turned and not run.ground_is_turned
        where = "in the dark" if dark else "in the light"
        if found < needed:
            remedy = "give its ground a rule for the dark too" if stale else "change one of the two colours in theme.toml"
            text = f"text in {run.ink} on {run.ground} has a contrast of {found:.2f} {where}, below {needed:g}; {remedy}"
            yield Finding("html", text, "error", cut(run.text))
        elif stale:
            text = f"in the dark text turns to {run.ink} but its ground stays {run.ground}; give the ground a rule too"
            yield Finding("html", text, "warning", cut(run.text))


@lru_cache(maxsize=1024)
def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio of two colours, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    """Relative luminance (WCAG 2.2)."""
    shares = (part / 255 for part in colour)
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
