"""What was promised, judged by what went over the wire and what people did; the rules of the ledger are not asked."""

from __future__ import annotations

from bench.ledger_model.states import Moment, Rows

__all__ = ["BrokenPromiseError", "check_body", "check_end", "check_letters", "check_moment", "check_rest"]

_RESTED = frozenset(("sent", "failed", "suppressed", "cancelled", "held"))


class BrokenPromiseError(Exception):
    """A promise was broken; the message says which."""


def check_body(moment: Moment, number: int, most: int) -> None:
    """What must hold when the body of a letter begins, in the moment before: stop means stop, and every copy is marked.

    Args:
        most: how many copies there may be, without those that staff asked for.
    """
    people, copies, row = moment.people, moment.copies[number], moment.rows.deliveries[number]
    _must(not people.paused, "a body began after a pause")
    _must(not people.cancelled, "a body began after the edition was cancelled")
    _must(not people.corrected, "a body began after what it says was corrected")
    _must(number not in people.gone, "a body began after its reader left")
    _must(copies.perhaps <= row.unknown_count, "another copy began without a mark")
    _must(copies.perhaps < most + copies.more, "one copy more than the cap began")


def check_moment(moment: Moment) -> None:
    """What must always hold of each letter."""
    for row, copies in zip(moment.rows.deliveries, moment.copies, strict=True):
        _must(copies.taken <= copies.perhaps, "a copy was taken that never began")
        _must(copies.taken < 2 or row.unknown_count > 0, "a second copy is not marked")
        _must(row.unknown_count <= copies.lost, "a doubt where nothing was lost")
        if row.state == "sent" and not copies.received:
            _must(copies.taken > 0, "somebody who got nothing counts as sent")
        if row.state in ("cancelled", "suppressed"):
            _must(copies.taken == 0, f"somebody who got a copy counts as {row.state}")
        if row.state == "failed" and not copies.given_up:
            marked = not moment.rows.edition and row.unknown_count > 0  # a single letter, of which nobody decides
            _must(copies.taken == 0 or marked, "somebody who got a copy counts as failed")
    rested = [row.state in _RESTED for row in moment.rows.deliveries]
    _must(moment.rows.edition != "finished" or all(rested), "an edition was finished before everybody was accounted for")


def check_letters(moment: Moment) -> None:
    """What must always hold of a single letter: its address is there for as long as it may be needed, and no longer."""
    for row in moment.rows.deliveries:
        _must(row.state != "held", "a single letter is held")
        _must(row.address == (row.state not in _RESTED), f"the address of a letter that is {row.state}")


def check_rest(before: Rows, after: Rows) -> None:
    """What must hold across each step that is not the word of staff: what is at rest stays so."""
    for old, new in zip(before.deliveries, after.deliveries, strict=True):
        _must(old.state not in _RESTED or new.state == old.state, f"what was {old.state} became {new.state} by itself")


def check_end(moment: Moment) -> None:
    """What must hold when senders and relay have nothing more to do: nobody was forgotten."""
    if moment.people.paused:
        return
    states = [row.state for row in moment.rows.deliveries]
    _must(set(states) <= _RESTED, f"somebody was forgotten: {', '.join(states)}")
    _must(moment.rows.edition not in ("sending", "paused"), "an edition was never finished")


def _must(holds: bool, promise: str) -> None:
    if not holds:
        raise BrokenPromiseError(promise)
