"""`digest feeds` at the terminal."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from digest.cli import build_app
from digest.clock import real_now
from digest.desk.announcing import queue_announcements
from digest.desk.audience import keep_counts
from digest.desk.workplace import Workplace
from digest.errors import UsageError
from digest.items.init import build_site
from digest.settings import open_site

COUNTS = SimpleNamespace(
    full={"/feeds/all.atom": 10, "/feeds/ukraine.rss": 1},
    unchanged={"/feeds/all.atom": 90},
    audience={("/feeds/all.atom", "Feedly"): 1200, ("/feeds/all.atom", "Inoreader"): 34},
)


@pytest.fixture
def feeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs `digest feeds WORDS` at a new site, or hands out the site."""
    for name, text in build_site(datetime(2026, 11, 22, tzinfo=UTC)).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> str:
        result = CliRunner().invoke(build_app(["feeds"]), ["feeds", *words])
        if isinstance(result.exception, UsageError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    run.folder = tmp_path  # type: ignore[attr-defined]
    return run


def test_without_counts_it_says_why_there_may_be_none(feeds):
    assert feeds().startswith("No feed was fetched in the last 7 days. Only `digest serve` counts")


def test_feeds_are_shown_with_subscribers_fetches_and_the_share_that_sent_nothing(feeds):
    place = Workplace(open_site(feeds.folder, {}), real_now())
    keep_counts(place.hot, COUNTS, real_now())
    lines = feeds().splitlines()

    assert [line.split() for line in lines[:3]] == [
        ["feed", "subscribers", "fetches", "unchanged"],
        ["all.atom", "1234", "100", "90%"],
        ["ukraine.rss", "-", "1", "0%"],
    ]
    assert len({len(line) for line in lines[:3]}) == 1, "columns of numbers end in one line"


def test_a_day_can_be_asked_for(feeds):
    place = Workplace(open_site(feeds.folder, {}), real_now())
    keep_counts(place.hot, COUNTS, real_now() - timedelta(days=30))
    day = (real_now() - timedelta(days=30)).date()
    assert "No feed was fetched" in feeds()
    assert "1234" in feeds("--day", str(day))
    with pytest.raises(UsageError, match="no date"):
        feeds("--day", "yesterday")


def test_what_a_hub_has_yet_to_be_told_is_said_in_words(feeds, monkeypatch):
    monkeypatch.setenv("DIGEST_FEEDS_HUB", "https://hub.example.org/")
    assert "The hub https://hub.example.org/ has been told of all changes." in feeds()
    place = Workplace(open_site(feeds.folder), real_now())
    with place.hot.writing() as connection:
        queue_announcements(connection, ["feeds/all.atom", "feeds/all.rss"], place.site.settings, real_now())
        connection.execute("UPDATE announcement SET error = 'it answered 500' WHERE address LIKE '%.rss'")

    shown = feeds()
    assert "has yet to be told of 2 feeds; it is asked at " in shown
    assert "Last time it answered 500." in shown


def test_the_same_can_be_had_for_a_program(feeds, monkeypatch):
    monkeypatch.setenv("DIGEST_FEEDS_HUB", "https://hub.example.org/")
    place = Workplace(open_site(feeds.folder), real_now())
    keep_counts(place.hot, COUNTS, real_now())
    with place.hot.writing() as connection:
        queue_announcements(connection, ["feeds/all.atom"], place.site.settings, real_now())
    data = json.loads(feeds("--json"))

    assert data["feeds"][0] == {"feed": "all.atom", "subscribers": 1234, "fetches": 100, "unchanged": 90}
    assert data["hub"] == "https://hub.example.org/"
    assert [row["address"].rpartition("/")[2] for row in data["announcements"]] == ["all.atom"]
