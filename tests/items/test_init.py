"""A new site is complete: its settings are sound and its example item can be published."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.errors import ContentError
from digest.items.folder import read_folder
from digest.items.init import build_site, write_site
from digest.settings import open_site

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_new_site_has_no_problems(tmp_path: Path) -> None:
    write_site(tmp_path / "new", build_site(NOW))
    site = open_site(tmp_path / "new", {})
    folder = read_folder(site)
    assert not folder.problems
    [item] = folder.items
    assert item.is_due(NOW)
    assert not item.review
    assert item.content.date.isoformat() == "2026-03-01"
    assert set(site.settings.topics) == {"russia", "ukraine"}
    assert set(site.settings.kinds) == {"press-release", "update", "report"}
    assert set(site.settings.lists) == {"press", "supporters"}
    assert site.photos.is_dir()


def test_keys_are_never_shared_by_accident() -> None:
    assert {"public/", "var/", "keys/"} <= set(build_site(NOW)[".gitignore"].split("\n"))


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "newsroom.toml").write_text("mine")
    with pytest.raises(ContentError, match=r"already has newsroom\.toml"):
        write_site(tmp_path, build_site(NOW))
    assert (tmp_path / "newsroom.toml").read_text() == "mine"
    assert not (tmp_path / "items").exists()
