"""A site's folder with a small newsroom, an output folder, groups of documents, and photos made for the tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from digest.items.model import Content
from digest.newsroom.document import Document, Group, fingerprint
from digest.newsroom.log import Event, EventType
from digest.newsroom.public import Newsroom, build_newsroom
from digest.publishing.manifest import manifest_path
from digest.publishing.output import write_groups
from digest.publishing.replacing import Written
from digest.settings import Site, open_site

SETTINGS = """
[newsroom]
name = "The Newsroom"
title = "The Newsroom"
zone = "Europe/London"
base_url = "https://news.example.org"
postal_address = "1 Example Street"
tag_authority = "news.example.org,2021"
[topics.ukraine]
title = "Ukraine"
[topics.russia]
title = "Russia"
[topics.old]
title = "Old"
ended = 2022-02-10
[kinds.update]
title = "Update"
[feeds]
entries = 2
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    folder = tmp_path / "site"
    (folder / "items" / "photos").mkdir(parents=True)
    (folder / "newsroom.toml").write_text(SETTINGS)
    return open_site(folder, {})


def _release(number: int, item: str, kind: str = "released", **changes: Any) -> Event:
    at = datetime(2022, changes.pop("month", 2), number, 9, tzinfo=UTC)
    facts = {"id": item, "title": f"Title of {item}", "kind": "update", "topics": ("ukraine",), "summary": "Short."}
    facts |= {"language": "en", "date": at.date(), "date_at": at, "body": f"Body of *{item}*."}
    return Event(
        type=EventType(kind),
        item=item,
        at=at,
        entry_id=f"tag:news.example.org,2021:items/{item}",
        content=Content.model_validate({**facts, **changes}),
        published_at=at,
        updated_at=at,
        number=number,
    )


@pytest.fixture
def newsroom() -> Newsroom:
    """Items of two months, one of them withdrawn, one with a page elsewhere."""
    return build_newsroom(
        [
            _release(1, "first", month=1),
            _release(2, "second", topics=("ukraine", "russia"), body="Words. " * 400),
            _release(3, "elsewhere", url="https://partner.example.com/story"),
            _release(4, "taken"),
            _release(5, "taken", "withdrawn", withdrawn={"date": "2022-02-05", "reason": "Not so."}),
            _release(6, "last", topics=("russia",)),
        ]
    )


@pytest.fixture
def public(tmp_path: Path) -> Path:
    """An output folder that is not there yet."""
    return tmp_path / "public"


@pytest.fixture
def manifest(tmp_path: Path, public: Path) -> Path:
    """Where its manifest lies."""
    return manifest_path(tmp_path / "var", public)


@pytest.fixture
def group() -> Callable[..., list[Group]]:
    """Files as groups, one for each folder at the top; equal bytes have equal keys."""

    def build(files: Mapping[str, bytes]) -> list[Group]:
        tops: dict[str, list[Document]] = {}
        for path, data in files.items():
            document = Document(path, fingerprint(data), partial(bytes, data))
            tops.setdefault(path.partition("/")[0], []).append(document)
        return [
            Group(top, fingerprint([(document.path, document.key) for document in documents]), partial(list, documents))
            for top, documents in tops.items()
        ]

    return build


@pytest.fixture
def write(public: Path, manifest: Path, group: Callable[..., list[Group]]) -> Callable[..., Written]:
    """Makes the output folder hold files; options go to `write_groups`."""
    return lambda files, **options: write_groups(public, group(files), manifest, **options)


@pytest.fixture
def read(public: Path) -> Callable[[], dict[str, bytes]]:
    """What the output folder holds."""
    return lambda: {str(file.relative_to(public)): file.read_bytes() for file in public.rglob("*") if file.is_file()}


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
