"""Pictures: what is read in their stead, who made them, whether they show everywhere."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from digest.mail.inspection.addresses import read_address
from digest.mail.inspection.finding import Finding, cut
from digest.mail.inspection.page import Element, Page
from digest.mail.inspection.runs import Run
from digest.mail.inspection.sheets import read_declarations
from digest.mail.letter import ItemPiece, Letter

__all__ = ["inspect_pictures"]

_FORMATS = (".jpg", ".jpeg", ".png", ".gif")
_FILE_NAME = re.compile(r"\S+\.(?:jpe?g|png|gif|webp|svg|avif|heic)|(?:img|dsc|image|photo)[ _-]?\d+", re.IGNORECASE)
_ALT_LIMIT = 250
_PHONE = 320  # a picture wider than that must shrink on a phone
_PIXELS = re.compile(r"(\d+(?:\.\d+)?)(?:px)?")
_TINY = 3
_LEAST_LETTERS = 100  # the footer alone has more
_LETTERS_PER_PICTURE = 60


def inspect_pictures(letter: Letter, page: Page, runs: Sequence[Run], hosts: Collection[str] = ()) -> Iterator[Finding]:
    """All pictures of a page.

    Args:
        runs: the texts of the page as seen in the light.
        hosts: from which other hosts pictures may load.
    """
    owners = {picture.src: item for item in letter.items for picture in (item.picture, item.small_picture) if picture}
    images = list(page.named("img"))
    for image in images:
        item = owners.get(image.get("src", ""))
        field = f"item {item.id}" if item else "html"
        yield from _inspect_words(image, field, item)
        yield from _inspect_source(image, field, read_address(letter.front_url).host, hosts)
        yield from _inspect_measures(image, field)
    seen = "".join("".join(run.text for run in runs if not run.is_hidden).split())
    shown = {image.get("src") for image in images}
    yield from _inspect_credits(letter, shown, seen)
    yield from _inspect_balance(page, len(images), runs)


def _inspect_words(image: Element, field: str, item: ItemPiece | None) -> Iterator[Finding]:
    alt = " ".join(image.get("alt", "").split())
    source = image.get("src", "")
    if not alt:
        yield Finding(field, f"the picture {cut(source, 90)} has no alternative text; say in alt what it shows")
        return
    makers = {picture.credit for picture in (item.picture, item.small_picture) if picture} if item else set()
    for is_wrong, what in (
        (_FILE_NAME.fullmatch(alt) or alt == source.rpartition("/")[2], "is the name of a file"),
        (alt in makers, "is the credit"),
        (item is not None and alt.casefold() == item.title.casefold(), "is the title once more"),
        (len(alt) > _ALT_LIMIT, f"has more than {_ALT_LIMIT} characters"),
    ):
        if is_wrong:
            text = f"the alternative text of its picture {what}; say in a sentence what the picture shows"
            yield Finding(field, text, "warning", cut(alt))


def _inspect_source(image: Element, field: str, own_host: str, hosts: Collection[str]) -> Iterator[Finding]:
    source = image.get("src", "")
    address = read_address(source)
    shown = cut(source, 90)
    if not address.is_safe:
        yield Finding(field, f"the picture {shown} is not loaded by https; use a picture of this site")
    elif not address.path.lower().endswith(_FORMATS):
        yield Finding(field, f"the picture {shown} is no jpg, png or gif, which are all that every mail program shows")
    elif address.host not in (own_host, *hosts) and _is_tiny(image):
        text = f"the picture {shown} is of another host and too small to be seen: it tells that host who opens the letter"
        yield Finding(field, f"{text}; take it out of the template")
    elif address.host != own_host:
        text = f"the picture {shown} comes from another host, which learns who opens the letter; keep it on this site"
        yield Finding(field, text, "warning")


def _is_tiny(image: Element) -> bool:
    """Whether one of its sides has three pixels or fewer."""
    style = read_declarations(image.get("style", ""))
    for name in ("width", "height", "max-width", "max-height"):
        for value in (image.get(name, ""), style.get(name, ("",))[0]):
            found = _PIXELS.fullmatch(value.strip())
            if found and float(found[1]) <= _TINY:
                return True
    return False


def _inspect_measures(image: Element, field: str) -> Iterator[Finding]:
    shown = cut(image.get("src", ""), 90)
    width, height = image.get("width", ""), image.get("height", "")
    if not width or not height:
        yield Finding(field, f"the picture {shown} lacks width or height; without them the page jumps while it loads")
    style = read_declarations(image.get("style", ""))
    fluid = style.get("width", ("",))[0] == "100%" and style.get("height", ("",))[0] == "auto"
    if width.isdigit() and int(width) > _PHONE and not fluid:
        text = f"the picture {shown} is wider than a phone; give it the style width:100%;height:auto"
        yield Finding(field, text, "warning")


def _inspect_credits(letter: Letter, shown: set[str | None], seen: str) -> Iterator[Finding]:
    for item in letter.items:
        pictures = [one for one in (item.picture, item.small_picture) if one and one.src in shown]
        if any(not picture.credit.strip() for picture in pictures):
            yield Finding(f"item {item.id}", "its photo has no credit; name who made it in photo.credit")
        elif any("".join(picture.credit.split()) not in seen for picture in pictures):
            yield Finding(f"item {item.id}", "the credit of its photo is not shown; write it under the picture")


def _inspect_balance(page: Page, image_count: int, runs: Sequence[Run]) -> Iterator[Finding]:
    """Letters of pictures alone: nothing is left with pictures off, and filters take them for spam."""
    alts = sum(len(image.get("alt", "").strip()) for image in page.named("img"))
    length = sum(len(run.text.strip()) for run in runs if not run.is_hidden) - alts
    if image_count and length < _LEAST_LETTERS:
        yield Finding("html", "it has hardly a word beside its pictures: with pictures off nothing is left; write text")
    elif length < image_count * _LETTERS_PER_PICTURE:
        text = f"it has {image_count} pictures and little text, which filters take for spam; write more or show fewer"
        yield Finding("html", text, "warning")
