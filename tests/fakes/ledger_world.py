"""A site's database with readers and one frozen edition, made by plain SQL: where tests of the ledger begin.

Addresses are not sealed here: `sealed` holds the plain address, which is all that a trivial composer needs.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from digest.delivery.ledger import Picked
from digest.delivery.transport import Letter
from digest.store.database import open_store

EDITION = "2022-w09-supporters"
START = 1_646_067_600  # 2022-02-28T17:00:00Z
_EMPTY: list[bytes] = []


class World:
    """The database of a site below `var`, and short words to set and read it."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.file = var / "digest.db"
        var.mkdir(parents=True, exist_ok=True)
        if not self.file.exists():  # one that is open in this process must never be read: closing it drops SQLite's locks
            self._make()
        with self.write() as connection:
            connection.execute("INSERT OR IGNORE INTO interest VALUES (1, 'a', '{}')")
            connection.execute("INSERT OR IGNORE INTO had VALUES (1, 'a', '{}')")

    def _make(self) -> None:
        """A new database; migrating anew for each test would take most of its time."""
        if not _EMPTY:
            open_store(self.var).close()
            _EMPTY.append(self.file.read_bytes())
        else:
            self.file.write_bytes(_EMPTY[0])

    def write(self) -> _Writing:
        """One writing transaction."""
        return _Writing(self.file)

    def add_edition(self, name: str = EDITION, state: str = "sending", lane: int = 1) -> None:
        """An edition with one variant and nobody in its audience; deliveries come with `add_readers`."""
        with self.write() as connection:
            edition = (name, "supporters", "weekly", name, state, 0, 0, "test", "made", 0, "h", "h", START, 0)
            connection.execute(
                "INSERT INTO edition (id, list_id, rhythm, period, state, moment, horizon, changed_by, changed_what, "
                f"changed_at, approved_hash, frozen_hash, started_at, audience_count) VALUES ({_marks(edition)})",
                edition,
            )
            variant = (name, "v", "", "en", "full", "m")
            connection.execute(
                f"INSERT INTO variant (edition_id, hash, content, language, form, message_hash) VALUES ({_marks(variant)})",
                variant,
            )
        self.lane = lane

    def add_readers(self, count: int, name: str | None = EDITION, domain: str = "example.org", first: int = 1) -> None:
        """Readers `reader-N@domain`, each with a queued delivery of that edition (None: a single letter)."""
        with self.write() as connection:
            variant = connection.execute("SELECT id FROM variant WHERE edition_id = ?", (name,)).fetchone()
            for number in range(first, first + count):
                reader = _find_reader(connection, f"reader-{number}@{domain}".encode(), domain.encode())
                subject, lane = ("letter", 0) if name is None else ("edition", self.lane)
                row = (subject, name, variant and variant[0], reader, 1, domain.encode(), lane, "queued", START, START)
                connection.execute(
                    "INSERT INTO delivery (subject, edition_id, variant_id, subscription_id, epoch, domain_key, lane, "
                    f"state, next_at, created_at) VALUES ({_marks(row)})",
                    row,
                )
            connection.execute("UPDATE edition SET audience_count = audience_count + ? WHERE id = ?", (count, name))

    def add_letters(self, count: int, domain: str = "example.org", first: int = 1, reader: int | None = None) -> None:
        """Queued single letters to `person-N@domain`, or to a reader; each has a link."""
        with self.write() as connection:
            for number in range(first, first + count):
                address = f"person-{number}@{domain}".encode()
                letter = ("notice", address, address, b"link", "m", START)
                made = connection.execute(
                    "INSERT INTO letter (kind, sealed, address_hash, link, message_hash, created_at) "
                    f"VALUES ({_marks(letter)})",
                    letter,
                )
                row = (
                    "letter",
                    made.lastrowid,
                    reader,
                    0 if reader is None else 1,
                    domain.encode(),
                    0,
                    "queued",
                    START,
                    START,
                )
                connection.execute(
                    "INSERT INTO delivery (subject, letter_id, subscription_id, epoch, domain_key, lane, state, next_at, "
                    f"created_at) VALUES ({_marks(row)})",
                    row,
                )

    def do(self, query: str, *values: object) -> int:
        """Run one statement; how many rows it touched."""
        with self.write() as connection:
            return connection.execute(query, values).rowcount

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """What a query reads."""
        with closing(sqlite3.connect(self.file, timeout=10)) as connection:
            return connection.execute(query, values).fetchall()

    def counts(self, name: str = EDITION) -> dict[str, int]:
        """How many deliveries of an edition are in each state."""
        return dict(self.rows("SELECT state, count(*) FROM delivery WHERE edition_id = ? GROUP BY state", name))  # type: ignore[arg-type]

    def edition(self, name: str = EDITION) -> str:
        """The state of an edition."""
        return str(self.rows("SELECT state FROM edition WHERE id = ?", name)[0][0])

    def delivery(self, number: int) -> dict[str, object]:
        """One row of the ledger."""
        with closing(sqlite3.connect(self.file, timeout=10)) as connection:
            connection.row_factory = sqlite3.Row
            return dict(connection.execute("SELECT * FROM delivery WHERE id = ?", (number,)).fetchone())


def _marks(values: tuple[object, ...]) -> str:
    return ", ".join("?" * len(values))


def _find_reader(connection: sqlite3.Connection, address: bytes, domain: bytes) -> int:
    found = connection.execute("SELECT id FROM subscription WHERE address_hash = ?", (address,)).fetchone()
    if found:
        return int(found[0])
    row = ("supporters", address, address, domain, "active", 1, 1, "weekly", "en", "full", 0)
    made = connection.execute(
        "INSERT INTO subscription (list_id, sealed, address_hash, domain_key, state, interest_id, had_id, rhythm, "
        f"language, form, created_at) VALUES ({_marks(row)})",
        row,
    )
    assert made.lastrowid is not None
    return made.lastrowid


class _Writing:
    def __init__(self, file: Path) -> None:
        self._file = file

    def __enter__(self) -> sqlite3.Connection:
        self._connection = sqlite3.connect(self._file, timeout=10, isolation_level=None)
        self._connection.execute("BEGIN IMMEDIATE")
        return self._connection

    def __exit__(self, kind: object, *_: object) -> None:
        self._connection.execute("COMMIT" if kind is None else "ROLLBACK")
        self._connection.close()


def compose(picked: Picked, body: bytes = b"Hello.\r\n") -> Letter:
    """The copy of a delivery: always the same bytes for the same delivery."""
    recipient = picked.sealed.decode()
    message_id = f"<e{picked.id}@lists.example.org>"
    head = f"Message-ID: {message_id}\r\nTo: <{recipient}>\r\nSubject: News\r\n\r\n"
    return Letter("news@lists.example.org", recipient, message_id, (head.encode(), body))
