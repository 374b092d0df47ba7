"""What is stored of a person, for themselves: all of it, as JSON."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from digest.clock import format_utc
from digest.desk.links import find_manager, stands_together
from digest.desk.workplace import Workplace
from digest.store.dictionary import read_had
from digest.store.letters import is_suppressed
from digest.store.readers import StoredReader, read_consents
from digest.store.releases import from_seconds
from digest.store.requests import read_requests_of

__all__ = ["export"]

_DELIVERIES = """
    SELECT edition_id, state, attempt_count, created_at, outcome_at FROM delivery
    WHERE subscription_id = ? AND edition_id IS NOT NULL ORDER BY id
"""
_LETTERS = """
    SELECT l.kind, d.state, l.created_at, d.outcome_at FROM letter l JOIN delivery d ON d.letter_id = l.id
    WHERE l.address_hash = ? ORDER BY l.id
"""
_ADDRESS = "It is stored encrypted and not written into this file, which others may find: it is the one your letters go to."


def export(place: Workplace, token: str) -> bytes:
    """All that is stored of the person who holds the link to their choices: JSON in UTF-8.

    The address itself stands as a sentence, for the file lies on a disk that others may look at, and names what they read.

    Raises:
        SubscriberError: the link does not work.
    """
    with place.hot.reading() as connection:
        reader = find_manager(place, connection, token)
        person = stands_together(connection, reader)
        document = {
            "address": _ADDRESS,
            "never mailed again": is_suppressed(connection, reader.address_hash),
            "subscriptions": [_describe(connection, one) for one in person],
            "requests": [
                {"kind": one.kind, "state": one.state, "words": one.words, "page": one.page, "at": format_utc(one.at)}
                | {"wish": json.loads(one.wish_text)}
                for one in read_requests_of(connection, reader.address_hash)
            ],
            "letters": [
                {"kind": kind, "state": state, "made": _moment(made), "ended": _moment(ended)}
                for kind, state, made, ended in connection.execute(_LETTERS, (reader.address_hash,))
            ],
        }
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"


def _describe(connection: sqlite3.Connection, reader: StoredReader) -> dict[str, Any]:
    about = reader.subscription
    return {
        "list": about.list_id,
        "state": "active" if reader.is_active else "left",
        "topics": list(about.topics) or "all",
        "rhythm": about.rhythm,
        "urgent at once": about.urgent,
        "language": about.language,
        "form": about.form,
        "stored since": None if reader.created_at is None else format_utc(reader.created_at),
        "confirmed": None if about.confirmed_at is None else format_utc(about.confirmed_at),
        "paused until": None if about.paused_until is None else format_utc(about.paused_until),
        "left": None if about.left_at is None else format_utc(about.left_at),
        "times subscribed": about.epoch,
        "news count from these places in the log": dict(reader.floors),
        "sent so far, with the number of corrections included": read_had(connection, reader.had_id),
        "consent": [
            {
                "words": one.words,
                "form": one.form,
                "given": format_utc(one.given_at),
                "language": one.language,
                "time": epoch,
            }
            for epoch, one in read_consents(connection, reader.number)
        ],
        "letters with editions": [
            {"edition": edition, "state": state, "attempts": tries, "made": _moment(made), "ended": _moment(ended)}
            for edition, state, tries, made, ended in connection.execute(_DELIVERIES, (reader.number,))
        ],
    }


def _moment(seconds: int | None) -> str | None:
    return None if seconds is None else format_utc(from_seconds(seconds))
