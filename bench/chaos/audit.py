"""Every step of every delivery, reader and edition, put down by triggers in the very transaction that makes it.

The order of the numbers is the order in which the steps became durable, whoever made them: SQLite has one writer at a time.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

__all__ = ["Step", "read_steps", "watch"]

# Milliseconds, cut off: a step is never put down later than it was made.
_NOW = "(julianday('now') - 2440587.5) * 86400.0"
_SCHEMA = f"""
    CREATE TABLE chaos_letter AS
        SELECT d.id, l.sealed FROM delivery d JOIN letter l ON l.id = d.letter_id;
    CREATE TABLE chaos_step (
        number INTEGER PRIMARY KEY, moment REAL, what TEXT, id, was TEXT, became TEXT, sender INTEGER, unknown_count INTEGER
    );
    CREATE TRIGGER chaos_delivery AFTER UPDATE OF state, unknown_count ON delivery
    WHEN NEW.state <> OLD.state OR NEW.unknown_count <> OLD.unknown_count BEGIN
        INSERT INTO chaos_step (moment, what, id, was, became, sender, unknown_count) VALUES (
            {_NOW}, 'delivery', NEW.id, OLD.state, NEW.state, coalesce(NEW.sender, OLD.sender), NEW.unknown_count);
    END;
    CREATE TRIGGER chaos_reader AFTER UPDATE OF state ON subscription WHEN NEW.state <> OLD.state BEGIN
        INSERT INTO chaos_step (moment, what, id, was, became) VALUES ({_NOW}, 'reader', NEW.id, OLD.state, NEW.state);
    END;
    CREATE TRIGGER chaos_edition AFTER UPDATE OF state, approved_hash ON edition BEGIN
        INSERT INTO chaos_step (moment, what, id, was, became) VALUES ({_NOW}, 'edition', NEW.id, OLD.state,
            CASE WHEN NEW.approved_hash IS NEW.frozen_hash THEN NEW.state ELSE 'unapproved' END);
    END;
"""


class Step(NamedTuple):
    """One step: `what` is delivery, reader or edition; `moment` is seconds since 1970, at most as late as the step was."""

    number: int
    moment: float
    what: str
    id: int | str
    was: str
    became: str
    sender: int | None = None
    unknown_count: int | None = None


def watch(file: Path) -> None:
    """Put down all steps from here on; and to whom single letters go, for that is erased when they have gone."""
    with closing(sqlite3.connect(file, timeout=10)) as connection:
        connection.executescript(_SCHEMA)


def read_steps(file: Path) -> list[Step]:
    """All steps so far, in their order."""
    with closing(sqlite3.connect(file, timeout=10)) as connection:
        return [Step(*row) for row in connection.execute("SELECT * FROM chaos_step ORDER BY number")]
