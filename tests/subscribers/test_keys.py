"""The file of keys: made once, kept private, and missed loudly."""

from __future__ import annotations

import base64
import os
import stat
import threading
from pathlib import Path

import pytest

from digest.errors import SubscriberError
from digest.subscribers.keys import (
    KEY_FILE,
    Keys,
    build_keys,
    fingerprint,
    open_keys,
    parse_keys,
    read_keys,
    render_keys,
)
from digest.subscribers.secret_files import is_exposed

KEY = base64.b64encode(bytes(32)).decode()
GOOD = f"sealing 1 {KEY}\nindex 1 {KEY}\ntokens 1 {KEY}\n"


def test_keys_are_made_on_first_use_and_stay(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    made = open_keys(folder, make=True, existing_data=False)
    assert open_keys(folder, make=True, existing_data=True) == read_keys(folder) == made
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == [KEY_FILE]
    assert len({made.sealing[1], made.index, made.tokens[1]}) == 3


def test_many_at_once_get_the_same_keys(tmp_path: Path) -> None:
    barrier, found = threading.Barrier(8), []

    def come() -> None:
        barrier.wait()
        found.append(open_keys(tmp_path / "keys", make=True, existing_data=False))

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(keys == found[0] for keys in found)


def test_missing_keys_are_never_replaced_when_there_is_sealed_data(tmp_path: Path) -> None:
    with pytest.raises(SubscriberError, match=r"cannot be read.*Restore digest\.keys"):
        open_keys(tmp_path, make=True, existing_data=True)
    assert not list(tmp_path.iterdir())


def test_reading_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(SubscriberError, match="no keys yet"):
        read_keys(tmp_path / "keys")
    assert not list(tmp_path.iterdir())


def test_keys_never_lie_in_what_is_published_or_backed_up(tmp_path: Path) -> None:
    with pytest.raises(SubscriberError, match="must not lie in"):
        open_keys(tmp_path / "var" / "keys", make=True, existing_data=False, outside=[tmp_path / "public", tmp_path / "var"])
    open_keys(tmp_path / "keys", make=True, existing_data=False, outside=[tmp_path / "public", tmp_path / "var"])


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660, 0o666, 0o601])
def test_keys_that_others_may_read_are_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    open_keys(tmp_path, make=True, existing_data=False)
    (tmp_path / KEY_FILE).chmod(mode)
    if is_exposed(mode, os.getuid(), os.geteuid()):
        with pytest.raises(SubscriberError, match="chmod 600"):
            read_keys(tmp_path)


@pytest.mark.parametrize(
    ("mode", "owner", "reader", "exposed"),
    [
        (0o600, 7, 7, False),
        (0o400, 7, 7, False),
        (0o640, 7, 7, True),
        (0o604, 7, 7, True),
        (0o640, 0, 0, True),
        (0o440, 0, 7, False),
        (0o640, 0, 7, False),
        (0o660, 0, 7, True),
        (0o444, 0, 7, True),
        (0o440, 8, 7, True),
    ],
)
def test_only_root_may_share_a_key_with_a_group(mode: int, owner: int, reader: int, exposed: bool) -> None:
    assert is_exposed(mode, owner, reader) is exposed


def test_what_is_not_a_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / KEY_FILE, 0o600)
    with pytest.raises(SubscriberError, match="not a file"):
        read_keys(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "missing" / "keys", tmp_path / "file"):
        with pytest.raises(SubscriberError) as refusal:
            open_keys(folder, make=True, existing_data=False)
        assert str(folder) in str(refusal.value)
        assert refusal.value.remedy


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "no sealing key"),
        (GOOD.replace("tokens", "#"), "no tokens key"),
        (GOOD + "hello\n", ":4: the line is not"),
        (GOOD + f"session 1 {KEY}\n", ":4: the line is not"),
        (GOOD + f"sealing 0 {KEY}\n", ":4: the line is not"),
        (GOOD + f"sealing 256 {KEY}\n", ":4: the line is not"),
        (GOOD + f"sealing 1 {KEY}\n", "sealing 1 comes twice"),
        (GOOD + f"index 2 {KEY}\n", "can never change"),
        (GOOD.replace("index 1", "index 2"), "can never change"),
        (GOOD + "tokens 2 §§§\n", ":4: the key is not base64"),
        (GOOD + "tokens 2 AAAA\n", ":4: the key has 3 octets"),
        (GOOD + f"tokens 2 {KEY[:-4]}\n", ":4: the key"),
    ],
)
def test_a_malformed_file_is_named_by_line_and_shows_no_key(text: str, cause: str) -> None:
    with pytest.raises(SubscriberError) as refusal:
        parse_keys(text, "digest.keys")
    assert cause in str(refusal.value)
    assert KEY[:12] not in str(refusal.value)
    assert "Restore" in refusal.value.remedy


def test_hostile_bytes_in_the_place_of_keys_are_refused(tmp_path: Path) -> None:
    for data, cause in ((b"\xff\xfe", "not a text file"), (b"#" * 70_000, "too large"), (b"\0\n", "the line is not")):
        (tmp_path / KEY_FILE).write_bytes(data)
        (tmp_path / KEY_FILE).chmod(0o600)
        with pytest.raises(SubscriberError, match=cause):
            read_keys(tmp_path)


def test_the_newest_key_is_in_use_and_the_file_reads_back() -> None:
    keys = Keys({1: bytes(32), 2: b"2" * 32}, b"i" * 32, {3: b"3" * 32, 10: b"t" * 32})
    assert (keys.sealing_number, keys.tokens_number) == (2, 10)
    assert parse_keys(render_keys(keys), "digest.keys") == keys
    assert parse_keys(render_keys(keys).replace("\n", "\r\n"), "digest.keys") == keys


def test_no_key_shows_in_a_representation() -> None:
    assert repr(build_keys()) == "Keys()"


def test_a_fingerprint_tells_sites_apart_and_outlives_rotation() -> None:
    keys = build_keys()
    assert fingerprint(keys) != fingerprint(build_keys())
    assert fingerprint(keys) == fingerprint(Keys({2: bytes(32)}, keys.index, {2: bytes(32)}))
    assert len(fingerprint(keys)) == 16
