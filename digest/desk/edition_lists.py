"""The list of editions as staff see it: what is to come with its moment, then what was sent with its numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from digest.desk.scheduling import find_slot
from digest.desk.workplace import Workplace
from digest.editions.edition import Edition, State
from digest.errors import EditionError, UsageError
from digest.store.edition_heads import EditionHead, Tally, name_tally, read_heads, read_tally
from digest.store.editions import read_edition

__all__ = ["OPEN", "Found", "Row", "find_edition", "list_rows"]

OPEN: tuple[State, ...] = ("draft", "approved", "frozen", "sending", "paused")
"""The states of what is to come or under way."""
_PAST: tuple[State, ...] = ("finished", "cancelled")
_PAGE = 50


@dataclass(frozen=True, slots=True)
class Row:
    """An edition of the list; `slot_at` is when its schedule sends it, `tally` what was counted of its letters."""

    head: EditionHead
    slot_at: datetime | None = None
    tally: Tally | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of the list; `next` names the edition before which the next page begins, empty for the last page."""

    coming: tuple[Row, ...]
    past: tuple[Row, ...] = field(default=())
    next: str = ""


def find_edition(place: Workplace, name: str) -> Edition:
    """An edition as it is stored.

    Raises:
        EditionError: there is none of that id.
    """
    with place.store.reading() as connection:
        return read_edition(connection, name)


def list_rows(place: Workplace, *, before: str = "") -> Found:
    """All that is to come, and a page of what was sent.

    Args:
        before: the edition that the page before ended with.
    """
    with place.store.reading() as connection:
        start = None
        if before:
            try:
                last = read_edition(connection, before)
            except EditionError:
                raise UsageError("before", "there is no such edition", "Begin with the first page.") from None
            start = last.moment, last.id
        heads = [] if before else read_heads(connection, states=OPEN, limit=200)
        past = read_heads(connection, states=_PAST, before=start, limit=_PAGE + 1)
        tallies = {one.id: read_tally(connection, name_tally(one.id)) for one in (*heads, *past)}
        drafts = {one.id: read_edition(connection, one.id) for one in heads if one.state in ("draft", "approved")}
    slots = {name: find_slot(place, one) for name, one in drafts.items()}
    more = past[_PAGE - 1].id if len(past) > _PAGE else ""
    return Found(
        coming=tuple(Row(one, slots.get(one.id), tallies[one.id]) for one in heads),
        past=tuple(Row(one, None, tallies[one.id]) for one in past[:_PAGE]),
        next=more,
    )
