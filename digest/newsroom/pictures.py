"""Pictures as outputs know them: renditions that publishing has made, found by the hash of the photo they come from."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["MarkedPictures", "Picture", "Pictures", "Rendition", "mark_picture"]


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


class MarkedPictures(Mapping[str, Picture]):
    """Pictures that are looked up when they are shown, and told from each other without that."""

    @property
    @abstractmethod
    def marks(self) -> Mapping[str, str]:
        """By the SHA-256 of each photo that has a picture, a text that changes whenever the picture does."""


def mark_picture(pictures: Pictures, photo: str | None) -> str:
    """A text that changes whenever what is shown of a photo does; empty without a photo, `?` for one without a picture."""
    if photo is None:
        return ""
    if isinstance(pictures, MarkedPictures):
        return pictures.marks.get(photo, "?")
    picture = pictures.get(photo)
    return " ".join((picture.large.name, picture.medium.name, picture.small.name)) if picture else "?"
