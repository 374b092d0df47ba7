"""What becomes due by time alone is published while the server runs; what waits for a person is not."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.clock import format_utc
from digest.desk.correcting import withdraw
from digest.desk.workplace import open_workplace
from digest.settings import open_site
from digest.work import timed
from digest.work.timed import LOOK_EVERY, Timer

SITE = """
[newsroom]
name = "Test Newsroom"
title = "Test Newsroom"
zone = "UTC"
base_url = "https://news.example.org"
postal_address = "1 Test Street, Testtown"
tag_authority = "newsroom.example.org,2020"
[topics.ukraine]
title = "Ukraine"
[kinds.update]
title = "Update"
[feeds]
tombstone_after = "1 h"
"""
NOON = datetime(2022, 2, 28, 12, tzinfo=UTC)


class Site:
    """A site whose clock the tests set, with a timer at work."""

    def __init__(self, folder: Path, set_clock: Callable[[datetime], None]) -> None:
        self.folder, self.set_clock = folder, set_clock
        self.told: list[str] = []
        self.start()

    def start(self) -> None:
        """Begin anew, as a server that was started."""
        self.timer = Timer(open_site(self.folder, {}), self.told.append)

    def item(self, name: str, saved_at: datetime, **more: str) -> None:
        """Write an item file as if it had been saved at a moment."""
        fields = {"title": name, "date": "2022-02-28", "kind": "update", "topics": "[ukraine]"} | more
        file = self.folder / "items" / f"{name}.md"
        head = "".join(f"{key}: {value}\n" for key, value in fields.items())
        file.write_text(f"---\n{head}---\nBody of {name}.\n", "utf-8")
        os.utime(file, (saved_at.timestamp(), saved_at.timestamp()))

    def step(self, now: datetime) -> float:
        """One look at that moment."""
        self.set_clock(now)
        return self.timer.step()

    def is_public(self, item: str) -> bool:
        """Whether the item has its page."""
        return (self.folder / "public" / "items" / item / "index.html").exists()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    (tmp_path / "site" / "items").mkdir(parents=True)
    (tmp_path / "site" / "newsroom.toml").write_text(SITE, "utf-8")

    def set_clock(now: datetime) -> None:
        monkeypatch.setattr(timed.clock, "now", lambda: now)

    set_clock(NOON - timedelta(hours=1))
    return Site(tmp_path / "site", set_clock)


def _withdraw(site: Site, item: str, now: datetime) -> None:
    """As somebody does at a terminal while the server runs."""
    with open_workplace(open_site(site.folder, {}), now) as place:
        withdraw(place, item, "It was wrong.")


def test_an_embargoed_item_appears_at_its_moment_and_not_before(site: Site) -> None:
    site.item("a", NOON - timedelta(hours=2), embargo=format_utc(NOON))

    waits = [site.step(NOON - timedelta(seconds=left)) for left in (60, 2, 1)]

    assert waits == [LOOK_EVERY.total_seconds(), 2, 1]
    assert not site.is_public("a")
    site.step(NOON)
    assert site.is_public("a")
    assert site.told == ["released: a"]


def test_what_was_saved_after_its_moment_waits_for_a_person(site: Site) -> None:
    site.item("a", NOON + timedelta(seconds=1), embargo=format_utc(NOON))

    for seconds in (0, 5, 60):
        site.step(NOON + timedelta(seconds=seconds))

    assert not site.is_public("a")


def test_what_became_due_while_no_server_ran_appears_at_its_start(site: Site) -> None:
    site.item("a", NOON - timedelta(hours=2), embargo=format_utc(NOON))

    site.start()
    site.step(NOON + timedelta(hours=1))

    assert site.is_public("a")


def test_drafts_broken_items_and_edits_of_public_ones_are_left_alone(site: Site) -> None:
    early = NOON - timedelta(hours=2)
    site.item("public", early, embargo=format_utc(NOON - timedelta(hours=1)))
    site.step(NOON - timedelta(minutes=30))
    site.item("public", early, embargo=format_utc(NOON - timedelta(hours=1)), summary="Edited meanwhile.")
    site.item("draft", early, embargo=format_utc(NOON), status="draft")
    site.item("broken", early, embargo=format_utc(NOON), topics="[nowhere]")
    site.item("good", early, embargo=format_utc(NOON))

    site.step(NOON - timedelta(seconds=1))
    site.step(NOON)

    assert (site.is_public("good"), site.is_public("draft"), site.is_public("broken")) == (True, False, False)
    assert "Edited meanwhile" not in (site.folder / "public" / "items" / "public" / "index.html").read_text("utf-8")


def test_broken_settings_are_told_once_and_mended_ones_taken_up(site: Site) -> None:
    site.item("a", NOON - timedelta(hours=2), embargo=format_utc(NOON))
    site.step(NOON - timedelta(minutes=2))
    toml = site.folder / "newsroom.toml"
    toml.write_text("[newsroom", "utf-8")

    site.step(NOON - timedelta(minutes=1))
    site.step(NOON - timedelta(seconds=30))
    site.step(NOON)

    assert len(site.told) == 1 and "newsroom.toml" in site.told[0]
    assert not site.is_public("a")
    toml.write_text(SITE.replace('title = "Test Newsroom"', 'title = "Renamed"'), "utf-8")
    site.step(NOON + timedelta(seconds=30))
    assert site.is_public("a")
    assert site.timer.site.settings.newsroom.title == "Renamed"


def test_settings_that_do_not_fit_are_told_with_their_lines(site: Site) -> None:
    site.step(NOON)
    (site.folder / "newsroom.toml").write_text(SITE.replace("zone =", "zoen ="), "utf-8")

    site.step(NOON + timedelta(seconds=5))

    (told,) = site.told
    assert "newsroom.toml:5: newsroom.zoen: there is no such setting (did you mean zone?)" in told
    assert "\n" not in told


@pytest.mark.parametrize("changes", [False, True])
def test_a_notice_that_was_to_go_while_no_server_ran_goes_at_its_start(site: Site, changes: bool) -> None:
    """Or between two looks, at the latter of which a file has changed."""
    site.item("a", NOON - timedelta(hours=2), embargo=format_utc(NOON))
    site.step(NOON)
    _withdraw(site, "a", NOON + timedelta(minutes=1))
    feed = site.folder / "public" / "feeds" / "all.atom"
    if changes:
        site.step(NOON + timedelta(minutes=60))
        site.item("draft", NOON, status="draft")
    else:
        site.start()

    site.step(NOON + timedelta(minutes=62))

    assert "deleted-entry" in feed.read_text("utf-8")


def test_a_topic_ends_by_time_alone(site: Site) -> None:
    text = SITE.replace('title = "Ukraine"', 'title = "Ukraine"\nended = 2022-03-01')
    (site.folder / "newsroom.toml").write_text(text, "utf-8")
    site.start()
    site.item("a", NOON - timedelta(hours=2), embargo=format_utc(NOON))
    feed = site.folder / "public" / "feeds" / "ukraine.atom"

    told = []
    for hours in (0, 11, 12, 13):
        site.step(NOON + timedelta(hours=hours))
        told.append("This feed has ended" in feed.read_text("utf-8") if feed.exists() else None)

    assert told == [False, False, True, None], "it says so for as long as a notice stays, and is over then"


def test_a_notice_becomes_a_tombstone_by_time_alone(site: Site) -> None:
    site.item("a", NOON - timedelta(hours=2), embargo=format_utc(NOON))
    site.item("b", NOON - timedelta(hours=2), embargo=format_utc(NOON))
    site.step(NOON)
    _withdraw(site, "a", NOON + timedelta(minutes=1))
    feed = site.folder / "public" / "feeds" / "all.atom"
    site.step(NOON + timedelta(minutes=30))
    assert "deleted-entry" not in feed.read_text("utf-8")

    site.step(NOON + timedelta(minutes=62))

    assert "deleted-entry" in feed.read_text("utf-8")
