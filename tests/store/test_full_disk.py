"""On a full disk nobody writes, but everybody may look; and what is said promises nothing that is not known."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from digest.store.database import open_store
from digest.store.facts import keep_fact
from digest.store.hot import open_hot
from digest.store.sqlite import connect, explain

LIMIT = 1_000
"""How long a file may become, in octets: less than SQLite needs for the file that all who use a database share."""
LOOK = """
from digest.store.database import open_store
from digest.store.facts import read_fact
from digest.store.hot import open_hot
store, hot = open_store(var), open_hot(var)
with hot.reading() as plain, store.reading() as connection, store.reading() as other:
    print(read_fact(plain, "colour"), read_fact(connection, "colour"), read_fact(other, "colour"))
store.close()
"""
WRITE = """
from digest.store.facts import keep_fact
from digest.store.hot import open_hot
with open_hot(var).writing() as connection:
    keep_fact(connection, "colour", "red")
"""


@pytest.fixture
def var(tmp_path: Path) -> Path:
    """The folder of a database that nobody has open."""
    store = open_store(tmp_path)
    with store.writing() as connection:
        keep_fact(connection, "colour", "blue")
    store.close()
    assert not (tmp_path / "digest.db-wal").exists()
    return tmp_path


def run_without_room(var: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a process whose files may not grow."""
    start = f"""
from pathlib import Path
from digest.errors import StoreError
var = Path({str(var)!r})
try:
    exec({script!r})
except StoreError as error:
    print(error)
"""
    return subprocess.run(
        [sys.executable, "-B", "-c", start],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT)),
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_everybody_may_look_and_one_look_is_not_in_the_way_of_another(var: Path):
    done = run_without_room(var, LOOK)
    assert (done.stdout, done.stderr) == ("blue blue blue\n", "")


def test_nothing_is_written(var: Path):
    done = run_without_room(var, WRITE)
    assert "the disk is full, or does not work. Free some space" in done.stdout, done.stderr
    with open_hot(var).reading() as connection:
        assert connection.execute("SELECT value FROM fact WHERE name = 'colour'").fetchone() == ("blue",)


def test_what_is_still_in_the_log_is_not_left_out(var: Path):
    """A crash has left a change in the log: without it what is shown would be old."""
    with closing(connect(var / "digest.db")) as connection:
        connection.execute("UPDATE fact SET value = 'red' WHERE name = 'colour'")
        log = (var / "digest.db-wal").read_bytes()
        database = (var / "digest.db").read_bytes()
    (var / "digest.db").write_bytes(database)
    (var / "digest.db-wal").write_bytes(log)

    refused = run_without_room(var, LOOK)
    assert "the disk is full, or does not work" in refused.stdout, refused.stderr
    assert "blue" not in refused.stdout
    with open_hot(var).reading() as again:
        assert again.execute("SELECT value FROM fact WHERE name = 'colour'").fetchone() == ("red",)


@pytest.mark.parametrize("message", ["disk I/O error", "database or disk is full"])
def test_the_words_promise_nothing_about_letters(message: str):
    error = explain(Path("digest.db"), message)
    assert "lost" not in str(error)
    assert "it goes on from what is on record" in error.remedy
    assert "I/O" not in str(error) and "database" not in error.cause
