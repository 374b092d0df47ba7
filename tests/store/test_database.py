"""The database is made, brought up to date and kept whole, and each fault of disk and file has a remedy."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from digest.errors import StoreError
from digest.store.database import Store, open_store
from digest.store.facts import keep_fact, read_fact
from digest.store.migrating import HEAD, revision
from digest.store.schema import metadata
from digest.store.sqlite import explain


@pytest.fixture
def store(tmp_path: Path):
    opened = open_store(tmp_path / "var")
    yield opened
    opened.close()


def plain(file: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as connection, connection:
        return connection.execute(statement).fetchall()


@pytest.fixture
def migrated(tmp_path: Path):
    """A database that all migrations have made, one after the other."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    from digest.store import migrating

    config = Config()
    config.set_main_option("script_location", str(Path(migrating.__file__).parent / "migrations"))
    engine = create_engine(f"sqlite:///{tmp_path / 'migrated.db'}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    opened = Store(tmp_path / "migrated.db", engine)
    yield opened
    opened.close()


def test_a_new_database_is_what_the_migrations_make(store: Store, migrated: Store):
    """Whoever adds a migration writes what it leads to into schema.sql too."""

    def list_all(file: Path) -> list[str]:
        rows = plain(file, "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC, name")
        return [" ".join(str(sql).split()) for (sql,) in rows]

    assert list_all(store.file) == list_all(migrated.file)
    assert plain(store.file, "SELECT * FROM alembic_version") == plain(migrated.file, "SELECT * FROM alembic_version")


def test_migrations_make_exactly_the_schema(migrated: Store):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with migrated.reading() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "target_metadata": metadata}
        )
        assert compare_metadata(context, metadata) == []
        assert revision(connection) == HEAD


def test_the_tables_made_by_migrations_and_by_the_schema_are_alike(migrated: Store, tmp_path: Path):
    """Down to column order, defaults, partial indexes and what is deleted with what."""
    from sqlalchemy import create_engine

    engine = create_engine(f"sqlite:///{tmp_path / 'plain.db'}")
    metadata.create_all(engine)
    engine.dispose()

    def shape(file: Path) -> dict[str, object]:
        found: dict[str, object] = {}
        for table in metadata.tables:
            found[table] = [row[1:] for row in plain(file, f"PRAGMA table_info({table})")]
            found[f"{table} keys"] = {row[2:] for row in plain(file, f"PRAGMA foreign_key_list({table})")}
        rows = plain(file, "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        return found | {str(name): " ".join(str(sql).split()) for name, sql in rows}

    assert shape(migrated.file) == shape(tmp_path / "plain.db")


def test_opening_again_changes_nothing(store: Store, tmp_path: Path):
    with store.writing() as connection:
        keep_fact(connection, "colour", "blue")
    again = open_store(tmp_path / "var")
    with again.reading() as connection:
        assert read_fact(connection, "colour") == "blue"
    again.close()


def test_alembic_is_imported_only_when_there_is_something_to_do(tmp_path: Path):
    code = (
        "import sys; from pathlib import Path; from digest.store.database import open_store; "
        f"open_store(Path({str(tmp_path / 'var')!r})).close(); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_every_connection_is_durable_and_checks_references(store: Store):
    with store.reading() as connection:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        assert [connection.execute(text(f"PRAGMA {name}")).scalar() for name in pragmas] == ["wal", 2, 1, 1]


def test_references_are_left_unchecked_only_where_that_was_asked_for(store: Store):
    broken = text("INSERT INTO consent (subscription_id, epoch, form, words, language, at) VALUES (99, 1, '', '', 'en', 0)")
    with store.writing(references=False) as connection:
        connection.execute(broken)
    with pytest.raises(StoreError, match="FOREIGN KEY"), store.writing() as connection:
        connection.execute(broken)


def test_a_site_may_lie_in_a_folder_of_any_name(tmp_path: Path):
    var = tmp_path / "100% news? #1 & more" / "var"
    open_store(var).close()
    assert [path.name for path in var.iterdir() if path.suffix == ".db"] == ["digest.db"]


def test_the_folder_of_the_database_is_for_its_user_alone(store: Store, tmp_path: Path):
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700


def test_a_transaction_becomes_durable_as_a_whole_or_not_at_all(store: Store):
    with pytest.raises(ZeroDivisionError), store.writing() as connection:
        keep_fact(connection, "colour", "blue")
        raise ZeroDivisionError
    with store.reading() as connection:
        assert read_fact(connection, "colour") is None


def test_a_reader_sees_one_state_and_never_waits_for_the_writer(store: Store):
    with store.reading() as seen:
        assert read_fact(seen, "colour") is None
        with store.writing() as connection:
            keep_fact(connection, "colour", "blue")
        assert read_fact(seen, "colour") is None
    with store.reading() as seen:
        assert read_fact(seen, "colour") == "blue"


def test_a_database_of_a_newer_version_is_refused_and_left_alone(store: Store, tmp_path: Path):
    store.close()
    plain(store.file, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="written by a newer version") as refusal:
        open_store(tmp_path / "var")
    assert "restore a backup" in refusal.value.remedy
    assert plain(store.file, "SELECT version_num FROM alembic_version") == [("9999",)]


@pytest.mark.parametrize("data", [b"This is a letter, not a database. " * 200, b"\0" * 4096])
def test_a_file_that_is_no_database_is_refused_and_left_alone(data: bytes, tmp_path: Path):
    file = tmp_path / "var" / "digest.db"
    file.parent.mkdir()
    file.write_bytes(data)
    with pytest.raises(StoreError) as refusal:
        open_store(tmp_path / "var")
    assert refusal.value.subject == str(file)
    assert "backup" in refusal.value.remedy
    assert file.read_bytes() == data


def test_a_damaged_database_is_refused(store: Store, tmp_path: Path):
    with store.writing() as connection:
        for number in range(300):
            keep_fact(connection, f"fact {number}", "x" * 200)
    store.close()
    whole = store.file.read_bytes()
    store.file.write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))
    with pytest.raises(StoreError) as refusal:
        again = open_store(tmp_path / "var")
        with again.reading() as connection:
            connection.execute(text("SELECT count(*), max(value) FROM fact")).all()
    assert refusal.value.remedy == "Restore the file from a backup."


def test_a_place_that_cannot_hold_a_folder_is_refused(tmp_path: Path):
    (tmp_path / "site").write_text("a file")
    with pytest.raises(StoreError, match=r"Not a directory|File exists") as refusal:
        open_store(tmp_path / "site" / "var")
    assert "writable" in refusal.value.remedy


def test_a_folder_that_nobody_may_write_is_refused():
    with pytest.raises(StoreError) as refusal:
        open_store(Path("/proc/self/digest/var"))
    assert "writable" in refusal.value.remedy


def test_a_database_that_may_only_be_read_is_refused_with_a_remedy(store: Store):
    with pytest.raises(StoreError, match="readonly database") as refusal, store.writing() as connection:
        connection.execute(text("PRAGMA query_only = ON"))
        keep_fact(connection, "colour", "blue")
    assert refusal.value.remedy == "Make the file and its folder writable for this user."


def test_a_full_disk_loses_nothing_and_has_a_remedy(store: Store):
    with store.writing() as connection:
        keep_fact(connection, "colour", "blue")
    with pytest.raises(StoreError, match="the disk is full") as refusal, store.writing() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar()
        connection.execute(text(f"PRAGMA max_page_count = {pages + 2}"))
        keep_fact(connection, "colour", "red")
        for number in range(1_000):
            keep_fact(connection, f"fact {number}", "x" * 500)
    assert refusal.value.remedy.startswith("Free some space there. Then run the command again")

    with store.writing() as connection:
        connection.execute(text("PRAGMA max_page_count = 1000000"))
        assert read_fact(connection, "colour") == "blue"
        keep_fact(connection, "colour", "green")


def test_another_command_that_writes_for_long_is_named(store: Store):
    with closing(sqlite3.connect(store.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="database is locked") as refusal, store.reading() as connection:
            connection.execute(text("PRAGMA busy_timeout = 10"))
            connection.execute(text("COMMIT"))
            connection.execute(text("BEGIN IMMEDIATE"))
    assert refusal.value.remedy.startswith("Another command is writing")


@pytest.mark.parametrize(
    "message", ["database is locked", "unable to open database file", "attempt to write a readonly database", "never heard"]
)
def test_every_message_has_a_remedy(message: str):
    error = explain(Path("digest.db"), message)
    assert error.cause == message
    assert error.remedy.endswith(".")


def _open(var: Path, barrier: multiprocessing.synchronize.Barrier, results: multiprocessing.Queue[str]) -> None:
    barrier.wait()
    try:
        store = open_store(var)
        with store.writing() as connection:
            keep_fact(connection, f"process {os.getpid()}", "was here")
        store.close()
        results.put("")
    except BaseException as error:
        results.put(repr(error))
        raise


def test_processes_that_make_the_database_at_once_make_one(tmp_path: Path):
    context = multiprocessing.get_context("spawn")
    var, barrier, results = tmp_path / "var", context.Barrier(3), context.Queue()
    running = [context.Process(target=_open, args=(var, barrier, results)) for _ in range(3)]
    for process in running:
        process.start()
    said = [results.get(timeout=60) for _ in running]
    for process in running:
        process.join()
    assert said == [""] * 3
    assert len(plain(var / "digest.db", "SELECT * FROM fact")) == 3
    assert plain(var / "digest.db", "SELECT version_num FROM alembic_version") == [(HEAD,)]
