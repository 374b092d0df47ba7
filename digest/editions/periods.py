"""Which period an edition belongs to, when the slots of a schedule strike, and the id that is made of it.

A period is what the unique key of editions rests on: for one list and rhythm there is one edition a period (and part), so
a run that is repeated, late or early finds the one that is there. Weeks are ISO 8601 weeks on the newsroom's calendar.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple

from digest.settings import Rhythm, Slot

__all__ = ["Strike", "edition_id", "next_strike", "period_at"]

_GRACE = {"weekly": timedelta(days=1), "daily": timedelta(hours=3)}
_DAY = timedelta(days=1)


class Strike(NamedTuple):
    """A slot on one day: the period that is named by it, and the moment when it strikes (aware UTC)."""

    period: str
    at: datetime


def period_at(moment: datetime, rhythm: Rhythm, slot: Slot | None, where: tzinfo) -> str:
    """The period of an edition prepared at a moment: `2022-w09` for weekly, else the day, `2022-02-28`.

    With a schedule it is named by the first slot at or after the moment less a grace (a day for weekly, three hours for
    daily), so that a late send by hand on Friday still belongs to this week. Editions at once are numbered within their
    day by whoever stores them.
    """
    if rhythm == "at-once" or slot is None:
        return _name(moment.astimezone(where).date(), rhythm)
    return next_strike(moment - _GRACE[rhythm], rhythm, slot, where).period


def next_strike(moment: datetime, rhythm: Rhythm, slot: Slot, where: tzinfo) -> Strike:
    """The first slot of a weekly or daily schedule that strikes at or after a moment.

    Each week has one, and each day that there is; one that two days share belongs to the later.
    """
    day = moment.astimezone(where).date() - _DAY  # yesterday's may strike today, if the clocks skipped the time between
    step = _DAY
    if slot.weekday is not None:
        day += timedelta(days=(slot.weekday - day.weekday()) % 7)
        step = timedelta(days=7)
    while (at := _strike(day, slot, where)) < moment or at == _strike(day + step, slot, where):
        day += step
    return Strike(_name(day, rhythm), at)


def edition_id(list_id: str, rhythm: Rhythm, period: str, part: int) -> str:
    """An edition's permanent id: `2022-w09-supporters`, `2022-02-28-press-daily`, `2022-02-28-press-at-once-1`."""
    if rhythm == "weekly":
        name = f"{period}-{list_id}"
    elif rhythm == "daily":
        name = f"{period}-{list_id}-daily"
    else:
        name = f"{period[:10]}-{list_id}-at-once-{period[11:]}"
    return name if part == 1 else f"{name}-part-{part}"


def _name(day: date, rhythm: Rhythm) -> str:
    if rhythm != "weekly":
        return day.isoformat()
    year, week, _ = day.isocalendar()
    return f"{year}-w{week:02}"


def _strike(day: date, slot: Slot, where: tzinfo) -> datetime:
    """When a slot strikes on a day: in an hour that comes twice the first time, in one that is skipped as much later."""
    return datetime(day.year, day.month, day.day, slot.hour, slot.minute, tzinfo=where, fold=0).astimezone(UTC)
