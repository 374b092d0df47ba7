"""Retention: what is kept no longer than it is needed goes by itself, a little at a time, so that senders never wait long.

Kept are: requests 72 hours; the address of somebody who left, 30 days; an edition's deliveries 30 days after the last came
to rest, then counts; single letters 30 days; limits and paces until their spans end; choices and memories until their last
reader is gone; the journal as long as newsroom.toml says. Of what is erased no trace stays in the database's log either;
once a day also none in the unused parts of its pages.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from digest import clock
from digest.desk.erasing import forget_traces
from digest.desk.letters import forget_old_letters
from digest.desk.rekeying import drop_unused_keys
from digest.desk.workplace import Workplace
from digest.store.backup import find_leftovers
from digest.store.cleaning import write_anew
from digest.store.erasures import forget_record
from digest.store.forgetting import (
    find_old_editions,
    forget_addresses,
    forget_deliveries,
    forget_empty_rows,
    forget_journal,
    forget_rates,
    forget_requests,
)
from digest.store.settling import settle_in_steps
from digest.store.sqlite import AnyConnection, translate
from digest.store.unused import forget_unused_rows

__all__ = ["Forgotten", "forget"]

_PATIENCE = 2.0
"""For how many seconds to try to empty the database's log; another time it may be."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much was forgotten: requests, addresses of people who left, deliveries and single letters; keys by their names."""

    requests: int = 0
    addresses: int = 0
    deliveries: int = 0
    letters: int = 0
    keys: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.requests or self.addresses or self.deliveries or self.letters or self.keys)

    def __str__(self) -> str:
        counts = {
            "requests": self.requests,
            "addresses of people who left": self.addresses,
            "deliveries": self.deliveries,
            "letters": self.letters,
        }
        return ", ".join([*(f"{number} {what}" for what, number in counts.items() if number), *self.keys])


def forget(place: Workplace, now: datetime | None = None) -> Forgotten:
    """Forget all whose time has come; may be repeated, and at once with sending.

    Args:
        now: the moment; when none is named the machine's, or the workplace's if that is earlier: in a rehearsal nothing goes
            that would be there.

    Raises:
        StoreError: the database or a file beside it cannot be written.
        SubscriberError: the keys are there and cannot be read.
    """
    moment = now or min(place.now, clock.real_now())
    with translate(place.hot.file):
        forget_record(place.site.var, moment)
        for leftover in find_leftovers(place.site.var, moment):
            shutil.rmtree(leftover)
    settle_in_steps(place.hot.file)
    with place.hot.writing() as connection:
        requests = forget_requests(connection, moment)
        forget_rates(connection, moment)
        forget_empty_rows(connection)
        editions = find_old_editions(connection, moment)
    addresses = _repeat(place, lambda connection: forget_addresses(connection, moment))
    deliveries = sum(_repeat(place, lambda c, name=name: forget_deliveries(c, name)) for name in editions)  # type: ignore[misc]
    letters = _count(lambda: forget_old_letters(place))
    _repeat(place, lambda connection: forget_journal(connection, moment, place.site.settings.retention.journal))
    forget_unused_rows(place.hot.file, moment)
    write_anew(place.hot.file, moment)
    forget_traces(place, _PATIENCE)
    return Forgotten(requests, addresses, deliveries, letters, drop_unused_keys(place, moment))


def _repeat(place: Workplace, step: Callable[[AnyConnection], int]) -> int:
    """Take a step in transactions of its own until nothing is left of it; how much there was."""

    def once() -> int:
        with place.hot.writing() as connection:
            return step(connection)

    return _count(once)


def _count(step: Callable[[], int]) -> int:
    total = 0
    while done := step():
        total += done
    return total
