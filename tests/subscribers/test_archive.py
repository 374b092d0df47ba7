"""The form of backups: what comes out is what went in, whole and in order, or nothing."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import StoreError
from digest.subscribers.archive import (
    CHUNK_OCTETS,
    Opening,
    Sealing,
    build_backup_key,
    mark_key,
    parse_backup_key,
    render_backup_key,
)

KEY = bytes(range(32))
HEAD, TAG = 48, 16
SIZES = [0, 1, CHUNK_OCTETS - 1, CHUNK_OCTETS, CHUNK_OCTETS + 1, 2 * CHUNK_OCTETS, 3 * CHUNK_OCTETS + 5]


def seal(plain: bytes, key: bytes = KEY, step: int = 70_001) -> bytes:
    out = io.BytesIO()
    sealing = Sealing(key, out.write)
    for start in range(0, len(plain), step):
        sealing.write(plain[start : start + step])
    sealing.finish()
    return out.getvalue()


def unseal(sealed: bytes, key: bytes = KEY) -> bytes:
    return Opening(key, io.BytesIO(sealed), "a backup").read()


def fill(size: int) -> bytes:
    return (b"0123456789abcdef" * (size // 16 + 1))[:size]


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_comes_back(size: int) -> None:
    plain = fill(size)
    assert unseal(seal(plain)) == plain


@pytest.mark.parametrize("size", SIZES)
def test_a_cut_end_is_found_wherever_it_was_cut(size: int) -> None:
    sealed = seal(fill(size))
    chunks = range(HEAD, len(sealed), CHUNK_OCTETS + TAG)
    for end in {len(sealed) - 1, HEAD, *chunks} - {len(sealed)}:
        with pytest.raises(StoreError, match="end is missing"):
            unseal(sealed[:end])


def test_chunks_that_were_moved_left_out_doubled_or_added_are_found() -> None:
    size = CHUNK_OCTETS + TAG
    sealed = seal(fill(3 * CHUNK_OCTETS))
    head, chunks = sealed[:HEAD], [sealed[start : start + size] for start in range(HEAD, len(sealed), size)]
    other = seal(fill(3 * CHUNK_OCTETS))
    for wrong in (
        [chunks[1], chunks[0], chunks[2]],
        [chunks[0], chunks[2]],
        [chunks[0], chunks[1]],
        [chunks[0], chunks[0], chunks[1], chunks[2]],
        [*chunks, chunks[2]],
        [*chunks, b"x"],
        [other[HEAD : HEAD + size], chunks[1], chunks[2]],
    ):
        with pytest.raises(StoreError):
            unseal(head + b"".join(wrong))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_one_changed_bit_anywhere_is_found(data: st.DataObject) -> None:
    sealed = bytearray(seal(b"twenty octets of text"))
    place = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[place // 8] ^= 1 << place % 8
    with pytest.raises(StoreError):
        unseal(bytes(sealed))


def test_nothing_comes_out_before_its_chunk_is_genuine() -> None:
    sealed = bytearray(seal(fill(2 * CHUNK_OCTETS)))
    sealed[-1] ^= 1
    opening = Opening(KEY, io.BytesIO(bytes(sealed)), "a backup")
    assert opening.read(10) == fill(10)
    with pytest.raises(StoreError):
        opening.read()


def test_another_key_is_told_from_a_damaged_file_before_anything_is_read() -> None:
    sealed = seal(b"text")
    with pytest.raises(StoreError, match="another backup key"):
        unseal(sealed, bytes(32))
    with pytest.raises(StoreError, match="no backup of digest"):
        unseal(b"PK" + sealed[2:])
    with pytest.raises(StoreError, match="no backup of digest"):
        unseal(b"")


def test_equal_contents_make_different_backups_that_tell_nothing() -> None:
    one, two = seal(b"canary" * 100), seal(b"canary" * 100)
    assert one[HEAD:] != two[HEAD:]
    assert b"canary" not in one
    assert one[:16] == two[:16] == b"digestB1" + mark_key(KEY)


def test_a_key_comes_back_from_its_file_and_a_wrong_file_is_refused() -> None:
    key = build_backup_key()
    assert key != build_backup_key()
    assert parse_backup_key(render_backup_key(key), "backup.key") == key
    line = render_backup_key(key).splitlines()[-1]
    assert parse_backup_key(f"{line}\n", "backup.key") == key
    for text in ("", "# nothing\n", "short\n", f"{line}\n{line}\n", f"{line[:-4]}\n", "sealing 1 xyz\n"):
        with pytest.raises(StoreError, match="no key of backups"):
            parse_backup_key(text, "backup.key")


def test_this_backup_opens_for_ever() -> None:
    """It was made by the first version; if this fails, nobody can restore what they have."""
    made = bytes.fromhex(GOLDEN)
    assert unseal(made) == b"what was saved"


GOLDEN = (
    "6469676573744231822f10ab79268929002913461634964284c5ea8057dbc15a7b61cbebb57bde9295d19741cc0134dcb315"
    "cec3f2a179aa14013b71edb371c7862a232488e9747a4f8d24c785b2"
)
