"""What tests of the store share: a database with readers and an edition, without the delivery around it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def worlds() -> ModuleType:
    """The module that makes databases with readers and an edition."""
    return _load("ledger_world")


@pytest.fixture
def world(worlds: ModuleType, tmp_path: Path):  # type: ignore[no-untyped-def]
    """A database without readers."""
    return worlds.World(tmp_path / "var")


@pytest.fixture
def readership(worlds: ModuleType, tmp_path: Path):  # type: ignore[no-untyped-def]
    """A database with readers, a release log and editions made by hand; see `tests/fakes/readership.py`."""
    worlds.World(tmp_path / "var")  # the schema, without migrating anew
    opened = _load("readership").Readership(tmp_path / "var")
    yield opened
    opened.store.close()


def _load(name: str) -> ModuleType:
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parent.parent / "fakes" / f"{name}.py")
        assert spec is not None and spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]
