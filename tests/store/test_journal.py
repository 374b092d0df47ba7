"""The journal keeps who did what, when, by which door, in the transaction that did it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.store.database import open_store
from digest.store.journal import Entry, read_journal, write_journal

NOW = datetime(2022, 2, 28, 18, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path):
    opened = open_store(tmp_path / "var")
    yield opened
    opened.close()


def test_lines_come_back_in_their_order_with_all_they_say(store):
    with store.writing() as connection:
        write_journal(connection, NOW, "Ада", "edition approved", "2022-w09-supporters", "desk", hash="ab", count=3)
        write_journal(connection, NOW, "Ben", "readers imported", "list supporters", evidence="«paper»")
    with store.reading() as connection:
        assert list(read_journal(connection)) == [
            Entry(NOW, "Ада", "desk", "edition approved", "2022-w09-supporters", {"hash": "ab", "count": 3}),
            Entry(NOW, "Ben", "cli", "readers imported", "list supporters", {"evidence": "«paper»"}),
        ]
        assert [one.actor for one in read_journal(connection, "list supporters")] == ["Ben"]
        assert list(read_journal(connection, "list press")) == []


def test_what_was_not_done_is_not_in_the_journal(store):
    with pytest.raises(KeyError), store.writing() as connection:
        write_journal(connection, NOW, "Ada", "edition approved", "2022-w09-supporters")
        raise KeyError
    with store.reading() as connection:
        assert list(read_journal(connection)) == []
