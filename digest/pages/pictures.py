"""What a page shows of an item's photo: the re-encoded files, an allowed picture of another host, or only a link to it."""

from __future__ import annotations

from dataclasses import dataclass

from digest.items.links import is_shown
from digest.items.model import Photo
from digest.newsroom.addresses import Addresses
from digest.newsroom.pictures import Picture
from digest.settings import Settings

__all__ = ["PictureLink", "PictureView", "build_picture"]

REMOTE_WIDTH, REMOTE_HEIGHT = 1600, 900
"""The room that is kept free for a picture of another host, whose size nobody has looked up: pixels."""


@dataclass(frozen=True, slots=True)
class PictureView:
    """A picture that is shown: where its large and its small file lie, their sizes in pixels, and what to say of it.

    `sources` is the value of `srcset`, empty when there is one file only; `absolute` the large file's full address, for
    other sites that show a preview of the page.
    """

    src: str
    width: int
    height: int
    small_src: str
    small_width: int
    small_height: int
    sources: str
    absolute: str
    alt: str
    caption: str
    credit: str

    @property
    def is_upright(self) -> bool:
        """Whether it is higher than wide."""
        return self.height > self.width


@dataclass(frozen=True, slots=True)
class PictureLink:
    """A picture that is not loaded, because its host is not named in `[pictures] hosts`."""

    address: str
    caption: str
    credit: str


def build_picture(
    photo: Photo | None, picture: Picture | None, settings: Settings, paths: Addresses, addresses: Addresses
) -> PictureView | PictureLink | None:
    """The view of a photo, given its renditions; None when there is nothing to show."""
    if photo is None:
        return None
    if not photo.is_remote:
        return _view_local(photo, picture, paths, addresses) if picture else None
    if is_shown(photo.src, settings.pictures.hosts):
        size = (REMOTE_WIDTH, REMOTE_HEIGHT)
        return PictureView(photo.src, *size, photo.src, *size, "", photo.src, photo.alt, photo.caption, photo.credit)
    return PictureLink(photo.src, photo.caption, photo.credit)


def _view_local(photo: Photo, picture: Picture, paths: Addresses, addresses: Addresses) -> PictureView:
    files = {file.width: file for file in (picture.large, picture.medium, picture.small)}
    return PictureView(
        src=paths.photo(picture.large),
        width=picture.large.width,
        height=picture.large.height,
        small_src=paths.photo(picture.small),
        small_width=picture.small.width,
        small_height=picture.small.height,
        sources=", ".join(f"{paths.photo(files[width])} {width}w" for width in sorted(files)) if len(files) > 1 else "",
        absolute=addresses.photo(picture.large),
        alt=photo.alt,
        caption=photo.caption,
        credit=photo.credit,
    )
