"""The archive: every item by its day on the newsroom's calendar.

A year that is too long for one page becomes months, and such a month days, so that no page grows without end; the address of
a year stays what it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from math import inf
from typing import Literal

from digest.newsroom.document import Document, Group, fingerprint
from digest.newsroom.public import Published
from digest.pages.lists import divide
from digest.pages.plan import Plan
from digest.pages.views import Link
from digest.templates import Words

__all__ = ["ArchiveView", "Period", "RowView", "plan_archive"]

ROOM: tuple[tuple[float, Literal["month", "day"]], ...] = ((100, "month"), (500, "day"), (inf, "day"))
"""How many items the page of a year, a month and a day list, and what it leads to when there are more."""


@dataclass(frozen=True, slots=True)
class Period:
    """A part of the archive: where it is, what it is called and how many items it holds."""

    title: str
    address: str
    item_count: int


@dataclass(frozen=True, slots=True)
class RowView:
    """An item as a line of the archive, its day for machines and in words. A withdrawn one has no title and no language."""

    stamp: str
    day: str
    address: str
    title: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class ArchiveView:
    """A year, month or day of the archive: either the parts it is divided into, or its items. `above` leads back."""

    title: str
    above: Link
    parts: tuple[Period, ...] = ()
    rows: tuple[RowView, ...] = ()


def plan_archive(plan: Plan) -> Iterator[Group]:
    """The list of years, then each year with its months, newest first."""
    chosen, facts = plan.facts.chosen, plan.facts
    years = facts.years if chosen is plan.context.newsroom.items else dict(divide(chosen, "year"))
    counts = tuple((year, len(items)) for year, items in years.items())
    yield plan.group("archive", [plan.document("archive/index.html", counts, partial(_render_years, plan, counts))])
    for year, items in years.items():
        key = fingerprint(plan.key, facts.by_year[year])  # covers translations, and so which of them is listed
        yield Group(f"archive {year}", key, partial(_plan_period, plan, year, items))


def _plan_period(plan: Plan, period: str, items: Sequence[Published]) -> Iterator[Document]:
    """The page of a year, month or day, and those of its parts."""
    room, by = ROOM[period.count("-")]
    parts = divide(items, by) if len(items) > room else ()
    rows = () if parts else tuple(sorted(items, key=lambda item: item.line.day, reverse=True))
    facts = tuple((name, len(found)) for name, found in parts) or plan.facts.of(rows)
    yield plan.document(f"{_path(period)}index.html", facts, partial(_render_period, plan, period, parts, rows))
    for name, found in parts:
        yield from _plan_period(plan, name, found)


def _path(period: str) -> str:
    return f"archive/{period.replace('-', '/')}/" if period else "archive/"


def _render_years(plan: Plan, counts: Sequence[tuple[str, int]]) -> bytes:
    rendering = plan.rendering
    years = tuple(Period(year, f"{plan.context.paths.front}{_path(year)}", count) for year, count in counts)
    return rendering.page("archive", rendering.head(rendering.words.gettext("Archive"), "archive/"), years=years)


def _render_period(
    plan: Plan, period: str, parts: Sequence[tuple[str, Sequence[Published]]], rows: Sequence[Published]
) -> bytes:
    words, front = plan.rendering.words, plan.context.paths.front
    above = period.rpartition("-")[0]
    view = ArchiveView(
        title=_name(period, words),
        above=Link(_name(above, words) if above else words.gettext("All years"), f"{front}{_path(above)}"),
        parts=tuple(Period(_name(name, words, short=True), f"{front}{_path(name)}", len(found)) for name, found in parts),
        rows=tuple(_build_row(item, plan, words) for item in rows),
    )
    head = plan.rendering.head(f"{words.gettext('Archive')} – {view.title}", _path(period))
    return plan.rendering.page("archive_period", head, archive=view)


def _name(period: str, words: Words, *, short: bool = False) -> str:
    """A year, month or day in words; a short name leaves out what it is a part of."""
    steps = period.count("-") + 1
    if steps == 1:
        return period
    day = date.fromisoformat(period if steps == 3 else f"{period}-01")
    if steps == 3:
        return words.short_day(day) if short else words.day(day)
    name = words.month(day) if short else words.month_of_year(day)
    return name[:1].upper() + name[1:]


def _build_row(item: Published, plan: Plan, words: Words) -> RowView:
    row = RowView(item.line.day, words.short_day(item.day), plan.context.paths.item(item.id))
    return row if item.is_withdrawn else replace(row, title=item.content.title, language=item.language)
