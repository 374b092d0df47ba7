"""Editions in the database: the row, its variants and its deliveries."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from digest.editions.content import VariantContent
from digest.editions.edition import Edition, State
from digest.errors import EditionError
from digest.store.edition_rows import build_edition
from digest.store.releases import to_seconds
from digest.store.schema import barred, delivery, delivery_count, edition, variant

__all__ = [
    "StoredVariant",
    "bar_item",
    "count_states",
    "find_draft",
    "find_edition",
    "insert_edition",
    "last_frozen",
    "next_number",
    "read_barred",
    "read_edition",
    "read_editions",
    "read_finished_with_held",
    "read_variants",
    "unbar_item",
    "write_edition",
]  # fmt: skip

_FROZEN: tuple[State, ...] = ("frozen", "sending", "paused", "finished", "cancelled")


def insert_edition(connection: Connection, new: Edition) -> None:
    """Store a new edition."""
    connection.execute(edition.insert().values(**_row(new)))


def write_edition(connection: Connection, changed: Edition, actor: str, what: str, now: datetime) -> Edition:
    """Store a change as a new revision that names who made it; the edition as it is now.

    Raises:
        EditionError: somebody else changed it between reading and writing.
    """
    newer = replace(changed, revision=changed.revision + 1, changed_by=actor, changed_what=what, changed_at=now)
    query = update(edition).where(edition.c.id == changed.id, edition.c.revision == changed.revision)
    if connection.execute(query.values(**_row(newer))).rowcount != 1:
        raise EditionError(
            f"edition {changed.id}", "somebody else has changed it this very moment", "Look at it and try again."
        )
    return newer


def read_edition(connection: Connection, name: str) -> Edition:
    """The edition of that id.

    Raises:
        EditionError: there is none.
    """
    row = connection.execute(select(edition).where(edition.c.id == name)).first()
    if row is None:
        known = connection.execute(select(edition.c.id).order_by(edition.c.moment.desc()).limit(3)).scalars().all()
        hint = f"The newest are: {', '.join(known)}." if known else "Make one with: digest edition prepare LIST"
        raise EditionError(f"edition {name}", "there is no such edition", hint)
    return build_edition(row)


def read_editions(connection: Connection, *states: State) -> Iterator[Edition]:
    """All editions, the oldest moment first; only those in the states named, if any are."""
    query = select(edition).order_by(edition.c.moment, edition.c.id)
    if states:
        query = query.where(edition.c.state.in_(states))
    for row in connection.execute(query).all():
        yield build_edition(row)


def find_edition(connection: Connection, list_id: str, rhythm: str, period: str) -> Edition | None:
    """The newest part of a period."""
    query = select(edition).where(edition.c.list_id == list_id, edition.c.rhythm == rhythm, edition.c.period == period)
    row = connection.execute(query.order_by(edition.c.part.desc()).limit(1)).first()
    return None if row is None else build_edition(row)


def find_draft(connection: Connection, list_id: str, rhythm: str, prefix: str) -> Edition | None:
    """The newest draft among the periods that begin so, extras and parts left aside."""
    query = select(edition).where(
        edition.c.list_id == list_id,
        edition.c.rhythm == rhythm,
        edition.c.period.startswith(prefix, autoescape=True),
        edition.c.part == 1,
        edition.c.extra == 0,
        edition.c.state == "draft",
    )
    row = connection.execute(query.order_by(edition.c.moment.desc(), edition.c.id.desc()).limit(1)).first()
    return None if row is None else build_edition(row)


def next_number(connection: Connection, list_id: str, rhythm: str, prefix: str) -> int:
    """The next free number among the periods that begin so: for extras and editions at once."""
    query = select(func.count(edition.c.period.distinct())).where(edition.c.list_id == list_id, edition.c.rhythm == rhythm)
    return (connection.execute(query.where(edition.c.period.startswith(prefix, autoescape=True))).scalar() or 0) + 1


def read_finished_with_held(connection: Connection) -> Iterator[Edition]:
    """Finished editions of which staff may still send a held letter again."""
    held = select(delivery.c.edition_id).where(delivery.c.state == "held")
    query = select(edition).where(edition.c.state == "finished", edition.c.id.in_(held)).order_by(edition.c.id)
    for row in connection.execute(query).all():
        yield build_edition(row)


def last_frozen(connection: Connection, list_id: str, rhythm: str, *, urgent_only: bool = False) -> int | None:
    """The highest horizon of the frozen regular editions of a list and rhythm.

    Parts, extras and editions of urgent items alone (`urgent_only`) are not regular: they do not carry all that is new.
    """
    if urgent_only:
        return None
    query = select(func.max(edition.c.horizon)).where(
        edition.c.list_id == list_id,
        edition.c.rhythm == rhythm,
        edition.c.part == 1,
        edition.c.extra == 0,
        edition.c.frozen_hash.is_not(None),
        edition.c.state.in_(_FROZEN),
    )
    return connection.execute(query).scalar()


def bar_item(connection: Connection, list_id: str, item: str, now: datetime) -> None:
    """Keep an item off a list for good."""
    if item not in read_barred(connection, list_id):
        connection.execute(barred.insert().values(list_id=list_id, item=item, at=to_seconds(now)))


def unbar_item(connection: Connection, list_id: str, item: str) -> None:
    """Let an item onto a list again."""
    connection.execute(barred.delete().where(barred.c.list_id == list_id, barred.c.item == item))


def read_barred(connection: Connection, list_id: str) -> frozenset[str]:
    """The items kept off a list."""
    return frozenset(connection.execute(select(barred.c.item).where(barred.c.list_id == list_id)).scalars())


class StoredVariant:
    """A variant as frozen: its number, content and the name of its ready message."""

    __slots__ = ("content", "message_hash", "number", "reader_count", "stopped")

    def __init__(self, number: int, content: VariantContent, message_hash: str, stopped: bool, reader_count: int) -> None:
        self.number, self.content, self.message_hash, self.stopped = number, content, message_hash, stopped
        self.reader_count = reader_count


def read_variants(connection: Connection, name: str) -> Sequence[StoredVariant]:
    """The variants of a frozen edition with how many readers each has, the largest first."""
    old = (
        select(func.coalesce(func.sum(delivery_count.c.count), 0))
        .where(delivery_count.c.edition_id == name, delivery_count.c.variant_id == variant.c.id)
        .scalar_subquery()
    )
    readers = func.count(delivery.c.id) + old
    query = (
        select(variant, readers.label("readers"))
        .join(delivery, delivery.c.variant_id == variant.c.id, isouter=True)
        .where(variant.c.edition_id == name)
        .group_by(variant.c.id)
        .order_by(readers.desc(), variant.c.id)
    )
    return [
        StoredVariant(row.id, VariantContent.parse(row.content), row.message_hash, bool(row.stopped), row.readers)
        for row in connection.execute(query)
    ]


def count_states(connection: Connection, name: str) -> dict[str, int]:
    """How many deliveries of an edition are in each state, those included whose rows are forgotten."""
    query = select(delivery.c.state, func.count()).where(delivery.c.edition_id == name).group_by(delivery.c.state)
    old = select(delivery_count.c.state, func.sum(delivery_count.c.count)).where(delivery_count.c.edition_id == name)
    counts = Counter({row[0]: row[1] for row in connection.execute(query)})
    counts.update({row[0]: int(row[1]) for row in connection.execute(old.group_by(delivery_count.c.state))})
    return dict(counts)


def _row(value: Edition) -> dict[str, Any]:
    return {
        "id": value.id,
        "list_id": value.list_id,
        "rhythm": value.rhythm,
        "period": value.period,
        "part": value.part,
        "extra": int(value.extra),
        "state": value.state,
        "revision": value.revision,
        "moment": to_seconds(value.moment),
        "horizon": value.horizon,
        "choices": value.choices.render(),
        "changed_by": value.changed_by,
        "changed_what": value.changed_what,
        "changed_at": to_seconds(value.changed_at),
        "approved_hash": value.approved_hash,
        "approved_by": value.approved_by,
        "approved_at": _seconds(value.approved_at),
        "manifest": json.dumps(dict(value.manifest), sort_keys=True),
        "frozen_hash": value.frozen_hash,
        "earliest_at": _seconds(value.earliest_at),
        "started_at": _seconds(value.started_at),
        "finished_at": _seconds(value.finished_at),
        "paused_by": value.paused_by,
        "paused_reason": value.paused_reason,
        "audience_count": value.audience_count,
        "archive": None if value.archive is None else json.dumps(dict(value.archive), ensure_ascii=False, sort_keys=True),
        "edited_by": value.edited_by,
    }


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else to_seconds(moment)
