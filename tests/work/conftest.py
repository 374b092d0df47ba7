"""What tests of the work share: a database without rows, settings with a hub, and the hub in miniature."""

from __future__ import annotations

import importlib.util
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

from digest.settings import Settings, build_settings
from digest.store.database import open_store
from digest.store.hot import HotStore, open_hot

SETTINGS = """
[newsroom]
name = "Test Newsroom"
title = "Test Newsroom"
languages = ["en", "uk"]
zone = "Europe/London"
base_url = "https://news.example.org"
postal_address = "1 Test Street, Testtown"
tag_authority = "newsroom.example.org,2020"
[topics.ukraine]
title = "Ukraine"
[topics.russia]
title = "Russia"
[kinds.press-release]
title = "Press release"
"""


@pytest.fixture(scope="session")
def hubs() -> ModuleType:
    """The module with the hub in miniature."""
    name = "fake_hub"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parent.parent / "fakes" / "hub.py")
        assert spec is not None and spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture
def newsroom_toml(tmp_path: Path) -> Path:
    """A file with the settings of a small newsroom."""
    file = tmp_path / "newsroom.toml"
    file.write_text(SETTINGS, "utf-8")
    return file


@pytest.fixture
def settings_for() -> Callable[..., Settings]:
    """Settings of a small newsroom, with a hub when its address is given."""

    def build(hub: str = "", base_url: str = "https://news.example.org") -> Settings:
        return build_settings(
            SETTINGS.replace("https://news.example.org", base_url), {"DIGEST_FEEDS_HUB": hub} if hub else {}
        )

    return build


@pytest.fixture(scope="session")
def _empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    var = tmp_path_factory.mktemp("empty")
    open_store(var).close()
    return var / "digest.db"


@pytest.fixture
def store(tmp_path: Path, _empty_database: Path) -> HotStore:
    """A database without rows."""
    (tmp_path / "var").mkdir(mode=0o700)
    shutil.copy(_empty_database, tmp_path / "var" / "digest.db")
    return open_hot(tmp_path / "var")


@pytest.fixture
def sql(store: HotStore) -> Callable[..., list[tuple[object, ...]]]:
    """Look into the database, or set what a test cannot wait for."""

    def run(statement: str, *values: object) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(store.file)) as connection, connection:
            return connection.execute(statement, values).fetchall()

    return run
