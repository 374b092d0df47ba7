"""A restored or copied site stands still until staff let it go on; so does one whose clock was set."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from digest import clock
from digest.delivery.site_fence import Cause
from digest.desk.fencing import (
    check_fence,
    check_releases,
    find_fence,
    note_work,
    raise_fence,
)
from digest.desk.lifting import count_waiting, lift_fence
from digest.desk.publishing import publish
from digest.desk.workplace import Workplace, open_workplace
from digest.errors import DeliveryError, StoreError, UsageError
from digest.settings import open_site

NONE = timedelta()


@pytest.fixture
def working(desk) -> Workplace:
    """A site that has sent something."""
    note_work(desk.place)
    assert find_fence(desk.place) is None
    return desk.place


@pytest.fixture
def copy(working: Workplace, tmp_path: Path) -> Iterator[Workplace]:
    """A copy of that site beside it."""
    shutil.copytree(working.site.folder, tmp_path / "copy")
    with open_workplace(open_site(tmp_path / "copy", {}), working.now) as place:
        yield place


def back_up(place: Workplace, to: Path) -> Path:
    with closing(sqlite3.connect(place.hot.file)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)
    return to


def bring_back(place: Workplace, backup: Path) -> None:
    """Restore a backup into the very file, as the shell of SQLite does."""
    with closing(sqlite3.connect(backup)) as source, closing(sqlite3.connect(place.hot.file)) as target:
        source.backup(target)


def test_a_new_site_has_no_fence(desk):
    assert find_fence(desk.place) is None
    check_fence(desk.place)


def test_a_site_that_works_on_and_on_has_none(working: Workplace):
    for _ in range(5):
        note_work(working)
        assert find_fence(working) is None


def test_a_moved_folder_is_the_same_site(working: Workplace, tmp_path: Path):
    working.site.folder.rename(tmp_path / "elsewhere")
    with open_workplace(open_site(tmp_path / "elsewhere", {}), working.now) as place:
        assert find_fence(place) is None


def test_a_copied_site_stands_still_and_the_first_goes_on(working: Workplace, copy: Workplace):
    found = find_fence(copy)
    assert found is not None and found.cause is Cause.MOVED
    assert find_fence(working) is None
    with pytest.raises(DeliveryError, match="stands still"):
        check_fence(copy)
    check_releases(copy)  # its pages may be looked at


def test_a_restored_database_stands_still(working: Workplace, tmp_path: Path):
    backup = back_up(working, tmp_path / "backup.db")
    note_work(working)  # letters left that the backup knows nothing of
    bring_back(working, backup)
    found = find_fence(working)
    assert found is not None and found.cause is Cause.RESTORED


def test_a_database_restored_under_the_same_name_stands_still(working: Workplace, tmp_path: Path):
    backup = back_up(working, tmp_path / "backup.db")
    for rest in ("", "-wal", "-shm"):
        Path(f"{working.hot.file}{rest}").unlink(missing_ok=True)
    backup.replace(working.hot.file)
    found = find_fence(working)
    assert found is not None and found.cause is Cause.MOVED


def test_a_database_without_the_count_beside_it_stands_still(working: Workplace):
    (working.site.var / "work").unlink()
    found = find_fence(working)
    assert found is not None and found.cause is Cause.RESTORED


def test_a_crash_between_the_database_and_the_count_needs_nobody(working: Workplace):
    count = (working.site.var / "work").read_text()
    note_work(working)
    (working.site.var / "work").write_text(count)
    assert find_fence(working) is None


def test_a_sender_that_goes_on_over_a_restored_database_hides_nothing(working: Workplace, tmp_path: Path):
    backup = back_up(working, tmp_path / "backup.db")
    for _ in range(3):
        note_work(working)
    bring_back(working, backup)
    note_work(working)
    found = find_fence(working)
    assert found is not None and found.cause is Cause.RESTORED


def test_a_database_of_before_the_first_work_stands_still(desk, tmp_path: Path):
    backup = back_up(desk.place, tmp_path / "backup.db")
    note_work(desk.place)
    bring_back(desk.place, backup)
    found = find_fence(desk.place)
    assert found is not None and found.cause is Cause.RESTORED


@pytest.mark.parametrize("text", ["", "no number\n", "-7\n"])
def test_a_count_that_says_nothing_is_as_if_it_were_gone(working: Workplace, text: str):
    (working.site.var / "work").write_text(text)
    found = find_fence(working)
    assert found is not None and found.cause is Cause.RESTORED
    lift_fence(working, actor="Ada")
    assert find_fence(working) is None


def test_senders_and_whoever_looks_meanwhile_do_not_disturb_each_other(desk):
    """Two that count as fast as they can, from the very first time on, beside one that looks: for a second and a half."""
    stop, counted = threading.Event(), []

    def work() -> None:
        with open_workplace(desk.place.site, desk.now) as place:
            while not stop.is_set():
                note_work(place)
                counted.append((place.site.var / "work").read_text())

    looks = 0
    with ThreadPoolExecutor(2) as pool:
        senders = [pool.submit(work) for _ in range(2)]
        end = time.monotonic() + 1.5
        try:
            while time.monotonic() < end and not any(sender.done() for sender in senders):
                assert find_fence(desk.place) is None
                looks += 1
        finally:
            stop.set()
        for sender in senders:
            sender.result()
    assert looks > 10 and len(counted) > 10
    assert int((desk.place.site.var / "work").read_text()) == len(counted)
    assert not list(desk.place.site.var.glob(".new-*"))


def test_what_only_seems_wrong_is_looked_at_again_before_the_fence_goes_up(working: Workplace):
    """The count is written anew between the first look and the second: another sender was at its very first work."""
    count = (working.site.var / "work").read_text()
    (working.site.var / "work").unlink()
    with closing(sqlite3.connect(working.hot.file, isolation_level=None)) as other, ThreadPoolExecutor(1) as pool:
        other.execute("BEGIN IMMEDIATE")
        look = pool.submit(find_fence, working)
        time.sleep(0.3)  # it has looked by now, and waits for its turn to write
        (working.site.var / "work").write_text(count)
        other.execute("ROLLBACK")
        assert look.result() is None
    assert find_fence(working) is None


def test_a_fence_stays_when_its_cause_has_gone(working: Workplace):
    count = (working.site.var / "work").read_text()
    (working.site.var / "work").unlink()
    assert find_fence(working) is not None
    (working.site.var / "work").write_text(count)
    assert find_fence(working) is not None


def test_staff_let_it_go_on_and_that_is_on_record(desk, copy: Workplace):
    assert find_fence(copy) is not None
    lifted = lift_fence(copy, actor="Ada")
    assert lifted is not None and lifted.fence.cause is Cause.MOVED
    assert find_fence(copy) is None
    note_work(copy)
    assert find_fence(copy) is None
    assert lift_fence(copy, actor="Ada") is None
    with copy.hot.reading() as connection:
        rows = connection.execute("SELECT actor, action FROM journal ORDER BY id").fetchall()
    assert [tuple(row) for row in rows][-2:] == [("digest", "fence put up"), ("Ada", "fence lifted")]


def test_a_clock_set_while_digest_runs_stops_releases_too(working: Workplace):
    found = find_fence(working, drift=timedelta(hours=2))
    assert found is not None and found.cause is Cause.CLOCK_MOVED
    with pytest.raises(DeliveryError, match="forward by 2 hours"):
        check_releases(working)
    with pytest.raises(DeliveryError, match="stands still"):
        publish(working)
    lift_fence(working, actor="Ada")
    check_releases(working)


def test_a_clock_behind_its_own_words_stops_releases(working: Workplace):
    found = find_fence(working, now=clock.real_now() - timedelta(hours=1), drift=NONE)
    assert found is not None and found.cause is Cause.CLOCK_BACK
    lift_fence(working, actor="Ada")
    assert find_fence(working, drift=NONE) is None


def test_a_moment_set_for_a_rehearsal_is_no_clock(working: Workplace, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DIGEST_NOW", "2022-02-28T18:00:00+00:00")
    note_work(working)
    assert find_fence(working, drift=timedelta(days=3)) is None


def test_staff_can_put_it_up_themselves(working: Workplace):
    for words in ({"actor": "\x07"}, {"actor": "Ada", "why": "\x1b[2J"}):
        with pytest.raises(UsageError):
            raise_fence(working, **words)
    assert find_fence(working) is None
    raise_fence(working, actor="Ada", why="the machine is copied tonight")
    found = find_fence(working)
    assert found is not None and found.cause is Cause.RAISED and "copied tonight" in found.words
    with pytest.raises(UsageError):
        lift_fence(working, actor=" ")
    assert find_fence(working) is not None


def test_nothing_is_lifted_that_cannot_be_written(working: Workplace, monkeypatch: pytest.MonkeyPatch):
    raise_fence(working, actor="Ada")
    with closing(sqlite3.connect(working.hot.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        monkeypatch.setattr("digest.store.sqlite.PRAGMAS", ("PRAGMA busy_timeout = 10",))
        with pytest.raises(StoreError, match="locked"):
            lift_fence(working, actor="Ada")
        other.execute("ROLLBACK")
    assert find_fence(working) is not None


def test_it_is_told_what_would_leave(desk):
    desk.item("bridge")
    desk.publish("2022-02-22T10:00")
    desk.readers("olga ukraine - -;petro ukraine - -", since="2022-02-14")
    name = desk.approve().id
    assert count_waiting(desk.place).editions == {}
    desk.send(name)
    desk.sql("UPDATE delivery SET state = 'queued'")
    desk.sql("UPDATE edition SET state = 'paused'")
    assert count_waiting(desk.place).editions == {name: 2}
