"""The journal: who did what, when, by which door. Append-only, and never an address in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from digest.errors import UsageError
from digest.items.characters import find_first_forbidden
from digest.newsroom.log import from_seconds, to_seconds
from digest.store.sqlite import AnyConnection, driver

__all__ = ["Entry", "judge_actor", "read_journal", "write_journal"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal: the actor's name, the door (`cli`, `desk`), a past participle, what it was done to."""

    at: datetime
    actor: str
    via: str
    action: str
    subject: str
    detail: dict[str, Any]


def judge_actor(actor: str) -> None:
    """Refuse a name that cannot stand in the journal; for those who do much before they write to it.

    Raises:
        UsageError: the name is empty or holds what cannot be shown in one line.
    """
    if not actor.strip() or "\n" in actor or "\t" in actor or find_first_forbidden(actor):
        raise UsageError("--as", "the name is empty or holds characters that cannot be shown", "Write a plain name.")


def write_journal(
    connection: AnyConnection, at: datetime, actor: str, action: str, subject: str, via: str = "cli", **detail: Any
) -> None:
    """Write a line in the transaction that does the thing itself.

    Raises:
        UsageError: the actor's name is empty or holds what cannot be shown in one line.
    """
    judge_actor(actor)
    text = json.dumps(detail, ensure_ascii=False, sort_keys=True)
    driver(connection).execute(
        "INSERT INTO journal (at, actor, via, action, subject, detail) VALUES (?, ?, ?, ?, ?, ?)",
        (to_seconds(at), actor, via, action, subject, text),
    )


def read_journal(connection: AnyConnection, subject: str | None = None) -> Iterator[Entry]:
    """The journal, oldest first; of one subject when it is named."""
    query = "SELECT at, actor, via, action, subject, detail FROM journal WHERE subject = coalesce(?, subject) ORDER BY id"
    for at, actor, via, action, about, detail in driver(connection).execute(query, (subject,)):
        yield Entry(from_seconds(at), actor, via, action, about, json.loads(detail))
