"""What a newsroom puts its own name to: the logo in mastheads, and its own words and links in footers, from theme.toml."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from digest.errors import TemplateError

__all__ = ["Brand", "Footer", "FooterLink", "Logo", "build_footer", "read_logo"]

_WIDEST = 400  # CSS pixels that leave room for the date beside it
_MOST_PIXELS = 4000
_MOST_OCTETS = 200_000
_ENDINGS = {"PNG": "png", "JPEG": "jpg", "GIF": "gif"}  # what every mail program shows


@dataclass(frozen=True, slots=True)
class Logo:
    """A logo as it is shown. Names are those of published files, below the front page; sizes are CSS pixels.

    `dark_name` is what stands in its place on dark grounds, or empty; `alt` is empty when the newsroom's name says it.
    """

    name: str
    dark_name: str
    width: int
    height: int
    alt: str
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class FooterLink:
    """A link at the end of letters and pages."""

    title: str
    address: str


@dataclass(frozen=True, slots=True)
class Footer:
    """The newsroom's own words at the end of letters and pages, in one language; both may be empty."""

    text: str
    links: tuple[FooterLink, ...]


@dataclass(frozen=True, slots=True)
class Brand:
    """What templates get of it as `brand`."""

    logo: Logo | None
    footer: Footer


def build_footer(theme: Mapping[str, Any], language: str) -> Footer:
    """The footer in that language; what is not given in it is in the newsroom's own."""
    own = theme["footer"]
    links = (FooterLink(one.get("titles", {}).get(language, one["title"]), one["address"]) for one in own["links"])
    return Footer(own["texts"].get(language, own["text"]), tuple(links))


def read_logo(theme: Mapping[str, Any], read: Callable[[str], bytes]) -> Logo | None:
    """The logo that theme.toml names, if it names one.

    Args:
        read: gives the octets of a file below `templates/`.

    Raises:
        TemplateError: a file is missing, damaged, too large or no picture that mail programs show, or the logo too wide.
    """
    own = theme["logo"]
    if not own["file"]:
        return None
    name, width, files = _read_picture(own["file"], read, own["height"])
    dark_name = ""
    if own["dark"]:
        dark_name, dark_width, dark = _read_picture(own["dark"], read, own["height"])
        if abs(dark_width - width) > 1:
            raise TemplateError(f"templates/{own['dark']}", f"it has another shape than {own['file']}", "Cut both alike.")
        files |= dark
    return Logo(name, dark_name, width, own["height"], own["alt"], files)


def _read_picture(file: str, read: Callable[[str], bytes], height: int) -> tuple[str, int, dict[str, bytes]]:
    """Its published name, which follows from its octets, and how wide it is at that height."""
    from PIL import Image, UnidentifiedImageError

    data = read(file)
    if len(data) > _MOST_OCTETS:
        cause = f"it has {len(data):,} octets, and {_MOST_OCTETS:,} is the most for what every letter loads"
        raise TemplateError(f"templates/{file}", cause, "Save it smaller: twice as high as it is shown is enough.")
    try:
        with Image.open(BytesIO(data), formats=tuple(_ENDINGS)) as picture:
            ending, size = _ENDINGS[picture.format or ""], picture.size
            if max(size) > _MOST_PIXELS:
                cause = f"it is {size[0]} by {size[1]} pixels large"
                raise TemplateError(f"templates/{file}", cause, f"Make it {_MOST_PIXELS} pixels wide or less.")
            picture.load()
    except (UnidentifiedImageError, OSError, KeyError, ValueError, SyntaxError):
        remedy = "Save it as PNG, JPEG or GIF: other pictures are not shown by all mail programs."
        raise TemplateError(f"templates/{file}", "it is no whole PNG, JPEG or GIF picture", remedy) from None
    width = max(1, round(size[0] * height / size[1]))
    if width > _WIDEST:
        cause = f"at {height} pixels of height it is {width} wide, and {_WIDEST} is the most that a phone has room for"
        raise TemplateError(f"templates/{file}", cause, "Make [logo] height in theme.toml smaller, or the logo narrower.")
    name = f"logo-{hashlib.sha256(data).hexdigest()[:16]}.{ending}"
    return name, width, {name: data}
