"""What a check says adds up, for people and for machines."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from digest.items.check import build_listing
from digest.items.folder import Folder, read_folder
from digest.settings import Site

NOW = datetime(2022, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def folder(site: Site, item_text: Callable[..., str]) -> Folder:
    files = {
        "due.md": item_text(extra="review: [topics]"),
        "later.md": item_text(date="2022-03-02"),
        "embargoed.md": item_text(extra="embargo: 2022-03-01T12:01Z"),
        "passed.md": item_text(extra="embargo: 2022-03-01T12:00Z"),
        "draft.md": item_text(extra="status: draft"),
        "faulty-draft.md": item_text(extra="status: draft", title=None),
        "broken.md": item_text(kind="news"),
        "notes.txt": "",
    }
    for name, text in files.items():
        (site.items / name).write_text(text)
    return read_folder(site)


def test_counts_add_up_to_the_files(folder: Folder, site: Site) -> None:
    listing = build_listing(folder, site.settings, NOW)
    counts = listing.data["counts"]
    assert counts == {
        "files": 7,
        "due": 2,
        "later": 1,
        "embargoed": 1,
        "draft": 2,
        "in_review": 1,
        "with_errors": 1,
        "skipped": 1,
        "errors": 1,
        "warnings": 1,
    }
    assert sum(counts[state] for state in ("due", "later", "embargoed", "draft", "with_errors")) == counts["files"]
    assert listing.has_errors


def test_the_lines_say_all_in_order(folder: Folder, site: Site) -> None:
    lines = build_listing(folder, site.settings, NOW).lines
    assert lines[0].startswith("items/broken.md:4: kind: ")
    assert lines[1].startswith("items/faulty-draft.md:1: title: warning: ")
    assert lines[2:] == (
        "items/due.md: to review: topics",
        "7 item files: 2 due, 1 dated later, 1 under embargo, 2 draft, 1 with errors",
        "1 item to review",
        "1 other file left aside (hidden, backups, other endings)",
        "1 error, 1 warning",
    )


def test_machines_get_the_same(folder: Folder, site: Site) -> None:
    data = json.loads(json.dumps(build_listing(folder, site.settings, NOW).data))
    assert data["problems"][0]["file"] == "items/broken.md"
    states = {entry["id"]: entry["state"] for entry in data["items"]}
    assert states == {"due": "due", "later": "later", "embargoed": "embargoed", "passed": "due", "draft": "draft"}
    assert data["items"][2]["embargo_at"] == "2022-03-01T12:01:00Z"


def test_times_are_read_back_in_words(folder: Folder, site: Site) -> None:
    lines = build_listing(folder, site.settings, NOW, verbose=True).lines
    [line] = [line for line in lines if line.startswith("items/embargoed.md: embargoed")]
    assert "embargo until Tuesday 1 March 2022, 12:01 in the afternoon (Europe/London), 2022-03-01 12:01 UTC" in line


def test_an_empty_newsroom_is_sound(site: Site) -> None:
    listing = build_listing(read_folder(site), site.settings, NOW)
    assert listing.lines == ("0 item files: none yet", "no problems")
    assert not listing.has_errors
