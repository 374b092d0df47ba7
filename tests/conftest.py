"""What all tests share: the flag for golden files, and the one honest way to leave a test out.

A test that needs a program of the system asks for it with the fixture `program`. On a machine without it the test is left
out, the run ends with a list of what was left out and the one line that brings it; with `DIGEST_TEST_ALL=1` it fails. A test
that cannot run for another reason, such as no way to a package registry, says so with the fixture `leave_out`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings

ROOT = Path(__file__).parent.parent
PACKAGES = {
    "chromium": "chromium",
    "fc-list": "fonts-noto-core",
    "newsboat": "newsboat",
    "npm": "npm",
    "smtp-sink": "postfix",
    "spamassassin": "spamassassin",
}
"""Which Debian package brings a program. tests/debian-packages.txt lists the same packages, but for npm: other packages of
Node.js bring it themselves, and Debian's own cannot be installed beside them."""

settings.register_profile("any machine", deadline=None)  # how long an example takes says nothing about what holds
settings.load_profile("any machine")

_left_out: dict[str, str] = {}
_missing: set[str] = set()


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
def leave_out(request: pytest.FixtureRequest) -> Callable[[str], NoReturn]:
    """Leaves the test out in plain sight, for a reason that lies in the machine."""

    def leave(reason: str) -> NoReturn:
        if os.environ.get("DIGEST_TEST_ALL") == "1":
            pytest.fail(f"{reason}, and DIGEST_TEST_ALL=1 lets nothing be left out")
        _left_out[request.node.nodeid] = reason
        pytest.skip(reason)

    return leave


@pytest.fixture
def program(leave_out: Callable[[str], NoReturn]) -> Callable[[str], str]:
    """Finds a program of the system, or leaves the test out."""

    def find(name: str) -> str:
        found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin")
        if not found:
            _missing.add(PACKAGES[name])
            leave_out(f"{name} is missing (Debian package {PACKAGES[name]})")
        return found

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
    for test, reason in sorted(_left_out.items()):
        terminalreporter.write_line(f"{test}: {reason}")
    if _missing:
        terminalreporter.write_line(f"To run them too: apt-get install --no-install-recommends {' '.join(sorted(_missing))}")
