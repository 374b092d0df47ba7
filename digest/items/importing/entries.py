"""What a source says of one thing that it published, before it is fitted to the newsroom.

Every reader of a source (`wordpress`, `rest`, `feeds`, `json_feed`) gives these values; `mapping` makes items of them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

from digest.clock import parse_utc
from digest.items.characters import fold, normalise, replace_forbidden
from digest.items.moments import read_day

__all__ = [
    "Entry",
    "File",
    "Picture",
    "Skip",
    "Term",
    "clean",
    "first_moment",
    "read_iso_moment",
    "read_mail_moment",
    "to_plain",
]

_INLINE_TAG = re.compile(
    r"</?(?:a|abbr|b|bdi|br|cite|code|em|i|mark|q|small|span|strong|sub|sup|u|wbr)(?:\s[^<>]*)?/?>", re.IGNORECASE
)
_MAIL_ZONE = re.compile(r"(?:[+-][0-9]{4}|\b(?:GMT|UTC?|Z|[ECMP][SD]T))(?:\s*\(.*\))?$")


@dataclass(frozen=True, slots=True)
class Term:
    """A category or tag: its name and the short name that stands in addresses."""

    name: str
    slug: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the source: where it lies, what it shows, and who made it, as far as that is said."""

    address: str = ""
    alt: str = ""
    caption: str = ""
    credit: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """A file that belongs to an entry, with the words of its link; without them its name is taken."""

    address: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a source. All texts are plain and on one line but `html`, the body.

    `line` is where it stands in its file (0: unknown), `guid` what the source calls it for good, `name` the short name that
    the source gave it, `sort` its WordPress post type. A day without a time is a day on the newsroom's calendar. `has_lines`
    says that line ends in the body mean something, as in WordPress's classic editor.
    """

    title: str
    html: str
    published: datetime | date | None
    line: int = 0
    guid: str = ""
    name: str = ""
    link: str = ""
    summary: str = ""
    language: str = ""
    sort: str = ""
    terms: tuple[Term, ...] = ()
    picture: Picture | None = None
    files: tuple[File, ...] = ()
    has_lines: bool = False
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Skip:
    """An entry that gives no item, and why; `is_fault` when that is no decision of the source but a mistake."""

    title: str
    why: str
    line: int = 0
    is_fault: bool = False


def clean(text: str) -> str:
    """Text on one line, in Unicode form C, without characters that no item may hold."""
    return fold(normalise(replace_forbidden(text, "")))


def to_plain(text: str) -> str:
    """Text that may hold a few HTML tags and entities, as titles do, as plain text on one line."""
    return clean(html.unescape(_INLINE_TAG.sub("", text)))


def read_iso_moment(text: str) -> datetime | date | None:
    """A moment of RFC 3339, or a day; None when there is none, or no zone is given.

    A moment without a zone is not guessed.
    """
    text = text.strip()
    try:
        return read_day(text)
    except ValueError:
        pass
    try:
        return parse_utc(text)
    except ValueError:
        return None


def read_mail_moment(text: str) -> datetime | date | None:
    """A moment of RFC 5322, as RSS has it (or of RFC 3339, as some write it); None when it or its zone cannot be read."""
    text = text.strip()
    if not _MAIL_ZONE.search(text):
        return read_iso_moment(text)
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:  # -0000: UTC, written by who does not know the local zone
            moment = moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError, TypeError, IndexError):
        return read_iso_moment(text)


def first_moment(moments: Iterable[datetime | date | None]) -> datetime | date | None:
    """The first that could be read."""
    return next((moment for moment in moments if moment is not None), None)
