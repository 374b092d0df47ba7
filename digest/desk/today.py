"""What is wrong or waiting, the worst first, each with the one step to take: what staff look at when they come in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, func, select

from digest.desk.edition_lists import OPEN
from digest.desk.fencing import find_fence
from digest.desk.scheduling import find_slot
from digest.desk.workplace import Workplace
from digest.store.edition_heads import EditionHead, Tally, name_tally, read_heads, read_tally
from digest.store.editions import read_edition
from digest.store.schema import delivery

__all__ = ["Task", "Today", "look"]


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that waits for somebody: `bad` when it stands still, `wait` when it is only to be done.

    `moment` belongs to the words, which end before it; `address` is the page where the step is taken, empty for the console.
    """

    tone: Literal["bad", "wait", "busy"]
    title: str
    words: str
    address: str = ""
    moment: datetime | None = None


@dataclass(frozen=True, slots=True)
class Today:
    """What waits, and the last edition that was sent with its numbers."""

    tasks: tuple[Task, ...]
    last: EditionHead | None
    tally: Tally | None


def look(place: Workplace) -> Today:
    """Everything that waits now."""
    with place.store.reading() as connection:
        heads = read_heads(connection, states=OPEN, limit=200)
        held = _count_held(connection)
        last = next(iter(read_heads(connection, states=("finished",), limit=1)), None)
        tally = read_tally(connection, name_tally(last.id)) if last else None
    tasks = [*_list_fence(place), *_list_held(held), *_list_editions(place, heads)]
    order = {"bad": 0, "wait": 1, "busy": 2}
    return Today(tuple(sorted(tasks, key=lambda task: order[task.tone])), last, tally)


def _count_held(connection: Connection) -> int:
    return connection.execute(select(func.count()).where(delivery.c.state == "held")).scalar() or 0


def _list_fence(place: Workplace) -> Iterator[Task]:
    fence = find_fence(place)
    if fence is not None:
        words = "Nothing is released or sent until somebody at the server has looked: digest fence status"
        yield Task("bad", "The site stands still", words)


def _list_held(held: int) -> Iterator[Task]:
    if held:
        words = "Nobody knows whether they arrived; a person must decide."
        yield Task("bad", f"{held:,} {'letter' if held == 1 else 'letters'} in doubt", words, "/desk/held")


def _list_editions(place: Workplace, heads: list[EditionHead]) -> Iterator[Task]:
    for head in reversed(heads):
        address = f"/desk/editions/{head.id}"
        match head.state:
            case "paused":
                who = head.paused_by or "the program"
                yield Task("bad", f"{head.id} is paused", f"By {who}: {head.paused_reason or 'by hand'}.", address)
            case "draft" | "approved":
                yield _describe(place, head, address)
            case _:
                yield Task("busy", f"{head.id} is being sent", "Look how far it is.", address)


def _describe(place: Workplace, head: EditionHead, address: str) -> Task:
    with place.store.reading() as connection:
        edition = read_edition(connection, head.id)
    slot_at = find_slot(place, edition)
    if head.state == "approved" and slot_at is not None:
        return Task("busy", f"{head.id} is approved", "It leaves by itself on", address, slot_at)
    if head.state == "approved":
        return Task("wait", f"{head.id} is approved", "Somebody must send it.", address)
    if slot_at is not None:
        return Task("wait", f"{head.id} waits for approval", "Approved in time, it leaves by itself on", address, slot_at)
    return Task("wait", f"{head.id} waits for approval", "Nothing leaves by itself.", address)
