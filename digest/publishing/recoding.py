"""What is done to the pixels of a photo: upright, in sRGB, without transparency, as JPEG in several widths.

Pillow is loaded here alone, so that a publish without new photos never waits for it.
"""

from __future__ import annotations

import hashlib
import struct
import warnings
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageCms, ImageOps

from digest.errors import ContentError

__all__ = ["HEIGHT_LIMIT", "check_photo", "recode_photo"]

HEIGHT_LIMIT = 4
"""A rendition may be this many times as high as it may be wide: room for infographics, within what JPEG can hold."""
PHOTO_BYTES = 64 * 1024 * 1024
PHOTO_PIXELS = 80_000_000
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_QUALITY = 82
_REMEDY = "Save it anew as a JPEG in a picture program, or choose another photo."
_UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, struct.error, ZeroDivisionError, IndexError)
"""What Pillow raises for files that only claim to be pictures."""


def check_photo(path: Path) -> None:
    """Look at a photo's head, which is quick: whether it is a picture that can be published.

    Raises:
        ContentError: it cannot be read, is no JPEG, PNG, WebP or GIF, or is too large.
    """
    try:
        too_long = path.stat().st_size > PHOTO_BYTES
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=_FORMATS) as image:
                too_large = image.width * image.height > PHOTO_PIXELS
    except _UNREADABLE:
        raise ContentError(str(path), "it is not a JPEG, PNG, WebP or GIF picture", _REMEDY) from None
    if too_large:
        raise _too_large(path)
    if too_long:
        raise ContentError(str(path), f"it is larger than {PHOTO_BYTES >> 20} MiB", "Save it smaller.")


def _read_photo(photo: Path, digest: str) -> bytes:
    try:
        with photo.open("rb") as file:
            data = file.read(PHOTO_BYTES + 1)
    except OSError as error:
        raise ContentError(str(photo), f"it cannot be read ({error.strerror})", "Mend its place or rights.") from None
    if len(data) > PHOTO_BYTES:
        raise ContentError(str(photo), f"it is larger than {PHOTO_BYTES >> 20} MiB", "Save it smaller.")
    if hashlib.sha256(data).hexdigest() != digest:
        remedy = "Publish again to show the new one; until then the item shows none."
        raise ContentError(str(photo), "it is not the photo that was published", remedy)
    return data


def recode_photo(photo: Path, digest: str, widths: Mapping[str, int]) -> dict[str, tuple[bytes, int, int]]:
    """The JPEG bytes of a photo in each size, with width and height in pixels.

    Args:
        photo: the file as it was given.
        digest: its SHA-256 (hexadecimal).
        widths: the widest each size may be, in pixels.

    Raises:
        ContentError: it is not a picture that can be used, or not the one with this hash.
    """
    data = _read_photo(photo, digest)
    try:
        image, profile = _open_upright(data, photo, 2 * max(widths.values()))
        return {size: _render(image, profile, width) for size, width in widths.items()}
    except Image.DecompressionBombError:
        raise _too_large(photo) from None
    except _UNREADABLE:
        raise ContentError(str(photo), "it is not a whole JPEG, PNG, WebP or GIF picture", _REMEDY) from None


def _open_upright(data: bytes, photo: Path, least: int) -> tuple[Image.Image, bytes | None]:
    """The pixels as people see them, and the colour profile they are meant in."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of large pictures and odd metadata; we judge sizes ourselves
        image: Image.Image = Image.open(BytesIO(data), formats=_FORMATS)
        if image.width * image.height > PHOTO_PIXELS:
            raise _too_large(photo)
        # a JPEG can be read at a half, a quarter or an eighth of its size: far cheaper, and still twice what is needed
        image.draft("RGB", (least, least))
        image.load()
        profile = image.info.get("icc_profile")
        return _flatten(ImageOps.exif_transpose(image)), profile


def _too_large(photo: Path) -> ContentError:
    return ContentError(str(photo), f"it has more than {PHOTO_PIXELS // 1_000_000} million pixels", "Save it smaller.")


def _flatten(image: Image.Image) -> Image.Image:
    """Without palette, transparency (on white) and more than 8 bits; in L, RGB or CMYK."""
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode in ("L", "RGB", "CMYK") and "transparency" not in image.info:
        return image
    if image.mode not in ("P", "PA", "LA", "La", "RGBA", "RGBa", "L", "RGB"):
        return image.convert("RGB")
    clear = image.convert("RGBA")
    paper = Image.new("RGB", clear.size, "white")
    paper.paste(clear, mask=clear.getchannel("A"))
    return paper


def _render(image: Image.Image, profile: bytes | None, limit: int) -> tuple[bytes, int, int]:
    scale = min(1.0, limit / image.width, limit * HEIGHT_LIMIT / image.height)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    small = image if size == image.size else image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    final = _to_srgb(small, profile)
    final.info = {}  # whatever is in it, a comment for example, would be written too
    out = BytesIO()
    final.save(out, "JPEG", quality=_QUALITY, progressive=True, optimize=True)
    return out.getvalue(), *size


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """In sRGB; a profile that is broken, or made for another sort of picture, is left aside."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None
        if converted is not None:
            return converted
    return image.convert("RGB")  # a copy if it is so already
