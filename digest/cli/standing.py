"""Where an edition and its letters stand, in words for the people who answer for them; used wherever that is printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from digest.cli.screen import count, format_moment, print_table

if TYPE_CHECKING:
    from datetime import tzinfo

    from digest.desk.workplace import Workplace
    from digest.editions.edition import Edition
    from digest.store.deliveries import RefusedLetters

__all__ = [
    "describe_departure", "describe_state", "describe_when", "list_counts", "print_counts", "print_doubts", "print_left",
    "print_refusals", "print_waits", "quote",
]  # fmt: skip

_STATES = {
    "draft": "draft, waits for approval",
    "approved": "approved",
    "frozen": "approved, about to be sent",
    "sending": "being sent",
    "paused": "paused",
    "finished": "finished",
    "cancelled": "cancelled",
}
_LETTERS = {
    "sent": "sent: the relay took them",
    "inflight": "leaving now",
    "waiting": "waiting: for their turn, or for the next try",
    "held": "held: a person must decide",
    "failed": "failed: refused for good",
    "suppressed": "suppressed: the reader left, or is never to be mailed",
    "cancelled": "cancelled: stopped before they left",
}
_LEFT = "in doubt: under way when their sender ended"
_WAITING = ("queued", "picked")


def describe_state(edition: Edition) -> str:
    """Where an edition stands."""
    if edition.state != "paused":
        return _STATES[edition.state]
    if edition.paused_by == "staff":
        return f"paused by {edition.changed_by}"
    return f"paused itself: {edition.paused_reason}" if edition.paused_reason else "paused"


def describe_departure(edition: Edition, slot: datetime | None, now: datetime, where: tzinfo) -> str:
    """When an edition leaves that has not begun to; empty for one that has, or never will.

    Args:
        slot: when the schedule sends it, None if it does not.
    """
    if edition.state not in ("draft", "approved"):
        return ""
    is_draft = edition.state == "draft"
    if slot is not None and slot > now:
        return f"{format_moment(slot, where)}, by digest serve{', if it is approved by then' if is_draft else ''}"
    if slot is not None or edition.rhythm == "at-once":
        return "at once when it is approved, by digest serve" if is_draft else "at once, by digest serve"
    return "by hand alone: digest send"


def describe_when(edition: Edition, slot: datetime | None, now: datetime, where: tzinfo) -> str:
    """The moment that counts of an edition: when it leaves, or when what it is now began."""
    if edition.state in ("draft", "approved", "frozen"):
        is_ahead = slot is not None and slot > now
        return f"leaves {_clock(slot, where)}" if slot and is_ahead else ""
    if edition.state == "finished":
        return _clock(edition.finished_at or edition.changed_at, where)
    begun_at = edition.started_at if edition.state == "sending" else None
    return f"since {_clock(begun_at or edition.changed_at, where)}"


def _clock(moment: datetime, where: tzinfo) -> str:
    return f"{moment.astimezone(where):%a %d %b %Y %H:%M}"


def list_counts(counts: Mapping[str, int]) -> str:
    """How many letters are where, in one line."""
    words = {"inflight": "under way"}
    return ", ".join(f"{number} {words.get(state, state)}" for state, number in _sum_up(counts).items())


def print_counts(edition: Edition, counts: Mapping[str, int], left_count: int) -> None:
    """How many letters are where, in numbers that add up.

    Args:
        left_count: how many of those in flight have no sender any more.
    """
    found = _sum_up(counts)
    if not found:
        return
    total = sum(found.values())
    leaving = found.pop("inflight", 0) - left_count
    rows = [(number, _LETTERS[state]) for state, number in found.items()]
    rows += [(leaving, _LETTERS["inflight"])] if leaving > 0 else []
    rows += [(left_count, _LEFT)] if left_count else []
    audience = edition.audience_count
    whole = "in all, one for each reader" if total == audience else f"in all, for an audience of {audience}"
    print_table([*rows, (total, whole)])


def print_left(edition: Edition, left_count: int) -> None:
    """What became of letters that were under way when their sender ended: nobody knows yet."""
    if not left_count:
        return
    were, each = ("letter was", "it") if left_count == 1 else ("letters were", "each of them")
    typer.echo(f"{left_count} {were} under way when the sender ended, and {each} may have arrived or not.")
    if edition.state == "sending":
        typer.echo("The next digest send (or a running digest serve) sends each once more, the same to the")
        typer.echo("last byte; where that was done before, it is held for a person to decide.")


def print_doubts(edition: Edition, doubt_count: int) -> None:
    """How many readers may have got an edition twice."""
    if doubt_count:
        twice = count(doubt_count, "reader")
        typer.echo(f"{twice} may have got it twice, for an answer was lost: digest deliveries doubted {edition.id}")


def print_refusals(refusals: Sequence[RefusedLetters]) -> None:
    """Why letters failed or wait, in the relay's words."""
    words = {"failed": "failed", "queued": "wait to be tried again"}
    rows = [(one.count, f"{words[one.state]}: {quote(one.code, one.reply)}") for one in refusals]
    print_table(rows, indent="    ")


def quote(code: int | None, reply: str) -> str:
    """What the relay said, or what we say where it said nothing."""
    return " ".join(str(part) for part in (code, reply) if part) or "nothing more is known"


def print_waits(place: Workplace, name: str, *, indent: str = "") -> None:
    """Why letters of an edition wait, and until when."""
    from digest.store.releases import from_seconds
    from digest.work.waiting import explain_waits

    for wait in explain_waits(place, name):
        until = "" if wait.until is None else f" {format_moment(from_seconds(wait.until), place.site.settings.zone)}"
        typer.echo(f"{indent}{wait.words}{until}")


def _sum_up(counts: Mapping[str, int]) -> dict[str, int]:
    """The numbers in the order in which they are told; what was only chosen by a connection waits like the rest."""
    waiting = sum(counts.get(state, 0) for state in _WAITING)
    numbers: dict[str, int] = {**counts, "waiting": waiting}
    return {state: numbers[state] for state in _LETTERS if numbers.get(state)}
