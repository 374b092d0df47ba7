"""What is due comes out, nothing else does, and what is out does not change by being written again."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from datetime import timedelta

import pytest

from digest.clock import real_now
from digest.desk.building import Wanted, rebuild
from digest.desk.checking import check
from digest.desk.workplace import open_workplace
from digest.errors import ContentError, SettingsError, Status, StoreError, UsageError

SECRET = "Zanzibar"


def events(report):
    return [(event.type.value, event.item) for event in report.events]


def public(desk, folder="public"):
    return {str(path.relative_to(desk.folder / folder)): data for path, data in desk.bytes_below(folder)}


def texts(report):
    return [str(problem) for problem in report.problems]


def test_what_is_due_comes_out_with_its_pages_and_feeds(desk):
    desk.item("one")
    desk.item("tomorrow", "2022-02-22")
    report = desk.publish()

    assert events(report) == [("released", "one")]
    assert {"index.html", "items/one/index.html", "feeds/all.atom", "feeds/ukraine.rss", "feeds/all.opml"} <= public(
        desk
    ).keys()
    assert not any("tomorrow" in name for name in public(desk))
    assert report.newsroom.by_id.keys() == {"one"}
    assert not report.has_errors


def test_the_journal_says_who_published_which_events(desk):
    desk.item("one")
    desk.item("two")
    desk.publish(actor="Ada")
    desk.publish(actor="Ben")
    (entry,) = desk.journal()
    assert (entry.actor, entry.action, entry.subject) == ("Ada", "published", "events 1-2")
    assert entry.detail == {"moment": "2022-02-21T09:00:00Z"}


def test_publishing_again_changes_no_byte_and_touches_no_file(desk):
    desk.photo("square.jpg")
    desk.item("one", photo="{src: square.jpg, alt: A square, credit: Nobody}")
    desk.publish()
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino, data) for path, data in desk.bytes_below("public")}
    desk.at("2022-02-24T09:00")
    report = desk.publish()

    assert {path: (path.stat().st_mtime_ns, path.stat().st_ino, data) for path, data in desk.bytes_below("public")} == before
    assert (report.events, report.written.changed, report.written.removed) == ((), (), ())
    assert report.written.unchanged_count == len(before)


def test_a_site_built_anew_from_the_log_has_the_same_bytes(desk):
    desk.photo("square.jpg")
    desk.item("one", photo="{src: square.jpg, alt: A square, credit: Nobody}")
    desk.item("two", topics="russia")
    desk.publish()
    before = public(desk)
    for path, _ in desk.bytes_below("items"):
        path.unlink()
    desk.reopen()
    rebuild(desk.place, Wanted(out=desk.folder / "anew"))
    assert public(desk, "anew") == before


# Nothing embargoed, in no byte.


def hide_something(desk):
    """Items that must not be seen yet, each marked with a word and one with a photo; the photo's bytes as given."""
    photo = desk.photo("secret.jpg", mark=SECRET.encode(), width=60)
    desk.photo("open.jpg")
    desk.item("open", photo="{src: open.jpg, alt: A square, credit: Nobody}")
    look = f"{{src: secret.jpg, alt: {SECRET}, caption: {SECRET}, credit: {SECRET}}}"
    desk.item("embargoed", embargo="2022-02-21T12:00:00+00:00", title=f"On {SECRET}", body=SECRET, photo=look)
    desk.item("tomorrow", "2022-02-22", title=f"{SECRET} again", summary=SECRET)
    desk.item("draft", status="draft", title=f"{SECRET} once more", issuer=SECRET)
    desk.item("broken", kind="nothing", title=f"{SECRET} broken")
    desk.item("taken-back", withdrawn=f"{{date: 2022-02-21, reason: {SECRET}}}", title=SECRET)
    return photo.read_bytes()


def test_nothing_that_is_not_due_appears_in_any_byte(desk):
    given = hide_something(desk)
    desk.publish()
    found = public(desk)
    names = " ".join(found)

    assert SECRET.encode() not in b"".join(found.values())
    assert not any(word in names for word in ("embargoed", "tomorrow", "draft", "broken", "taken-back"))
    assert given not in found.values()
    assert len([name for name in found if name.endswith(".jpg")]) == 1, "the one photo that is public"
    for name in ("embargoed", "tomorrow", "taken-back"):
        assert name.encode() not in b"".join(found.values())
    assert any("sitemap" in name for name in found)


def test_what_was_hidden_comes_out_when_its_moment_comes(desk):
    hide_something(desk)
    desk.publish()
    assert events(desk.publish("2022-02-21T12:00")) == [("released", "embargoed")]
    assert SECRET.encode() in public(desk)["items/embargoed/index.html"]
    pictures = [data for name, data in public(desk).items() if name.endswith(".jpg")]
    assert len(pictures) == 2
    assert SECRET.encode() not in b"".join(pictures), "a picture's comment is never published"


def test_what_is_withdrawn_leaves_only_its_notice(desk):
    desk.photo("square.jpg")
    desk.item(
        "one", title="On " + SECRET, body="Body " + SECRET, photo=f"{{src: square.jpg, alt: {SECRET}, credit: Nobody}}"
    )
    desk.publish()
    assert any(name.endswith(".jpg") for name in public(desk))
    desk.item("one", title="On the city", body="Gone.", withdrawn="{date: 2022-02-22, reason: It was wrong.}")
    assert events(desk.publish("2022-02-22T10:00")) == [("withdrawn", "one")]

    found = public(desk)
    assert b"It was wrong." in found["items/one/index.html"]
    assert SECRET.encode() not in b"".join(found.values())
    assert not any(name.endswith(".jpg") for name in found)


# Other moments.


def test_events_are_appended_between_the_newest_one_and_the_clock(desk):
    desk.item("one", "2022-02-01")
    desk.item("two", "2022-02-10")
    desk.item("three", "2022-02-19")
    assert events(desk.publish(at=desk.now - timedelta(days=15))) == [("released", "one")]
    assert events(desk.publish(at=desk.now - timedelta(days=5))) == [("released", "two")]
    assert events(desk.publish(at=desk.now)) == [("released", "three")]
    assert [row[0] for row in desk.sql("SELECT at FROM event ORDER BY number")] == sorted(
        row[0] for row in desk.sql("SELECT at FROM event")
    )


@pytest.mark.parametrize("days", [-3, 400])
def test_earlier_or_later_than_that_nothing_is_released_and_nothing_touched(desk, days):
    desk.item("one")
    desk.publish()
    desk.item("later", "2022-03-21")
    desk.item("backdated", "2022-02-01")
    before = {path: (path.stat().st_mtime_ns, data) for path, data in desk.bytes_below("public")}
    report = desk.publish(at=desk.now + timedelta(days=days))

    assert report.only_rendered
    assert (report.events, report.written) == ((), None)
    assert {path: (path.stat().st_mtime_ns, data) for path, data in desk.bytes_below("public")} == before
    assert desk.sql("SELECT count(*) FROM event") == [(1,)]
    assert len(desk.journal()) == 1


def test_another_folder_shows_the_site_as_it_was_and_as_it_would_be(desk):
    desk.item("one")
    desk.publish()
    desk.item("two", "2022-02-24")
    desk.publish("2022-02-24T10:00")
    desk.item("three", "2022-03-21", embargo="2022-03-21T09:00:00+00:00")
    desk.item("one", title="Changed since")
    desk.publish("2022-02-25T10:00")
    then, ahead = desk.folder / "then", desk.folder / "ahead"
    desk.publish(at=desk.now - timedelta(days=3), out=then)
    desk.publish(at=desk.now + timedelta(days=30), out=ahead)

    assert b"Title of one" in public(desk, "then")["items/one/index.html"]
    assert "items/two/index.html" not in public(desk, "then")
    assert "items/three/index.html" in public(desk, "ahead")
    assert "items/three/index.html" not in public(desk)
    assert desk.sql("SELECT count(*) FROM event") == [(3,)]


@pytest.mark.parametrize("where", ["public", "public/preview", "items/../public"])
def test_a_moment_ahead_is_never_written_where_it_is_public(desk, where):
    desk.item("one")
    desk.publish()
    desk.item("later", "2022-03-21")
    with pytest.raises(UsageError, match="nothing of it may lie in public") as refusal:
        desk.publish(at=desk.now + timedelta(days=365), out=desk.folder / where)
    assert "outside public/" in refusal.value.remedy
    assert not any("later" in name for name in public(desk))


def test_the_sites_own_folder_is_never_written_over(desk):
    desk.item("one")
    for where in (".", "items", "keys", "templates/pages"):
        with pytest.raises(StoreError, match="the site's own files lie there"):
            desk.publish(out=desk.folder / where)


def test_a_publish_with_a_clock_before_the_newest_release_fails(desk):
    desk.item("one")
    desk.publish()
    desk.item("two", "2022-02-01")
    early = desk.now - timedelta(days=1)
    desk.at("2022-02-20T09:00")
    for options in ({}, {"out": desk.folder / "look"}):
        with pytest.raises(StoreError, match="the clock: it lies before the newest release") as refusal:
            desk.publish(**options)
        assert "(2022-02-21 09:00:00 GMT)" in refusal.value.cause
        assert refusal.value.remedy == "Mend the clock, or wait until then."
        assert refusal.value.status is Status.REFUSED
    assert desk.publish(at=early).only_rendered, "a moment that somebody names is looked at"
    assert desk.sql("SELECT item FROM event") == [("one",)]


def test_a_clock_set_ahead_releases_nothing_early(desk):
    ahead = real_now() + timedelta(days=30)
    desk.item("one")
    desk.item("later", f"{ahead - timedelta(days=2):%Y-%m-%d}")
    desk.publish()
    desk.at(f"{ahead:%Y-%m-%dT%H:%M}")
    with pytest.raises(SettingsError, match="DIGEST_NOW: it lies ahead of the machine's clock"):
        desk.publish()
    look = desk.publish(at=desk.now, out=desk.folder / "look")

    assert look.only_rendered
    assert "items/later/index.html" in public(desk, "look")
    assert desk.sql("SELECT item FROM event") == [("one",)]
    assert not any("later" in name for name in public(desk))


# The database.


@pytest.mark.parametrize("loss", ["gone", "empty"])
def test_a_lost_database_never_starts_anew_in_silence(desk, loss):
    desk.item("one")
    desk.publish()
    before = public(desk)
    file = desk.place.store.file
    desk.place.close()
    for path in file.parent.glob("digest.db*"):
        path.unlink()
    if loss == "empty":
        file.touch()
    desk.reopen()
    with pytest.raises(StoreError, match="it is gone though this site was published before") as refusal:
        desk.publish("2022-02-22T09:00")

    assert refusal.value.subject == str(file)
    assert refusal.value.remedy == "Restore it from a backup; to start anew on purpose, remove var/ and public/."
    assert file.exists() == (loss == "empty")
    assert public(desk) == before


def test_a_site_that_was_never_published_gets_its_database(desk):
    desk.place.store.file.unlink()
    desk.reopen()
    desk.item("one")
    assert events(desk.publish()) == [("released", "one")]


def test_no_other_database_is_taken_for_ours(desk):
    site = replace(desk.place.site, database_url="postgresql://localhost/digest")
    with open_workplace(site, desk.now) as place, pytest.raises(SettingsError, match="everything in SQLite") as refusal:
        _ = place.store
    assert (refusal.value.subject, refusal.value.remedy) == ("DIGEST_DATABASE_URL", "Unset it.")


def test_the_photo_of_a_withdrawn_item_goes_with_it(desk):
    desk.photo("square.jpg")
    desk.photo("other.jpg", width=60)
    desk.item("one", photo="{src: square.jpg, alt: A square, credit: Nobody}")
    desk.item("two", photo="{src: other.jpg, alt: A square, credit: Nobody}")
    desk.publish()
    both = {name for name in public(desk) if name.endswith(".jpg")}
    desk.item("one", photo="{src: square.jpg, alt: A square, credit: Nobody}", withdrawn="{date: 2022-02-22, reason: No.}")
    desk.publish("2022-02-22T09:00")
    left = {name for name in public(desk) if name.endswith(".jpg")}

    assert len(left) == len(both) / 2
    assert any(name.encode() in public(desk)["items/two/index.html"] for name in left)


# Faults.


def test_a_renamed_file_is_no_second_item_and_check_says_so_too(desk):
    file = desk.item("one")
    desk.publish()
    file.rename(file.with_name("renamed.md"))
    desk.at("2022-02-22T09:00")
    fault = "items/renamed.md: it has the title and day of the published item one, whose file is gone"
    checked = check(desk.place)
    assert checked.has_errors
    assert any(fault in line for line in checked.lines)
    report = desk.publish()

    assert report.events == ()
    assert report.has_errors
    assert any(text.startswith(fault) for text in texts(report))
    assert not any("renamed" in name for name in public(desk))

    desk.item("renamed", id="one", title="Title of one", body="Body of one.")
    report = desk.publish()
    assert report.events == ()
    assert not report.problems


def test_a_withdrawal_dated_ahead_comes_on_its_day(desk):
    desk.item("one")
    desk.publish()
    desk.item("one", withdrawn="{date: 2022-02-24, reason: It was wrong.}")
    report = desk.publish("2022-02-23T23:59")
    assert report.events == ()
    assert not report.has_errors
    assert b"It was wrong." not in public(desk)["items/one/index.html"]
    assert any("it is dated ahead (2022-02-24)" in text for text in texts(report))
    assert events(desk.publish("2022-02-24T00:00")) == [("withdrawn", "one")]


def test_one_broken_item_does_not_hold_back_the_rest_and_keeps_its_published_state(desk):
    desk.item("one")
    desk.publish()
    desk.item("one", title="Changed", kind="nothing")
    desk.item("two")
    report = desk.publish("2022-02-22T09:00")

    assert events(report) == [("released", "two")]
    assert report.has_errors
    assert any("items/one.md:4: kind" in text for text in texts(report))
    assert any("item one: warning: its file is at fault" in text for text in texts(report))
    assert b"Title of one" in public(desk)["items/one/index.html"]


def test_a_released_item_whose_file_is_gone_or_draft_again_stays(desk):
    desk.item("one")
    desk.item("two")
    desk.publish()
    (desk.folder / "items" / "one.md").unlink()
    desk.item("two", status="draft", title="Changed")
    report = desk.publish("2022-02-22T09:00")

    assert report.events == ()
    assert not report.has_errors
    assert len(report.problems) == 2
    assert b"Title of two" in public(desk)["items/two/index.html"]
    assert "items/one/index.html" in public(desk)


def test_strict_publishes_nothing_when_anything_is_at_fault_or_in_review(desk):
    desk.item("one")
    desk.item("two", kind="nothing")
    with pytest.raises(ContentError, match="nothing was published") as refusal:
        desk.publish(strict=True)
    assert [problem.file for problem in refusal.value.problems] == ["items/two.md"]

    desk.item("two", review="[summary]")
    with pytest.raises(ContentError) as refusal:
        desk.publish(strict=True)
    assert "a person must still look at: summary" in str(refusal.value.problems[0])
    assert desk.sql("SELECT count(*) FROM event") == [(0,)]
    assert not (desk.folder / "public").exists()

    desk.item("two", review="[summary]", status="draft")
    assert events(desk.publish(strict=True)) == [("released", "one")]


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("spoil", [os.mkfifo, lambda path: path.write_bytes(b"no picture at all"), lambda _: None])
def test_an_item_whose_photo_cannot_be_read_keeps_its_published_state(desk, strict, spoil):
    photo = desk.photo("square.jpg")
    desk.item("one", photo="{src: square.jpg, alt: A square, credit: Nobody}")
    desk.publish()
    before = public(desk)
    photo.unlink()
    spoil(photo)
    if strict:
        with pytest.raises(ContentError):
            desk.publish("2022-02-22T09:00", strict=True)
    else:
        report = desk.publish("2022-02-22T09:00")
        assert report.events == ()
        assert report.has_errors
    assert public(desk) == before


def test_a_folder_that_cannot_be_written_loses_nothing(desk):
    desk.item("one")
    (desk.folder / "public").write_text("in the way")
    with pytest.raises(StoreError):
        desk.publish()
    (desk.folder / "public").unlink()
    report = desk.publish()
    assert "items/one/index.html" in public(desk)
    assert report.events == ()


def test_old_items_of_the_first_publish_and_what_staff_call_history_are_backfill(desk):
    desk.item("old", "2022-01-01")
    desk.item("new")
    desk.publish()
    desk.item("backdated", "2022-01-02")
    desk.publish("2022-02-22T09:00")
    desk.item("history", "2022-01-03")
    desk.publish("2022-02-23T09:00", backfill=True)
    assert dict(desk.sql("SELECT item, backfill FROM event")) == {"old": 1, "new": 0, "backdated": 0, "history": 1}


def test_a_new_picture_under_the_same_name_replaces_the_old_one(desk):
    desk.photo("square.jpg")
    desk.item("one", photo="{src: square.jpg, alt: A square, credit: Nobody}")
    desk.publish()
    before = {name for name in public(desk) if name.endswith(".jpg")}
    path = desk.photo("square.jpg", mark=b"other bytes, same pixels")
    assert events(desk.publish("2022-02-22T09:00")) == [("refiled", "one")]
    assert desk.sql("SELECT photo FROM event WHERE number = 2") == [(hashlib.sha256(path.read_bytes()).hexdigest(),)]
    assert {name for name in public(desk) if name.endswith(".jpg")} == before, "equal pixels are one published file"


def test_a_publish_that_another_one_overtook_goes_on_where_that_ended(desk):
    desk.item("one")
    desk.at("2022-02-21T10:00:30")
    desk.publish()
    desk.item("two")
    desk.at("2022-02-21T10:00:00")

    assert events(desk.publish()) == [("released", "two")]


def test_strict_releases_nothing_beside_a_renamed_file(desk):
    file = desk.item("one")
    desk.publish()
    file.rename(file.with_name("renamed.md"))
    desk.item("two")

    with pytest.raises(ContentError):
        desk.publish(strict=True)

    assert desk.sql("SELECT item FROM event") == [("one",)]
