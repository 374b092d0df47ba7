"""`digest press` at the terminal."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from digest.cli import build_app
from digest.errors import DigestError, SubscriberError, UsageError
from digest.items.init import build_site


@pytest.fixture
def press(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs `digest press WORDS` at a new site."""
    for name, text in build_site(datetime(2026, 11, 22, tzinfo=UTC)).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)

    def run(*words: str):
        result = CliRunner().invoke(build_app(["press"]), ["press", *words], catch_exceptions=True)
        if isinstance(result.exception, DigestError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result

    return run


def test_a_feed_is_given_listed_and_taken_back(press):
    given = press("add", "Example Daily", "--as", "Ada")
    addresses = given.stdout.split()
    assert [re.sub("/[a-z2-7]{52}", "", one).rpartition("/")[2] for one in addresses] == [
        "press.atom",
        "press.rss",
        "press.json",
    ]
    assert "not shown again" in given.stderr

    token = addresses[0].rpartition("/")[2].removesuffix(".atom")
    listed = press("list")
    assert re.search(r"Example Daily +since \d{4}-\d\d-\d\d +never used +open", listed.output)
    assert "1 private feed open, 1 in all" in listed.output
    assert token not in listed.output

    assert "opens nothing any more" in press("revoke", "Example Daily").output
    assert re.search(r"revoked \d{4}-\d\d-\d\d\n0 private feeds open, 1 in all", press("list").output)
    with pytest.raises(UsageError, match="revoked before"):
        press("revoke", "Example Daily")


def test_a_feed_that_is_mailed_is_not_shown(press):
    given = press("add", "Example Daily", "--to", "writer@daily.example", "--language", "en")

    assert given.stdout == "The feed's address is in a letter that waits to be sent.\n"
    assert "`digest send`" in given.stderr and "`digest serve`" in given.stderr
    assert "writer" not in given.output and "/press/" not in given.output
    assert re.search(r"never used +open +letter waits\n", press("list").output)

    press("revoke", "Example Daily")
    assert re.search(r"revoked \S+ +letter cancelled \d{4}-\d\d-\d\d\n", press("list").output)


def test_a_feed_that_is_mailed_is_shown_when_asked_for(press):
    given = press("add", "Example Daily", "--to", "writer@daily.example", "--show")

    assert len(re.findall(r"^http\S+/press/[a-z2-7]{52}\.(?:atom|rss|json)$", given.stdout, re.MULTILINE)) == 3


def test_what_cannot_be_mailed_makes_no_feed(press):
    with pytest.raises(SubscriberError) as refusal:
        press("add", "Example Daily", "--to", "no.address")
    assert "no.address" not in str(refusal.value)
    with pytest.raises(SubscriberError):
        press("add", "Example Daily", "--to", "")
    with pytest.raises(UsageError, match="--to ADDRESS"):
        press("add", "Example Daily", "--show")
    assert "0 private feeds open, 0 in all" in press("list").output
