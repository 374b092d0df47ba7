"""What the database forgets: erased people, addresses of those who left, old deliveries and requests, in small transactions.

No number of a subscription or a delivery is ever given twice, for links and letters carry them. SQLite gives the highest
number anew once its row is gone; so the newest row stays, emptied, until there is a newer one.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from datetime import datetime, timedelta

from digest.delivery.transitions import OPEN, State
from digest.store.cleaning import note_traces
from digest.store.delivery_rows import marks
from digest.store.dictionary import keep_had, keep_interest
from digest.store.person import add_suppression
from digest.store.rates import sweep_counts
from digest.store.releases import to_seconds
from digest.store.sqlite import AnyConnection, driver

__all__ = [
    "ADDRESS_KEPT", "DELIVERIES_KEPT", "REQUESTS_KEPT", "erase_person_letters", "erase_subscription", "find_old_editions",
    "forget_addresses", "forget_deliveries", "forget_empty_rows", "forget_journal", "forget_rates", "forget_requests",
    "leap_numbers", "truncate_log",
]  # fmt: skip

REQUESTS_KEPT = timedelta(hours=73)
"""How long a request is kept: its link works for 72 hours from a moment that may be some minutes later."""

ADDRESS_KEPT = timedelta(days=30)
"""How long the address of somebody who left is kept, so that they can undo it."""

DELIVERIES_KEPT = timedelta(days=30)
"""How long an edition's deliveries are kept one by one, from when the last of them came to rest; then only counts are."""

LEAP = 1_000_000
"""By how much numbers go on after a restore at least: more than can have been given since the backup."""

_LEAPS = 1_000_000_000
"""How far a leap may go beyond that, by chance: of two restores of one backup neither gives the numbers of the other."""

_HASH_OCTETS = 32
_OPEN_OR_HELD = ", ".join(f"'{state}'" for state in sorted(OPEN | {State.HELD}))
_STOP = """
    UPDATE delivery SET state = CASE WHEN unknown_count > 0 AND letter_id IS NULL THEN 'held' ELSE 'suppressed' END,
        sender = NULL, reply = 'left', outcome_at = ?
    WHERE state IN ('queued', 'picked') AND {}
"""
_EMPTY = """
    UPDATE subscription SET list_id = '', sealed = ?, address_hash = ?, domain_key = ?, state = 'erased', interest_id = ?,
        had_id = ?, rhythm = '', urgent = 0, language = '', form = '', epoch = epoch + 1, confirmed_at = NULL,
        confirmed_position = NULL, paused_until = NULL, left_at = NULL, created_at = 0
    WHERE id = ?
"""
_OLD_EDITIONS = f"""
    SELECT e.id FROM edition e WHERE e.state IN ('finished', 'cancelled') AND coalesce(e.finished_at, e.changed_at) < ?
    AND EXISTS (SELECT 1 FROM delivery d WHERE d.edition_id = e.id)
    AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.edition_id = e.id AND d.state IN ({_OPEN_OR_HELD}))
    AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.edition_id = e.id AND (d.settled = 0 OR d.outcome_at >= ?))
    ORDER BY e.id
"""  # noqa: S608 (the states are our own words)
_CHOOSE = "SELECT id FROM delivery WHERE edition_id = ? AND id < (SELECT max(id) FROM delivery) LIMIT ?"
_COUNT = """
    INSERT INTO delivery_count (edition_id, variant_id, state, code, doubted, count)
    SELECT edition_id, variant_id, state, CASE state WHEN 'failed' THEN coalesce(code, 0) ELSE 0 END,
        CASE WHEN state = 'sent' AND unknown_count > 0 THEN 1 ELSE 0 END, count(*)
    FROM delivery WHERE id IN ({}) GROUP BY 1, 2, 3, 4, 5
    ON CONFLICT (edition_id, variant_id, state, code, doubted) DO UPDATE SET count = delivery_count.count + excluded.count
"""
_LEFT = """
    SELECT id FROM subscription WHERE state = 'left' AND left_at < ? AND sealed <> ?
    AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.subscription_id = subscription.id AND d.state IN ('picked', 'inflight'))
    ORDER BY id LIMIT ?
"""
_LEAP_SUBSCRIPTION = """
    INSERT INTO subscription (id, list_id, sealed, address_hash, domain_key, state, interest_id, had_id, rhythm, language,
        form, created_at)
    SELECT coalesce(max(id), 0) + ?, '', ?, ?, ?, 'erased', ?, ?, '', '', '', 0 FROM subscription
"""
_LEAP_DELIVERY = """
    INSERT INTO delivery (id, subject, epoch, domain_key, lane, state, next_at, outcome_at, settled, created_at)
    SELECT coalesce(max(id), 0) + ?, 'letter', 0, ?, 0, 'cancelled', 0, ?, 1, ? FROM delivery
"""


def erase_subscription(connection: AnyConnection, number: int, now: datetime, *, never_again: bool) -> bool:
    """Remove all that is stored of a subscription and of its address's letters and requests; whether there was one.

    Part of the caller's transaction. What an edition still had for them is not sent; counts stay as they are.

    Args:
        connection: a transaction that writes.
        number: the subscription's.
        now: the machine's moment.
        never_again: keep the keyed hash of the address among the suppressed ones.
    """
    plain = driver(connection)
    row = plain.execute("SELECT address_hash FROM subscription WHERE id = ? AND state <> 'erased'", (number,)).fetchone()
    if row is None:
        return False
    hashed, seconds = row[0], to_seconds(now)
    if never_again:
        add_suppression(plain, hashed, "asked for it", now)
    plain.execute(_STOP.format("subscription_id = ?"), (seconds, number))
    erase_person_letters(plain, hashed, now)
    plain.execute("DELETE FROM request WHERE subscription_id = ?", (number,))
    _drop_subscription(plain, number)
    note_traces(plain)
    return True


def erase_person_letters(connection: AnyConnection, address_hash: bytes, now: datetime) -> int:
    """Erase what was asked for an address, and from single letters whom they were to; what waits is not sent. How many rows.

    It is for people too who are readers of no list: somebody who was asked to confirm, or staff of other newsrooms.
    """
    plain, seconds = driver(connection), to_seconds(now)
    letters = [row[0] for row in plain.execute("SELECT id FROM letter WHERE address_hash = ?", (address_hash,)).fetchall()]
    for letter in letters:
        plain.execute(_STOP.format("letter_id = ?"), (seconds, letter))
        erased = "UPDATE letter SET sealed = NULL, link = NULL, occasion = NULL, address_hash = ? WHERE id = ?"
        plain.execute(erased, (os.urandom(_HASH_OCTETS), letter))
    count = len(letters) + plain.execute("DELETE FROM request WHERE address_hash = ?", (address_hash,)).rowcount
    if count:
        note_traces(plain)
    return count


def _drop_subscription(plain: sqlite3.Connection, number: int) -> None:
    plain.execute("UPDATE delivery SET subscription_id = NULL, domain_key = ? WHERE subscription_id = ?", (b"", number))
    plain.execute("DELETE FROM consent WHERE subscription_id = ?", (number,))
    if plain.execute("SELECT max(id) FROM subscription").fetchone()[0] == number:
        plain.execute(_EMPTY, (b"", os.urandom(_HASH_OCTETS), b"", keep_interest(plain, {}), keep_had(plain, {}), number))
    else:
        plain.execute("DELETE FROM subscription WHERE id = ?", (number,))


def find_old_editions(connection: AnyConnection, now: datetime) -> list[str]:
    """The editions whose deliveries may be forgotten: all are at rest, and what was sent is settled."""
    limit = to_seconds(now - DELIVERIES_KEPT)
    return [row[0] for row in driver(connection).execute(_OLD_EDITIONS, (limit, limit)).fetchall()]


def forget_deliveries(connection: AnyConnection, name: str, most: int = 500) -> int:
    """Put up to so many deliveries of an edition into its counts; how many. The newest delivery of all stays a while."""
    plain = driver(connection)
    numbers = [row[0] for row in plain.execute(_CHOOSE, (name, most)).fetchall()]
    if numbers:
        plain.execute(_COUNT.format(marks(len(numbers))), numbers)
        plain.execute(f"DELETE FROM delivery WHERE id IN ({marks(len(numbers))})", numbers)  # noqa: S608 (placeholders)
    return len(numbers)


def forget_addresses(connection: AnyConnection, now: datetime, most: int = 500) -> int:
    """Forget the addresses of up to so many who left long ago; how many.

    The keyed hash and the consent stay, so that no import brings them back; what was still on its way is not sent.
    """
    plain = driver(connection)
    numbers = [row[0] for row in plain.execute(_LEFT, (to_seconds(now - ADDRESS_KEPT), b"", most)).fetchall()]
    if numbers:
        chosen = marks(len(numbers))
        plain.execute(_STOP.format(f"subscription_id IN ({chosen})"), (to_seconds(now), *numbers))
        empty = f"UPDATE subscription SET sealed = ?, domain_key = ?, had_id = ? WHERE id IN ({chosen})"  # noqa: S608
        plain.execute(empty, (b"", b"", keep_had(plain, {}), *numbers))
        note_traces(plain)
    return len(numbers)


def forget_requests(connection: AnyConnection, now: datetime) -> int:
    """Drop the requests that are older than their links work; how many."""
    count = driver(connection).execute("DELETE FROM request WHERE at < ?", (to_seconds(now - REQUESTS_KEPT),)).rowcount
    if count:
        note_traces(connection)
    return count


def forget_rates(connection: AnyConnection, now: datetime) -> int:
    """Drop counts whose span is over, and waits of receiving domains that ended a day ago; how many."""
    waited = "DELETE FROM domain_pace WHERE not_before < ?"
    return sweep_counts(connection, now) + driver(connection).execute(waited, (to_seconds(now) - 86400,)).rowcount


def forget_empty_rows(connection: AnyConnection) -> int:
    """Drop rows that only kept a number, once there are newer ones; how many."""
    plain = driver(connection)
    of_readers = "DELETE FROM subscription WHERE state = 'erased' AND id < (SELECT max(id) FROM subscription)"
    of_letters = """
        DELETE FROM delivery WHERE edition_id IS NULL AND letter_id IS NULL AND state = 'cancelled'
        AND id < (SELECT max(id) FROM delivery)
    """
    return plain.execute(of_readers).rowcount + plain.execute(of_letters).rowcount


def leap_numbers(connection: AnyConnection, now: datetime) -> None:
    """Let the numbers of a restored database go on far ahead, for what the lost one gave may stand in letters and links."""
    plain, seconds = driver(connection), to_seconds(now)
    shared, leap = (keep_interest(plain, {}), keep_had(plain, {})), LEAP + secrets.randbelow(_LEAPS)
    plain.execute(_LEAP_SUBSCRIPTION, (leap, b"", os.urandom(_HASH_OCTETS), b"", *shared))
    plain.execute(_LEAP_DELIVERY, (leap, b"", seconds, seconds))


def forget_journal(connection: AnyConnection, now: datetime, kept: timedelta, most: int = 500) -> int:
    """Drop up to so many lines of the journal that are older than they are to be kept; how many."""
    query = "DELETE FROM journal WHERE id IN (SELECT id FROM journal WHERE at < ? ORDER BY id LIMIT ?)"
    return driver(connection).execute(query, (to_seconds(now - kept), most)).rowcount


def truncate_log(connection: sqlite3.Connection) -> bool:
    """Empty the write-ahead log, in which erased rows may still stand; whether it could be.

    The connection must be in no transaction. Others who read or write at that moment are in the way; then try again later.
    """
    return bool(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
