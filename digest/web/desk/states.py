"""Where an edition stands, in one plain word and a sentence: what staff read, not what the store calls it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from digest.editions.edition import Edition
from digest.store.edition_heads import EditionHead

__all__ = ["Shown", "show_state"]


@dataclass(frozen=True, slots=True)
class Shown:
    """A state as pages show it; `tone` is the colour of its square: good, busy, wait, bad or none.

    `moment` belongs to the sentence, which ends before it; None when it is whole without.
    """

    word: str
    tone: str
    sentence: str
    moment: datetime | None = None


def show_state(one: Edition | EditionHead, slot_at: datetime | None, now: datetime) -> Shown:
    """The state of an edition; `slot_at` is when its schedule sends it."""
    match one.state:
        case "draft" if slot_at is not None:
            return Shown("Draft", "wait", "It waits for approval. Approved in time, it leaves by itself on", slot_at)
        case "draft":
            return Shown("Draft", "wait", "It waits for approval; nothing leaves by itself.")
        case "approved" if slot_at is not None and slot_at > now:
            return Shown("Approved", "good", f"Approved by {one.approved_by}; it leaves by itself on", slot_at)
        case "approved":
            return Shown("Approved", "good", f"Approved by {one.approved_by}; somebody must send it.")
        case "frozen":
            return Shown("Getting ready", "busy", "Its letters are being made.")
        case "sending" if one.earliest_at is not None and one.earliest_at > now:
            return Shown("Held", "wait", "You can still stop it: the first letter leaves on", one.earliest_at)
        case "sending":
            return Shown("Being sent", "busy", "Letters leave now.")
        case "paused":
            return Shown("Paused", "bad", f"Paused by {one.paused_by or 'the program'}: {one.paused_reason or 'by hand'}.")
        case "finished":
            return Shown("Sent", "good", "Sent; the last letter left on", one.finished_at)
        case _:
            return Shown("Cancelled", "none", f"Cancelled by {one.changed_by} on", one.changed_at)
