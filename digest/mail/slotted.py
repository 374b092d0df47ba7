"""Texts in which the leave link is left out."""

from __future__ import annotations

__all__ = ["Slotted", "fill"]

Slotted = tuple[str, ...]
"""The constants of a text around the leave link, one more than there are places for it."""


def fill(text: Slotted, leave_url: str) -> str:
    """The whole text with that leave link."""
    return leave_url.join(text)
