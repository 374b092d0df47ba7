"""Keys are changed while the site works: nobody is lost, no letter waits, and nothing is removed that anything may need."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from digest.clock import real_now
from digest.desk.forgetting import forget
from digest.desk.readers import import_readers, list_readers
from digest.desk.rekeying import drop_unused_keys, look_at_keys, rotate_sealing, rotate_tokens
from digest.desk.workplace import open_workplace
from digest.errors import SubscriberError, UsageError
from digest.settings import open_site
from digest.store.erasures import KEPT
from digest.store.letters import NewLetter, queue_letter
from digest.subscribers.keys import KEY_FILE, Keys, read_keys, render_keys
from digest.subscribers.sealing import Sealer
from digest.subscribers.tokens import Purpose, build_expiring, build_unsubscribe, read_token

SECOND = timedelta(seconds=1)


@pytest.fixture
def filled(desk):
    """A site with readers, a letter that waits and a request."""
    desk.readers(";".join(f"reader{number}" for number in range(30)))
    sealer = desk.place.sealer
    with desk.place.hot.writing() as connection:
        address, link = sealer.seal("eve@example.org"), sealer.seal_link("https://news.example.org/confirm/x")
        queue_letter(connection, NewLetter("confirmation", "0" * 64, address, b"hash", b"domain", link), desk.now)
        query = "INSERT INTO request (kind, state, sealed, address_hash, network, wish, words, page, at) VALUES "
        connection.execute(query + "('subscribe', 'asked', ?, x'02', x'', '{}', '', '', 0)", (address,))
    return desk


def sealed(desk):
    return [
        row[0]
        for query in (
            "SELECT sealed FROM subscription ORDER BY id",
            "SELECT sealed FROM letter",
            "SELECT sealed FROM request",
            "SELECT link FROM letter",
        )
        for row in desk.sql(query)
    ]


def unsealed(desk):
    *addresses, link = sealed(desk)
    sealer = Sealer(read_keys(desk.place.site.keys))
    return [*map(sealer.unseal, addresses), sealer.unseal_link(link)]


def test_all_is_sealed_anew_and_says_the_same(filled):
    before, plain = sealed(filled), unsealed(filled)
    done = rotate_sealing(filled.place, actor="Ada")
    assert (done.number, done.resealed_count, done.unreadable_count, done.was_begun) == (2, 33, 0, False)
    assert {value[1] for value in sealed(filled)} == {2}
    assert not set(before) & set(sealed(filled))
    assert unsealed(filled) == plain
    (entry,) = filled.journal("the keys")
    assert (entry.actor, entry.action, entry.detail) == ("Ada", "sealing key changed", {"number": 2})


def test_who_worked_before_reads_on_and_others_find_readers_again(filled):
    running = filled.place.sealer
    hashes = filled.sql("SELECT address_hash FROM subscription")
    rotate_sealing(filled.place, actor="Ada")
    filled.reopen()
    assert running.unseal(sealed(filled)[0]) == "reader0@example.org"
    assert filled.sql("SELECT address_hash FROM subscription") == hashes
    assert filled.readers("reader0;new").counts == {"present": 1, "added": 1}
    assert len(list_readers(filled.place, "supporters")) == 31
    assert {value[1] for value in sealed(filled)} == {2}


def test_readers_are_read_and_brought_in_all_the_while(filled):
    stop, faults, looks = threading.Event(), [], 0

    def work() -> None:
        nonlocal looks
        while not stop.is_set():
            with open_workplace(open_site(filled.folder, {}), filled.now) as place:
                try:
                    assert len(list_readers(place, "supporters")) == 30
                except Exception as fault:  # noqa: BLE001 (whatever it is, the test says so)
                    faults.append(fault)
            looks += 1

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            rotate_sealing(filled.place, actor="Ada")
            filled.reopen()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert faults == []
    assert looks > 2
    assert {value[1] for value in sealed(filled)} == {6}


class Killed(BaseException):
    """What no code catches."""


def die(*_: object) -> None:
    raise Killed


def test_what_was_interrupted_is_carried_to_its_end_and_makes_no_further_key(filled):
    plain = unsealed(filled)
    for _ in range(2):
        with pytest.raises(Killed):
            rotate_sealing(filled.place, actor="Ada", progress=die)
        filled.reopen()
    assert {value[1] for value in sealed(filled)} == {1, 2}  # a table was done each time
    done = rotate_sealing(filled.place, actor="Ada")
    assert (done.number, done.resealed_count, done.was_begun) == (2, 2, True)
    assert {value[1] for value in sealed(filled)} == {2}
    assert unsealed(filled) == plain
    assert rotate_sealing(filled.place, actor="Ada").number == 3


def test_nothing_that_cannot_be_read_keeps_a_new_key_from_being_made(filled):
    filled.sql("UPDATE subscription SET sealed = x'0101ff' WHERE id = 5")
    for number in (2, 3):
        done = rotate_sealing(filled.place, actor="Ada")
        assert (done.number, done.resealed_count, done.unreadable_count, done.was_begun) == (number, 32, 1, False)


def test_the_number_of_a_key_that_was_lost_is_not_given_again(filled):
    """The file of keys was restored from a copy that is older than the last change."""
    path = filled.place.site.keys / KEY_FILE
    old = path.read_bytes()
    rotate_sealing(filled.place, actor="Ada")
    newer = read_keys(path.parent)
    path.write_bytes(old)
    filled.reopen()
    filled.readers("late")
    done = rotate_sealing(filled.place, actor="Ada")
    assert (done.number, done.unreadable_count) == (3, 33)
    assert look_at_keys(filled.place).missing == {2: 33}
    present = read_keys(path.parent)
    path.write_text(render_keys(Keys({**newer.sealing, **present.sealing}, present.index, present.tokens)))  # it is found
    filled.reopen()
    assert len(list_readers(filled.place, "supporters")) == 31


def test_an_import_under_way_loses_nobody_when_the_former_key_goes(filled):
    rows = "".join(f"new{number}@example.org\n" for number in range(40))
    waited, dropped = threading.Event(), []

    def drop() -> None:
        with open_workplace(open_site(filled.folder, {}), filled.now) as place:
            rotate_sealing(place, actor="Ada")
            assert drop_unused_keys(place, real_now()) == ()  # by itself it does not wait
            dropped.extend(drop_unused_keys(place, real_now(), at_once=True, wait=waited.set))

    thread = threading.Thread(target=drop)

    def change_keys_now(_done: int, how: str) -> None:
        if how == "read":  # sealed, and not stored yet
            thread.start()
            assert waited.wait(20)

    data = f"email\n{rows}".encode()
    import_readers(filled.place, "supporters", data, "r.csv", evidence="paper", actor="Ada", progress=change_keys_now)
    thread.join()
    assert dropped == ["sealing key 1"]
    filled.reopen()
    assert len(list_readers(filled.place, "supporters")) == 70
    assert look_at_keys(filled.place).missing == {}


def test_what_was_under_the_former_key_stands_in_no_file_any_more(filled):
    before = [value[14:] for value in sealed(filled)]
    rotate_sealing(filled.place, actor="Ada")
    for path, data in filled.bytes_below("var"):
        assert not any(value in data for value in before), path


def test_keys_are_changed_by_one_process_at_a_time(filled):
    faults = []

    def meet(*_: object) -> None:
        with pytest.raises(UsageError, match="are being changed already"):
            rotate_sealing(filled.place, actor="Eve")
        faults.append(1)

    assert rotate_sealing(filled.place, actor="Ada", progress=meet).number == 2
    assert faults


def test_what_cannot_be_read_stays_as_it_is_and_is_counted(filled):
    filled.sql("UPDATE subscription SET sealed = x'0101ff' WHERE id = 5")
    done = rotate_sealing(filled.place, actor="Ada")
    assert (done.resealed_count, done.unreadable_count) == (32, 1)
    assert filled.sql("SELECT sealed FROM subscription WHERE id = 5") == [(b"\x01\x01\xff",)]


def test_an_old_key_stays_as_long_as_a_backup_may_need_it_and_then_goes_by_itself(filled):
    rotate_sealing(filled.place, actor="Ada")
    filled.reopen()
    assert forget(filled.place, real_now() + KEPT - 10 * SECOND).keys == ()
    assert set(read_keys(filled.place.site.keys).sealing) == {1, 2}

    assert forget(filled.place, real_now() + KEPT + 10 * SECOND).keys == ("sealing key 1",)
    assert set(read_keys(filled.place.site.keys).sealing) == {2}
    assert unsealed(filled)[0] == "reader0@example.org"


def test_what_was_sealed_with_an_old_key_meanwhile_is_sealed_anew_before_it_goes(filled):
    stale = Sealer(read_keys(filled.place.site.keys))
    rotate_sealing(filled.place, actor="Ada")
    filled.sql("UPDATE subscription SET sealed = ? WHERE id = 5", stale.seal("reader4@example.org"))
    assert drop_unused_keys(filled.place, real_now(), at_once=True) == ("sealing key 1",)
    assert unsealed(filled)[4] == "reader4@example.org"


def test_a_key_that_something_still_uses_is_never_removed(filled):
    rotate_sealing(filled.place, actor="Ada")
    filled.sql("UPDATE subscription SET sealed = x'0101ff' WHERE id = 5")
    assert drop_unused_keys(filled.place, real_now() + 2 * KEPT, at_once=True) == ()
    assert set(read_keys(filled.place.site.keys).sealing) == {1, 2}


def test_keys_that_were_handed_over_to_be_read_only_change_nothing(filled, monkeypatch):
    """A service manager's credentials: the folder cannot be written, not even by root."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("digest.subscribers.secret_files.tempfile.mkstemp", refuse)
    before = (filled.place.site.keys / KEY_FILE).read_bytes()
    with pytest.raises(SubscriberError, match="no keys can be made there"):
        rotate_sealing(filled.place, actor="Ada")
    assert (filled.place.site.keys / KEY_FILE).read_bytes() == before
    assert filled.journal("the keys") == []


def test_after_the_key_of_links_was_changed_old_links_can_only_let_people_leave(filled):
    keys, now = filled.place.keys, filled.now
    leaving = build_unsubscribe(keys, 7)
    others = {purpose: build_expiring(keys, purpose, 7, 1, now) for purpose in Purpose if purpose != Purpose.UNSUBSCRIBE}
    assert rotate_tokens(filled.place, actor="Ada") == 2
    filled.reopen()
    changed = filled.place.keys
    assert read_token(changed, leaving, Purpose.UNSUBSCRIBE, now).subscription == 7
    for purpose, token in others.items():
        assert read_token(keys, token, purpose, now).subscription == 7
        with pytest.raises(SubscriberError):
            read_token(changed, token, purpose, now)
        assert read_token(changed, build_expiring(changed, purpose, 7, 1, now), purpose, now).subscription == 7
    assert read_token(changed, build_unsubscribe(changed, 7), Purpose.UNSUBSCRIBE, now).subscription == 7


def test_a_look_at_the_keys_says_what_uses_them_and_what_is_missing(filled):
    rotate_sealing(filled.place, actor="Ada")
    found = look_at_keys(filled.place)
    assert (found.sealed, found.missing, found.tokens, found.backup_mark) == ({1: 0, 2: 33}, {}, (1,), None)
    filled.sql("UPDATE subscription SET sealed = x'0107ff' WHERE id = 5")
    assert look_at_keys(filled.place).missing == {7: 1}


def test_without_keys_there_is_nothing_to_change_and_none_are_made(desk):
    for act in (
        look_at_keys,
        lambda place: rotate_sealing(place, actor="Ada"),
        lambda place: rotate_tokens(place, actor="Ada"),
    ):
        with pytest.raises(SubscriberError, match="no keys yet"):
            act(desk.place)
    assert drop_unused_keys(desk.place, real_now()) == ()
    assert not (desk.folder / "keys").exists()
