"""The pictures of what is public, from the renditions that the site keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from digest.desk.workplace import Workplace
from digest.errors import Problem
from digest.newsroom.pictures import Pictures
from digest.newsroom.public import Newsroom
from digest.publishing.photos import build_pictures

__all__ = ["build_public_pictures"]


def build_public_pictures(
    place: Workplace, newsroom: Newsroom, photos: Mapping[str, Path] | None = None
) -> tuple[Pictures, Sequence[Problem]]:
    """The renditions of a newsroom's photos, made where they are missing and the original is at hand.

    A withdrawn item's photo is taken back with it.

    Args:
        photos: files as they were given, by their SHA-256.
    """
    originals = photos or {}
    wanted = {item.photo: originals.get(item.photo) for item in newsroom if item.photo and not item.is_withdrawn}
    return build_pictures(place.site, wanted)
