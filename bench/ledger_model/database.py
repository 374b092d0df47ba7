"""The database of the small world: real tables in memory, real functions on it, and any state of it put back at will."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, StaticPool, create_engine

import digest.store
from bench.ledger_model.states import Row, Rows
from digest.delivery.ledger import Answer, Picked
from digest.delivery.pace import Rules
from digest.delivery.transitions import Decision
from digest.store import scope
from digest.store.deliveries import cancel_edition, decide, pause_edition, resume_edition, stop_variants
from digest.store.scope import Scope
from digest.store.sending import Question, Sending
from digest.store.slots import Slot
from digest.store.sqlite import transaction

__all__ = ["NOW", "Database"]

NOW = 1_646_067_600
_MOMENT = datetime.fromtimestamp(NOW, UTC)
_EDITION = "edition"
_SCHEMA = (Path(digest.store.__file__).parent / "schema.sql").read_text()
_READ = """
    SELECT d.state, d.unknown_count, d.stopped, d.sender,
        CASE WHEN x.reason IS NULL THEN coalesce(s.state, 'active') ELSE 'suppressed' END,
        d.letter_id IS NULL OR l.sealed IS NOT NULL
    FROM delivery d LEFT JOIN subscription s ON s.id = d.subscription_id LEFT JOIN letter l ON l.id = d.letter_id
    LEFT JOIN suppression x ON x.address_hash = l.address_hash ORDER BY d.id
"""
_WRITE = (
    "UPDATE delivery SET state = ?, unknown_count = ?, stopped = ?, sender = ?, attempt_count = 0, next_at = 0, "
    "code = NULL, reply = NULL, outcome_at = NULL WHERE id = ?"
)


class Database:
    """Some deliveries, of one edition or single letters.

    `living` are the places whose senders live: no other can take their locks.

    Args:
        count: how many.
        letters: whether they are single letters.
        rules: when letters are tried again.
    """

    def __init__(self, count: int, *, letters: bool, rules: Rules) -> None:
        self._rules = rules
        self._letters = letters
        self.connection = sqlite3.connect(":memory:", isolation_level=None, cached_statements=256)
        self.connection.executescript(_SCHEMA)
        self._fill(count)
        engine = create_engine("sqlite://", creator=lambda: self.connection, poolclass=StaticPool)
        self._everyday = engine.connect()
        self._known: dict[tuple[str, Rows], Rows] = {}
        self.living: frozenset[int] = frozenset()
        self.rows = self._read()

    @contextmanager
    def opened(self) -> Iterator[Database]:
        """While this is entered, its own locks stand for those of the operating system; behind that it is gone."""
        real = scope.try_slot
        scope.try_slot = self.try_slot
        try:
            yield self
        finally:
            scope.try_slot = real
            self._everyday.close()
            self.connection.close()

    def try_slot(self, var: Path, number: int) -> Slot | None:
        """The lock of a place, as the kernel would give it."""
        del var
        return None if number in self.living else Slot(number, -1)

    def put_back(self, rows: Rows) -> None:
        """Make the database what it was."""
        if rows == self.rows:
            return
        for number, (row, now) in enumerate(zip(rows.deliveries, self.rows.deliveries, strict=True), 1):
            if row != now:
                self._write(number, row)
        if (rows.edition, rows.variant_stopped) != (self.rows.edition, self.rows.variant_stopped):
            self.connection.execute("UPDATE edition SET state = ?, paused_by = 'staff'", (rows.edition,))
            self.connection.execute("UPDATE variant SET stopped = ?", (rows.variant_stopped,))
        self.rows = rows

    def read_again(self) -> None:
        """See what has become of the rows; all that waits is due at once."""
        self.rows = self._read()
        self.connection.execute("UPDATE delivery SET next_at = 0 WHERE next_at > 0 AND state = 'queued'")

    # -- senders

    def exchange(self, place: int, *questions: Question) -> list[Answer]:
        """What the ledger answers the sender of a place."""
        answers = Sending(self.connection, place, self._rules, None).exchange(questions, NOW)
        self.read_again()
        return answers

    def start(self, place: int) -> None:
        """A sender takes a place that is free."""
        self._scope(place).recover(NOW, own=True)
        self.read_again()

    def review(self, place: int) -> None:
        """A sender looks around."""
        self._scope(place).review(NOW)
        self.read_again()

    def end(self, place: int) -> None:
        """A sender ends in good order."""
        with transaction(self.connection):
            Sending(self.connection, place, self._rules, None).put_back()
        self.read_again()

    def in_hand(self, number: int) -> Picked:
        """The delivery of that number as a connection has it in hand."""
        letter = number + 1 if self._letters else None
        reader, edition, epoch = (None, None, 0) if self._letters else (number + 1, _EDITION, 1)
        return Picked(number + 1, edition, "m", reader, epoch, b"sealed", b"domain", letter=letter)

    # -- people

    def leave(self, number: int) -> None:
        """A reader leaves; of a single letter, the address is suppressed."""
        if self._letters:
            self.connection.execute("INSERT INTO suppression VALUES (?, 'asked', 0)", (b"%d" % (number + 1),))
        else:
            self.connection.execute("UPDATE subscription SET state = 'left' WHERE id = ?", (number + 1,))
        self.read_again()

    def pause(self) -> None:
        """Staff pause the edition."""
        self._act("pause", lambda everyday: pause_edition(everyday, _EDITION, "Ada", _MOMENT))

    def resume(self) -> None:
        """Staff resume the edition."""
        self._act("resume", lambda everyday: resume_edition(everyday, _EDITION, "Ada", _MOMENT, staff=True))

    def cancel(self) -> None:
        """Staff cancel the edition."""
        self._act("cancel", lambda everyday: cancel_edition(everyday, _EDITION, "Ada", _MOMENT))

    def correct(self) -> None:
        """What the letters say is corrected."""
        self._act("correct", lambda everyday: stop_variants(everyday, _EDITION, [1], _MOMENT))

    def decide(self, number: int, decision: Decision) -> None:
        """Staff decide about a held delivery."""
        self._act(f"{decision} {number}", lambda everyday: decide(everyday, [number + 1], decision, _MOMENT))

    def _act(self, name: str, act: Callable[[Connection], object]) -> None:
        """Something that people do: what becomes of the same rows need be found out but once."""
        before = self.rows
        if (name, before) in self._known:
            self.put_back(self._known[name, before])
            return
        with self._everyday.begin():
            self.connection.execute("BEGIN IMMEDIATE")
            act(self._everyday)
        self.read_again()
        self._known[name, before] = self.rows

    # -- rows

    def _scope(self, place: int) -> Scope:
        return Scope(self.connection, Sending(self.connection, place, self._rules, None), Path(), place, None)

    def _read(self) -> Rows:
        deliveries = tuple(
            Row(state, unknowns, stopped, sender, reader, bool(address))
            for state, unknowns, stopped, sender, reader, address in self.connection.execute(_READ)
        )
        found = self.connection.execute("SELECT e.state, v.stopped FROM edition e, variant v").fetchone()
        return Rows(deliveries, *(found or ("", 0)))

    def _write(self, number: int, row: Row) -> None:
        self.connection.execute(_WRITE, (row.state, row.unknown_count, row.stopped, row.sender, number))
        if self._letters:
            sealed = b"sealed" if row.address else None
            self.connection.execute("UPDATE letter SET sealed = ?, link = ? WHERE id = ?", (sealed, sealed, number))
            self.connection.execute("DELETE FROM suppression WHERE address_hash = ?", (b"%d" % number,))
            if row.reader_state == "suppressed":
                self.connection.execute("INSERT INTO suppression VALUES (?, 'asked', 0)", (b"%d" % number,))
        else:
            self.connection.execute("UPDATE subscription SET state = ? WHERE id = ?", (row.reader_state, number))

    def _fill(self, count: int) -> None:
        fill = self.connection.execute
        fill("INSERT INTO interest VALUES (1, 'a', '{}')")
        fill("INSERT INTO had VALUES (1, 'a', '{}')")
        if not self._letters:
            fill(
                "INSERT INTO edition (id, list_id, rhythm, period, state, moment, horizon, changed_by, changed_what, "
                "changed_at, approved_hash, frozen_hash, started_at, audience_count) "
                "VALUES (?, 'l', 'weekly', 'p', 'sending', 0, 0, '', '', 0, 'h', 'h', 0, ?)",
                (_EDITION, count),
            )
            fill("INSERT INTO variant VALUES (1, ?, 'v', '', 'en', 'full', 'm', 0)", (_EDITION,))
        for number in range(1, count + 1):
            self._fill_one(number)

    def _fill_one(self, number: int) -> None:
        fill, address = self.connection.execute, b"%d" % number
        if self._letters:
            fill("INSERT INTO letter VALUES (?, 'notice', NULL, x'00', ?, x'00', 'm', 0)", (number, address))
            row = ("letter", None, None, None, number, 0, 0)
        else:
            fill(
                "INSERT INTO subscription (id, list_id, sealed, address_hash, domain_key, state, interest_id, had_id, "
                "rhythm, language, form, created_at) "
                "VALUES (?, 'l', x'00', ?, x'00', 'active', 1, 1, 'weekly', 'en', 'full', 0)",
                (number, address),
            )
            row = ("edition", _EDITION, 1, number, None, 1, 1)
        fill(
            "INSERT INTO delivery (id, subject, edition_id, variant_id, subscription_id, letter_id, epoch, lane, "
            "domain_key, state, next_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, x'00', 'queued', 0, ?)",
            (number, *row, NOW),
        )
