"""What must be quick uses the same database by plain sqlite3: the same promises, and one transaction with the rest."""

from __future__ import annotations

import gc
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from digest.errors import StoreError
from digest.items.model import Content
from digest.newsroom.log import Event, EventType, build_event, build_line
from digest.newsroom.public import build_newsroom
from digest.store.contents import open_contents
from digest.store.database import open_store, widen
from digest.store.facts import keep_fact, read_fact
from digest.store.hot import HotStore, open_hot
from digest.store.journal import read_journal, write_journal
from digest.store.migrating import HEAD, revision
from digest.store.releases import append_lines, log_end, read_lines, read_newsroom
from digest.store.sqlite import AnyConnection, find_file

NOW = datetime(2022, 2, 28, 18, tzinfo=UTC)
CONTENT = Content(
    id="a", title="Title", kind="update", topics=("ukraine", "russia"), summary="Зведення.", language="uk",
    translation_of="b", date=date(2022, 2, 28), date_at=NOW, urgent=True,
)  # fmt: skip
EVENT = Event(EventType.RELEASED, "a", NOW, "tag:example.org,2020:items/a", CONTENT, NOW, NOW, ("*", "ukraine"), number=1)


@pytest.fixture
def hot(tmp_path: Path) -> HotStore:
    return open_hot(tmp_path / "var")


def append(connection: sqlite3.Connection) -> None:
    append_lines(connection, [build_line(EVENT)], lambda _: CONTENT)


def read(connection: AnyConnection) -> list[Event]:
    """The log with all its contents, as far as it is durable."""
    contents = open_contents(find_file(connection))
    return [build_event(line, contents(line.version)) for line in read_lines(connection)]


def test_a_missing_database_is_made(hot: HotStore):
    with hot.reading() as connection:
        assert revision(connection) == HEAD
        assert log_end(connection) == 0


def test_publishing_waits_for_no_sqlalchemy(hot: HotStore, tmp_path: Path):
    with hot.writing() as connection:
        append(connection)
    code = f"""
import sys
from datetime import UTC, datetime
from pathlib import Path
from digest.store.hot import open_hot
from digest.store.journal import write_journal
from digest.store.releases import concerns_editions, newest_moment, read_newsroom
hot = open_hot(Path({str(tmp_path / "var")!r}))
with hot.writing() as connection:
    newsroom = read_newsroom(connection, contents=hot.contents)
    concerns_editions(connection, [newsroom.items[0].line])
    write_journal(connection, newest_moment(connection), "Ada", "published", "events 1-1")
print(newsroom.items[0].content.title, sorted({{"sqlalchemy", "alembic", "asyncio"}} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "Title []"


def test_every_connection_is_durable_and_checks_references(hot: HotStore):
    pragmas = ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
    for view in (hot.reading, hot.writing):
        with view() as connection:
            assert [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas] == ["wal", 2, 1, 1]


def test_a_transaction_becomes_durable_as_a_whole_or_not_at_all(hot: HotStore):
    with pytest.raises(ZeroDivisionError), hot.writing() as connection:
        append(connection)
        raise ZeroDivisionError
    with hot.reading() as connection:
        assert log_end(connection) == 0
    with hot.writing() as connection:
        append(connection)
    with hot.reading() as connection:
        assert read(connection) == [EVENT]


def test_a_reader_sees_one_state_and_never_waits_for_the_writer(hot: HotStore):
    with hot.reading() as seen:
        assert log_end(seen) == 0
        with hot.writing() as connection:
            append(connection)
        assert log_end(seen) == 0


def test_both_ways_into_the_database_see_the_same(hot: HotStore, tmp_path: Path):
    with hot.writing() as connection:
        append(connection)
        write_journal(connection, NOW, "Ada", "published", "events 1-1")
    store = open_store(tmp_path / "var")
    with store.reading() as wide, hot.reading() as connection:
        assert read(wide) == [EVENT]
        assert read_newsroom(wide) == read_newsroom(connection, contents=hot.contents) == build_newsroom([EVENT])
        assert list(read_journal(wide)) == list(read_journal(connection))
    store.close()


# A plain transaction, lent to SQLAlchemy.


def test_what_sqlalchemy_does_is_part_of_the_plain_transaction(hot: HotStore):
    with hot.writing() as connection:
        append(connection)
        with widen(connection) as wide:
            keep_fact(wide, "colour", "blue")
            assert log_end(wide) == 1
        gc.collect()
        assert connection.in_transaction
        write_journal(connection, NOW, "Ada", "published", "events 1-1")
    with hot.reading() as connection, widen(connection) as wide:
        assert (read_fact(wide, "colour"), log_end(wide), len(list(read_journal(wide)))) == ("blue", 1, 1)


@pytest.mark.parametrize("inside", [True, False])
def test_what_fails_takes_all_of_it_back(hot: HotStore, inside: bool):
    with pytest.raises(ZeroDivisionError), hot.writing() as connection:
        append(connection)
        with widen(connection) as wide:
            keep_fact(wide, "colour", "blue")
            if inside:
                raise ZeroDivisionError
        raise ZeroDivisionError
    with hot.reading() as connection, widen(connection) as wide:
        assert (read_fact(wide, "colour"), log_end(wide)) == (None, 0)


def test_a_fault_that_sqlalchemy_meets_has_a_remedy(hot: HotStore):
    with (
        pytest.raises(StoreError, match="readonly database") as refusal,
        hot.writing() as connection,
        widen(connection) as wide,
    ):
        wide.execute(text("PRAGMA query_only = ON"))
        keep_fact(wide, "colour", "blue")
    assert refusal.value.remedy == "Make the file and its folder writable for this user."


# Databases that are not as they should be.


def _upgrade(file: Path, target: str) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    from digest.store import migrating

    config = Config()
    config.set_main_option("script_location", str(Path(migrating.__file__).parent / "migrations"))
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, target)
    engine.dispose()


def test_a_database_of_the_first_version_is_brought_up_to_date(tmp_path: Path):
    file = tmp_path / "var" / "digest.db"
    file.parent.mkdir()
    _upgrade(file, "0001")
    line = build_line(EVENT)
    with closing(sqlite3.connect(file)) as plain, plain:
        plain.execute("INSERT INTO version VALUES (?, ?)", (line.version, CONTENT.canonical))
        plain.execute("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", line[: line._fields.index("kind")])
    hot = open_hot(file.parent)
    with hot.reading() as connection:
        assert read_newsroom(connection) == build_newsroom([EVENT])
        assert read(connection) == [EVENT]


def _overwrite(file: Path) -> None:
    file.write_bytes(b"This is a letter, not a database. " * 200)


def _age(file: Path) -> None:
    with closing(sqlite3.connect(file)) as plain, plain:
        plain.execute("UPDATE alembic_version SET version_num = '9999'")


@pytest.mark.parametrize(
    ("spoil", "words"), [(_overwrite, "not a database"), (_age, "written by a newer version"), (Path.unlink, "")]
)
def test_a_database_is_judged_before_it_is_used(hot: HotStore, spoil: Callable[[Path], Any], words: str):
    spoil(hot.file)
    if not words:
        open_hot(hot.file.parent)
        assert hot.file.exists()
        return
    with pytest.raises(StoreError, match=words) as refusal:
        open_hot(hot.file.parent)
    assert "backup" in refusal.value.remedy


def test_a_folder_that_nobody_may_write_is_refused():
    with pytest.raises(StoreError) as refusal:
        open_hot(Path("/proc/self/digest/var"))
    assert "writable" in refusal.value.remedy


def test_another_command_that_writes_for_long_is_named(hot: HotStore, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("digest.store.sqlite.PRAGMAS", ("PRAGMA busy_timeout = 10",))
    with hot.writing(), pytest.raises(StoreError, match="database is locked") as refusal, hot.writing():
        pass
    assert refusal.value.remedy.startswith("Another command is writing")
