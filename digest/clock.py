"""The only reader of time.

Every moment in the product is an aware `datetime` in UTC with whole seconds; rules get `now` as a plain value.
`DIGEST_NOW` (for tests and rehearsals) fixes the moment everywhere but for tokens.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from digest.errors import SettingsError, UsageError

__all__ = [
    "LocalMinuteError",
    "accept_drift",
    "day_start",
    "drift",
    "format_utc",
    "localize",
    "now",
    "parse_moment",
    "parse_utc",
    "real_now",
    "zone",
]

_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)"
    r"(?:[T ](?P<clock>\d\d:\d\d(?::\d\d)?)(?:\.\d+)?\s*(?P<zone>Z|[+-]\d\d:?\d\d|[A-Za-z_]+(?:/[A-Za-z0-9_+-]+)*)?)?"
)


class LocalMinuteError(ValueError):
    """A local minute that a change of the clocks makes twice or never."""


def real_now() -> datetime:
    """The moment by the machine's clock, never `DIGEST_NOW`: for tokens and sockets."""
    return datetime.fromtimestamp(int(time.time()), UTC)


def _offset() -> float:
    """The wall clock against the one that only counts on, also while the machine sleeps."""
    return time.time() - time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


_offset_at_start = _offset()


def drift() -> timedelta:
    """By how much the machine's clock was set since this process began, or since `accept_drift`."""
    return timedelta(seconds=_offset() - _offset_at_start)


def accept_drift() -> None:
    """Take the machine's clock as right from now on."""
    global _offset_at_start
    _offset_at_start = _offset()


def now(environment: Mapping[str, str] | None = None) -> datetime:
    """The moment that rules work with: `DIGEST_NOW` when set, else the machine's clock.

    Raises:
        SettingsError: `DIGEST_NOW` is not a moment with a zone.
    """
    fixed = (os.environ if environment is None else environment).get("DIGEST_NOW", "")
    if not fixed:
        return real_now()
    try:
        return parse_utc(fixed)
    except ValueError:
        raise SettingsError(
            "DIGEST_NOW", f"{fixed!r} is not a moment", "Write it like 2022-02-28T18:00:00+00:00, or unset it."
        ) from None


def parse_utc(text: str) -> datetime:
    """An ISO 8601 moment with an offset, as UTC with whole seconds.

    Raises:
        ValueError: it is unreadable, has no offset, or lies outside the years 1 to 9999 in UTC.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no zone")
    try:
        return moment.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        raise ValueError(f"{text!r} lies outside the calendar") from None


def format_utc(moment: datetime) -> str:
    """RFC 3339 with whole seconds and `Z`, the one form in which the product writes moments."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def zone(name: str) -> ZoneInfo:
    """The time zone of that IANA name.

    Raises:
        ValueError: there is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is not a time zone; write one like Europe/London") from None


def localize(naive: datetime, where: tzinfo) -> datetime:
    """A local wall-clock time as UTC.

    Raises:
        LocalMinuteError: the clocks go forward over that minute, or pass it twice.
    """
    early = naive.replace(tzinfo=where, fold=0)
    late = naive.replace(tzinfo=where, fold=1)
    if early.utcoffset() != late.utcoffset():
        exists = early.astimezone(UTC).astimezone(where).replace(tzinfo=None) == naive
        why = "comes twice" if exists else "does not exist"
        raise LocalMinuteError(
            f"{naive:%Y-%m-%d %H:%M} {why} in {where}, because the clocks change; add an offset like +00:00"
        )
    return early.astimezone(UTC)


def day_start(day: date, where: tzinfo) -> datetime:
    """The first moment of a local day, as UTC: 00:00, or when the clocks skip midnight, the first minute after."""
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 (it is localised on the next line)
    try:
        return localize(midnight, where)
    except LocalMinuteError:
        first = midnight.replace(tzinfo=where, fold=0).astimezone(UTC)
        while first.astimezone(where).date() < day:  # midnight is skipped
            first += timedelta(minutes=15)
        return first


def parse_moment(text: str, where: tzinfo) -> datetime:
    """What a person types for a moment: a date (its first moment), or a date and time with or without a zone.

    Without offset or zone name the time is local to `where`.

    Raises:
        UsageError: it is unreadable, or the minute is ambiguous or missing in that zone.
    """
    found = _MOMENT.fullmatch(text.strip())
    remedy = "Write a date (2022-02-28), or a date and time, with an offset or zone name if it is not the newsroom's."
    if not found:
        raise UsageError(f"moment {text!r}", "it cannot be read", remedy)
    try:
        day = date.fromisoformat(found["day"])
        if not found["clock"]:
            return day_start(day, where)
        if found["zone"] and (found["zone"] == "Z" or found["zone"][0] in "+-"):
            return parse_utc(f"{found['day']}T{found['clock']}{found['zone']}")
        return localize(
            datetime.fromisoformat(f"{found['day']}T{found['clock']}"), zone(found["zone"]) if found["zone"] else where
        )
    except (ValueError, OverflowError) as error:
        raise UsageError(f"moment {text!r}", str(error), remedy) from None
