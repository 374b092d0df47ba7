"""Staff's hand on what is being sent: pause, resume, cancel, and the word on held letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from digest.delivery.transitions import Decision
from digest.desk.workplace import Workplace
from digest.editions.edition import Edition
from digest.store.deliveries import (
    Decided,
    Held,
    cancel_edition,
    pause_edition,
    read_doubted,
    read_failed,
    read_held,
    resume_edition,
)
from digest.store.deliveries import decide as decide_held
from digest.store.editions import read_edition
from digest.store.journal import write_journal

__all__ = ["HeldLetter", "cancel", "decide", "list_held", "list_letters", "pause", "resume"]


@dataclass(frozen=True, slots=True)
class HeldLetter:
    """A letter that a person must decide about, with the reader's address for those who may see it."""

    held: Held
    address: str


def pause(place: Workplace, name: str, *, actor: str) -> Edition:
    """Stop sending before the next body; `send` does not resume what staff paused.

    Raises:
        EditionError: it is not being sent.
    """
    with place.store.writing() as connection:
        pause_edition(connection, read_edition(connection, name).id, actor, place.now)
        write_journal(connection, place.now, actor, "edition paused", name, place.via)
        return read_edition(connection, name)


def resume(place: Workplace, name: str, *, actor: str) -> Edition:
    """Let a paused edition be sent again.

    Raises:
        EditionError: it is not paused.
    """
    with place.store.writing() as connection:
        resume_edition(connection, read_edition(connection, name).id, actor, place.now, staff=True)
        write_journal(connection, place.now, actor, "edition resumed", name, place.via)
        return read_edition(connection, name)


def cancel(place: Workplace, name: str, *, actor: str) -> Edition:
    """End an edition: what has not left is cancelled, and its items come with the next one.

    Raises:
        EditionError: it is over already.
    """
    with place.store.writing() as connection:
        stopped = cancel_edition(connection, read_edition(connection, name).id, actor, place.now)
        detail = {"cancelled": stopped.cancelled_count, "held": stopped.held_count, "in flight": stopped.inflight_count}
        write_journal(connection, place.now, actor, "edition cancelled", name, place.via, **detail)
        return read_edition(connection, name)


def list_held(place: Workplace, name: str | None = None) -> list[HeldLetter]:
    """The letters that may or may not have arrived, of one edition or of all."""
    with place.store.reading() as connection:
        held = read_held(connection, name)
    return [HeldLetter(one, place.sealer.unseal(one.sealed) if one.sealed else "(erased)") for one in held]


def list_letters(place: Workplace, name: str, which: Literal["failed", "doubted"]) -> list[HeldLetter]:
    """The letters of an edition that failed, or that a reader may have got twice, with their addresses."""
    with place.store.reading() as connection:
        read_edition(connection, name)
        found = read_failed(connection, name) if which == "failed" else read_doubted(connection, name)
    return [HeldLetter(one, place.sealer.unseal(one.sealed) if one.sealed else "(erased)") for one in found]


def decide(place: Workplace, numbers: Sequence[int], decision: Decision, *, actor: str) -> list[Decided]:
    """Settle held letters by the word of staff; each that cannot be settled so says why."""
    with place.store.writing() as connection:
        decided = decide_held(connection, numbers, decision, place.now)
        for one in decided:
            if one.state is not None:
                subject = one.edition or f"delivery {one.id}"
                detail = {"delivery": one.id, "decision": decision.value}
                write_journal(connection, place.now, actor, "held letter decided", subject, place.via, **detail)
    return decided
