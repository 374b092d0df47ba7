"""The letters that readers get for what they asked, each with its link. They are queued in the caller's transaction."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from digest.desk.letters import queue_single
from digest.desk.links import build_undo
from digest.desk.workplace import Workplace
from digest.errors import DigestError
from digest.mail.single import SingleKind, SingleLetter
from digest.mail.single_filling import fill_single
from digest.store.rates import add_counts, read_counts
from digest.store.readers import StoredReader
from digest.store.requests import StoredRequest
from digest.store.sqlite import AnyConnection
from digest.subscribers.addresses import parse_address
from digest.subscribers.limits import GOODBYES, Budget, Count, place_names, take_places
from digest.subscribers.requests import Wish, wish_of
from digest.subscribers.tokens import LIFETIMES, Purpose, build_expiring

__all__ = [
    "find_places", "queue_confirmation", "queue_goodbye", "queue_link", "queue_move", "queue_nothing", "queue_present",
]  # fmt: skip


def find_places(connection: AnyConnection, budget: Budget, address_hash: bytes, now: datetime) -> list[Count] | None:
    """What to count for one more letter of a sort to an address; None when it has had as many as it may."""
    names = [name for span in place_names(budget, address_hash) for name in span]
    counts = take_places(budget, address_hash, read_counts(connection, names, now), now)
    return None if counts is None else list(counts)


def queue_confirmation(place: Workplace, connection: AnyConnection, request: StoredRequest, wish: Wish) -> None:
    """Ask the address that a request names to confirm it; what the letter says follows from the wish alone.

    Raises:
        TemplateError: it cannot be made with the site's templates.
        DeliveryError: the address does not fit a letter.
    """
    token = build_expiring(place.keys, Purpose.CONFIRM, request.number, request.mark(place.now), place.now)
    address = parse_address(place.sealer.unseal(request.sealed))
    letter = _fill(place, "confirmation", wish, Purpose.CONFIRM)
    queue_single(place, connection, letter, address, link=place.addresses.confirm(token))


def queue_present(place: Workplace, connection: AnyConnection, reader: StoredReader) -> None:
    """Tell a reader who asked again that they get it already, with the link to their choices."""
    _queue_with_link(place, connection, "present", reader)


def queue_link(place: Workplace, connection: AnyConnection, reader: StoredReader) -> None:
    """Send a reader the link to their choices."""
    _queue_with_link(place, connection, "preferences", reader)


def _queue_with_link(place: Workplace, connection: AnyConnection, kind: SingleKind, reader: StoredReader) -> None:
    epoch = reader.subscription.epoch
    token = build_expiring(place.keys, Purpose.MANAGE, reader.number, epoch, place.now)
    letter = _fill(place, kind, wish_of(reader.subscription), Purpose.MANAGE)
    address = parse_address(place.sealer.unseal(reader.sealed))
    link = place.addresses.preferences(token)
    queue_single(place, connection, letter, address, link=link, subscription=reader.number, epoch=epoch)


def queue_nothing(place: Workplace, connection: AnyConnection, request: StoredRequest, wish: Wish) -> None:
    """Write what `queue_link` writes, for an address that gets nothing: the ledger's fence refuses it as it does for erased
    readers, and its link is nobody's."""
    token = build_expiring(place.keys, Purpose.MANAGE, 0, 1, place.now)
    letter = _fill(place, "preferences", wish, Purpose.MANAGE)
    address = parse_address(place.sealer.unseal(request.sealed))
    queue_single(place, connection, letter, address, link=place.addresses.preferences(token), epoch=1)


def queue_move(place: Workplace, connection: AnyConnection, request: StoredRequest, reader: StoredReader) -> None:
    """Ask the address that letters go to so far whether they may go to another one."""
    token = build_expiring(place.keys, Purpose.MOVE, request.number, request.mark(place.now), place.now)
    letter = _fill(place, "move", wish_of(reader.subscription), Purpose.MOVE)
    address = parse_address(place.sealer.unseal(reader.sealed))
    link, epoch = place.addresses.move(token), reader.subscription.epoch
    queue_single(place, connection, letter, address, link=link, subscription=reader.number, epoch=epoch)


def queue_goodbye(place: Workplace, connection: AnyConnection, reader: StoredReader, left_at: datetime) -> None:
    """Say goodbye to somebody who has just left, with the way back. If it cannot be said, it is not: leaving must work."""
    counts = find_places(connection, GOODBYES, reader.address_hash, left_at)
    if counts is None:
        return
    with suppress(DigestError, OSError):
        kept_days = LIFETIMES[Purpose.UNDO].days
        letter = _fill(place, "goodbye", wish_of(reader.subscription), Purpose.UNDO, kept_days=kept_days)
        address = parse_address(place.sealer.unseal(reader.sealed))
        link = place.addresses.undo(build_undo(place, reader, left_at))
        queue_single(place, connection, letter, address, link=link)  # nobody's: who left gets no letters of a reader's
        add_counts(connection, counts, left_at)


def _fill(place: Workplace, kind: SingleKind, wish: Wish, purpose: Purpose, *, kept_days: int = 0) -> SingleLetter:
    hours = int(LIFETIMES[purpose].total_seconds() // 3600)
    return fill_single(kind, wish, place.site.settings, place.templates, link_hours=hours, kept_days=kept_days)
