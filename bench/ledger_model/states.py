"""A moment of the small world: all that decides about what can happen next, as one value that can be compared."""

from __future__ import annotations

from typing import NamedTuple

from digest.delivery.transitions import Ending

__all__ = ["IDLE", "Copies", "Line", "Moment", "Outcome", "People", "Row", "Rows", "Spared", "settle_places"]


class Row(NamedTuple):
    """A delivery in the database."""

    state: str
    unknown_count: int
    stopped: int
    sender: int | None
    reader_state: str
    address: bool
    """Whether the address is still there; for an edition's letters it always is."""


class Rows(NamedTuple):
    """The database."""

    deliveries: tuple[Row, ...]
    edition: str
    variant_stopped: int


class Outcome(NamedTuple):
    """How a letter ended, as far as its connection knows; `body` is whether its body had begun."""

    letter: int
    ending: Ending
    body: bool


class Line(NamedTuple):
    """A connection: the letter whose body is on the wire, the one that is picked, and what is still to be written down.

    The envelope of the picked one may have left with the body before it.
    """

    flying: int | None = None
    picked: int | None = None
    outcomes: tuple[Outcome, ...] = ()


IDLE = Line()


class Copies(NamedTuple):
    """What became of a letter on the wire, and by the word of staff.

    `perhaps` counts bodies that began and are not known to have been refused, `taken` those that the relay took, `lost`
    answers that went astray, `more` the copies that staff asked for.
    """

    perhaps: int = 0
    taken: int = 0
    lost: int = 0
    more: int = 0
    received: bool = False
    given_up: bool = False


class People(NamedTuple):
    """What people did."""

    paused: bool = False
    cancelled: bool = False
    corrected: bool = False
    gone: frozenset[int] = frozenset()


class Spared(NamedTuple):
    """How often each thing may still happen."""

    kills: int = 0
    drops: int = 0
    refusals: int = 0
    closings: int = 0
    leaves: int = 0
    pauses: int = 0
    cancels: int = 0
    corrections: int = 0
    decisions: int = 0


class Moment(NamedTuple):
    """One state of the world. `senders` has a place each: the lines of one who lives, None for a free place."""

    rows: Rows
    senders: tuple[tuple[Line, ...] | None, ...]
    copies: tuple[Copies, ...]
    people: People
    spared: Spared


def settle_places(moment: Moment) -> Moment:
    """The same moment with its places and lines in order: they differ in nothing but their numbers."""
    owned: list[list[tuple[int, str]]] = [[] for _ in moment.senders]
    for number, row in enumerate(moment.rows.deliveries):
        if row.sender is not None:
            owned[row.sender - 1].append((number, row.state))
    places = [
        (lines is None, sorted(lines, key=_key) if lines else [], owned[place], place + 1)
        for place, lines in enumerate(moment.senders)
    ]
    places.sort(key=lambda place: (place[0], [_key(line) for line in place[1]], place[2]))
    numbers = {place[3]: number for number, place in enumerate(places, 1)}
    senders = tuple(None if free else tuple(lines) for free, lines, _, _ in places)
    if any(old != new for old, new in numbers.items()):
        rows = tuple(
            row if row.sender is None else row._replace(sender=numbers[row.sender]) for row in moment.rows.deliveries
        )
        return moment._replace(rows=moment.rows._replace(deliveries=rows), senders=senders)
    return moment if senders == moment.senders else moment._replace(senders=senders)


def _key(line: Line) -> tuple[int, int, tuple[Outcome, ...]]:
    return (-1 if line.flying is None else line.flying, -1 if line.picked is None else line.picked, line.outcomes)
