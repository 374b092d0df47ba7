"""Conditional requests."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.web.conditions import format_date, is_unchanged

ETAG = b'"0123456789abcdef"'
MODIFIED = int(datetime(2022, 2, 28, 12, 0, 0, tzinfo=UTC).timestamp())

OPAQUE = st.text(st.sampled_from("ab,* \x21\x23;\xe9W/-"), max_size=4).map(lambda text: text.replace(" ", ""))
TAGS = st.tuples(st.booleans(), st.one_of(st.just("0123456789abcdef"), OPAQUE))
JUNK = st.sampled_from(["", "x", "W/", "0123456789abcdef", '"', "*x"])


def _reference(value: str, etag: str) -> bool:
    """RFC 9110 sections 8.8.3 and 13.1.2, character by character: does a list of tags name this one?"""
    if value.strip(" \t") == "*":
        return True
    found, place = [], 0
    while place < len(value):
        if value[place] == '"':
            end = place + 1
            while end < len(value) and (value[end] == "\x21" or "\x23" <= value[end] <= "\x7e" or value[end] >= "\x80"):
                end += 1
            if end < len(value) and value[end] == '"':
                found.append(value[place : end + 1])
                place = end
        place += 1
    return etag in found


@given(st.lists(TAGS, max_size=5), st.sampled_from([",", ", ", " , ", ",,"]))
def test_a_list_of_tags_is_read_as_the_rfc_says(tags: list[tuple[bool, str]], between: str) -> None:
    value = between.join(f'{"W/" if weak else ""}"{opaque}"' for weak, opaque in tags)

    answered = is_unchanged(ETAG, MODIFIED, value.encode("latin-1"), None)

    assert answered == any(opaque == "0123456789abcdef" for _, opaque in tags)
    assert answered == _reference(value, ETAG.decode())


@given(st.lists(st.one_of(JUNK, TAGS.map(lambda tag: f'{"W/" if tag[0] else ""}"{tag[1]}"')), max_size=5))
def test_what_is_no_tag_never_hides_one_or_makes_one(parts: list[str]) -> None:
    value = ",".join(part for part in parts if part.count('"') != 1)

    assert is_unchanged(ETAG, MODIFIED, value.encode("latin-1"), None) == _reference(value, ETAG.decode())


@given(st.binary(max_size=60))
def test_whatever_is_sent_is_judged_without_a_fault(value: bytes) -> None:
    is_unchanged(ETAG, MODIFIED, value, None)
    is_unchanged(ETAG, MODIFIED, None, value)


@pytest.mark.parametrize("value", [b"*", b" * ", ETAG, b"W/" + ETAG, b'"x", W/' + ETAG, ETAG + b',"x"', b'"a,b", ' + ETAG])
def test_a_tag_that_is_named_is_unchanged(value: bytes) -> None:
    assert is_unchanged(ETAG, MODIFIED, value, None)


@pytest.mark.parametrize("value", [b"", b'"x"', b"0123456789abcdef", b'"0123456789abcdef', b'"*"', b'"x0123456789abcdef"'])
def test_a_tag_that_is_not_named_has_changed(value: bytes) -> None:
    assert not is_unchanged(ETAG, MODIFIED, value, None)


def test_tags_alone_decide_where_they_are_sent() -> None:
    later = format_date(MODIFIED + 1)

    assert not is_unchanged(ETAG, MODIFIED, b'"x"', later)
    assert is_unchanged(ETAG, MODIFIED, ETAG, format_date(MODIFIED - 1))
    assert not is_unchanged(ETAG, MODIFIED, b"", later)


@given(st.integers(min_value=-3, max_value=3))
def test_a_date_counts_to_the_second(seconds: int) -> None:
    since = format_date(MODIFIED + seconds)

    assert is_unchanged(ETAG, MODIFIED, None, since) == (seconds >= 0)


@pytest.mark.parametrize(
    "value", [b"Mon, 28 Feb 2022 12:00:00 GMT", b"Monday, 28-Feb-22 12:00:00 GMT", b"Mon Feb 28 12:00:00 2022"]
)
def test_the_three_forms_of_dates_are_read(value: bytes) -> None:
    assert is_unchanged(ETAG, MODIFIED, None, value)
    assert not is_unchanged(ETAG, MODIFIED + 1, None, value)


@pytest.mark.parametrize("value", [b"", b"yesterday", b"2022-02-28T12:00:00Z", b"Mon, 99 Feb 2022 12:00:00 GMT", b"9" * 400])
def test_a_date_that_is_none_is_passed_over(value: bytes) -> None:
    assert not is_unchanged(ETAG, MODIFIED, None, value)


def test_without_conditions_everything_is_sent() -> None:
    assert not is_unchanged(ETAG, MODIFIED, None, None)


def test_dates_are_written_as_http_writes_them() -> None:
    assert format_date(MODIFIED) == b"Mon, 28 Feb 2022 12:00:00 GMT" == formatdate(MODIFIED, usegmt=True).encode()
