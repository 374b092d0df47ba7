"""Readers, a release log and editions in a database, made by hand: where tests of planning and settling begin."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select as choose
from sqlalchemy import text, update

from digest.editions.content import VariantContent
from digest.editions.edition import Edition
from digest.editions.facts import LogEvent, build_facts, build_roots, topics_entered
from digest.editions.narrowing import Narrowing
from digest.editions.selection import Candidates, Rule, Selection, build_candidates
from digest.store.database import open_store
from digest.store.dictionary import keep_had, keep_interest, read_had, read_places
from digest.store.editions import insert_edition
from digest.store.planning import FrozenVariant, freeze, read_audience
from digest.store.releases import to_seconds
from digest.store.schema import delivery, subscription, variant
from digest.store.settling import settle
from digest.store.topic_moves import read_moves

NOW = datetime(2022, 2, 28, 18, tzinfo=UTC)
EVERYTHING = {"*": 0}
_EVENT = """
    INSERT INTO event (number, type, item, at, version, entry_id, published_at, updated_at, entered, corrections, backfill)
    VALUES (:number, :type, :item, :at, 'v', '', 0, 0, '[]', 0, 0)
"""
_CARRIED = """
    SELECT d.subscription_id, v.content FROM delivery d JOIN variant v ON v.id = d.variant_id
    WHERE d.edition_id = :edition
"""


class _UndoneError(Exception):
    """Takes a transaction back."""


@dataclass
class Readership:
    """The database of a site below `var`, and short words to fill it and to see who gets what."""

    var: Path
    events: list[LogEvent] = field(default_factory=list)
    numbers: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.store = open_store(self.var)

    def log(self, type_: str, item: str, topics=("ukraine",), language="en", root="") -> None:
        """Append an event, an hour after the one before."""
        before = next((event for event in reversed(self.events) if event.item == item), None)
        entered = topics_entered(before.topics if before else (), topics, first=before is None)
        at = NOW - timedelta(days=20) + timedelta(hours=len(self.events))
        number = len(self.events) + 1
        self.events.append(
            LogEvent(number, type_, item, root or item, language, tuple(topics), entered, at, urgent=False, backfill=False)
        )
        with self.store.writing() as connection:
            connection.execute(text("INSERT OR IGNORE INTO version VALUES ('v', '{}')"))
            connection.execute(text(_EVENT), {"number": number, "type": type_, "item": item, "at": to_seconds(at)})

    def release(self, *items: str, **more) -> None:
        """Release items."""
        for item in items:
            self.log("released", item, **more)

    def reader(self, interest=None, sent=None, **changes) -> int:
        """A reader of supporters; the number of the row."""
        self.numbers["reader"] += 1
        name = f"reader {self.numbers['reader']}".encode()
        with self.store.writing() as connection:
            row = {
                "list_id": "supporters", "sealed": name, "address_hash": name, "domain_key": b"example.org",
                "state": "active", "interest_id": keep_interest(connection, interest or EVERYTHING),
                "had_id": keep_had(connection, sent or {}), "rhythm": "weekly", "language": "en", "form": "full",
                "created_at": 0,
            }  # fmt: skip
            return connection.execute(subscription.insert().values(**row | changes)).inserted_primary_key[0]

    def change(self, reader: int, **values) -> None:
        """Change a reader's row."""
        with self.store.writing() as connection:
            connection.execute(update(subscription).where(subscription.c.id == reader).values(**values))

    def edition(self, name="2022-w09-supporters", **changes) -> Edition:
        """An edition at the log's end, as it is stored."""
        given = {
            "id": name, "list_id": "supporters", "rhythm": "weekly", "period": name, "moment": NOW,
            "horizon": len(self.events), "changed_by": "Ada", "changed_what": "prepared", "changed_at": NOW,
        }  # fmt: skip
        edition = Edition(**given | changes)
        with self.store.writing() as connection:
            insert_edition(connection, edition)
        return edition

    def deliver(self, edition: Edition, content: VariantContent, reader: int | None, state="queued", **changes) -> int:
        """A delivery of that content."""
        with self.store.writing() as connection:
            same = (variant.c.edition_id == edition.id, variant.c.hash == content.hash)
            number = connection.execute(choose(variant.c.id).where(*same)).scalar()
            if number is None:
                row = {
                    "edition_id": edition.id, "hash": content.hash, "content": content.text,
                    "language": "en", "form": "full", "message_hash": "m",
                }  # fmt: skip
                number = connection.execute(variant.insert().values(**row)).inserted_primary_key[0]
            row = {
                "subject": "edition", "edition_id": edition.id, "variant_id": number, "subscription_id": reader, "epoch": 1,
                "domain_key": b"example.org", "state": state, "next_at": 0, "created_at": 0,
            }  # fmt: skip
            return connection.execute(delivery.insert().values(**row | changes)).inserted_primary_key[0]

    def candidates(self, edition: Edition) -> Candidates:
        """What the edition could carry to anyone."""
        rule = Rule(edition.moment, timedelta(days=35), frozenset(), frozenset(), False, "en")
        return build_candidates(build_facts(self.events, edition.horizon), build_roots(self.events), rule)

    def audience(self, edition: Edition, urgent=False) -> int:
        """How many readers it has."""
        with self.store.reading() as connection:
            return sum(group.reader_count for group in self._read(connection, edition, urgent)[0])

    def group_sizes(self, edition: Edition) -> list[int]:
        """The sizes of the groups of its audience, the largest first."""
        with self.store.reading() as connection:
            return sorted((group.reader_count for group in self._read(connection, edition, False)[0]), reverse=True)

    def freeze(self, edition: Edition, urgent=False, lane=1) -> int:
        """Make its deliveries; how many."""
        with self.store.writing() as connection:
            return self._freeze(connection, edition, urgent, lane)

    def carried(self, edition: Edition, urgent=False) -> dict[int, Selection]:
        """What each reader would get if it were frozen now."""
        got = {}
        try:
            with self.store.writing() as connection:
                self._freeze(connection, edition, urgent, 1)
                rows = connection.execute(text(_CARRIED), {"edition": edition.id}).all()
                got = {row.subscription_id: VariantContent.parse(row.content).selection for row in rows}
                raise _UndoneError
        except _UndoneError:
            return got

    def settle(self) -> int:
        """Write what was sent into what readers had."""
        with self.store.writing() as connection:
            return settle(connection)

    def sent_to(self, reader: int) -> dict[str, int]:
        """What a reader had."""
        with self.store.reading() as connection:
            row = connection.execute(choose(subscription.c.had_id).where(subscription.c.id == reader)).scalar_one()
            return read_had(connection, row)

    def rows(self, statement: str):
        """Rows of a query."""
        with self.store.reading() as connection:
            return connection.execute(text(statement)).all()

    def _read(self, connection, edition, urgent):
        narrowing = Narrowing(self.candidates(edition), read_moves(connection), read_places(connection))
        return read_audience(connection, edition, urgent, narrowing), narrowing

    def _freeze(self, connection, edition, urgent, lane) -> int:
        groups, narrowing = self._read(connection, edition, urgent)
        planned: dict[VariantContent, list] = {}
        for group in groups:
            new, corrected, withdrawn = narrowing.pick(group.likeness, group.language)
            if new or corrected or withdrawn:
                content = VariantContent(group.language, group.form, new, corrected, withdrawn)
                planned.setdefault(content, []).append(group)
        variants = [FrozenVariant(content, "m", groups) for content, groups in planned.items()]
        return freeze(connection, edition, variants, urgent, lane, NOW)
