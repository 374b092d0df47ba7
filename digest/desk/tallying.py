"""The numbers of editions that pages show: counted beside the pages, kept, and how fast they grow.

Counting a million letters takes a tenth of a second, so it is done by the server's own loop while letters leave, once more
when an edition has ended, and never by a page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.delivery.transitions import OPEN, State
from digest.desk.workplace import Workplace
from digest.editions.edition import State as EditionState
from digest.store.deliveries import count_doubts
from digest.store.edition_heads import EditionHead, Tally, keep_tally, name_tally, read_heads, read_tally
from digest.store.editions import count_states

__all__ = ["DOUBTED", "Progress", "judge_progress", "read_progress", "tally_edition", "tally_editions"]

DOUBTED = "doubted"
"""Under which name a tally says how many readers may have got their letter twice."""
_UNDER_WAY: tuple[EditionState, ...] = ("frozen", "sending", "paused")
_WAITING = tuple(sorted(OPEN))
_LONGEST_TRAIL = 30
_SETTLES_FOR = timedelta(days=31)
"""How long after its end an edition's numbers may still change: by the word of staff, or when its rows are forgotten."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an edition is: letters by what became of them, how many a minute settle now, and when the last one would.

    `waiting` have not left or wait to be tried again, of which `deferred` were tried before; `doubted` may have come twice.
    """

    total: int
    accepted: int
    waiting: int
    failed: int
    held: int
    stopped: int
    doubted: int
    per_minute: float | None
    ends_at: datetime | None
    counted_at: datetime

    @property
    def share(self) -> float:
        """How much of it is settled, from 0 to 1."""
        return 1 - self.waiting / self.total if self.total else 1.0


def judge_progress(tally: Tally) -> Progress:
    """What the kept numbers say; pure."""
    counts = tally.counts
    waiting = sum(counts.get(state, 0) for state in _WAITING)
    named = {State.SENT, State.FAILED, State.HELD, DOUBTED, *_WAITING}
    total = sum(number for state, number in counts.items() if state != DOUBTED)
    rate = _judge_rate(tally)
    return Progress(
        total=total,
        accepted=counts.get(State.SENT, 0),
        waiting=waiting,
        failed=counts.get(State.FAILED, 0),
        held=counts.get(State.HELD, 0),
        stopped=sum(number for state, number in counts.items() if state not in named),
        doubted=counts.get(DOUBTED, 0),
        per_minute=rate,
        ends_at=tally.at + timedelta(minutes=waiting / rate) if rate and waiting else None,
        counted_at=tally.at,
    )


def _judge_rate(tally: Tally) -> float | None:
    """Letters that settled a minute over the newest part of the trail; None when nothing moves or it is too early to say."""
    if len(tally.trail) < 2:
        return None
    (begun, first), (ended, last) = tally.trail[0], tally.trail[-1]
    minutes = (ended - begun).total_seconds() / 60
    return (last - first) / minutes if minutes > 0 and last > first else None


def read_progress(place: Workplace, name: str) -> Progress:
    """How far an edition is, by the kept numbers; counted now only if nobody has counted yet.

    Raises:
        EditionError: there is no such edition.
    """
    with place.store.reading() as connection:
        tally = read_tally(connection, name_tally(name))
    return judge_progress(tally or tally_edition(place, name))


def tally_edition(place: Workplace, name: str) -> Tally:
    """Count an edition's letters and keep the numbers."""
    with place.store.reading() as connection:
        counts = {**count_states(connection, name), DOUBTED: count_doubts(connection, name)}
        before = read_tally(connection, name_tally(name))
    settled = sum(number for state, number in counts.items() if state not in (*_WAITING, DOUBTED))
    trail = before.trail if before else ()
    if not trail or trail[-1][0] < place.now:
        trail = (*trail[-_LONGEST_TRAIL + 1 :], (place.now, settled))
    tally = Tally(counts, place.now, trail)
    with place.store.writing() as connection:
        keep_tally(connection, name_tally(name), tally)
    return tally


def tally_editions(place: Workplace) -> bool:
    """Count what may have changed since it was last counted; whether letters of an edition are leaving now."""
    with place.store.reading() as connection:
        under_way = read_heads(connection, states=_UNDER_WAY, limit=200)
        ended = read_heads(connection, states=("finished", "cancelled"), limit=50)
        due = [one for one in (*under_way, *ended) if _is_due(one, read_tally(connection, name_tally(one.id)), place.now)]
    for one in due:
        tally_edition(place, one.id)
    return any(one.state == "sending" for one in under_way)


def _is_due(one: EditionHead, tally: Tally | None, now: datetime) -> bool:
    if tally is None:
        return one.audience_count is not None
    if one.state in _UNDER_WAY:
        return True
    ended = one.finished_at or one.changed_at
    return tally.at <= ended or (now - ended < _SETTLES_FOR and now - tally.at > timedelta(minutes=10))
