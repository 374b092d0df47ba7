"""Where the files that ship with the package lie, installed or in a checkout, and which code it is that runs."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = ["fingerprint", "folder"]


def folder(name: str) -> Traversable:
    """The shipped folder of that name, such as `templates`.

    Installed first, checkout second: the reverse could pick up a stranger's folder beside site-packages.
    """
    from importlib.resources import files

    installed = files("digest") / "_shipped" / name
    return installed if installed.is_dir() else Path(__file__).parent.parent / name


@cache
def fingerprint() -> str:
    """32 hexadecimal digits for the code that runs: outputs made by other code may have other bytes.

    They follow from the names, sizes and times of change of the package's modules, from the Python version, and from when
    anything was last installed beside it; looked up once in a process, which goes on with the code it has loaded.
    """
    installed = (Path(place) for place in sys.path if place.endswith(("site-packages", "dist-packages")))
    times = [place.stat().st_mtime_ns for place in installed if place.is_dir()]
    facts = (sys.version, times, sorted(_modules(str(Path(__file__).parent))))
    return hashlib.blake2b(repr(facts).encode(), digest_size=16).hexdigest()


def _modules(folder: str, below: str = "") -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            name = f"{below}/{entry.name}"
            if entry.name.endswith(".py"):
                facts = entry.stat()
                yield name, facts.st_size, facts.st_mtime_ns
            elif entry.is_dir() and not entry.name.startswith(("_", ".")):
                yield from _modules(entry.path, name)
