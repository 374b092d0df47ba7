"""`digest fence` at the terminal: what staff read before they let a restored or copied site go on."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from digest.cli import build_app
from digest.errors import DigestError
from digest.items.init import build_site


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs `digest WORDS` at a new site."""
    for name, text in build_site(datetime(2026, 11, 22, tzinfo=UTC)).items():
        (tmp_path / "site" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "site" / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path / "site")

    def run(*words: str, status: int = 0) -> str:
        result = CliRunner().invoke(build_app(["fence", "press"]), words)
        if isinstance(result.exception, DigestError):
            raise result.exception
        assert result.exit_code == status, result.output
        return result.output

    return run


def move(monkeypatch: pytest.MonkeyPatch) -> None:
    """Go on at a copy of the site."""
    shutil.copytree(Path.cwd(), Path.cwd().parent / "copy")
    monkeypatch.chdir(Path.cwd().parent / "copy")


def add(run, name: str) -> str:
    return run("press", "add", name, "--to", "writer@daily.example", "--as", "Ada")


def test_a_site_without_a_fence_says_so(run):
    assert run("fence", "status") == "No fence: the site sends and releases as usual.\n"
    assert run("fence", "lift", "--as", "Ada") == "There was no fence.\n"


@pytest.mark.parametrize("command", ["lift", "raise"])
def test_whoever_lifts_or_raises_it_gives_a_name(run, command):
    assert "Missing option '--as'" in run("fence", command, status=2)


def test_single_letters_that_may_have_left_are_told_of_before_they_are_cancelled(run, monkeypatch):
    add(run, "Example Daily")
    move(monkeypatch)

    said = run("fence", "status", status=4)
    assert "1  single letter (confirmations, links, notices)\n" in said
    assert "Lifting the fence cancels 1 single letter: each goes at most once" in said
    assert "When all is as it should be: digest fence lift --as NAME" in said

    lifted = run("fence", "lift", "--as", "Ada")
    assert lifted == "The fence is lifted.\n1 single letter that may have left before was cancelled.\n"
    assert "letter cancelled" in run("press", "list")


def test_letters_that_wait_behind_a_fence_of_staff_leave_when_it_is_lifted(run):
    run("fence", "raise", "--as", "Ada", "--why", "we move")
    assert "No letter waits." in run("fence", "status", status=4)
    assert "It leaves with the next" not in add(run, "Example Daily")
    add(run, "Example Weekly")
    said = run("fence", "status", status=4)
    assert "2  single letters (confirmations, links, notices)\n" in said
    assert "cancels" not in said
    assert run("fence", "lift", "--as", "Ada") == "The fence is lifted. 2 letters may leave now.\n"


def test_a_feed_that_is_mailed_from_a_site_that_stands_still_does_not_leave_by_itself(run):
    assert "It leaves with the next `digest send`" in add(run, "Example Daily")
    run("fence", "raise", "--as", "Ada", "--why", "we move")
    said = add(run, "Example Weekly")
    assert "by itself" not in said
    assert "stands still, so nothing is sent: Ada put up the fence: we move" in said
    assert "digest fence lift --as NAME" in said


def test_a_letter_of_after_the_copy_leaves_when_the_fence_is_lifted(run, monkeypatch):
    add(run, "Example Daily")
    move(monkeypatch)
    assert "It leaves once the fence is lifted" in add(run, "Example Weekly")
    lifted = run("fence", "lift", "--as", "Ada")
    assert "1 letter may leave now." in lifted and "1 single letter that may have left before was cancelled" in lifted
