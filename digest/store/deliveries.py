"""What staff and corrections do to deliveries and editions that are on their way.

Each function is part of the caller's writing transaction, so that it takes effect together with its entry in the journal,
or not at all. A sender meets the change at its next question, before the next body leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, func, select, update

from digest.delivery.transitions import Decision, Facts, State, after_decision
from digest.errors import EditionError
from digest.store.releases import from_seconds, to_seconds
from digest.store.schema import delivery, delivery_count, edition, letter, request, subscription, suppression, variant

__all__ = [
    "Decided", "Held", "RefusedLetters", "Stopped", "cancel_edition", "count_doubts", "decide", "pause_edition",
    "read_doubted", "read_failed", "read_held", "read_inflight", "read_refusals", "resume_edition", "stop_variants",
]  # fmt: skip

_STILL = (State.QUEUED, State.PICKED)
_AT_ONCE = 500
_PLAIN = {State.QUEUED: "waiting", State.PICKED: "waiting", State.INFLIGHT: "leaving now"}
_WORDS = {Decision.RECEIVED: "received, say staff", Decision.AGAIN: None, Decision.GIVE_UP: "given up by staff"}


@dataclass(frozen=True, slots=True)
class Held:
    """A delivery that staff must decide or want to see by name. The address stays sealed.

    `kind` is that of a single letter, empty for the letter of an edition; `address_hash` is a single letter's, which may be
    all that is left of its address; `held_at` is when the delivery came to rest.
    """

    id: int
    edition: str | None
    subscription: int | None
    sealed: bytes | None
    unknown_count: int
    attempt_count: int
    reply: str
    held_at: datetime | None
    code: int | None = None
    kind: str = ""
    address_hash: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a delivery by the word of staff; `refusal` says why nothing did, empty when it did."""

    id: int
    edition: str | None
    state: State | None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Stopped:
    """How many deliveries were cancelled, how many are held because a copy may have arrived, how many are in flight."""

    cancelled_count: int
    held_count: int
    inflight_count: int


@dataclass(frozen=True, slots=True)
class RefusedLetters:
    """Deliveries in one state that the relay refused in the same words; `reply` holds no address."""

    state: State
    code: int | None
    reply: str
    count: int


def read_refusals(connection: Connection, name: str) -> list[RefusedLetters]:
    """Why letters of an edition failed, or wait to be tried again, the most frequent words first."""
    number = func.count()
    query = (
        select(delivery.c.state, delivery.c.code, delivery.c.reply, number.label("number"))
        .where(
            delivery.c.edition_id == name, delivery.c.state.in_((State.FAILED, State.QUEUED)), delivery.c.attempt_count > 0
        )
        .group_by(delivery.c.state, delivery.c.code, delivery.c.reply)
        .order_by(number.desc(), delivery.c.reply)
        .limit(20)
    )
    found = [RefusedLetters(State(row.state), row.code, row.reply or "", row.number) for row in connection.execute(query)]
    return found + _read_old_refusals(connection, name)


def _read_old_refusals(connection: Connection, name: str) -> list[RefusedLetters]:
    """Of the letters whose rows are forgotten: what relays said then is not known any more, but for its code."""
    number = func.sum(delivery_count.c.count)
    query = (
        select(delivery_count.c.code, number.label("number"))
        .where(delivery_count.c.edition_id == name, delivery_count.c.state == State.FAILED)
        .group_by(delivery_count.c.code)
        .order_by(number.desc())
    )
    return [RefusedLetters(State.FAILED, row.code or None, "", row.number) for row in connection.execute(query)]


def read_inflight(connection: Connection, name: str) -> dict[int, int]:
    """How many letters of an edition are under way with the sender of each place, be it alive or not."""
    query = (
        select(delivery.c.sender, func.count().label("number"))
        .where(delivery.c.edition_id == name, delivery.c.state == State.INFLIGHT)
        .group_by(delivery.c.sender)
    )
    return {row.sender or 0: row.number for row in connection.execute(query)}


def count_doubts(connection: Connection, name: str) -> int:
    """How many readers of an edition may have got a second copy: the answer to the first was lost, and one more was sent."""
    doubted = select(func.count()).where(delivery.c.edition_id == name, _DOUBTED)
    old = select(func.coalesce(func.sum(delivery_count.c.count), 0)).where(
        delivery_count.c.edition_id == name, delivery_count.c.doubted == 1
    )
    return int(connection.execute(doubted).scalar_one()) + int(connection.execute(old).scalar_one())


def read_held(connection: Connection, name: str | None = None) -> list[Held]:
    """What staff must decide, of one edition or of all, the oldest first."""
    return _read_letters(connection, delivery.c.state == State.HELD, name)


def read_failed(connection: Connection, name: str | None = None) -> list[Held]:
    """The letters that failed, of one edition or of all and single ones too, the oldest first."""
    return _read_letters(connection, delivery.c.state == State.FAILED, name)


def read_doubted(connection: Connection, name: str | None = None) -> list[Held]:
    """The letters that a reader may have got twice, of one edition or of all, the oldest first."""
    return _read_letters(connection, _DOUBTED, name)


_DOUBTED = and_(delivery.c.unknown_count > 0, delivery.c.state == State.SENT)


def _read_letters(connection: Connection, which: ColumnElement[bool], name: str | None) -> list[Held]:
    asked = (  # what a single letter had of its address is erased; whoever asked for it may still be known
        select(request.c.sealed)
        .where(request.c.address_hash == letter.c.address_hash)
        .order_by(request.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(
            delivery,
            letter.c.kind,
            letter.c.address_hash,
            func.coalesce(subscription.c.sealed, letter.c.sealed, asked).label("sealed"),
        )
        .join(subscription, subscription.c.id == delivery.c.subscription_id, isouter=True)
        .join(letter, letter.c.id == delivery.c.letter_id, isouter=True)
        .where(which)
        .order_by(delivery.c.outcome_at, delivery.c.id)
    )
    if name is not None:
        query = query.where(delivery.c.edition_id == name)
    return [
        Held(
            id=row.id,
            edition=row.edition_id,
            subscription=row.subscription_id,
            sealed=row.sealed,
            unknown_count=row.unknown_count,
            attempt_count=row.attempt_count,
            reply=row.reply or "",
            held_at=None if row.outcome_at is None else from_seconds(row.outcome_at),
            code=row.code,
            kind=row.kind or "",
            address_hash=row.address_hash or b"",
        )
        for row in connection.execute(query)
    ]


def decide(connection: Connection, ids: Sequence[int], decision: Decision, now: datetime) -> list[Decided]:
    """Settle held deliveries.

    `received` makes them sent, `give-up` failed, `again` queued for one more copy with the same Message-ID; a finished
    edition then goes back to being sent. A reader who left is never sent again, nor is a letter that was corrected since.
    """
    return [_decide(connection, number, decision, to_seconds(now)) for number in ids]


def pause_edition(connection: Connection, name: str, actor: str, now: datetime) -> None:
    """Stop sending an edition until staff resume it.

    Raises:
        EditionError: it is not being sent.
    """
    change = {"state": "paused", "paused_by": "staff", "paused_reason": None}
    # One that paused itself becomes paused by staff, so that the next `send` does not resume it.
    if not _change_edition(connection, name, ("sending", "paused"), change, actor, "paused", now):
        raise EditionError(f"edition {name}", "it is not being sent", "Only an edition that is being sent can be paused.")


def resume_edition(connection: Connection, name: str, actor: str, now: datetime, *, staff: bool) -> None:
    """Go on sending a paused edition.

    Args:
        connection: a writing transaction.
        name: the edition.
        actor: who resumes it.
        now: the moment.
        staff: whether a person said so; else only what paused itself is resumed.

    Raises:
        EditionError: it is not paused, or staff paused it and nobody of them resumes it.
    """
    query = select(edition.c.state, edition.c.paused_by, edition.c.changed_by).where(edition.c.id == name)
    row = connection.execute(query).first()
    if row is None or row.state != "paused":
        raise EditionError(f"edition {name}", "it is not paused", f"Look at it with: digest edition status {name}")
    if row.paused_by == "staff" and not staff:
        cause = f"{row.changed_by} paused it"
        raise EditionError(f"edition {name}", cause, f"Go on with: digest edition resume {name} --as NAME")
    change = {"state": "sending", "paused_by": None, "paused_reason": None}
    _change_edition(connection, name, ("paused",), change, actor, "resumed", now)


def cancel_edition(connection: Connection, name: str, actor: str, now: datetime) -> Stopped:
    """End an edition: what has not left is cancelled, what may have arrived is held, what is in flight ends by itself.

    Raises:
        EditionError: it is finished or cancelled already.
    """
    before = ("draft", "approved", "frozen", "sending", "paused")
    if not _change_edition(connection, name, before, {"state": "cancelled"}, actor, "cancelled", now):
        raise EditionError(f"edition {name}", "it is over already", f"Look at it with: digest edition status {name}")
    return _stop(connection, name, None, now)


def stop_variants(connection: Connection, name: str, variants: Iterable[int], now: datetime) -> Stopped:
    """Stop variants of an open edition whose content was corrected or withdrawn; other readers' copies go on."""
    numbers = list(variants)
    for start in range(0, len(numbers), _AT_ONCE):
        chosen = variant.c.id.in_(numbers[start : start + _AT_ONCE])
        connection.execute(update(variant).where(variant.c.edition_id == name, chosen).values(stopped=1))
    return _stop(connection, name, select(variant.c.id).where(variant.c.edition_id == name, variant.c.stopped == 1), now)


def _stop(connection: Connection, name: str, variants: Select[Any] | None, now: datetime) -> Stopped:
    of_this = delivery.c.edition_id == name
    if variants is not None:
        of_this = and_(of_this, delivery.c.variant_id.in_(variants))
    still = and_(of_this, delivery.c.state.in_(_STILL))
    rested = {"sender": None, "outcome_at": to_seconds(now), "reply": "stopped"}
    held = update(delivery).where(still, delivery.c.unknown_count > 0).values(state=State.HELD, **rested)
    cancelled = update(delivery).where(still, delivery.c.unknown_count == 0).values(state=State.CANCELLED, **rested)
    marked = update(delivery).where(of_this, delivery.c.state == State.INFLIGHT).values(stopped=1)
    held_count = connection.execute(held).rowcount
    return Stopped(connection.execute(cancelled).rowcount, held_count, connection.execute(marked).rowcount)


def _change_edition(
    connection: Connection,
    name: str,
    states: tuple[str, ...],
    change: dict[str, Any],
    actor: str,
    what: str,
    now: datetime,
) -> bool:
    query = update(edition).where(edition.c.id == name, edition.c.state.in_(states))
    newer = {"revision": edition.c.revision + 1, "changed_by": actor, "changed_what": what, "changed_at": to_seconds(now)}
    return connection.execute(query.values(**change, **newer)).rowcount == 1


def _decide(connection: Connection, number: int, decision: Decision, now: int) -> Decided:
    row = connection.execute(_facts().where(delivery.c.id == number)).first()
    if row is None:
        return Decided(number, None, None, "there is no such letter")
    if row.state != State.HELD:
        return Decided(number, row.edition_id, None, f"it is not held but {_PLAIN.get(row.state, row.state)}")
    refusal = _refuse_again(row) if decision is Decision.AGAIN else ""
    if refusal:
        return Decided(number, row.edition_id, None, refusal)
    change = after_decision(Facts(State.HELD, row.unknown_count), decision)
    values = {"state": change.state, "reply": _WORDS[decision], "outcome_at": now, "sender": None}
    if decision is Decision.AGAIN:
        values |= {"outcome_at": None, "next_at": now, "attempt_count": 0}
        reopened = update(edition).where(edition.c.id == row.edition_id, edition.c.state == "finished")
        connection.execute(reopened.values(state="sending", finished_at=None, revision=edition.c.revision + 1))
    connection.execute(update(delivery).where(delivery.c.id == number).values(**values))
    return Decided(number, row.edition_id, change.state)


def _facts() -> Select[Any]:
    barred = exists().where(suppression.c.address_hash == subscription.c.address_hash)
    return (
        select(
            delivery.c.edition_id,
            delivery.c.state,
            delivery.c.unknown_count,
            delivery.c.stopped,
            delivery.c.epoch,
            variant.c.stopped.label("variant_stopped"),
            edition.c.state.label("edition_state"),
            subscription.c.state.label("reader_state"),
            subscription.c.epoch.label("reader_epoch"),
            barred.label("suppressed"),
        )
        .join(edition, edition.c.id == delivery.c.edition_id, isouter=True)
        .join(variant, variant.c.id == delivery.c.variant_id, isouter=True)
        .join(subscription, subscription.c.id == delivery.c.subscription_id, isouter=True)
    )


def _refuse_again(row: Row[Any]) -> str:
    if row.reader_state != "active" or row.reader_epoch != row.epoch or row.suppressed:
        return "the reader left; a reader who left is never sent again"
    if row.stopped or row.variant_stopped:
        return "what it says was corrected since; give it up, the next edition carries the correction"
    if row.edition_state == "cancelled":
        return "its edition was cancelled"
    return ""
