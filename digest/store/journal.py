"""The journal: who did what, when, by which door. Append-only, and never an address in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from digest.errors import UsageError
from digest.items.characters import find_first_forbidden
from digest.store.releases import from_seconds, to_seconds
from digest.store.schema import journal

__all__ = ["Entry", "read_journal", "write_journal"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal: the actor's name, the door (`cli`, `desk`), a past participle, what it was done to."""

    at: datetime
    actor: str
    via: str
    action: str
    subject: str
    detail: dict[str, Any]


def write_journal(
    connection: Connection, at: datetime, actor: str, action: str, subject: str, via: str = "cli", **detail: Any
) -> None:
    """Write a line in the transaction that does the thing itself.

    Raises:
        UsageError: the actor's name is empty or holds what cannot be shown in one line.
    """
    if not actor.strip() or "\n" in actor or "\t" in actor or find_first_forbidden(actor):
        raise UsageError("--as", "the name is empty or holds characters that cannot be shown", "Write a plain name.")
    text = json.dumps(detail, ensure_ascii=False, sort_keys=True)
    row = {"at": to_seconds(at), "actor": actor, "via": via, "action": action, "subject": subject, "detail": text}
    connection.execute(journal.insert(), row)


def read_journal(connection: Connection, subject: str | None = None) -> Iterator[Entry]:
    """The journal, oldest first; of one subject when it is named."""
    query = select(journal).order_by(journal.c.id)
    if subject is not None:
        query = query.where(journal.c.subject == subject)
    for row in connection.execute(query):
        yield Entry(from_seconds(row.at), row.actor, row.via, row.action, row.subject, json.loads(row.detail))
