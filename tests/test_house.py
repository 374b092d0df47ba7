"""The house is in order: linters, types, the one direction of imports, and what must never stand in the repository."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest


def _run(root: Path, *command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _files(root: Path) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=root, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.fail("these tests read the list of files from git; run them in a clone")
    return [root / name for name in listed.stdout.splitlines() if (root / name).is_file()]


def test_ruff_finds_nothing(root: Path) -> None:
    _run(root, "ruff", "check", "--no-cache", ".")


def test_every_file_is_formatted(root: Path) -> None:
    _run(root, "ruff", "format", "--no-cache", "--check", "--quiet", ".")


def test_types_are_strict(root: Path) -> None:
    _run(root, "mypy")


def test_imports_run_one_way(root: Path) -> None:
    code = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_pinned_dependencies_name_no_address(root: Path) -> None:
    assert "://" not in (root / "constraints.txt").read_text()


def test_every_dependency_is_pinned(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *(name for extra in project["optional-dependencies"].values() for name in extra)]
    pinned = {line.partition("==")[0].lower() for line in (root / "constraints.txt").read_text().splitlines()}

    names = {re.split(r"[<>=\[; ]", name)[0].lower().replace("_", "-").replace(".", "-") for name in wanted}

    assert names - pinned == set()


def test_no_file_names_a_folder_of_some_machine(root: Path) -> None:
    machine = re.compile(rb"(?:^|[^\w.-])/(?:ro[o]t|wo[r]k|ho[m]e)/[a-z]")
    for file in _files(root):
        assert not machine.search(file.read_bytes()), f"{file} names a folder of some machine"


def test_nothing_is_left_open_in_the_code(root: Path) -> None:
    words = re.compile(r"\b(?:T[O]DO|F[I]XME|X[X]X|H[A]CK)\b|NotImplemented[E]rror|\bsmtp[l]ib\b")
    for file in _files(root):
        if file.suffix in (".py", ".html", ".css") and "items" not in file.parts:
            for number, line in enumerate(file.read_text().splitlines(), 1):
                assert not words.search(line), f"{file}:{number}: {line.strip()}"


def test_the_list_of_debian_packages_is_the_one_that_tests_ask_for(root: Path) -> None:
    conftest = (root / "tests" / "conftest.py").read_text()
    listed = [line for line in (root / "tests" / "debian-packages.txt").read_text().splitlines() if not line.startswith("#")]
    for package in listed:
        assert f'"{package}"' in conftest
