"""Conditional requests (RFC 9110 section 13): whether a reader already has what it asks for."""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import formatdate, parsedate_to_datetime

__all__ = ["format_date", "is_no_newer", "is_unchanged", "names_tag", "read_tags"]

_TAG = re.compile(rb'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_LONGEST = 8192
"""A longer list of tags is read as far as this, in bytes."""


def is_unchanged(etag: bytes, modified_at: int, if_none_match: bytes | None, if_modified_since: bytes | None) -> bool:
    """Whether a GET or HEAD is answered with 304 (RFC 9110 section 13.2.2): If-None-Match alone decides where it is sent.

    Args:
        etag: the strong entity tag of the representation that would be sent, quotes included.
        modified_at: when it was last modified, in whole seconds since 1970.
        if_none_match: the field's value, several lines joined by commas; None when it was not sent.
        if_modified_since: likewise.
    """
    if if_none_match is not None:
        return if_none_match == etag or names_tag(if_none_match, etag)
    return is_no_newer(modified_at, if_modified_since)


def is_no_newer(modified_at: int, if_modified_since: bytes | None) -> bool:
    """Whether the date alone says that the reader has this version; for the arguments see `is_unchanged`."""
    since = _read_date(if_modified_since) if if_modified_since is not None else None
    return since is not None and modified_at <= since


def names_tag(if_none_match: bytes, etag: bytes) -> bool:
    """Whether the list names that tag by weak comparison (RFC 9110 section 8.8.3.2), or is `*`."""
    return if_none_match.strip() == b"*" or etag in read_tags(if_none_match)


def read_tags(if_none_match: bytes) -> list[bytes]:
    """The opaque tags of a list, quotes included and without the mark of weakness; what is no tag is passed over."""
    return _TAG.findall(if_none_match[:_LONGEST])


def format_date(seconds: int) -> bytes:
    """A moment as HTTP writes it (RFC 9110 section 5.6.7): `Mon, 28 Feb 2022 12:00:00 GMT`."""
    return formatdate(seconds, usegmt=True).encode()


def _read_date(value: bytes) -> float | None:
    """Seconds since 1970 of a date in any of HTTP's three forms; None for what is no date."""
    try:
        moment = parsedate_to_datetime(value.decode("latin-1"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
