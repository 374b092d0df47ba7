"""Sealed addresses: readable with the keys alone, found without being read."""

from __future__ import annotations

import base64
import hmac
import re
import time

import pytest

from digest.errors import SubscriberError
from digest.subscribers.keys import Keys, build_keys
from digest.subscribers.sealing import Sealer

KEYS = Keys({1: b"s" * 32}, b"i" * 32, {1: b"t" * 32})


def test_what_was_sealed_is_unsealed_and_never_looks_the_same() -> None:
    sealer = Sealer(KEYS)
    for address in ("reader@example.org", "ві́ра@example.org", "a" * 64 + "@" + "b" * 63 + ".example", "x" * 254):
        sealed = sealer.seal(address)
        assert sealer.unseal(sealed) == address
        assert sealer.seal(address) != sealed
        assert address.encode() not in sealed


def test_the_length_of_an_address_does_not_show() -> None:
    sealer = Sealer(KEYS)
    assert len({len(sealer.seal("a" * length)) for length in range(6, 65)}) == 1
    assert len(sealer.seal("a" * 254)) == 1 + 1 + 12 + 256 + 16


def test_any_changed_octet_is_noticed() -> None:
    sealer = Sealer(KEYS)
    sealed = sealer.seal("reader@example.org")
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(SubscriberError, match="sealed address"):
            sealer.unseal(bytes(changed))
    for length in range(len(sealed)):
        with pytest.raises(SubscriberError, match="sealed address"):
            sealer.unseal(sealed[:length])


def test_rotation_seals_with_the_new_key_and_reads_what_the_old_one_sealed() -> None:
    old = Sealer(KEYS).seal("reader@example.org")
    rotated = Sealer(Keys({**KEYS.sealing, 2: b"n" * 32}, KEYS.index, KEYS.tokens))
    new = rotated.seal("reader@example.org")
    assert (old[1], new[1]) == (1, 2)
    assert rotated.unseal(old) == rotated.unseal(new) == "reader@example.org"
    with pytest.raises(SubscriberError, match="sealing key 2 is not among"):
        Sealer(KEYS).unseal(new)


def test_the_keys_of_another_site_open_nothing_and_find_nothing() -> None:
    other = Sealer(build_keys())
    with pytest.raises(SubscriberError, match="another site"):
        other.unseal(Sealer(KEYS).seal("reader@example.org"))
    assert other.index("reader@example.org") != Sealer(KEYS).index("reader@example.org")


def test_one_reader_has_one_index() -> None:
    sealer = Sealer(KEYS)
    assert sealer.index("Reader@Example.org") == sealer.index("reader@example.org")
    assert sealer.index("reader@example.org") != sealer.index("reader@example.net")
    assert len(sealer.index("reader@example.org")) == 32


def test_stored_hashes_stay_what_they_are_for_ever() -> None:
    """They are in databases and in sent letters; a change here would lose readers and bounces."""
    sealer = Sealer(KEYS)
    assert sealer.index("reader@example.org").hex()[:16] == "3b52256c8ef986be"
    assert sealer.domain_key("Example.org").hex() == "258bd945d215bff75a00739284a5e278"
    assert sealer.delivery_id(1) == "pzzyezqk3gornejdhaoxzjywqm"


def test_a_delivery_id_is_base32_of_half_a_keyed_hash() -> None:
    sealer, key = Sealer(KEYS), hmac.digest(KEYS.index, b"digest delivery", "sha256")
    for number in (*range(2000), 2**63 - 1):
        digest = hmac.digest(key, number.to_bytes(8, "big"), "sha256")
        assert sealer.delivery_id(number) == base64.b32encode(digest[:16]).decode().rstrip("=").lower()


def test_a_domain_key_stands_for_a_domain() -> None:
    sealer = Sealer(KEYS)
    assert sealer.domain_key("EXAMPLE.org") == sealer.domain_key("example.org") != sealer.domain_key("example.net")
    assert len(sealer.domain_key("example.org")) == 16


def test_a_delivery_id_fits_in_a_message_id_and_is_no_counter() -> None:
    sealer = Sealer(KEYS)
    ids = [sealer.delivery_id(number) for number in (1, 2, 3, 2**63 - 1)]
    assert all(re.fullmatch(r"[a-z2-7]{26}", found) for found in ids)
    assert len({found[:6] for found in ids}) == 4
    assert sealer.delivery_id(1) == Sealer(KEYS).delivery_id(1) != Sealer(build_keys()).delivery_id(1)


def test_unsealing_is_cheap_enough_for_the_sending_path() -> None:
    """About 1 microsecond when measured; the bound leaves room for a busy machine."""
    sealer = Sealer(KEYS)
    sealed = sealer.seal("reader@example.org")
    best = 1.0
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(2_000):
            sealer.unseal(sealed)
        best = min(best, (time.perf_counter() - start) / 2_000)
    assert best < 20e-6


def test_a_link_is_sealed_too_and_neither_passes_for_the_other() -> None:
    sealer = Sealer(KEYS)
    link = f"https://news.example.org/press/{'a' * 52}.atom"
    sealed = sealer.seal_link(link)

    assert sealer.unseal_link(sealed) == link
    assert link.encode() not in sealed
    assert len({len(sealer.seal_link("x" * length)) for length in range(65, 129)}) == 1
    with pytest.raises(SubscriberError):
        sealer.unseal(sealed)
    with pytest.raises(SubscriberError):
        sealer.unseal_link(sealer.seal("reader@example.org"))
