"""Editions at once, made and begun right after what they tell of is public: by `digest publish`, and by `digest serve`.

One process at a time does this for a site. Whatever stops it halfway, the next one goes on: the note of what is due is taken
back only when the edition is being sent, waits for a person, or has nobody to go to.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from digest.desk.at_once import Made, list_due, make_edition, put_away
from digest.desk.fencing import find_fence
from digest.desk.workplace import Workplace
from digest.editions.approval import hash_value
from digest.errors import DigestError, StoreError
from digest.staff.members import THE_PROGRAM, Program
from digest.store.at_once import read_approved, read_due, read_made
from digest.store.hot import HotStore
from digest.store.releases import log_end
from digest.store.sqlite import translate

__all__ = ["AtOnce", "describe", "find_others", "is_anything_due", "list_hindrances", "send_at_once"]


@dataclass(frozen=True, slots=True)
class AtOnce:
    """What became of an edition at once: it is being sent, waits for approval, or could not be begun (`words` say why).

    `about` is the list or edition that was at its turn.
    """

    name: str
    state: Literal["begun", "waiting", "failed"]
    reader_count: int = 0
    words: str = ""
    about: str = ""


def describe(one: AtOnce) -> str:
    """What staff are told of it, in one line."""
    if one.state == "failed":
        return f"{one.name} cannot be sent: {one.words}"
    if one.state == "waiting":
        return f"{one.name}: waits for approval: digest edition approve {one.name} --as NAME"
    return f"{one.name}: {_count(one.reader_count)}"


def is_anything_due(store: HotStore, skip: Collection[str] = ()) -> bool:
    """Whether `send_at_once` has something to do; cheap enough to ask every second."""
    with store.reading() as connection:
        return any(name not in skip for name in (*read_due(connection), *read_approved(connection)))


def send_at_once(
    place: Workplace,
    *,
    actor: str = THE_PROGRAM,
    wait: bool = True,
    say: Callable[[str], None] = lambda _sentence: None,
    skip: Collection[str] = (),
) -> list[AtOnce]:
    """Begin the editions at once that are approved, and make those that are due; a fenced site makes and begins none.

    Args:
        actor: who gave the occasion; that takes no right but the one to release, for all else was decided before.
        wait: for another process that is at it; else nothing is done then.
        say: is told in a sentence what did not work on the way and stops nothing.
        skip: lists and editions (`AtOnce.about`) that are left for another time.

    What cannot be made or begun for one list is among the answers, stays due, and holds up no other.

    Raises:
        StoreError: the store cannot be read or written.
    """
    if not is_anything_due(place.hot, skip) or find_fence(place) is not None:
        return []
    with _alone(place, wait) as is_alone:
        if not is_alone:
            return []
        by = Program(actor)
        begun = [_begin(place, name, by, say) for name in _list_approved(place) if name not in skip]
        made = [_try(place, name, by, say) for name in list_due(place) if name not in skip]
        return [*begun, *(one for one in made if one is not None)]


def list_hindrances(place: Workplace) -> list[str]:
    """Why nothing is sent at once though something is due, in sentences."""
    if not is_anything_due(place.hot) or (fence := find_fence(place)) is None:
        return []
    return [f"This site stands still, so nothing is sent at once: {fence.words}. Look: digest fence status"]


def find_others(place: Workplace, number: int, done: Sequence[AtOnce]) -> list[AtOnce]:
    """The editions at once that another process has made meanwhile of events from this number on."""
    with place.hot.reading() as connection:
        found = read_made(connection, number)
    known = {one.name for one in done}
    return [
        AtOnce(name, "waiting" if state == "draft" else "begun", audience or 0)
        for name, state, audience in found
        if name not in known and state not in ("cancelled", "approved")
    ]


def _count(number: int) -> str:
    return "1 letter is on its way" if number == 1 else f"{number} letters are on their way"


def _list_approved(place: Workplace) -> list[str]:
    with place.hot.reading() as connection:
        return read_approved(connection)


def _begin(place: Workplace, name: str, actor: Program, say: Callable[[str], None]) -> AtOnce:
    from digest.work.sending import begin

    try:
        edition = begin(place, name, actor=actor, say=say)
    except DigestError as error:
        return AtOnce(name, "failed", words=str(error), about=name)
    return AtOnce(name, "begun", edition.audience_count or 0, about=name)


def _try(place: Workplace, list_id: str, actor: Program, say: Callable[[str], None]) -> AtOnce | None:
    try:
        outcome = _make(place, list_id, actor, say)
    except StoreError:
        raise
    except DigestError as error:
        words = " ".join(map(str, (error, *error.problems)))
        return AtOnce(f"the edition at once of {list_id}", "failed", words=words, about=list_id)
    return None if outcome is None else replace(outcome, about=list_id)


def _make(place: Workplace, list_id: str, actor: Program, say: Callable[[str], None]) -> AtOnce | None:
    from digest.desk.standing import try_standing_approval

    with place.hot.reading() as connection:
        horizon = log_end(connection)
    made = make_edition(place, list_id, actor=actor)
    if made is None:
        put_away(place, list_id, horizon)
        return None
    name = made.edition.id
    if not try_standing_approval(place, name):
        _announce(place, made)
        outcome = AtOnce(name, "waiting")
    else:
        outcome = _begin(place, name, actor, say)
    if outcome.state != "failed":
        put_away(place, list_id, made.edition.horizon)
    return outcome


def _announce(place: Workplace, made: Made) -> None:
    """Tell the approvers of its list that a draft waits for them: once, and again when it carries other items than then."""
    from digest.desk.notices import notify_approvers

    edition = made.edition
    occasion = f"approval-wanted {edition.id} {hash_value(list(made.items))[:16]}"
    with place.hot.writing() as connection:
        notify_approvers(
            place,
            connection,
            edition.list_id,
            "approval-wanted",
            occasion=occasion,
            edition=edition.id,
            titles=made.titles,
        )


@contextmanager
def _alone(place: Workplace, wait: bool) -> Iterator[bool]:
    """Whether nobody else makes editions at once here; a lock of the operating system, which no dead process keeps."""
    file = place.site.var / "at-once.lock"
    with translate(file):
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield _take(handle, wait)
    finally:
        os.close(handle)


def _take(handle: int, wait: bool) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True
