"""Who gets what: the audience of an edition grouped by what decides a content, the freeze, and the settling of `had`.

All of it is set-based, so that a list of a million readers is one grouping and one insertion. Readers with equal interest,
memory, language, form and open claims form a group; what a group gets is decided once, by `digest.editions.selection`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from digest.editions.content import Form, VariantContent
from digest.editions.edition import Edition
from digest.editions.interests import parse_row
from digest.editions.moves import follow_moves
from digest.editions.selection import add_to_had
from digest.store.dictionary import keep_had
from digest.store.releases import to_seconds
from digest.store.topic_moves import read_moves

__all__ = ["FrozenVariant", "ReaderGroup", "freeze", "read_groups", "settle"]


@dataclass(frozen=True, slots=True)
class ReaderGroup:
    """Readers to whom an edition carries the same.

    `interest` includes what their topics have moved to; `had` includes what was sent and is not settled yet; `claimed` is
    every item in an open delivery of theirs.
    """

    key: tuple[int, int, str, str, str]
    interest: Mapping[str, int]
    had: Mapping[str, int]
    claimed: frozenset[str]
    language: str
    form: Form
    reader_count: int


@dataclass(frozen=True, slots=True)
class FrozenVariant:
    """A variant to be stored: its content, the name of its ready message, and the groups that get it."""

    content: VariantContent
    message_hash: str
    groups: Sequence[ReaderGroup]


_AUDIENCE = """
    s.list_id = :list_id AND s.state = 'active' AND (s.paused_until IS NULL OR s.paused_until <= :moment)
    AND (s.rhythm = :rhythm OR (:rhythm = 'at-once' AND :urgent = 1 AND s.urgent = 1))
    AND NOT EXISTS (SELECT 1 FROM suppression x WHERE x.address_hash = s.address_hash)
    AND (:part = 1 OR 0 = (
        SELECT coalesce(sum(CASE p.state WHEN 'cancelled' THEN 0 ELSE 1 END), 1)
        FROM delivery p JOIN edition e ON e.id = p.edition_id
        WHERE p.subscription_id = s.id AND p.epoch = s.epoch
        AND e.list_id = :list_id AND e.rhythm = :rhythm AND e.period = :period AND e.part < :part))
"""
# A reader's unsettled deliveries of their present epoch: `s` what was sent, `o` what may still be.
_CLAIMS = """
    SELECT c.subscription_id, group_concat(c.variant_id || c.kind, ' ') AS claims FROM (
        SELECT d.subscription_id, d.variant_id, CASE d.state WHEN 'sent' THEN 's' ELSE 'o' END AS kind
        FROM delivery d JOIN subscription s2 ON s2.id = d.subscription_id AND s2.epoch = d.epoch
        WHERE d.settled = 0 AND d.variant_id IS NOT NULL AND d.state IN ('queued', 'picked', 'inflight', 'held', 'sent')
        ORDER BY d.subscription_id, d.variant_id) c
    GROUP BY c.subscription_id
"""


def read_groups(connection: Connection, edition: Edition, urgent: bool) -> list[ReaderGroup]:
    """The edition's audience in groups; `urgent` says that readers who chose urgent items at once belong to it too."""
    rows = connection.execute(
        text(
            f"SELECT s.interest_id, s.had_id, s.language, s.form, coalesce(k.claims, '') AS claims, count(*) AS readers "  # noqa: S608
            f"FROM subscription s LEFT JOIN ({_CLAIMS}) k ON k.subscription_id = s.id WHERE {_AUDIENCE} "
            f"GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5"
        ),
        _audience(edition, urgent),
    ).all()
    moves = read_moves(connection)
    chosen = _rows(connection, "interest", "floors", {row.interest_id for row in rows})
    interests = {number: follow_moves(floors, moves) for number, floors in chosen.items()}
    memories = _rows(connection, "had", "sent", {row.had_id for row in rows})
    contents = _contents(connection, {int(claim[:-1]) for row in rows for claim in row.claims.split()})
    groups = []
    for row in rows:
        had: Mapping[str, int] = memories[row.had_id]
        claimed: set[str] = set()
        for claim in row.claims.split():
            selection = contents[int(claim[:-1])].selection
            if claim.endswith("s"):
                had = add_to_had(had, selection)
            else:
                claimed |= selection.items
        key = (row.interest_id, row.had_id, row.language, row.form, row.claims)
        groups.append(
            ReaderGroup(key, interests[row.interest_id], had, frozenset(claimed), row.language, row.form, row.readers)
        )
    return groups


def freeze(
    connection: Connection, edition: Edition, variants: Iterable[FrozenVariant], urgent: bool, lane: int, now: datetime
) -> int:
    """Make the variants and one delivery row a reader; how many there are. Part of one transaction with the new state."""
    connection.execute(text("DROP TABLE IF EXISTS temp.planned"))
    connection.execute(
        text(
            "CREATE TEMPORARY TABLE planned (interest_id INTEGER, had_id INTEGER, language TEXT, form TEXT, claims TEXT, "
            "variant_id INTEGER, PRIMARY KEY (interest_id, had_id, language, form, claims))"
        )
    )
    for planned in variants:
        number = connection.execute(
            text(
                "INSERT INTO variant (edition_id, hash, content, language, form, message_hash) "
                "VALUES (:edition, :hash, :content, :language, :form, :message) RETURNING id"
            ),
            {
                "edition": edition.id,
                "hash": planned.content.hash,
                "content": planned.content.text,
                "language": planned.content.language,
                "form": planned.content.form,
                "message": planned.message_hash,
            },
        ).scalar_one()
        keys = [dict(zip("abcde", group.key, strict=True), v=number) for group in planned.groups]
        connection.execute(text("INSERT INTO planned VALUES (:a, :b, :c, :d, :e, :v)"), keys)
    made = connection.execute(
        text(
            f"INSERT INTO delivery (subject, edition_id, variant_id, subscription_id, epoch, domain_key, lane, "  # noqa: S608
            f"state, next_at, created_at) "
            f"SELECT 'edition', :edition, p.variant_id, s.id, s.epoch, s.domain_key, :lane, 'queued', :now, :now "
            f"FROM subscription s LEFT JOIN ({_CLAIMS}) k ON k.subscription_id = s.id "
            f"JOIN planned p ON p.interest_id = s.interest_id AND p.had_id = s.had_id AND p.language = s.language "
            f"AND p.form = s.form AND p.claims = coalesce(k.claims, '') WHERE {_AUDIENCE} ORDER BY s.id"
        ),
        {**_audience(edition, urgent), "edition": edition.id, "lane": lane, "now": to_seconds(now)},
    ).rowcount
    connection.execute(text("DROP TABLE temp.planned"))
    return made


def settle(connection: Connection) -> int:
    """Write what was sent into `had`, edition by edition; may be repeated. How many deliveries were settled.

    Deliveries that ended without reaching anyone are settled as they are: they add nothing, and the next edition carries
    their items.
    """
    open_editions = (
        "SELECT DISTINCT edition_id FROM delivery WHERE settled = 0 AND state = 'sent' AND edition_id IS NOT NULL"
    )
    for name in connection.execute(text(open_editions)).scalars().all():
        _settle_edition(connection, name)
    return connection.execute(
        text("UPDATE delivery SET settled = 1 WHERE settled = 0 AND state IN ('sent', 'failed', 'cancelled', 'suppressed')")
    ).rowcount


def _settle_edition(connection: Connection, name: str) -> None:
    of_this = "d.edition_id = :edition AND d.settled = 0 AND d.state = 'sent'"
    pairs = connection.execute(
        text(
            f"SELECT DISTINCT s.had_id, d.variant_id FROM delivery d "  # noqa: S608
            f"JOIN subscription s ON s.id = d.subscription_id AND s.epoch = d.epoch WHERE {of_this} ORDER BY 1, 2"
        ),
        {"edition": name},
    ).all()
    memories = _rows(connection, "had", "sent", {pair.had_id for pair in pairs})
    contents = _contents(connection, {pair.variant_id for pair in pairs})
    connection.execute(text("DROP TABLE IF EXISTS temp.settling"))
    connection.execute(
        text("CREATE TEMPORARY TABLE settling (old INTEGER, variant_id INTEGER, new INTEGER, PRIMARY KEY (old, variant_id))")
    )
    for pair in pairs:
        told = add_to_had(memories[pair.had_id], contents[pair.variant_id].selection)
        connection.execute(
            text("INSERT INTO settling VALUES (:old, :variant, :new)"),
            {"old": pair.had_id, "variant": pair.variant_id, "new": keep_had(connection, told)},
        )
    connection.execute(
        text(
            f"UPDATE subscription SET had_id = t.new FROM delivery d, settling t "  # noqa: S608
            f"WHERE {of_this} AND d.subscription_id = subscription.id AND d.epoch = subscription.epoch "
            f"AND t.variant_id = d.variant_id AND t.old = subscription.had_id"
        ),
        {"edition": name},
    )
    connection.execute(text("DROP TABLE temp.settling"))


def _audience(edition: Edition, urgent: bool) -> dict[str, object]:
    return {
        "list_id": edition.list_id,
        "rhythm": edition.rhythm,
        "period": edition.period,
        "part": edition.part,
        "moment": to_seconds(edition.moment),
        "urgent": int(urgent),
    }


def _rows(connection: Connection, table: str, column: str, numbers: set[int]) -> dict[int, dict[str, int]]:
    if not numbers:
        return {}
    rows = connection.execute(text(f"SELECT id, {column} AS value FROM {table}"))  # noqa: S608  # both are our own words
    return {row.id: parse_row(row.value) for row in rows if row.id in numbers}


def _contents(connection: Connection, numbers: set[int]) -> dict[int, VariantContent]:
    if not numbers:
        return {}
    rows = connection.execute(
        text("SELECT id, content FROM variant WHERE id BETWEEN :low AND :high"), {"low": min(numbers), "high": max(numbers)}
    )
    return {row.id: VariantContent.parse(row.content) for row in rows if row.id in numbers}
