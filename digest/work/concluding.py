"""What follows a run of a sender: what was sent is settled, the journal says how editions ended, approvers are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from digest import clock
from digest.delivery.transitions import State
from digest.desk.forgetting import forget
from digest.desk.notices import notify_approvers
from digest.desk.tidying import tidy_list
from digest.desk.workplace import Workplace
from digest.editions.edition import Edition
from digest.errors import DigestError
from digest.store.deliveries import RefusedLetters, count_doubts, read_refusals
from digest.store.due import read_ended
from digest.store.editions import count_states, read_edition
from digest.store.journal import read_journal, write_journal

__all__ = ["Ended", "conclude"]


@dataclass(frozen=True, slots=True)
class Ended:
    """An edition after a run: how many of its deliveries are in each state, why letters failed or wait, and how many readers
    may have got a second copy, because the answer to the first was lost."""

    edition: Edition
    counts: Mapping[str, int]
    refusals: Sequence[RefusedLetters]
    doubt_count: int


def conclude(place: Workplace, names: Sequence[str], since: datetime) -> list[Ended]:
    """Settle, forget what is old, and say in the journal which editions ended or paused by themselves; may be repeated.

    Args:
        names: the editions to report about.
        since: when the run began; what ended since goes into the journal too, for a run helps with what is urgent.

    Raises:
        EditionError: there is no such edition.
        StoreError: the store cannot be written.
    """
    forget(place)
    with place.store.writing() as connection:
        ended = [_look_at(connection, name) for name in names]
        others = [_look_at(connection, name) for name in read_ended(connection, since) if name not in names]
        for one in (*ended, *others):
            _note(place, connection, one)
    for one in (*ended, *others):
        with suppress(DigestError):  # that somebody is told matters less than that all else is done
            _tell(place, one)
    for list_id in {one.edition.list_id for one in (*ended, *others) if one.edition.state == "finished"}:
        tidy_list(place, list_id)  # a run that was told to end leaves it to the next
    return ended


def _look_at(connection: Connection, name: str) -> Ended:
    counts = count_states(connection, name)
    return Ended(read_edition(connection, name), counts, read_refusals(connection, name), count_doubts(connection, name))


def _note(place: Workplace, connection: Connection, ended: Ended) -> None:
    one = ended.edition
    if one.state == "finished":
        since = one.finished_at
    elif _has_paused_itself(one):
        since = one.changed_at
    else:
        return
    action = f"edition {one.state}"
    entries = [entry for entry in read_journal(connection, one.id) if entry.action == action]
    if not any(since is None or entry.at >= since for entry in entries):
        detail = {"why": one.paused_reason or "", "perhaps twice": ended.doubt_count, **ended.counts}
        write_journal(connection, clock.real_now(), "digest", action, one.id, place.via, **detail)


def _tell(place: Workplace, ended: Ended) -> None:
    """Tell the approvers what waits for a person, once each time."""
    one, held = ended.edition, ended.counts.get(State.HELD, 0)
    told = partial(notify_approvers, place, list_id=one.list_id, edition=one.id)
    with place.hot.writing() as connection:
        if _has_paused_itself(one):
            occasion = f"edition-paused {one.id} {one.changed_at:%Y%m%d%H%M%S}"
            told(connection, kind="edition-paused", occasion=occasion, titles=[one.paused_reason or "nobody knows why"])
        elif one.state == "finished" and held:
            occasion = f"letters-held {one.id} {one.finished_at:%Y%m%d%H%M%S}"
            told(connection, kind="letters-held", occasion=occasion, count=held)


def _has_paused_itself(edition: Edition) -> bool:
    return edition.state == "paused" and edition.paused_by == "self"
