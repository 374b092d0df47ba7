"""A backup holds what a site cannot make again, and no key; what is restored stands still, and brings nobody back."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from digest.desk import leaving
from digest.desk.accrediting import add_press_feed
from digest.desk.asking import Asked, take_request, work_on_requests
from digest.desk.backing_up import Backup, _drafted, back_up
from digest.desk.erasing import forget_traces
from digest.desk.fencing import find_fence
from digest.desk.lifting import count_waiting, lift_fence
from digest.desk.reader_care import erase_everywhere, find_person, hash_address, suppress
from digest.desk.readers import list_readers
from digest.desk.restoring import Restored, restore
from digest.desk.workplace import Workplace, open_workplace
from digest.errors import StoreError, SubscriberError, UsageError
from digest.settings import open_site
from digest.store.backup import find_leftovers
from digest.store.replaying import Replayed
from digest.subscribers.tokens import Purpose, build_unsubscribe, read_token


@pytest.fixture
def site(desk):
    """A site that has sent an edition to two of its readers."""
    desk.item("one")
    desk.photo("picture.jpg")
    desk.publish("2022-02-21T08:00")
    desk.readers("ada;ben", since="2022-02-20")
    desk.send()
    return desk


@pytest.fixture
def make(site, tmp_path: Path) -> Callable[..., Backup]:
    """Makes backups beside the site."""

    def make(name: str = "one.backup", **options: object) -> Backup:
        return back_up(site.place, tmp_path / name, actor="Ada", **options)  # type: ignore[arg-type]

    return make


@pytest.fixture
def bring_back(site, tmp_path: Path):
    """Restores a backup to a new place with the keys, and opens it."""
    opened: list[Workplace] = []

    def bring_back(made: Backup, **options: Path) -> tuple[Workplace, Restored]:
        into = tmp_path / f"restored {len(opened)}"
        shutil.copytree(site.folder / "keys", into / "keys")
        done = restore(made.file, into, actor="Ada", **options)
        opened.append(Workplace(open_site(into, {}), site.now))
        return opened[-1], done

    yield bring_back
    for place in opened:
        place.close()


def addresses(place: Workplace) -> set[str]:
    return {line.address for line in list_readers(place, "supporters")}


def test_what_was_backed_up_comes_back(site, make, bring_back):
    place, done = bring_back(make())

    assert addresses(place) == {"ada@example.org", "ben@example.org"}
    for name in ("newsroom.toml", "items/one.md", "items/photos/picture.jpg"):
        assert (place.site.folder / name).read_bytes() == (site.folder / name).read_bytes()
    variants = [path.relative_to(site.folder) for path in (site.folder / "var" / "variants").rglob("*") if path.is_file()]
    assert variants
    assert all((place.site.folder / path).exists() for path in variants)
    assert done.member_count == 5 + len(variants)
    assert not list(place.site.folder.glob(".restoring*"))


def test_it_holds_neither_keys_nor_plain_letters_and_nothing_in_the_clear(site, make, bring_back):
    made = make()
    place, _ = bring_back(made)

    assert {path.name for path in (site.folder / "keys").iterdir()} == {"digest.keys", "backup.key"}
    assert (site.folder / "var" / "outbox").is_dir()
    assert not (place.site.var / "outbox").exists()
    sealed = made.file.read_bytes()
    key = (site.folder / "keys" / "digest.keys").read_bytes().split()[-1]
    for canary in (b"ada@example.org", b"Title of one", b"newsroom", b"SQLite format", key):
        assert canary not in sealed
    restored = b"".join(path.read_bytes() for path in place.site.var.rglob("*") if path.is_file())
    assert b"Title of one" in restored
    assert key not in restored
    assert b"ada@" not in restored


def test_the_key_is_made_once_and_is_for_nobody_else(site, make):
    first, second = make(), make("two.backup")
    assert (first.is_key_new, second.is_key_new) == (True, False)
    assert first.mark == second.mark
    assert first.key_file == site.folder / "keys" / "backup.key"
    assert first.key_file.stat().st_mode & 0o777 == first.file.stat().st_mode & 0o777 == 0o600
    assert first.size == first.file.stat().st_size


def test_another_key_can_be_named_but_not_one_that_is_published_or_backed_up(site, make, tmp_path):
    made = make()
    elsewhere = shutil.copy(made.key_file, tmp_path / "elsewhere.key")
    assert make("two.backup", key_file=Path(elsewhere)).mark == made.mark
    with pytest.raises(SubscriberError, match="no such key"):
        make("three.backup", key_file=tmp_path / "missing.key")
    with pytest.raises(SubscriberError, match="must not lie"):
        make("three.backup", key_file=Path(shutil.copy(made.key_file, site.folder / "items" / "k")))


def test_nothing_is_overwritten_and_nothing_lies_in_the_site(site, make, tmp_path):
    made = make()
    with pytest.raises(UsageError, match="the file exists"):
        make()
    with pytest.raises(UsageError, match="the site's own files"):
        back_up(site.place, site.folder / "public" / "a.backup")
    with pytest.raises(UsageError, match="there is no such folder"):
        back_up(site.place, tmp_path / "missing" / "a.backup")
    (tmp_path / "link.backup").symlink_to("nowhere")
    with pytest.raises(UsageError, match="the file exists"):
        make("link.backup")
    assert (tmp_path / "link.backup").is_symlink()
    (tmp_path / "link.backup").unlink()
    with pytest.raises(UsageError, match="nothing is overwritten"):
        restore(made.file, site.folder)
    assert [path.name for path in tmp_path.glob("*.backup")] == ["one.backup"]
    assert find_leftovers(site.folder / "var", site.now) == []
    assert not list((site.folder / "var").glob(".backup-*"))


def test_what_was_cut_short_never_has_the_name_of_a_backup(site, make, tmp_path):
    make()
    code = f"""
import os, signal
from digest.desk import backing_up
from digest.desk.workplace import open_workplace
from digest.settings import open_site
from pathlib import Path
backing_up._verify = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
with open_workplace(open_site(Path({str(site.folder)!r}), {{}})) as place:
    backing_up.back_up(place, Path({str(tmp_path / "two.backup")!r}))
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    assert sorted(path.name for path in tmp_path.glob("*.backup*")) == ["one.backup", "two.backup.part"]
    assert make("two.backup").member_count > 1
    assert sorted(path.name for path in tmp_path.glob("*.backup*")) == ["one.backup", "two.backup"]


def test_of_two_backups_to_one_file_neither_harms_the_other(site, make, tmp_path):
    with _drafted(tmp_path / "one.backup") as draft:
        draft.write_text("the first")
        with pytest.raises(UsageError, match="another backup is being written"):
            make()
    with pytest.raises(UsageError, match="the file exists"), _drafted(tmp_path / "one.backup"):
        pass
    assert (tmp_path / "one.backup").read_text() == "the first"
    assert not list(tmp_path.glob("*.part"))


def test_a_file_that_cannot_be_read_is_named_and_there_is_no_backup_without_it(site, make, tmp_path, monkeypatch):
    read = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "one.md":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(StoreError, match=r"one\.md: it cannot be read"):
        make()
    assert not list(tmp_path.glob("*.backup*"))


def test_the_journal_says_that_a_backup_was_made_and_by_which_key(site, make):
    made = make()
    (entry,) = [one for one in site.journal("this site") if one.action == "backup made"]
    assert (entry.actor, entry.detail) == ("Ada", {"key": made.mark, "octets": made.size})


def test_it_is_one_moment_while_others_write(site, make, bring_back):
    """A reader of each list comes in one transaction; a backup has both or none."""
    stop = threading.Event()
    written = 0

    def write() -> None:
        nonlocal written
        while not stop.is_set():
            with open_workplace(open_site(site.folder, {}), site.now) as place, place.hot.writing() as connection:
                for _ in range(2):
                    connection.execute("INSERT INTO fact VALUES (hex(randomblob(16)), ?)", (str(written),))
            written += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        backups = [make(f"{number}.backup") for number in range(3)]
    finally:
        stop.set()
        writer.join()
    assert written > 1
    for made in backups:
        place, _ = bring_back(made)
        with place.hot.reading() as connection:
            counts = connection.execute("SELECT count(*) FROM fact WHERE length(name) = 32 GROUP BY value").fetchall()
        assert {row[0] for row in counts} <= {2}


@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_a_damaged_backup_leaves_nothing_behind(site, make, tmp_path, damage):
    made = make()
    data = bytearray(made.file.read_bytes())
    if damage == "cut":
        del data[-1:]
    else:
        data[-100] ^= 1
    (tmp_path / "bad.backup").write_bytes(data)
    into = tmp_path / "new"
    with pytest.raises(StoreError, match="damaged or changed"):
        restore(tmp_path / "bad.backup", into, key_file=made.key_file)
    assert list(into.iterdir()) == []


def test_without_the_key_nothing_is_restored(site, make, tmp_path):
    made = make()
    with pytest.raises(StoreError, match="the key of the backup is not there"):
        restore(made.file, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_restored_site_stands_still_until_somebody_lets_it_go_on(site, make, bring_back):
    place, _ = bring_back(make())
    fence = find_fence(place)
    assert fence is not None
    assert fence.words.startswith("it was restored from a backup of ")
    lift_fence(place, actor="Ada")
    assert find_fence(place) is None


def test_who_was_erased_since_stays_erased(site, make, bring_back):
    made = make()
    erase_everywhere(site.place, hash_address(site.place, "ada@example.org"), never_again=True, actor="Ada")
    record = site.folder / "var" / "erasures"

    forgotten, done = bring_back(made)
    assert (done.replayed.erased_count, done.had_record) == (0, False)
    assert "ada@example.org" in addresses(forgotten)

    place, done = bring_back(made, erasures=record)
    assert (done.replayed.erased_count, done.had_record) == (1, True)
    assert addresses(place) == {"ben@example.org"}
    assert find_person(place, "ada@example.org").suppressed_for == "asked for it"
    assert (place.site.var / "erasures").read_bytes() == record.read_bytes()
    assert not any(
        b"ada" in path.read_bytes().lower() for path in (place.site.var / "variants").rglob("*") if path.is_file()
    )


def test_who_left_or_was_suppressed_since_gets_no_letter(site, make, bring_back):
    site.readers("eve")
    made = make()
    number = find_person(site.place, "ada@example.org").subscriptions[0].number
    leaving.leave(site.place, build_unsubscribe(site.place.keys, number), "one-click")
    suppress(site.place, "ben@example.org", reason="asked by phone", actor="Ada")

    place, done = bring_back(made, erasures=site.folder / "var" / "erasures")

    assert done.replayed == Replayed(left_count=1, suppressed_count=1)
    (held,) = find_person(place, "ada@example.org").subscriptions
    assert held.subscription.left_at == site.now
    assert find_person(place, "ben@example.org").suppressed_for
    lift_fence(place, actor="Ada")
    before = site.place, site.folder
    site.place, site.folder = place, place.site.folder
    site.item("two", "2022-02-28")
    site.publish("2022-02-28T10:00")
    site.send()
    assert set(site.letters()) == {"eve"}
    site.place, site.folder = before


def test_a_letter_that_waited_in_the_backup_is_not_said_twice(site, make, bring_back):
    add_press_feed(site.place, "Example Daily", actor="Ada", to="writer@daily.example")
    take_request(site.place, Asked("preferences", "ada@example.org", language="en"))
    place, _ = bring_back(make())
    work_on_requests(place)
    assert (count_waiting(place).letter_count, count_waiting(place).doubted_count) == (1, 1)
    lifted = lift_fence(place, actor="Ada")
    assert lifted is not None and lifted.cancelled_count == 1
    assert count_waiting(place).letter_count == 0
    add_press_feed(place, "Example Weekly", actor="Ada", to="writer@daily.example")
    assert count_waiting(place).letter_count == 1


def test_the_record_of_erasures_may_lie_in_its_place_already(site, make, tmp_path):
    made = make()
    erase_everywhere(site.place, hash_address(site.place, "ada@example.org"), never_again=False, actor="Ada")
    into = tmp_path / "new"
    (into / "var").mkdir(parents=True)
    shutil.copy(site.folder / "var" / "erasures", into / "var")
    assert restore(made.file, into, key_file=made.key_file).replayed.erased_count == 1
    with pytest.raises(UsageError, match="no such file"):
        restore(made.file, tmp_path / "other", key_file=made.key_file, erasures=tmp_path / "missing")


def test_no_number_that_the_lost_site_gave_is_given_again(site, make, bring_back):
    """A reader who came after the backup holds a link; it must not end somebody else's subscription."""
    made = make()
    site.readers("eve")
    (lost,) = site.sql("SELECT max(id) FROM subscription")[0]
    token = build_unsubscribe(site.place.keys, lost)
    place, _ = bring_back(made)
    lift_fence(place, actor="Ada")
    site.place, before = place, site.place
    site.readers("new")
    site.place = before
    numbers = {row[0] for row in _sql(place, "SELECT id FROM subscription")}
    named = read_token(place.keys, token, Purpose.UNSUBSCRIBE, site.now).subscription
    assert named == lost
    assert lost not in numbers
    assert max(numbers) > lost
    assert _sql(place, "SELECT max(id) FROM delivery")[0][0] > site.sql("SELECT max(id) FROM delivery")[0][0]


def _sql(place: Workplace, query: str):
    with place.hot.reading() as connection:
        return connection.execute(query).fetchall()


def test_links_in_the_sites_folders_are_not_followed_and_that_is_said(site, make, bring_back, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (site.folder / "items" / "link.md").symlink_to(secret)
    made = make()
    assert made.links == ("items/link.md",)
    place, _ = bring_back(made)
    assert not (place.site.items / "link.md").exists()


def test_a_part_that_lies_elsewhere_is_in_the_backup_all_the_same(site, make, bring_back, tmp_path):
    """A configuration that is kept in /etc, items on another disk."""
    for name in ("newsroom.toml", "items"):
        (site.folder / name).rename(tmp_path / name)
        (site.folder / name).symlink_to(tmp_path / name)
    place, _ = bring_back(make())
    assert (place.site.folder / "newsroom.toml").is_file()
    assert (place.site.items / "one.md").is_file()
    assert (place.site.photos / "picture.jpg").is_file()


def test_what_stands_in_unused_corners_of_the_database_is_in_no_backup(site, make, bring_back):
    """Pages are written over when they are tidied, but not to their last octet."""
    with sqlite3.connect(site.place.hot.file) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("INSERT INTO fact VALUES ('x', ?)", ("canary in a corner " * 20,))
        connection.commit()
        connection.execute("DELETE FROM fact WHERE name = 'x'")
    connection.close()
    forget_traces(site.place)
    assert b"canary in a corner" in site.place.hot.file.read_bytes()
    place, _ = bring_back(make())
    assert b"canary in a corner" not in place.hot.file.read_bytes()
