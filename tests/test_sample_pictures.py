"""The sample newsroom's pictures are all there, all used, small, clean and described."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

ITEMS = Path(__file__).parents[1] / "items"
PHOTOS = ITEMS / "photos"
SIZE = (1200, 675)
BYTES_MAX = 60_000
# What Pillow keeps of a JPEG that carries nothing but the picture.
JFIF_ONLY = {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"}


def _read_photos() -> dict[str, dict[str, Any]]:
    """The photo of every sample item that has one, by the name of the item's file."""
    photos = {}
    for file in sorted(ITEMS.rglob("*.md")):
        front = yaml.safe_load(file.read_text(encoding="utf-8").split("---\n")[1])
        if "photo" in front:
            photos[file.name] = front["photo"]
    return photos


NAMED = _read_photos()


@pytest.mark.parametrize("item", NAMED)
def test_a_photo_named_by_an_item_is_a_small_jpeg_of_the_shared_size_without_metadata(item: str) -> None:
    file = PHOTOS / NAMED[item]["src"]
    assert file.is_file()
    assert file.stat().st_size < BYTES_MAX
    with Image.open(file) as picture:
        assert picture.format == "JPEG"
        assert picture.size == SIZE
        assert set(picture.info) <= JFIF_ONLY
        assert not picture.getexif()


@pytest.mark.parametrize("item", NAMED)
def test_a_photo_has_a_text_alternative_and_a_credit(item: str) -> None:
    assert NAMED[item]["alt"].strip()
    assert NAMED[item]["credit"] == "Illustration: The Newsroom"


def test_nine_items_have_a_photo_and_no_file_is_left_unused() -> None:
    used = [photo["src"] for photo in NAMED.values()]
    assert len(used) == 9
    assert sorted(used) == sorted(file.name for file in PHOTOS.iterdir())
