"""Pictures in the HTML of others: where one lies, what stands below it, and which two are the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from digest.items.importing.credits import read_picture_text
from digest.items.importing.entries import Picture, clean
from digest.items.links import build_link

__all__ = ["are_same_picture", "is_ornament", "merge_pictures", "name_picture", "read_caption", "read_figure", "read_image"]

_SOURCES = ("src", "data-src", "data-lazy-src", "data-original", "data-orig-file")
_SIZE = re.compile(r"(?:-[0-9]{2,5}x[0-9]{2,5}|-scaled|-e[0-9]{10,})+(?=\.[A-Za-z]{3,4}$)")
_CREDIT_CLASS = re.compile(r"credit|copyright|photographer|source\b", re.IGNORECASE)
_CREDIT_SENTENCE = re.compile(
    r"(?:^|(?<=[.!?…»”\"]))\s*(?:[|·–—-]\s*)?((?:photos?|photographs?|pictures?|images?)(?:\s+credits?)?\s*:|photos?\s+by\s|credits?\s*:|©)",
    re.IGNORECASE,
)
_Element = Any


def read_image(image: _Element, base: str) -> Picture:
    """An `<img>`: its absolute address (empty when it has none that can be used) and its alternative text."""
    for name in _SOURCES:
        address = build_link(clean(image.get(name) or ""), base) if image.get(name) else None
        if address and not address.startswith("mailto:"):
            return Picture(address, clean(image.get("alt") or ""))
    return Picture("", clean(image.get("alt") or ""))


def is_ornament(image: _Element) -> bool:
    """Whether it is a pixel that counts readers, or a smiley."""
    tiny = any((image.get(side) or "").strip() in ("0", "1", "2") for side in ("width", "height"))
    return tiny or bool(re.search(r"\b(?:emoji|wp-smiley)\b", image.get("class") or ""))


def read_figure(figure: _Element, base: str) -> Picture | None:
    """The one picture of a `<figure>` with its caption and credit; None when it holds none or several."""
    images = [image for image in figure.iter("img") if not is_ornament(image)]
    inner = [element for element in figure.iter("figure") if element is not figure]
    if len(images) != 1 or inner:
        return None
    words = next(figure.iter("figcaption"), None)
    picture = read_image(images[0], base)
    return picture if words is None else replace(picture, **_read_words(words))


def _read_words(words: _Element) -> dict[str, str]:
    """Caption and credit of a `<figcaption>`: a part marked as the credit is it."""
    credit = next((part for part in words.iterdescendants() if _is_credit(part)), None)
    if credit is None:
        found = read_caption(_gather(words))
        return {"caption": found.caption, "credit": found.credit}
    said = read_picture_text([clean(_gather(credit))])
    caption = clean("".join(_gather_without(words, credit)))
    return {"caption": caption, "credit": said.credit or said.caption}


def _is_credit(part: _Element) -> bool:
    marked = part.tag == "cite" or _CREDIT_CLASS.search(part.get("class") or "")
    return bool(marked and _gather(part).strip())


def _gather(element: _Element) -> str:
    return "".join(element.itertext())


def _gather_without(element: _Element, left_out: _Element) -> Iterator[str]:
    for part in element.iter():
        if part is left_out or left_out in part.iterancestors():
            pass
        elif part.text:
            yield part.text
        if part is not element and part.tail and left_out not in part.iterancestors():
            yield part.tail


def read_caption(text: str) -> Picture:
    """Caption and credit from what stands below a picture: lines, or one line that ends with `Photo: …`."""
    lines = [clean(line) for line in text.splitlines() if clean(line)]
    parts: list[str] = []
    for line in lines:
        found = _CREDIT_SENTENCE.search(line)
        parts += [clean(line[: found.start(1)]).rstrip("|·–— -"), line[found.start(1) :]] if found else [line]
    said = read_picture_text([part for part in parts if part])
    return Picture(caption=said.caption, credit=said.credit)


def merge_pictures(first: Picture, second: Picture) -> Picture:
    """What the first says, and where it is silent, the second; a caption that ends with the credit loses it."""
    credit = first.credit or second.credit
    captions = [_cut_credit(one.caption, credit) for one in (first, second)]
    return Picture(
        first.address or second.address, first.alt or second.alt, next((one for one in captions if one), ""), credit
    )


def _cut_credit(caption: str, credit: str) -> str:
    return caption.removesuffix(credit).rstrip() if credit else caption


def name_picture(address: str) -> str:
    """The name of a picture's file, as people read it."""
    try:
        path = urlsplit(address).path
    except ValueError:
        path = ""
    return clean(unquote(PurePosixPath(path).name, errors="replace")) or "picture"


def are_same_picture(one: str, other: str) -> bool:
    """Whether two addresses are one picture, be it in another size or from another host."""
    names = [_SIZE.sub("", name_picture(address)) for address in (one, other)]
    return names[0] == names[1] != "picture"
