"""Content codings."""

from __future__ import annotations

import gzip

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.web.codings import CODINGS, choose_coding, encode

WEIGHT = st.one_of(st.none(), st.sampled_from(["0", "0.0", "0.000", "0.001", "0.3", "0.5", "0.75", "1", "1.000"]))
NAME = st.sampled_from(["br", "gzip", "x-gzip", "identity", "*", "deflate", "zstd", "GZIP", "Br"])
LISTS = st.lists(st.tuples(NAME, WEIGHT), max_size=5)


def _write(members: list[tuple[str, str | None]], between: str) -> bytes:
    return between.join(name if weight is None else f"{name};q={weight}" for name, weight in members).encode()


def _weight(coding: str, members: list[tuple[str, str | None]]) -> float | None:
    """RFC 9110 section 12.5.3: the weight of a coding; None where the field neither accepts nor refuses it."""
    names = {"x-gzip": "gzip"}
    for name, weight in members:
        if names.get(name.lower(), name.lower()) == coding:
            return float(weight or 1)
    for name, weight in members:
        if name == "*":
            return float(weight or 1)
    return None


@given(LISTS, st.sampled_from([",", ", ", " ,\t"]))
def test_the_choice_is_one_that_the_rfc_accepts_and_the_best_liked(
    members: list[tuple[str, str | None]], between: str
) -> None:
    chosen = choose_coding(_write(members, between))

    weights = {coding: _weight(coding, members) for coding in CODINGS}
    named = {coding: weight for coding, weight in weights.items() if weight}
    acceptable = {*named, *(["identity"] if weights["identity"] is None else [])}
    if not acceptable:
        assert chosen == "identity"  # nothing would do: the field is passed over
    elif not named:
        assert chosen == "identity"
    else:
        assert chosen in named
        assert named[chosen] == max(named.values())


@pytest.mark.parametrize(
    ("field", "chosen"),
    [
        (None, "identity"),
        (b"", "identity"),
        (b"gzip", "gzip"),
        (b"gzip, deflate", "gzip"),
        (b"br,gzip", "br"),
        (b"gzip, deflate, br, zstd", "br"),
        (b"br;q=0, gzip", "gzip"),
        (b"gzip;q=0", "identity"),
        (b"gzip;q=0, *;q=0", "identity"),
        (b"identity;q=0", "identity"),
        (b"identity;q=0, *", "br"),
        (b"*;q=0", "identity"),
        (b"*", "br"),
        (b"br;q=0.5, gzip;q=0.9", "gzip"),
        (b"gzip;q=0.5, identity", "identity"),
        (b"GZIP;Q=1", "gzip"),
        (b"x-gzip", "gzip"),
        (b"br;q=2, gzip", "gzip"),
        (b"br;q=nonsense, gzip;q=0.1", "gzip"),
        (b"deflate", "identity"),
    ],
)
def test_these_fields_choose_so(field: bytes | None, chosen: str) -> None:
    assert choose_coding(field) == chosen


@given(st.binary(max_size=80))
def test_whatever_is_sent_something_is_chosen(field: bytes) -> None:
    assert choose_coding(field) in CODINGS


def test_a_field_that_goes_on_and_on_is_not_read() -> None:
    assert choose_coding(b"gzip," * 10_000) == "identity"


@given(st.binary(max_size=2000))
def test_what_is_coded_can_be_read_again(body: bytes) -> None:
    assert gzip.decompress(encode(body, "gzip")) == body
    assert brotli.decompress(encode(body, "br")) == body
    assert encode(body, "identity") == body
    assert encode(body, "gzip") == encode(body, "gzip")
