"""Why letters of an edition wait, in words for people. Pure; moments are whole seconds since 1970 in UTC."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from digest.delivery.pacing import Gate, Pacing

__all__ = ["Part", "Queue", "Wait", "list_waits"]


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the letters that wait: how many, and when the first of them is due."""

    count: int = 0
    first_at: int = 0


@dataclass(frozen=True, slots=True)
class Queue:
    """The letters of an edition that wait.

    Attributes:
        list_id: the edition's list.
        lane: 0 when they are urgent, 1 for a digest.
        count: how many there are.
        earliest_at: the edition's earliest moment; 0 when it has none.
        asked: those whose receiving domain asked for time.
        paced: those that were not tried yet, because their receiving domain has had as many as it may.
        tried: those that are tried again later.
    """

    list_id: str
    lane: int
    count: int
    earliest_at: int = 0
    asked: Part = Part()
    paced: Part = Part()
    tried: Part = Part()


@dataclass(frozen=True, slots=True)
class Wait:
    """One reason. The words go on with the moment `until`, if there is one."""

    words: str
    until: int | None = None


def list_waits(queue: Queue, pacing: Pacing, count_passed: Callable[[str], int], now: int) -> tuple[Wait, ...]:
    """Why letters do not leave now, what concerns most of them first; when nothing holds them, that they are due.

    Args:
        count_passed: how many letters have passed the gate of a name.
    """
    if not queue.count:
        return ()
    held = tuple(_hold_all(queue, pacing, count_passed, now))
    due_count = 0 if held else queue.count - queue.asked.count - queue.paced.count - queue.tried.count
    verb = "is due and leaves" if due_count == 1 else "are due and leave"
    due = (Wait(f"{due_count} {verb} while digest send or digest serve runs"),) if due_count else ()
    return (*held, *_hold_some(queue), *due)


def _hold_all(queue: Queue, pacing: Pacing, count_passed: Callable[[str], int], now: int) -> Iterator[Wait]:
    """What holds every letter of the edition."""

    def is_full(gate: Gate) -> bool:
        return count_passed(gate.name) >= gate.limit

    if queue.earliest_at > now:
        yield Wait("its moment has not come: nothing leaves before", queue.earliest_at)
    quiet_until = pacing.quiet_until(queue.list_id, now) if queue.lane else None
    if quiet_until is not None:
        yield Wait("quiet hours: nothing but what is urgent leaves before", quiet_until)
    for gate in filter(is_full, pacing.list_gates(queue.list_id, now)):
        domain = pacing.warm_ups[queue.list_id].domain
        yield Wait(f"{domain} is new: {gate.limit} letters may leave from it today, and have; more leave from", gate.until)
    for name in pacing.relays:
        until = max((gate.until for gate in filter(is_full, pacing.relay_gates(name, now))), default=None)
        if until is not None:
            yield Wait(f"the relay {name} has had as many letters as it may for now; more leave from", until)


def _hold_some(queue: Queue) -> Iterator[Wait]:
    reasons = (
        (queue.paced, "to mail services that have had as many as they may for now; the next leaves"),
        (queue.asked, "to mail services that asked for time; the first leaves"),
        (queue.tried, "to be tried again, the first"),
    )
    for part, words in reasons:
        if part.count:
            yield Wait(f"{part.count} {words}", part.first_at)
