"""Which code it is that runs, told cheaply and the same every time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = "from digest import shipped; print(shipped.__file__, shipped.fingerprint())"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package of that name, with the module under test and another one."""
    from digest import shipped

    package = tmp_path / "digest"
    (package / "feeds").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "feeds" / "entries.py").write_text("A = 1\n")
    (package / "shipped.py").write_bytes(Path(shipped.__file__).read_bytes())
    return package


def _ask(package: Path) -> str:
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=package.parent, capture_output=True, text=True, check=True)
    place, found = done.stdout.split()
    assert Path(place) == package / "shipped.py"
    return found


def test_the_same_code_has_the_same_fingerprint(package: Path) -> None:
    before = _ask(package)
    (package / "notes.txt").write_text("no code")

    assert len(before) == 32
    assert _ask(package) == before


@pytest.mark.parametrize("change", ["edited", "touched", "added", "removed"])
def test_other_code_has_another_fingerprint(package: Path, change: str) -> None:
    before, module = _ask(package), package / "feeds" / "entries.py"
    if change == "edited":
        module.write_text("A = 10\n")
    elif change == "touched":
        os.utime(module, (1, 1))
    elif change == "added":
        (package / "feeds" / "more.py").write_text("")
    else:
        module.unlink()

    assert _ask(package) != before
