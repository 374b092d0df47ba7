from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from digest.settings import Settings, Site, build_settings

NEWSROOM = """
[newsroom]
name = "Harbour Rights"
title = "Harbour Rights newsroom"
language = "en"
languages = ["en", "uk"]
zone = "Europe/London"
base_url = "https://news.example.org"
postal_address = "1 Quay, Porttown"
tag_authority = "example.org,2020"

[topics.russia]
title = "Russia"
keywords = ["Russian", "Kremlin"]

[topics.ukraine]
title = "Ukraine"
keywords = ["Ukrainian", "Kyiv"]

[kinds.press-release]
title = "Press Release"

[kinds.update]
title = "Update"
titles.uk = "Новини"

[pictures]
hosts = ["pictures.example.org"]
"""


@pytest.fixture(scope="session")
def settings() -> Settings:
    return build_settings(NEWSROOM, {})


@pytest.fixture
def site(tmp_path: Path, settings: Settings) -> Site:
    """A site with an empty items folder."""
    (tmp_path / "items" / "photos").mkdir(parents=True)
    return Site(tmp_path, settings)


@pytest.fixture(scope="session")
def item_text() -> Callable[..., str]:
    """The text of a sound item file; a keyword changes a field (None leaves it out), `extra` adds lines."""

    def build(extra: str = "", body: str = "A ship came in.", **changes: str | None) -> str:
        fields = {"title": "A ship", "date": "2022-02-28", "kind": "update", "topics": "[russia]"} | changes
        lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
        return "\n".join(["---", *lines, *([extra] if extra else []), "---", body]) + "\n"

    return build
