"""A site's folder, and photos made for the tests."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from digest.settings import Site, open_site

SETTINGS = """
[newsroom]
name = "The Newsroom"
title = "The Newsroom"
zone = "Europe/London"
base_url = "https://news.example.org"
postal_address = "1 Example Street"
tag_authority = "news.example.org,2021"
[kinds.update]
title = "Update"
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    folder = tmp_path / "site"
    (folder / "items" / "photos").mkdir(parents=True)
    (folder / "newsroom.toml").write_text(SETTINGS)
    return open_site(folder, {})


@pytest.fixture
def save_photo(site: Site) -> Callable[..., Path]:
    """Writes a picture below items/photos/; options go to Pillow."""

    def save(name: str, image: Image.Image, **options: Any) -> Path:
        out = BytesIO()
        image.save(out, Path(name).suffix[1:].replace("jpg", "jpeg"), **options)
        path = site.photos / name
        path.write_bytes(out.getvalue())
        return path

    return save


@pytest.fixture
def gradient() -> Callable[..., Image.Image]:
    """A picture that is not flat, so that its bytes depend on every pixel."""

    def draw(width: int = 900, height: int = 600, mode: str = "RGB") -> Image.Image:
        across, down = Image.linear_gradient("L").rotate(90), Image.linear_gradient("L")
        layers = [layer.resize((width, height)) for layer in (across, down, Image.radial_gradient("L"))]
        return Image.merge("RGB", layers).convert(mode)

    return draw
