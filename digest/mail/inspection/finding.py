"""What one rule of the inspection says of a letter."""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["Finding", "cut"]


class Finding(NamedTuple):
    """One fault: where it lies, what is wrong and what to do, and how bad it is.

    `field` is `html`, `text`, `message`, a field of the letter, `item ID`, or a setting. `example` is the first place in
    the letter where it shows; two findings that differ in nothing else are one.
    """

    field: str
    text: str
    severity: Literal["error", "warning"] = "error"
    example: str = ""


def cut(text: str, limit: int = 48) -> str:
    """The beginning of a text on one line, to name it by."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
