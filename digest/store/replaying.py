"""Doing again, in a database that was restored, what stands on record beside it: erasures, leavings and suppressions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.store.erasures import Erasure, Farewell, Record, Suppression
from digest.store.forgetting import erase_subscription
from digest.store.person import add_suppression
from digest.store.readers import leave
from digest.store.releases import to_seconds
from digest.store.requests import forget_moves
from digest.store.sqlite import AnyConnection, driver

__all__ = ["Replayed", "replay"]

_WHY = "on record when the database was restored"
_TOLERANCE = timedelta(minutes=5)
"""How far the clock that a subscription was made by may have gone back since."""
_SINCE = "SELECT created_at FROM subscription WHERE id = ? AND state <> 'erased'"
_ACTIVE = "SELECT 1 FROM subscription WHERE id = ? AND state = 'active'"


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many subscriptions were erased again, how many ended again, and how many addresses are barred again."""

    erased_count: int = 0
    left_count: int = 0
    suppressed_count: int = 0

    def __bool__(self) -> bool:
        return bool(self.erased_count or self.left_count or self.suppressed_count)

    @property
    def counts(self) -> Mapping[str, int]:
        """The counts by the words that the journal has for them."""
        return {"erased": self.erased_count, "left": self.left_count, "suppressed": self.suppressed_count}


def replay(connection: AnyConnection, records: Iterable[Record], now: datetime) -> Replayed:
    """Do again what the database does not know of, in the caller's transaction; a second time nothing changes.

    The last word about a subscription or an address counts. Nobody is brought back and nobody let in again by it.

    Args:
        connection: a transaction that writes.
        records: in any order.
        now: the machine's moment.
    """
    plain = driver(connection)
    ordered = sorted(records, key=lambda one: one.at)  # stable: what was noted in one second stays in order
    left = _last_words(one for one in ordered if isinstance(one, Farewell))
    barred = {one.address_hash: one for one in ordered if isinstance(one, Suppression)}
    return Replayed(
        erased_count=sum(_erase(plain, one, now) for one in ordered if isinstance(one, Erasure)),
        left_count=sum(_end(plain, one) for one in left),
        suppressed_count=sum(
            add_suppression(plain, one.address_hash, _WHY, one.at) for one in barred.values() if not one.is_over
        ),
    )


def _last_words(farewells: Iterable[Farewell]) -> Sequence[Farewell]:
    last = {one.subscription: one for one in farewells}
    return [one for one in last.values() if not one.came_back]


def _erase(plain: sqlite3.Connection, one: Erasure, now: datetime) -> bool:
    return _is_meant(plain, one) and erase_subscription(plain, one.subscription, now, never_again=one.never_again)


def _end(plain: sqlite3.Connection, one: Farewell) -> bool:
    if not _is_meant(plain, one) or plain.execute(_ACTIVE, (one.subscription,)).fetchone() is None:
        return False
    leave(plain, one.subscription, one.at)
    forget_moves(plain, one.subscription)
    return True


def _is_meant(plain: sqlite3.Connection, one: Erasure | Farewell) -> bool:
    """Whether the subscription of that number is the one on record: a restored database may have given it anew since."""
    row = plain.execute(_SINCE, (one.subscription,)).fetchone()
    return row is not None and row[0] <= to_seconds(one.at + _TOLERANCE)
