"""One person at the desk, by their address: what is stored of them, erasing it, and never mailing them again.

The address is typed by staff and hashed at once; no journal, log or error ever holds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from digest import clock
from digest.desk.authority import check_actor
from digest.desk.erasing import erase_rows, forget_traces
from digest.desk.workplace import Workplace
from digest.errors import SubscriberError, UsageError
from digest.items.characters import find_first_forbidden
from digest.staff.roles import Right
from digest.store.dictionary import read_had
from digest.store.erasures import Suppression, note_record, note_word
from digest.store.forgetting import erase_person_letters
from digest.store.journal import write_journal
from digest.store.person import (
    add_suppression,
    count_own_letters,
    count_own_requests,
    drop_suppression,
    read_suppression,
)
from digest.store.rates import forget_counts
from digest.store.readers import read_consents, read_person
from digest.store.sqlite import translate
from digest.subscribers.addresses import parse_address
from digest.subscribers.limits import CONFIRMATIONS, GOODBYES, LINKS, place_names
from digest.subscribers.subscriptions import Consent, Subscription

__all__ = ["Found", "Held", "erase_everywhere", "find_person", "hash_address", "suppress", "unsuppress"]

_PATIENCE = 5.0
"""For how many seconds to try to empty the database's log after an erasure; else housekeeping does it."""
_SUBJECT = "a reader"
"""The journal names nobody: not even by a hash, for who has the keys could tell whose it is."""


@dataclass(frozen=True, slots=True)
class Held:
    """One subscription as staff see it; `had_count` is how many items they were sent, as far as is remembered."""

    number: int
    subscription: Subscription
    consents: tuple[Consent, ...]
    had_count: int
    is_address_kept: bool


@dataclass(frozen=True, slots=True)
class Found:
    """All that is stored of an address: subscriptions, requests from the web, that single letters were to it, and why and
    since when it is never mailed."""

    subscriptions: tuple[Held, ...]
    request_count: int
    letter_count: int = 0
    suppressed_for: str = ""
    suppressed_at: datetime | None = None

    def __bool__(self) -> bool:
        return bool(self.subscriptions or self.request_count or self.letter_count or self.suppressed_at)


def hash_address(place: Workplace, address: str) -> bytes:
    """The keyed hash of what was typed.

    Raises:
        SubscriberError: it is no address, or the keys are missing.
    """
    return place.sealer.index(parse_address(address).address)


def find_person(place: Workplace, address: str) -> Found:
    """What is stored of the person of that address; nothing is written.

    Raises:
        SubscriberError: it is no address, or the keys are missing.
    """
    hashed = hash_address(place, address)
    with place.hot.reading() as connection:
        held = tuple(
            Held(
                number=one.number,
                subscription=one.subscription,
                consents=tuple(given for _, given in read_consents(connection, one.number)),
                had_count=len(read_had(connection, one.had_id)),
                is_address_kept=bool(one.sealed),
            )
            for one in read_person(connection, hashed)
        )
        reason, at = read_suppression(connection, hashed) or ("", None)
        letters = count_own_letters(connection, hashed)
        return Found(held, count_own_requests(connection, hashed), letters, reason, at)


def erase_everywhere(place: Workplace, address_hash: bytes, *, never_again: bool, actor: str) -> int:
    """Erase all that is stored of an address: subscriptions with their consent, requests, letters, counts.

    The number of each subscription is put on record beside the database first, so that no backup brings it back.

    Args:
        never_again: keep the keyed hash of the address, so that nobody can subscribe it again.

    Returns:
        How many subscriptions were erased; for an address without any, how many letters and requests.

    Raises:
        StoreError: it cannot be written; then nothing is erased.
    """
    with translate(place.hot.file), place.hot.writing() as connection:
        check_actor(place, connection, actor, Right.READERS)
        readers = read_person(connection, address_hash)
        erase_rows(place, connection, readers, never_again=never_again)
        others = erase_person_letters(connection, address_hash, place.now)
        names = [place_names(budget, address_hash) for budget in (CONFIRMATIONS, LINKS, GOODBYES)]
        forget_counts(connection, [name for spans in names for span in spans for name in span])
        if never_again:
            if not readers:
                note_record(place.site.var, [Suppression(place.now, address_hash)])
            add_suppression(connection, address_hash, "asked for it", clock.real_now())
        detail = {"subscriptions": len(readers), "never again": never_again}
        write_journal(connection, place.now, actor, "reader erased", _SUBJECT, place.via, **detail)
    forget_traces(place, _PATIENCE)
    return len(readers) + others


def suppress(place: Workplace, address: str, *, reason: str, actor: str) -> bool:
    """Never mail an address again, whatever list it is on; False when that was so already.

    Raises:
        UsageError: the reason is empty, or cannot be shown in one line.
        SubscriberError: it is no address, or the keys are missing.
    """
    if not reason.strip() or "\n" in reason or find_first_forbidden(reason) or "@" in reason:
        raise UsageError(
            "--reason", "it is empty, or holds an address or a character that cannot be shown", "Say it in short."
        )
    hashed = hash_address(place, address)
    with place.hot.writing() as connection:
        check_actor(place, connection, actor, Right.READERS)
        note_word(place.site.var, [Suppression(place.now, hashed)])
        is_new = add_suppression(connection, hashed, reason.strip(), clock.real_now())
        if is_new:
            write_journal(connection, place.now, actor, "address suppressed", _SUBJECT, place.via, reason=reason.strip())
    return is_new


def unsuppress(place: Workplace, address: str, *, actor: str) -> None:
    """Let an address be mailed again; its subscriptions are as they were.

    Raises:
        SubscriberError: it is no address, or is not suppressed.
    """
    hashed = hash_address(place, address)
    with place.hot.writing() as connection:
        check_actor(place, connection, actor, Right.READERS)
        reason = drop_suppression(connection, hashed)
        if reason is None:
            raise SubscriberError("address", "it is not among those that are never mailed", "Nothing was changed.")
        note_word(place.site.var, [Suppression(place.now, hashed, is_over=True)])
        write_journal(connection, place.now, actor, "address unsuppressed", _SUBJECT, place.via, reason=reason)
