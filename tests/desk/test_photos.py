"""A photo's bytes are looked at once: again only when the file is another one."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from digest.desk.photos import Photos, open_photos
from digest.errors import ContentError
from digest.items.folder import read_folder
from digest.items.scanning import scan_items
from digest.settings import Site, build_settings
from digest.shipped import fingerprint
from digest.store.cache import Cache

NEWSROOM = """
[newsroom]
name = "Harbour Rights"
title = "Harbour Rights newsroom"
zone = "Europe/London"
base_url = "https://news.example.org"
postal_address = "1 Quay, Porttown"
tag_authority = "example.org,2020"
[kinds.update]
title = "Update"
"""
LATER = 10_000_000_000


@pytest.fixture
def site(tmp_path: Path) -> Site:
    photos = tmp_path / "items" / "photos"
    photos.mkdir(parents=True)
    Image.new("RGB", (8, 8), "red").save(photos / "quay.jpg")
    (photos / "words.jpg").write_text("not a picture")
    return Site(tmp_path, build_settings(NEWSROOM, {}))


@pytest.fixture
def look(site: Site) -> Callable[..., Photos]:
    """The photos as a new command finds them; by default at a moment when no stamp is doubtful any more."""

    def open_at(later: int = LATER) -> Photos:
        scan = scan_items(site.items, time.time_ns() + later)
        return Photos(read_folder(site, scan=scan), Cache(site.folder / "cache.db"))

    return open_at


Look = Callable[..., Photos]


def plant(site: Site, sha256: str) -> None:
    """Keep a hash that cannot be the photo's, to see who asks the file."""
    cache = Cache(site.folder / "cache.db")
    rows = [(*row[:-1], sha256) for row in cache.read_photos(fingerprint()).values()]
    cache.write_photos(fingerprint(), rows, ())


def test_hash_and_fault_are_those_of_the_file(site: Site, look: Look) -> None:
    photos = look()
    assert photos.read_hash("quay.jpg") == hashlib.sha256((site.photos / "quay.jpg").read_bytes()).hexdigest()
    assert photos.find_fault("quay.jpg") == ""
    assert photos.find_fault("words.jpg").startswith("it is not a JPEG, PNG, WebP or GIF picture. Save it anew")


def test_an_unchanged_photo_is_not_read_again(site: Site, look: Look) -> None:
    with_hash = look()
    with_hash.read_hash("quay.jpg")
    with_hash.find_fault("words.jpg")
    with_hash.keep()
    plant(site, "kept")
    assert look().read_hash("quay.jpg") == "kept"
    assert look().find_fault("words.jpg") != ""
    assert look().find_fault("quay.jpg") == "", "what was not asked before is asked of the file"


def test_a_changed_photo_is_read_again(site: Site, look: Look) -> None:
    first = look()
    before = first.read_hash("quay.jpg")
    first.keep()
    (site.photos / "quay.jpg").write_text("other")
    assert look().read_hash("quay.jpg") != before


def test_a_photo_that_was_just_changed_is_not_trusted(site: Site, look: Look) -> None:
    photos = look(0)
    photos.read_hash("quay.jpg")
    photos.keep()
    plant(site, "kept")
    assert look().read_hash("quay.jpg") != "kept"


def test_a_photo_that_is_gone_is_forgotten(site: Site, look: Look) -> None:
    photos = look()
    photos.read_hash("quay.jpg")
    photos.keep()
    late = Photos(read_folder(site), None)
    (site.photos / "quay.jpg").unlink()
    look().keep()
    assert not Cache(site.folder / "cache.db").read_photos(fingerprint())
    with pytest.raises(ContentError, match="cannot be read"):
        late.read_hash("quay.jpg")


def test_what_was_learned_is_kept_at_the_end(site: Site) -> None:
    scan = scan_items(site.items, time.time_ns() + LATER)
    cache = Cache(site.folder / "cache.db")
    with open_photos(read_folder(site, scan=scan), cache) as photos:
        photos.read_hash("quay.jpg")
    assert [row[0] for row in Cache(site.folder / "cache.db").read_photos(fingerprint()).values()] == [
        "items/photos/quay.jpg"
    ]
    with open_photos(read_folder(site, scan=scan), None) as photos:
        assert photos.find_fault("quay.jpg") == ""
