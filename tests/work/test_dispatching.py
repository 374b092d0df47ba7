"""Sending beside a server: a child starts when something is due, waits when it must, and complains once."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from digest.cli import build_app
from digest.items.init import build_site
from digest.settings import open_site
from digest.store.due import Due
from digest.store.hot import open_hot
from digest.work.dispatching import Dispatcher, Turns

WEEKLY, NEWS = Due(frozenset({"weekly"})), Due(frozenset({"weekly", "news"}))


def test_nothing_starts_while_nothing_is_due():
    turns = Turns()
    assert not turns.is_due(Due(), 0)
    assert turns.is_due(WEEKLY, 0)
    assert turns.is_due(Due(letter=1), 0)


def test_what_waits_by_its_pace_starts_no_child_again_and_again():
    turns = Turns()
    turns.begin(WEEKLY)
    turns.end(10, well=True, rest=3600)

    assert not turns.is_due(WEEKLY, 11)
    assert not turns.is_due(WEEKLY, 3609)
    assert turns.is_due(WEEKLY, 3610)


@pytest.mark.parametrize("due", [NEWS, Due(frozenset({"weekly"}), letter=7)])
def test_news_never_waits_for_what_waits(due):
    turns = Turns()
    turns.begin(WEEKLY)
    turns.end(10, well=True, rest=3600)

    assert turns.is_due(due, 11)
    turns.begin(due)
    turns.end(12, well=True, rest=3600)
    assert not turns.is_due(due, 13), "it is known now"


def test_a_child_that_fails_is_tried_again_after_longer_and_longer():
    turns, now, waits = Turns(), 0.0, []
    for _ in range(12):
        turns.begin(WEEKLY)
        turns.end(now, well=False)
        wait = next(seconds for seconds in range(1000) if turns.is_due(WEEKLY, now + seconds))
        waits.append(wait)
        now += wait
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300]

    turns.end(now, well=True)
    turns.end(now, well=False)
    assert turns.is_due(WEEKLY, now + 2), "once it was well, it begins anew"


def test_what_a_dead_sender_left_is_taken_up_after_a_moment_in_which_a_living_one_would_have_ended_it():
    turns, left = Turns(), Due(is_unfinished=True)
    assert not turns.is_due(left, 0)
    assert not turns.is_due(Due(), 3)
    assert not turns.is_due(left, 6), "that was another one"
    assert turns.is_due(left, 11)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A new site in which one letter at once is on its way."""
    for name, text in build_site(datetime.now(UTC)).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "readers.csv").write_text("email,rhythm\nreader@example.org,at-once\n", "utf-8")
    _run("publish")
    _run("subscribers", "import", "readers.csv", "--list", "press", "--confirmed", "--evidence", "paper")
    head = f"---\ntitle: News\ndate: {datetime.now(UTC):%Y-%m-%d}\nkind: update\ntopics: [russia]\n---\n"
    (tmp_path / "items" / "news.md").write_text(f"{head}Words.\n", "utf-8")
    name = _run("publish").split("digest edition approve ")[1].split()[0]
    _run("edition", "approve", name, "--as", "Ada")
    assert "1 letter is on its way" in _run("publish")
    return tmp_path


def _run(*words: str) -> str:
    result = CliRunner().invoke(build_app(), words)
    assert result.exit_code == 0, result.output
    return result.output


def _dispatch(folder: Path, environment: dict[str, str], seconds: float, until: str = "") -> list[str]:
    """Let a dispatcher work for so long, or until a line with these words; what it told."""
    told: list[str] = []
    site = open_site(folder, environment)

    async def work() -> None:
        task = asyncio.create_task(Dispatcher(lambda: site, open_hot(site.var), told.append).run())
        end = time.monotonic() + seconds
        while time.monotonic() < end and not (until and any(until in line for line in told)):  # noqa: ASYNC110 (no coroutine)
            await asyncio.sleep(0.1)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(work())
    return told


def test_what_is_due_is_sent_by_a_child_whose_lines_are_passed_on(site):
    told = _dispatch(site, {}, 60, "Nothing has left")

    assert "-press-at-once-1: finished; 1 sent" in told[0]
    assert len(list((site / "var" / "outbox" / "new").iterdir())) == 1
    assert not any("@" in line for line in told)


def test_a_child_that_fails_again_and_again_says_why_once(site, monkeypatch):
    monkeypatch.setenv("DIGEST_SMTP_URL", f"smtps://127.0.0.1:465?ca={site / 'missing.pem'}")

    told = _dispatch(site, {"DIGEST_SMTP_URL": "smtp://127.0.0.1:25"}, 12)

    assert len([line for line in told if "a certificate file cannot be used" in line]) == 1
    assert len(told) == len(set(told))


def test_a_relay_that_cannot_be_meant_is_told_without_a_child(site):
    (line,) = _dispatch(site, {"DIGEST_SMTP_URL": "http://127.0.0.1"}, 3)

    assert line.startswith("Letters wait: DIGEST_SMTP_URL: it does not start with smtp://")
