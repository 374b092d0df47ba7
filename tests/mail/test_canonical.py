"""The relaxed forms of RFC 6376, beside those of dkimpy."""

from __future__ import annotations

import pytest
from dkim.canonicalization import Relaxed
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.canonical import is_relaxed, read_fields, relax_body, relax_head

BODIES = st.lists(st.sampled_from([b"a", b" ", b"  ", b"\t", b"\r\n", b"=20", b".", b"\r\n\r\n"]), max_size=30).map(b"".join)


@given(BODIES)
def test_a_body_is_relaxed_as_others_do_it(body: bytes) -> None:
    whole = body + b"\r\n"

    assert relax_body(whole) == Relaxed.canonicalize_body(whole)
    assert relax_body(body) in (relax_body(whole), b"")  # a last line without an end gets one


@given(BODIES)
def test_what_is_called_relaxed_needs_no_work(body: bytes) -> None:
    assert not is_relaxed(body) or Relaxed.canonicalize_body(body) == body


@pytest.mark.parametrize(
    ("body", "relaxed"),
    [
        (b"", b""),
        (b"\r\n", b""),
        (b"\r\n\r\n", b""),
        (b" \r\n", b""),
        (b" C \r\nD \t E\r\n\r\n\r\n", b" C\r\nD E\r\n"),  # the example of section 3.4.5
        (b"no end ", b"no end\r\n"),
    ],
)
def test_bodies_of_the_standard(body: bytes, relaxed: bytes) -> None:
    assert relax_body(body) == relaxed


def test_headers_of_the_standard() -> None:
    """Section 3.4.5, and the lowest of two headers of a name first (5.4.2)."""
    fields = read_fields(b"A: X\r\nB : Y\t\r\n\tZ  \r\nA:above\r\n folded")

    assert fields == {b"a": [b"X", b"above folded"], b"b": [b"Y Z"]}
    assert relax_head(fields, (b"b", b"a", b"c", b"a", b"a")) == b"b:Y Z\r\na:above folded\r\na:X\r\n"
