"""The evidence of a run, read from the ledger and the audit when all is over."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from smtp_words import Event

from bench.chaos.audit import read_steps
from bench.chaos.fleet import Running
from bench.chaos.judge import Delivery, Evidence
from bench.chaos.variants import ledger_world
from digest.delivery.ledger import Picked
from digest.delivery.transport import Composer

__all__ = ["read_evidence"]

_ROWS = """
    SELECT d.id, d.subscription_id, coalesce(s.sealed, c.sealed), d.state, d.unknown_count FROM delivery d
    LEFT JOIN subscription s ON s.id = d.subscription_id LEFT JOIN chaos_letter c ON c.id = d.id
"""


def read_evidence(
    file: Path,
    events: Sequence[Event],
    *,
    senders: Sequence[Running] = (),
    downs: Sequence[float] = (),
    most_copies: int = 2,
    connections: int = 0,
    unseal: Callable[[bytes], str] = bytes.decode,
    compose: Composer | None = ledger_world.compose,
) -> Evidence:
    """What is known of a run; in worlds made by plain SQL addresses are not sealed.

    `compose` makes each reader's letter as it was approved; None when that is not known.
    """
    with closing(sqlite3.connect(file, timeout=10)) as connection:
        rows = [
            Delivery(number, reader, unseal(sealed), state, unknown, compose and _describe(compose, number, reader, sealed))
            for number, reader, sealed, state, unknown in connection.execute(_ROWS)
        ]
        state, audience = connection.execute("SELECT state, audience_count FROM edition").fetchone()
    return Evidence(rows, read_steps(file), events, senders, state, audience, downs, most_copies, connections)


def _describe(compose: Composer, number: int, reader: int | None, sealed: bytes) -> tuple[str, str]:
    letter = compose(Picked(number, ledger_world.EDITION, "m", reader, 1, sealed, b""))
    return letter.message_id, hashlib.sha256(letter.message).hexdigest()
