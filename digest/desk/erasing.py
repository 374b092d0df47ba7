"""Erasure: everything that is stored of a person goes, at their own word."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing

from digest.desk.links import find_manager, stands_together
from digest.desk.workplace import Workplace
from digest.store.erasures import Erasure, Record, Suppression, note_record
from digest.store.forgetting import erase_subscription, truncate_log
from digest.store.rates import forget_counts
from digest.store.readers import StoredReader
from digest.store.sqlite import connect, translate
from digest.subscribers.limits import CONFIRMATIONS, GOODBYES, LINKS, place_names

__all__ = ["erase", "erase_rows", "forget_traces"]

_BETWEEN = 0.2
"""Seconds between two tries to empty the database's log."""


def erase(place: Workplace, token: str, never_again: bool) -> None:
    """Erase all subscriptions of the person who holds the link to their choices, and all that was asked or written to them.

    What an edition still had for them is not sent. The number of each subscription is put on record beside the database
    first, so that a backup which is older brings nobody back.

    Args:
        token: of the link to one's choices.
        never_again: keep a keyed hash of the address, so that nobody can subscribe it again.

    Raises:
        SubscriberError: the link does not work.
        StoreError: it cannot be written; then nothing is erased.
    """
    with translate(place.hot.file), place.hot.writing() as connection:
        reader = find_manager(place, connection, token)
        erase_rows(place, connection, stands_together(connection, reader), never_again=never_again)
        names = [place_names(budget, reader.address_hash) for budget in (CONFIRMATIONS, LINKS, GOODBYES)]
        forget_counts(connection, [name for spans in names for span in spans for name in span])
    forget_traces(place)


def erase_rows(
    place: Workplace, connection: sqlite3.Connection, readers: Sequence[StoredReader], *, never_again: bool = False
) -> None:
    """Erase these subscriptions in the caller's transaction, once that is on record.

    Raises:
        OSError: it cannot be put on record.
    """
    records: list[Record] = [Erasure(place.now, reader.number, never_again) for reader in readers]
    if never_again:  # also where an older database does not have the subscription
        records += [Suppression(place.now, hashed) for hashed in {reader.address_hash for reader in readers}]
    note_record(place.site.var, records)
    for reader in readers:
        erase_subscription(connection, reader.number, place.now, never_again=never_again)


def forget_traces(place: Workplace, patience: float = 0.0) -> bool:
    """Empty the database's log, in which what was erased may still stand; False when others are at work: then later.

    Args:
        patience: for how many seconds to try again. Others who write wait for no longer than one try, a tenth of a second.
    """
    end = time.monotonic() + patience
    with translate(place.hot.file), closing(connect(place.hot.file)) as connection:
        connection.execute("PRAGMA busy_timeout = 100")
        while not (done := truncate_log(connection)) and time.monotonic() < end:
            time.sleep(_BETWEEN)
        return done
