"""Correct and withdraw: the file is edited, that one item is published at once, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from digest.desk.approving import freeze_edition
from digest.desk.correcting import correct, withdraw
from digest.errors import ContentError
from digest.newsroom.log import EventType
from digest.publishing.manifest import manifest_path, open_manifest


@pytest.fixture
def published(desk: Any) -> Any:
    """A desk with two public items, a few hours later."""
    desk.item("a", body="<!-- kept -->\n\nWords of a.")
    desk.item("b")
    desk.publish()
    desk.at("2022-02-21T15:00")
    return desk


def _page(desk: Any, item: str) -> str:
    return (desk.folder / "public" / "items" / item / "index.html").read_text("utf-8")


def test_a_correction_is_labelled_in_the_file_the_page_and_the_feeds(published: Any) -> None:
    before = (published.folder / "items" / "a.md").read_text("utf-8")

    change = correct(published.place, "a", 'It was "Monday", not Tuesday: sorry.', actor="Ada")

    after = (published.folder / "items" / "a.md").read_text("utf-8")
    assert [line for line in before.splitlines() if line not in after.splitlines()] == []
    assert change.file == "items/a.md"
    assert [event.type for event in change.report.events] == [EventType.CORRECTED]
    assert "not Tuesday: sorry." in _page(published, "a") and "Correction" in _page(published, "a")
    for form in ("atom", "rss", "json"):
        assert "not Tuesday: sorry." in (published.folder / "public" / "feeds" / f"all.{form}").read_text("utf-8")
    assert [(entry.actor, entry.action, entry.subject) for entry in published.journal()][-1] == (
        "Ada",
        "corrected",
        "item a",
    )


def test_only_that_item_is_published(published: Any) -> None:
    published.item("b", body="Edited, and not ready to go out.")
    published.item("c")

    change = correct(published.place, "a", "A name was wrong.")

    assert [event.item for event in change.report.events] == ["a"]
    assert "not ready to go out" not in _page(published, "b")
    assert not (published.folder / "public" / "items" / "c").exists()


def test_only_edit_publishes_nothing(published: Any) -> None:
    assert correct(published.place, "a", "A name was wrong.", only_edit=True).report is None
    assert "A name was wrong." in (published.folder / "items" / "a.md").read_text("utf-8")
    assert "A name was wrong." not in _page(published, "a")


def test_a_correction_said_twice_stands_once(published: Any) -> None:
    correct(published.place, "a", "A name was wrong.", only_edit=True)  # as if stopped before it was published

    change = correct(published.place, "a", "A name was wrong.")

    assert change.unedited == "it says so already"
    assert [event.type for event in change.report.events] == [EventType.CORRECTED]
    assert _page(published, "a").count("A name was wrong.") == 1


def test_two_corrections_of_a_day_both_stand_the_newest_first(published: Any) -> None:
    correct(published.place, "a", "A name was wrong.")
    published.at("2022-02-21T16:00")
    correct(published.place, "a", "A date was wrong.")

    page = _page(published, "a")
    assert page.index("A date was wrong.") < page.index("A name was wrong.")


@pytest.mark.parametrize("act", [correct, withdraw])
def test_what_is_not_public_is_refused(published: Any, act: Callable[..., Any]) -> None:
    published.item("later", day="2022-03-01")

    for item in ("later", "nowhere"):
        with pytest.raises(ContentError, match="no item of that id is public"):
            act(published.place, item, "Words.")
    with pytest.raises(ContentError, match="must have 1 to 2000 characters"):
        act(published.place, "a", "  ")


def test_a_correction_needs_a_file_that_can_be_edited(published: Any) -> None:
    file = published.folder / "items" / "a.md"
    file.write_text("---\ntitle: [\n---\nBroken.\n", "utf-8")
    with pytest.raises(ContentError):
        correct(published.place, "a", "A name was wrong.")
    file.unlink()
    with pytest.raises(ContentError, match="its file is not there"):
        correct(published.place, "a", "A name was wrong.")


def test_a_withdrawn_item_leaves_a_notice_alone(published: Any) -> None:
    change = withdraw(published.place, "a", "A source was put at risk.", actor="Ada")

    assert [event.type for event in change.report.events] == [EventType.WITHDRAWN]
    for path, data in published.bytes_below("public"):
        assert b"Words of a" not in data, path
    assert "A source was put at risk." in _page(published, "a")
    manifest = open_manifest(manifest_path(published.place.site.var, published.place.site.public))
    entry = manifest.find("items/a/index.html")
    manifest.close()
    assert entry is not None
    assert entry.status == 410


@pytest.mark.parametrize("fault", ["gone", "broken", "not UTF-8"])
def test_a_withdrawal_needs_no_file(published: Any, fault: str) -> None:
    file: Path = published.folder / "items" / "a.md"
    if fault == "gone":
        file.unlink()
    else:
        file.write_bytes(b"---\ntitle: [\n---\n" if fault == "broken" else b"---\ntitle: \xff\n---\n")

    change = withdraw(published.place, "a", "A source was put at risk.")

    assert change.unedited
    assert change.report.newsroom.by_id["a"].is_withdrawn
    assert "A source was put at risk." in _page(published, "a")
    with pytest.raises(ContentError, match="it was withdrawn"):
        correct(published.place, "a", "A name was wrong.")


def test_a_withdrawal_that_was_stopped_is_finished_by_saying_it_again(published: Any) -> None:
    withdraw(published.place, "a", "A source was put at risk.")
    (published.folder / "public" / "items" / "a" / "index.html").write_text("<p>Words of a.</p></html>")

    change = withdraw(published.place, "a", "Said again.")

    assert (change.report.lines, change.unedited) == ((), "it was withdrawn before")
    assert published.publish(whole=True).written.failed == ()
    assert "Words of a" not in _page(published, "a")


def test_an_approved_edition_that_carries_the_item_is_a_draft_again(published: Any) -> None:
    published.readers("olha")
    edition = published.approve()

    change = correct(published.place, "a", "A name was wrong.")

    assert [stopped.edition for stopped in change.report.stopped] == [edition.id]


@pytest.mark.parametrize("act", [correct, withdraw])
def test_open_copies_that_carry_the_item_stop_and_the_others_go_on(desk: Any, act: Callable[..., Any]) -> None:
    desk.readers("olha ukraine; oleh russia", since="2022-02-20")
    desk.item("a")
    desk.item("b", topics="russia")
    desk.publish("2022-02-21T10:00")
    edition = desk.approve()
    freeze_edition(desk.place, edition.id, actor="Ada")
    desk.sql("UPDATE edition SET state = 'sending', started_at = 0")
    desk.at("2022-02-21T15:00")

    (stopped,) = act(desk.place, "a", "A name was wrong.").report.stopped

    assert (stopped.edition, stopped.copies) == (edition.id, 1)
    assert desk.sql("SELECT state FROM delivery ORDER BY subscription_id") == [("cancelled",), ("queued",)]


def test_a_correction_is_not_public_while_its_file_is_at_fault(published: Any) -> None:
    published.item("a", kind="nothing", body="Words of a.")

    change = correct(published.place, "a", "A name was wrong.")

    assert (change.file, change.is_public) == ("items/a.md", False)
    assert change.report.has_errors
    assert change.report.lines == ()


def test_of_a_withdrawn_item_nobody_cares_what_its_file_waits_for(published: Any) -> None:
    published.item("a", status="draft")
    assert withdraw(published.place, "a", "A source was put at risk.").is_public

    assert published.publish().problems == ()


def test_an_items_file_is_found_by_its_id_wherever_it_lies(published: Any) -> None:
    (published.folder / "items" / "a.md").unlink()
    published.item("2022/elsewhere", id="a", title="Title of a", body="Words of a.")
    published.reopen()

    change = correct(published.place, "a", "A name was wrong.")

    assert (change.file, change.is_public) == ("items/2022/elsewhere.md", True)
