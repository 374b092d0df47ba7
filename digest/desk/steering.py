"""Staff's hand on what is being sent: pause, resume, cancel, and the word on held letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from digest.delivery.transitions import Decision
from digest.desk.authority import check_actor
from digest.desk.workplace import Workplace
from digest.editions.edition import Edition
from digest.staff.roles import Right
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

__all__ = ["HeldLetter", "cancel", "decide", "list_failed_singles", "list_held", "list_letters", "pause", "resume"]


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
        check_actor(place, connection, actor, Right.STOP)
        pause_edition(connection, read_edition(connection, name).id, actor, place.now)
        write_journal(connection, place.now, actor, "edition paused", name, place.via)
        return read_edition(connection, name)


def resume(place: Workplace, name: str, *, actor: str) -> Edition:
    """Let a paused edition be sent again.

    Raises:
        EditionError: it is not paused.
    """
    with place.store.writing() as connection:
        check_actor(place, connection, actor, Right.APPROVE)
        resume_edition(connection, read_edition(connection, name).id, actor, place.now, staff=True)
        write_journal(connection, place.now, actor, "edition resumed", name, place.via)
        return read_edition(connection, name)


def cancel(place: Workplace, name: str, *, actor: str) -> Edition:
    """End an edition: what has not left is cancelled, and its items come with the next one.

    Raises:
        EditionError: it is over already.
    """
    with place.store.writing() as connection:
        edition = read_edition(connection, name)
        check_actor(place, connection, actor, Right.APPROVE, *([Right.EDIT] if edition.state == "draft" else []))
        stopped = cancel_edition(connection, edition.id, actor, place.now)
        detail = {"cancelled": stopped.cancelled_count, "held": stopped.held_count, "in flight": stopped.inflight_count}
        write_journal(connection, place.now, actor, "edition cancelled", name, place.via, **detail)
        return read_edition(connection, name)


def list_held(place: Workplace, name: str | None = None) -> list[HeldLetter]:
    """The letters that may or may not have arrived, of one edition or of all.

    Raises:
        EditionError: there is no such edition.
    """
    return _list_letters(place, name, read_held)


def list_letters(place: Workplace, name: str | None, which: Literal["failed", "doubted"]) -> list[HeldLetter]:
    """The letters that failed, or that a reader may have got twice, with their addresses.

    Args:
        name: the edition; None for all of them, and single letters too, which never go twice.

    Raises:
        EditionError: there is no such edition.
    """
    return _list_letters(place, name, read_failed if which == "failed" else read_doubted)


def list_failed_singles(place: Workplace, since: datetime) -> list[Held]:
    """The single letters that failed at a moment or later."""
    with place.store.reading() as connection:
        found = read_failed(connection)
    return [one for one in found if one.kind and one.held_at is not None and one.held_at >= since]


def _list_letters(
    place: Workplace, name: str | None, read: Callable[[Connection, str | None], list[Held]]
) -> list[HeldLetter]:
    with place.store.reading() as connection:
        if name is not None:
            read_edition(connection, name)
        found = read(connection, name)
    return [HeldLetter(one, _find_address(place, one)) for one in found]


def _find_address(place: Workplace, one: Held) -> str:
    """A letter's address; that of a notice is erased, but is known when it is still an approver's."""
    if one.sealed:
        return place.sealer.unseal(one.sealed)
    approvers = (person.address for chosen in place.site.settings.lists.values() for person in chosen.approvers)
    known = (address for address in approvers if one.kind and place.sealer.index(address) == one.address_hash)
    return next(known, "(address no longer kept)")


def decide(place: Workplace, numbers: Sequence[int], decision: Decision, *, actor: str) -> list[Decided]:
    """Settle held letters by the word of staff; each that cannot be settled so says why."""
    with place.store.writing() as connection:
        check_actor(place, connection, actor, Right.APPROVE)
        decided = decide_held(connection, numbers, decision, place.now)
        for one in decided:
            if one.state is not None:
                subject = one.edition or f"delivery {one.id}"
                detail = {"delivery": one.id, "decision": decision.value}
                write_journal(connection, place.now, actor, "held letter decided", subject, place.via, **detail)
    return decided
