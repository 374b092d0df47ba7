"""Days and moments as people write them in items: never guessed, never local without a zone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, tzinfo

from digest.clock import day_start, localize, parse_utc, zone

__all__ = ["describe_moment", "read_date", "read_day", "read_moment"]

_MOMENT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]+(?P<clock>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.[0-9]+)?"
    r"\s*(?P<zone>[Zz]|[+-][0-9]{2}:?[0-9]{2}|[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*)?"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEARS = range(1900, 3000)
_FORM = "write a moment with its zone, such as 2022-02-28T12:00+00:00 or 2022-02-28T12:00 Europe/London"
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAYTIMES = ("at night", "in the morning", "in the afternoon", "in the evening")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def read_day(text: str) -> date:
    """A bare day, YYYY-MM-DD.

    Raises:
        ValueError: it is none, or lies outside the years 1900 to 2999; the message says what to write.
    """
    if not _DAY.fullmatch(text):
        raise ValueError("write a day such as 2022-02-28")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError("there is no such day in the calendar; mend it") from None
    if day.year not in _YEARS:
        raise ValueError(f"the year {day.year} is surely a slip; mend it")
    return day


def read_moment(text: str) -> datetime:
    """A moment with an offset or an IANA zone name, as UTC with whole seconds.

    Raises:
        ValueError: it is unreadable, has no zone, or names a local minute that is missing or comes twice.
    """
    found = _MOMENT.fullmatch(text)
    if not found:
        raise ValueError(_FORM)
    day = read_day(found["day"])
    if not found["zone"]:
        raise ValueError(f"it has no zone, so nobody can tell when it is; {_FORM}")
    if found["zone"][0] in "+-":
        return _read_offset(f"{day}T{found['clock']}{found['zone']}")
    where = UTC if found["zone"] in "Zz" else zone(found["zone"])
    return localize(_read_local(f"{day}T{found['clock']}"), where)


def _read_local(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"there is no such time of day; {_FORM}") from None


def _read_offset(text: str) -> datetime:
    try:
        return parse_utc(text)
    except ValueError:
        raise ValueError(f"there is no such time of day or offset; {_FORM}") from None


def read_date(text: str, where: tzinfo) -> tuple[date, datetime, bool]:
    """A bare day of the newsroom's calendar or a moment: the day, the first moment it stands for, whether a time was given.

    Args:
        text: as written in the item.
        where: the newsroom's zone, in which days begin and end.

    Raises:
        ValueError: as `read_day` and `read_moment`.
    """
    if _DAY.fullmatch(text):
        day = read_day(text)
        return day, day_start(day, where), False
    if not _MOMENT.fullmatch(text):
        raise ValueError(f"write a day such as 2022-02-28, or {_FORM.removeprefix('write ')}")
    moment = read_moment(text)
    return moment.astimezone(where).date(), moment, True


def describe_moment(moment: datetime, where: tzinfo) -> str:
    """A moment in words that no one can misread, on the local clock and in UTC.

    `Monday 28 February 2022, 00:01 at night (Europe/London), 2022-02-28 00:01 UTC`
    """
    local = moment.astimezone(where)
    if (local.hour, local.minute) in ((0, 0), (12, 0)):
        part = "midnight, as the day begins" if local.hour == 0 else "noon"
    else:
        part = _DAYTIMES[local.hour // 6]
    words = f"{_WEEKDAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local.year}, {local:%H:%M} {part}"
    return f"{words} ({where}), {moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
