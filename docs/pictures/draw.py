"""Draws the nine pictures of the sample newsroom into `items/photos/`.

Every picture is made of flat, layered silhouettes in one hue on near-black: what lies far away is mixed with the
ground, what stands close shows the full hue. Each picture has its own fixed seed: the same Pillow version writes the
same bytes again.

Run it as `python docs/pictures/draw.py`, or with a folder as its only argument to draw there instead.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from scene import Scene
from streets import draw_crowd, draw_parliament, draw_preschool, draw_road, draw_street
from things import draw_candles, draw_cell, draw_letters, draw_map

__all__ = ["PICTURES", "write_pictures"]

PICTURES: dict[str, Callable[[], Scene]] = {
    "crowd-at-dusk.jpg": draw_crowd,
    "empty-playground.jpg": draw_preschool,
    "dark-street.jpg": draw_street,
    "folded-map.jpg": draw_map,
    "letters.jpg": draw_letters,
    "barred-window.jpg": draw_cell,
    "road-out.jpg": draw_road,
    "twelve-candles.jpg": draw_candles,
    "parliament-square.jpg": draw_parliament,
}


def write_pictures(folder: Path) -> None:
    """Writes every picture as a JPEG file of its name into the folder."""
    for name, draw in PICTURES.items():
        (folder / name).write_bytes(draw().render_jpeg())


if __name__ == "__main__":
    write_pictures(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "items" / "photos")
