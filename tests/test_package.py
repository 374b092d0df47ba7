"""What is shipped: the wheel holds the package with its templates and nothing else, and works where it is installed."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = Path(__file__).parent.parent
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.glob("*.whl"))


def test_the_wheel_holds_what_is_in_the_repository_and_nothing_else(wheel: Path, root: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "digest", "templates"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )

    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}

    assert held == {f"digest/_shipped/{n}" if n.startswith("templates/") else n for n in listed.stdout.splitlines()}


def test_an_installed_wheel_makes_and_publishes_a_site(wheel: Path, tmp_path: Path) -> None:
    """The wheel is unpacked beside a stranger's `templates` folder, which must not be taken for ours."""
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    (installed / "templates").mkdir()
    (installed / "templates" / "theme.toml").write_text("[light]\npaper = 'broken'")
    environment = {**os.environ, "PYTHONPATH": str(installed)}

    def run(*words: str) -> None:
        command = [sys.executable, "-P", "-m", "digest", *words]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    run("init", "site")
    run("--site", "site", "publish")

    style = (tmp_path / "site" / "public" / "style.css").read_text()
    assert "#f4f3ef" in style and "broken" not in style
