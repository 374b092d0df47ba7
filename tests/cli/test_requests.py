"""`digest requests`: what waits, and what staff make of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from digest.cli import build_app
from digest.clock import real_now
from digest.desk.asking import Asked, take_request, work_on_requests
from digest.desk.workplace import open_workplace
from digest.items.init import build_site
from digest.settings import open_site
from digest.subscribers.requests import Wish


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site at which five people asked where two are usual."""
    monkeypatch.setattr("digest.subscribers.limits.LEAST_ALARM", 2)
    for name, text in build_site(datetime.now(UTC)).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    with open_workplace(open_site(tmp_path, {}), real_now()) as place:
        for number in range(5):
            wish = Wish("supporters", "weekly", "en")
            take_request(place, Asked("subscribe", f"canary{number}@example.org", wish, "en", "", "", f"10.0.{number}.1"))
        work_on_requests(place)
    return tmp_path


def run(site: Path, *words: str, status: int = 0) -> str:
    done = CliRunner().invoke(build_app(["requests"]), ["--site", str(site), "requests", *words])
    assert done.exit_code == status, done.output
    assert "canary" not in done.output
    return done.output


def test_what_waits_is_counted_by_list_and_names_nobody(site: Path) -> None:
    shown = run(site, "held", status=3)

    assert "3" in shown
    assert "list supporters" in shown
    assert "digest requests release --as NAME" in shown
    assert "digest requests drop --as NAME" in shown


def test_releasing(site: Path) -> None:
    assert "3 requests released" in run(site, "release", "--as", "Ada")
    shown = run(site, "held")
    assert "No request waits." in shown
    assert "none is held" in shown
    with open_workplace(open_site(site, {}), real_now()) as place:
        assert work_on_requests(place) == 3


def test_dropping(site: Path) -> None:
    assert "3 requests removed" in run(site, "drop", "--as", "Ada")
    assert run(site, "held") == "No request waits.\n"
    assert "0 requests removed" in run(site, "drop", "--as", "Ada")


def test_who_decides_must_be_named(site: Path) -> None:
    run(site, "release", status=2)
    run(site, "drop", status=2)
