"""A site that goes on after a restore says single letters once only, and mails nobody who has left since."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from digest.desk import leaving
from digest.desk.accrediting import add_press_feed, list_press_letters
from digest.desk.asking import Asked, take_request
from digest.desk.fencing import find_fence, note_work, raise_fence
from digest.desk.lifting import count_waiting, lift_fence
from digest.desk.reader_care import erase_everywhere, find_person, hash_address, suppress, unsuppress
from digest.desk.readers import remove_reader
from digest.desk.workplace import Workplace, open_workplace
from digest.errors import StoreError, SubscriberError
from digest.settings import open_site
from digest.store.erasures import record_file
from digest.store.replaying import Replayed
from digest.subscribers.tokens import build_unsubscribe

ADA, BEN, EVE, JOE = (f"{name}@example.org" for name in ("ada", "ben", "eve", "joe"))


def write_to(place: Workplace, name: str) -> None:
    """Queue a single letter, which mails the address of a private feed."""
    add_press_feed(place, name, actor="Ada", to=ADA)


def states(place: Workplace) -> list[str]:
    """Where the single letters stand."""
    with place.hot.reading() as connection:
        return [row[0] for row in connection.execute("SELECT state FROM delivery WHERE letter_id IS NOT NULL ORDER BY id")]


@pytest.fixture
def copy(desk, tmp_path: Path) -> Iterator[Callable[[], Workplace]]:
    """Makes a copy of the site as it is, with its keys."""
    opened: list[Workplace] = []

    def make() -> Workplace:
        folder = tmp_path / f"copy {len(opened)}"
        shutil.copytree(desk.folder, folder)
        opened.append(Workplace(open_site(folder, {}), desk.now))
        return opened[-1]

    yield make
    for place in opened:
        place.close()


@pytest.fixture
def rewind(desk, tmp_path: Path) -> Callable[[], Callable[[], None]]:
    """Takes a backup of the database alone; what it gives brings that back into the very file."""

    def take() -> Callable[[], None]:
        backup = tmp_path / "backup.db"
        with closing(sqlite3.connect(desk.place.hot.file)) as source, closing(sqlite3.connect(backup)) as target:
            source.backup(target)

        def bring_back() -> None:
            note_work(desk.place)  # letters left
            desk.place.close()
            with closing(sqlite3.connect(backup)) as source, closing(sqlite3.connect(desk.place.hot.file)) as target:
                source.backup(target)
            desk.reopen()
            assert find_fence(desk.place) is not None

        return bring_back

    return take


def test_a_copy_of_a_site_that_has_only_a_letter_to_send_stands_still(desk, copy):
    write_to(desk.place, "Example Daily")
    second = copy()
    assert find_fence(desk.place) is None
    assert find_fence(second) is not None


def test_a_copy_of_a_site_that_was_only_asked_something_stands_still(desk, copy):
    take_request(desk.place, Asked("preferences", ADA, language="en"))
    second = copy()
    assert find_fence(desk.place) is None
    assert find_fence(second) is not None


def test_letters_that_may_have_left_are_told_of_and_cancelled(desk, copy):
    write_to(desk.place, "Example Daily")
    write_to(desk.place, "Example Weekly")
    second = copy()
    find_fence(second)
    with second.hot.writing() as connection:
        connection.execute("UPDATE delivery SET state = 'picked', sender = 1 WHERE id = 1")
    waiting = count_waiting(second)
    assert (waiting.letter_count, waiting.doubted_count, waiting.leaving_count) == (2, 2, 0)

    lifted = lift_fence(second, actor="Ada")

    assert lifted is not None and lifted.cancelled_count == 2
    assert states(second) == ["cancelled", "cancelled"]
    assert [letter.sealed for letter in list_press_letters(second).values()] == [None, None]
    assert states(desk.place) == ["queued", "queued"], "the first site says them"
    assert (count_waiting(second).letter_count, count_waiting(second).doubted_count) == (0, 0)
    with second.hot.reading() as connection:
        (detail,) = connection.execute("SELECT detail FROM journal WHERE action = 'fence lifted'").fetchone()
    assert '"letters cancelled": 2' in detail


def test_letters_of_after_the_fence_have_not_left_and_do(desk, copy):
    write_to(desk.place, "Example Daily")
    second = copy()
    find_fence(second)
    write_to(second, "Example Weekly")
    assert count_waiting(second).doubted_count == 1
    assert count_waiting(second).leaving_count == 1
    lift_fence(second, actor="Ada")
    assert states(second) == ["cancelled", "queued"]


def test_a_fence_of_staff_or_of_the_clock_cancels_nothing(desk):
    write_to(desk.place, "Example Daily")
    raise_fence(desk.place, actor="Ada")
    assert count_waiting(desk.place).doubted_count == 0
    lifted = lift_fence(desk.place, actor="Ada")
    assert lifted is not None and lifted.cancelled_count == 0
    assert states(desk.place) == ["queued"]


def test_a_site_copied_behind_a_fence_of_staff_was_copied_all_the_same(desk, copy):
    raise_fence(desk.place, actor="Ada")
    write_to(desk.place, "Example Daily")
    second = copy()
    assert count_waiting(second).doubted_count == 1
    lift_fence(second, actor="Ada")
    assert states(second) == ["cancelled"]
    lift_fence(desk.place, actor="Ada")
    assert states(desk.place) == ["queued"]


def test_a_fence_of_an_older_version_cancels_all_that_waits(desk, copy):
    write_to(desk.place, "Example Daily")
    second = copy()
    find_fence(second)
    with second.hot.writing() as connection:
        connection.execute("UPDATE fact SET value = json_remove(value, '$.last') WHERE name = 'fence'")
    write_to(second, "Example Weekly")
    assert count_waiting(second).doubted_count == 2


@pytest.mark.parametrize("way", ["page", "one-click", "staff"])
def test_who_left_after_the_backup_stays_left(desk, rewind, way: Any):
    desk.readers("ada;ben")
    bring_back = rewind()
    if way == "staff":
        remove_reader(desk.place, "supporters", ADA, actor="Ada")
    else:
        leaving.leave(desk.place, build_unsubscribe(desk.place.keys, 1), way)
    bring_back()
    assert left_at(desk, ADA) is None, "the backup does not know of it"

    lifted = lift_fence(desk.place, actor="Ada")

    assert lifted is not None and lifted.replayed == Replayed(left_count=1)
    assert left_at(desk, ADA) == desk.now
    assert left_at(desk, BEN) is None


def test_who_came_back_after_leaving_stays(desk, rewind):
    desk.readers("ada;ben")
    bring_back = rewind()
    desk.at("2022-02-22T10:00")
    left = leaving.leave(desk.place, build_unsubscribe(desk.place.keys, 1), "page")
    leaving.undo(desk.place, left.undo_token)
    bring_back()
    lifted = lift_fence(desk.place, actor="Ada")
    assert lifted is not None and not lifted.replayed
    assert left_at(desk, ADA) is None


def test_who_was_erased_or_suppressed_after_the_backup_stays_so(desk, rewind):
    desk.readers("ada;ben;eve")
    bring_back = rewind()
    erase_everywhere(desk.place, hash_address(desk.place, ADA), never_again=False, actor="Ada")
    suppress(desk.place, BEN, reason="asked by phone", actor="Ada")
    suppress(desk.place, EVE, reason="by mistake", actor="Ada")
    unsuppress(desk.place, EVE, actor="Ada")
    erase_everywhere(desk.place, hash_address(desk.place, JOE), never_again=True, actor="Ada")
    bring_back()

    lifted = lift_fence(desk.place, actor="Ada")

    assert lifted is not None and lifted.replayed == Replayed(erased_count=1, suppressed_count=2)
    assert not find_person(desk.place, ADA)
    assert find_person(desk.place, BEN).suppressed_for
    assert not find_person(desk.place, EVE).suppressed_for
    assert find_person(desk.place, JOE).suppressed_for, "also who is in no backup"


def test_nobody_else_is_meant_who_was_given_the_number_anew(desk, rewind):
    """The lost site had one more reader, who left; the restored one gives that number to somebody else."""
    desk.readers("ada")
    bring_back = rewind()
    desk.readers("ben")
    remove_reader(desk.place, "supporters", BEN, actor="Ada")
    erase_everywhere(desk.place, hash_address(desk.place, BEN), never_again=False, actor="Ada")
    bring_back()
    desk.at("2022-02-21T09:06")
    desk.readers("eve")
    assert desk.sql("SELECT max(id) FROM subscription") == [(2,)], "the numbers are the same"
    lifted = lift_fence(desk.place, actor="Ada")
    assert lifted is not None and not lifted.replayed
    assert left_at(desk, EVE) is None


def test_a_record_is_not_done_again_on_the_database_of_another_site(desk, make_desk, tmp_path):
    desk.readers("ada")
    other = make_desk(tmp_path / "other")
    other.readers("ben")
    erase_everywhere(other.place, hash_address(other.place, BEN), never_again=False, actor="Ada")
    shutil.copy(record_file(other.place.site.var), desk.folder / "var")
    note_work(desk.place)
    (desk.folder / "var" / "work").unlink()
    for name in ("digest.keys",):
        shutil.copy(other.folder / "keys" / name, desk.folder / "keys")
    desk.reopen()
    with pytest.raises(SubscriberError, match="not the keys"):
        lift_fence(desk.place, actor="Ada")
    assert find_fence(desk.place) is not None
    assert left_at(desk, ADA, by_number=1) is None


def test_a_record_that_cannot_be_read_keeps_the_fence_up(desk, rewind):
    bring_back = rewind()
    bring_back()
    record_file(desk.place.site.var).write_text("no erasure\n")
    with pytest.raises(StoreError, match="erasures:1"):
        lift_fence(desk.place, actor="Ada")
    assert find_fence(desk.place) is not None


def test_leaving_works_also_where_it_cannot_be_put_on_record(desk):
    desk.readers("ada")
    record_file(desk.place.site.var).symlink_to(os.devnull)
    leaving.leave(desk.place, build_unsubscribe(desk.place.keys, 1), "one-click")
    assert left_at(desk, ADA) == desk.now


def test_a_moved_site_loses_nobody_by_its_record(desk, copy):
    desk.readers("ada;ben;eve")
    note_work(desk.place)
    remove_reader(desk.place, "supporters", ADA, actor="Ada")
    erase_everywhere(desk.place, hash_address(desk.place, BEN), never_again=False, actor="Ada")
    second = copy()
    lifted = lift_fence(second, actor="Ada")
    assert lifted is not None and not lifted.replayed


def left_at(desk: Any, address: str, by_number: int | None = None) -> Any:
    """When somebody left supporters."""
    if by_number is not None:
        return desk.sql("SELECT left_at FROM subscription WHERE id = ?", by_number)[0][0]
    with open_workplace(desk.place.site, desk.now) as place:
        (held,) = find_person(place, address).subscriptions
    return held.subscription.left_at
