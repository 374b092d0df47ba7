"""Which period an edition belongs to, and the id that is made of it.

A period is what the unique key of editions rests on: for one list and rhythm there is one edition a period (and part), so
a run that is repeated, late or early finds the one that is there. Weeks are ISO 8601 weeks on the newsroom's calendar.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo

from digest.clock import LocalMinuteError, localize
from digest.settings import Rhythm, Slot

__all__ = ["edition_id", "period_at"]

_GRACE = {"weekly": timedelta(days=1), "daily": timedelta(hours=3)}


def period_at(moment: datetime, rhythm: Rhythm, slot: Slot | None, where: tzinfo) -> str:
    """The period of an edition prepared at a moment: `2022-w09` for weekly, else the day, `2022-02-28`.

    With a schedule it is named by the first slot at or after the moment less a grace (a day for weekly, three hours for
    daily), so that a late send by hand on Friday still belongs to this week. Editions at once are numbered within their
    day by whoever stores them.
    """
    if rhythm == "at-once" or slot is None:
        day = moment.astimezone(where).date()
    else:
        day = _slot_day(moment - _GRACE[rhythm], slot, where)
    return _week(day) if rhythm == "weekly" else day.isoformat()


def edition_id(list_id: str, rhythm: Rhythm, period: str, part: int) -> str:
    """An edition's permanent id: `2022-w09-supporters`, `2022-02-28-press-daily`, `2022-02-28-press-at-once-1`."""
    if rhythm == "weekly":
        name = f"{period}-{list_id}"
    elif rhythm == "daily":
        name = f"{period}-{list_id}-daily"
    else:
        name = f"{period[:10]}-{list_id}-at-once-{period[11:]}"
    return name if part == 1 else f"{name}-part-{part}"


def _week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-w{week:02}"


def _slot_day(moment: datetime, slot: Slot, where: tzinfo) -> date:
    """The local day of the first slot at or after a moment."""
    day = moment.astimezone(where).date()
    for offset in range(8):
        candidate = day + timedelta(days=offset)
        if slot.weekday in (None, candidate.weekday()) and _slot_moment(candidate, slot, where) >= moment:
            return candidate
    raise AssertionError("a slot comes at least once in eight days")


def _slot_moment(day: date, slot: Slot, where: tzinfo) -> datetime:
    """When a slot strikes on a day; in an hour that comes twice the first time, in one that is skipped right after it."""
    naive = datetime(day.year, day.month, day.day, slot.hour, slot.minute)  # noqa: DTZ001 (localised below)
    try:
        return localize(naive, where)
    except LocalMinuteError:
        return naive.replace(tzinfo=where, fold=0).astimezone(UTC)
