"""Where the files that ship with the package lie, installed or in a checkout."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

__all__ = ["folder"]


def folder(name: str) -> Traversable:
    """The shipped folder of that name, such as `templates`.

    Installed first, checkout second: the reverse could pick up a stranger's folder beside site-packages.
    """
    installed = files("digest") / "_shipped" / name
    return installed if installed.is_dir() else Path(__file__).parent.parent / name
