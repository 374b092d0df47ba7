"""Who gets what: the audience of an edition grouped by what decides a content, and the freeze that makes its deliveries.

All of it is set-based, so that a list of a million readers is one grouping and one insertion. Most readers differ only in
their interest, memory, language and form, which an index holds together. The few others stand apart, in a temporary table:
those with unsettled deliveries, and those who are not mailed at all. Interests and memories are sorted into the classes
that make a difference to the edition; what readers of the same classes get is decided once, by `digest.editions.selection`.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from digest.editions.content import VariantContent
from digest.editions.edition import Edition
from digest.editions.memories import Addition
from digest.editions.narrowing import Likeness, Narrowing
from digest.store.releases import to_seconds
from digest.store.sqlite import AnyConnection, driver
from digest.store.variants import insert_variant, read_contents

__all__ = ["FrozenVariant", "ReaderGroup", "freeze", "read_audience"]


@dataclass(slots=True)
class ReaderGroup:
    """Readers to whom an edition carries the same, and what they are found by in the database.

    Attributes:
        likeness: what the edition can carry to them.
        language: the language that they chose.
        form: full or discreet.
        claims: their unsettled deliveries, as `_CLAIMS` writes them.
        reader_count: how many they are.
        rows: the numbers of their rows, of interest and of memory, in turn.
    """

    likeness: Likeness
    language: str
    form: str
    claims: str
    reader_count: int = 0
    rows: array[int] = field(default_factory=lambda: array("q"))


@dataclass(frozen=True, slots=True)
class FrozenVariant:
    """A variant to be stored: its content, the name of its ready message, and the groups that get it."""

    content: VariantContent
    message_hash: str
    groups: Sequence[ReaderGroup]


_PART = """
    AND (s.id, s.epoch) IN (
        SELECT p.subscription_id, p.epoch FROM edition e JOIN delivery p ON p.edition_id = e.id AND p.state = 'cancelled'
        WHERE e.list_id = :list_id AND e.rhythm = :rhythm AND e.period = :period AND e.part < :part
        AND NOT EXISTS (
            SELECT 1 FROM edition f JOIN delivery o ON o.edition_id = f.id AND o.subscription_id = p.subscription_id
            WHERE f.list_id = :list_id AND f.rhythm = :rhythm AND f.period = :period AND f.part < :part
            AND o.epoch = p.epoch AND o.state <> 'cancelled'))
"""
_SUPPRESSED = """
    INSERT INTO temp.apart SELECT s.id, NULL FROM suppression x CROSS JOIN subscription s
    WHERE s.list_id = :list_id AND s.address_hash = x.address_hash
"""
# A reader's unsettled deliveries of their present epoch: `s` what was sent, `o` what may still be.
_CLAIMS = """
    INSERT OR IGNORE INTO temp.apart SELECT c.subscription_id, group_concat(c.variant_id || c.kind, ' ') FROM (
        SELECT d.subscription_id, d.variant_id, CASE d.state WHEN 'sent' THEN 's' ELSE 'o' END AS kind
        FROM {} WHERE s.id = d.subscription_id AND s.epoch = d.epoch
        AND d.settled = 0 AND d.variant_id IS NOT NULL AND d.state IN ('queued', 'picked', 'inflight', 'held', 'sent')
        AND s.list_id = :list_id ORDER BY d.subscription_id, d.variant_id) c
    GROUP BY c.subscription_id
"""
_BY_DELIVERY = "delivery d INDEXED BY delivery_claims CROSS JOIN subscription s"
_BY_READER = "subscription s CROSS JOIN delivery d INDEXED BY delivery_claims"
_FEW = 10_000
"""A list of fewer readers is looked at reader by reader: the letters of a large one, on their way, do not hold it up."""
_ALL = """
    CREATE TEMPORARY TABLE grouped AS SELECT s.interest_id, s.had_id, s.language, s.form, '' AS claims, count(*) AS readers
    FROM subscription s WHERE {} GROUP BY s.interest_id, s.had_id, s.language, s.form
"""
_APART = """
    INSERT INTO temp.grouped SELECT s.interest_id, s.had_id, s.language, s.form, {claims}, {count}
    FROM temp.apart a CROSS JOIN subscription s ON s.id = a.id WHERE {where} GROUP BY 1, 2, 3, 4, 5
"""
_SHARED = "SELECT id, {column} FROM {table} WHERE id IN (SELECT {table}_id FROM temp.grouped)"
_PLANNED = """
    CREATE TEMPORARY TABLE planned (interest_id INTEGER, had_id INTEGER, language TEXT, form TEXT, claims TEXT,
        variant_id INTEGER, PRIMARY KEY (interest_id, had_id, language, form, claims)) WITHOUT ROWID
"""
_DELIVERIES = """
    INSERT INTO delivery
    (subject, edition_id, variant_id, subscription_id, epoch, domain_key, lane, state, next_at, created_at)
    SELECT 'edition', :edition, p.variant_id, s.id, s.epoch, s.domain_key, :lane, 'queued', :now, :now
    FROM subscription s NOT INDEXED LEFT JOIN temp.apart a ON a.id = s.id
    CROSS JOIN temp.planned p ON p.interest_id = s.interest_id AND p.had_id = s.had_id AND p.language = s.language
    AND p.form = s.form AND p.claims = coalesce(a.claims, '')
    WHERE {} AND (a.id IS NULL OR a.claims IS NOT NULL) ORDER BY s.id
"""


def read_audience(connection: AnyConnection, edition: Edition, urgent: bool, narrowing: Narrowing) -> list[ReaderGroup]:
    """The edition's audience; `urgent` says that readers who chose urgent items at once belong to it too."""
    plain = driver(connection)
    _set_apart(plain, edition)
    _group(plain, edition, urgent)
    interests = narrowing.sketch_interests(plain.execute(_SHARED.format(table="interest", column="floors")))
    memories = narrowing.sketch_memories(plain.execute(_SHARED.format(table="had", column="sent")))
    claims = _Claims(plain, narrowing)
    groups: dict[tuple[Likeness, str, str, str], ReaderGroup] = {}
    for interest_id, had_id, language, form, claim, reader_count in plain.execute("SELECT * FROM temp.grouped"):
        had, claimed = memories[had_id], 0
        if claim:
            had, claimed = claims.sketch_had(had_id, claim) if "s" in claim else had, claims.sketch_claimed(claim)
        key = narrowing.compare(interests[interest_id], had, claimed), language, form, claim
        group = groups.get(key)
        if group is None:
            group = groups[key] = ReaderGroup(*key)
        group.reader_count += reader_count
        if reader_count > 0:  # else these stand apart, and are taken from where they were counted before
            group.rows.append(interest_id)
            group.rows.append(had_id)
    _drop(plain, "grouped", "apart")
    return [group for group in groups.values() if group.reader_count]


def _set_apart(plain: sqlite3.Connection, edition: Edition) -> None:
    """The readers of the list who are not mailed at all, and those with unsettled deliveries."""
    _drop(plain, "apart")
    plain.execute("CREATE TEMPORARY TABLE apart (id INTEGER PRIMARY KEY, claims TEXT)")
    values = _values(edition)
    plain.execute(_SUPPRESSED, values)
    count = "SELECT count(*) FROM (SELECT 1 FROM subscription WHERE list_id = ? LIMIT ?)"
    is_small = plain.execute(count, (edition.list_id, _FEW)).fetchone()[0] < _FEW
    plain.execute(_CLAIMS.format(_BY_READER if is_small else _BY_DELIVERY), values)


def _group(plain: sqlite3.Connection, edition: Edition, urgent: bool) -> None:
    """Count the audience by what readers share: all together, and then those who stand apart moved to their own groups."""
    where, values = _where(edition, urgent), _values(edition)
    _drop(plain, "grouped")
    plain.execute(_ALL.format(where), values)
    plain.execute(_APART.format(claims="''", count="-count(*)", where=where), values)
    plain.execute(_APART.format(claims="a.claims", count="count(*)", where=f"{where} AND a.claims IS NOT NULL"), values)


class _Claims:
    """What the unsettled deliveries of readers come to, from the texts in `apart`; each is looked at once."""

    def __init__(self, plain: sqlite3.Connection, narrowing: Narrowing) -> None:
        self._plain, self._narrowing = plain, narrowing
        texts = [row[0] for row in plain.execute("SELECT DISTINCT claims FROM temp.grouped WHERE claims > ''")]
        self._contents = read_contents(plain, {int(claim[:-1]) for text in texts for claim in text.split()})
        self.sketch_claimed = cache(self._sketch_claimed)
        self.sketch_had = cache(self._sketch_had)
        self._find_addition = cache(self._build_addition)

    def _sketch_claimed(self, text: str) -> int:
        items = (self._contents[int(claim[:-1])].selection.items for claim in text.split() if claim.endswith("o"))
        return self._narrowing.sketch_claimed(frozenset().union(*items))

    def _sketch_had(self, row: int, text: str) -> int:
        """The sketch of what was had, with what was sent and is not settled yet."""
        had: str = self._plain.execute("SELECT sent FROM had WHERE id = ?", (row,)).fetchone()[0]
        for claim in text.split():
            if claim.endswith("s"):
                had = self._find_addition(int(claim[:-1])).to(had)
        return self._narrowing.sketch_memories([(row, had)])[row]

    def _build_addition(self, number: int) -> Addition:
        return Addition(self._contents[number].selection, self._narrowing.places)


def freeze(
    connection: AnyConnection, edition: Edition, variants: Iterable[FrozenVariant], urgent: bool, lane: int, now: datetime
) -> int:
    """Make the variants and one delivery row a reader; how many there are. Part of one transaction with the new state.

    The groups are those of `read_audience` in this transaction. A reader who would be found in none of them, because they
    have changed since, would get nothing.
    """
    plain = driver(connection)
    _set_apart(plain, edition)
    _drop(plain, "planned")
    plain.execute(_PLANNED)
    numbered = [(insert_variant(plain, edition.id, one.content, one.message_hash), one.groups) for one in variants]
    plain.executemany("INSERT INTO temp.planned VALUES (?, ?, ?, ?, ?, ?)", _find_rows(numbered))
    values = {**_values(edition), "edition": edition.id, "lane": lane, "now": to_seconds(now)}
    made = plain.execute(_DELIVERIES.format(_where(edition, urgent)), values).rowcount
    _drop(plain, "planned", "apart")
    return made


def _find_rows(variants: Iterable[tuple[int, Sequence[ReaderGroup]]]) -> Iterator[tuple[int, int, str, str, str, int]]:
    for number, groups in variants:
        for group in groups:
            for interest_id, had_id in zip(group.rows[::2], group.rows[1::2], strict=True):
                yield interest_id, had_id, group.language, group.form, group.claims, number


def _drop(plain: sqlite3.Connection, *tables: str) -> None:
    for table in tables:
        plain.execute(f"DROP TABLE IF EXISTS temp.{table}")


def _where(edition: Edition, urgent: bool) -> str:
    """Who belongs to the audience, those aside who are not mailed; `_values` has the values."""
    rhythm = "(s.rhythm = 'at-once' OR s.urgent = 1)" if urgent and edition.rhythm == "at-once" else "s.rhythm = :rhythm"
    present = "(s.paused_until IS NULL OR s.paused_until <= :moment)"
    return f"s.list_id = :list_id AND s.state = 'active' AND {rhythm} AND {present} {_PART if edition.part > 1 else ''}"


def _values(edition: Edition) -> dict[str, object]:
    return {
        "list_id": edition.list_id,
        "rhythm": edition.rhythm,
        "period": edition.period,
        "part": edition.part,
        "moment": to_seconds(edition.moment),
    }
