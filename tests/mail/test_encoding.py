"""Bodies survive their encoding, wherever the leave link stands and whatever surrounds it."""

from __future__ import annotations

import quopri
from base64 import b64decode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.mail.encoding import Place, encode_body

LINK = "https://news.example.org/u/"
PARTS = st.lists(
    st.text(
        st.one_of(
            st.sampled_from(".=- \nFA€яع"),
            st.sampled_from([".", "\n.", "\nFrom ", "..", "\n", " ", "=", "x"]).map(lambda part: part[0]),
            st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")),
        ),
        max_size=400,
    ),
    min_size=1,
    max_size=4,
)


def _encode(text: tuple[str, ...], link: bytes) -> tuple[str, bytes]:
    encoding, segments = encode_body(text, len(link))
    return encoding, b"".join(part.render(link) if isinstance(part, Place) else part for part in segments)


def _decode(encoding: str, body: bytes) -> str:
    data = b64decode(body, validate=False) if encoding == "base64" else quopri.decodestring(body)
    return data.decode().replace("\r\n", "\n")


def _check_lines(body: bytes) -> None:
    assert body.replace(b"\r\n", b"").isascii()
    for line in body.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))
        assert b"\n" not in line and b"\r" not in line
        assert line == line.rstrip(b" \t")


@settings(max_examples=400, deadline=None)
@given(parts=PARTS, token_length=st.integers(1, 160))
def test_every_text_comes_back(parts: list[str], token_length: int) -> None:
    """RFC 2045 sections 6.7 and 6.8: lines of at most 76, and what was encoded is what is decoded."""
    link = (LINK + "." * (token_length % 7) + "A" * token_length).encode()

    encoding, body = _encode(tuple(parts), link)

    assert _decode(encoding, body) == link.decode().join(parts)
    _check_lines(body)


@pytest.mark.parametrize("length", range(1, 60))
def test_base64_carries_a_link_of_any_length(length: int) -> None:
    """Base64 works in groups of three octets: the link shares its first and last group with what surrounds it."""
    link = (LINK + "A" * length).encode()
    text = ("Тиждень прав людини. " * 9 + "\n", "\nДалі йде решта листа. " * 9, "\nКінець.")

    encoding, body = _encode(text, link)

    assert encoding == "base64"
    assert _decode(encoding, body) == link.decode().join(text)
    _check_lines(body)


def test_the_smaller_encoding_is_taken() -> None:
    latin, cyrillic = ("Plain words, a few é. " * 50,), ("Слова кирилицею. " * 50,)

    assert encode_body(latin, 60)[0] == "quoted-printable"
    assert encode_body(cyrillic, 60)[0] == "base64"
    for text in (latin, cyrillic):
        _, body = _encode(text, b"x" * 60)
        assert len(body) <= max(len(text[0].encode()) * 1.4, 200)


def test_two_links_side_by_side_are_still_written() -> None:
    """Between them there is no octet to share, so the part goes out quoted-printable."""
    link = (LINK + "AB").encode()
    text = ("Тиждень прав людини. " * 30, "", "Кінець. " * 30)

    encoding, body = _encode(text, link)

    assert _decode(encoding, body) == link.decode().join(text)


def test_lines_of_a_windows_editor_become_lines() -> None:
    _, body = _encode(("one\r\ntwo\rthree\n",), b"x")

    assert body == b"one\r\ntwo\r\nthree\r\n"
