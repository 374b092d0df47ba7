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
    name = "ledger_world"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parent.parent / "fakes" / f"{name}.py")
        assert spec is not None and spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture
def world(worlds: ModuleType, tmp_path: Path):  # type: ignore[no-untyped-def]
    """A database without readers."""
    return worlds.World(tmp_path / "var")
