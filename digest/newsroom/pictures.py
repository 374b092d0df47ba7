"""Pictures as outputs know them: renditions that publishing has made, found by the hash of the photo they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Picture", "Pictures", "Rendition"]


@dataclass(frozen=True, slots=True)
class Rendition:
    """One re-encoded JPEG below public/photos/: its file name, size in pixels and in bytes."""

    name: str
    width: int
    height: int
    byte_count: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo's renditions: `large` at most 1600 pixels wide (pages, feeds), `medium` 1200 (mail), `small` 400 (lists)."""

    large: Rendition
    medium: Rendition
    small: Rendition


Pictures = Mapping[str, Picture]
"""Each photo's picture, by the SHA-256 (hexadecimal) of the file as it was given (`Event.photo`)."""
