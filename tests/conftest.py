"""What all tests share: the flag for golden files, and the one honest way to leave a test out.

A test that needs a program of the system asks for it with the fixture `program`. On a machine without it the test is left
out, the run ends with a list of what was left out and the one line that brings it; with `DIGEST_TEST_ALL=1` it fails.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = {"chromium": "chromium", "newsboat": "newsboat", "smtp-sink": "postfix", "fc-list": "fonts-noto-core"}
"""Which Debian package brings a program; tests/debian-packages.txt lists the same packages."""

_left_out: dict[str, set[str]] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--refresh-golden", action="store_true", help="write the golden files anew; read the difference before a commit"
    )


@pytest.fixture
def refresh_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be written anew."""
    return bool(request.config.getoption("--refresh-golden"))


@pytest.fixture
def root() -> Path:
    """The repository's folder, which is the sample site."""
    return ROOT


@pytest.fixture
def program(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Finds a program of the system, or leaves the test out in plain sight."""

    def find(name: str) -> str:
        found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin")
        if found:
            return found
        reason = f"{name} is missing (Debian package {PACKAGES[name]})"
        if os.environ.get("DIGEST_TEST_ALL") == "1":
            pytest.fail(f"{reason}, and DIGEST_TEST_ALL=1 lets nothing be left out")
        _left_out.setdefault(PACKAGES[name], set()).add(request.node.nodeid)
        pytest.skip(reason)

    return find


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No DIGEST_* variable of the person who runs the tests reaches a test."""
    for name in [name for name in os.environ if name.startswith("DIGEST_") and name != "DIGEST_TEST_ALL"]:
        monkeypatch.delenv(name)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _left_out:
        return
    terminalreporter.section("left out on this machine")
    for package, tests in sorted(_left_out.items()):
        for test in sorted(tests):
            terminalreporter.write_line(f"{test}  (needs {package})")
    terminalreporter.write_line(f"To run them too: apt-get install --no-install-recommends {' '.join(sorted(_left_out))}")
