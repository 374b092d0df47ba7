"""What bringing readers in costs, beside the least that it could: `python -m bench.importing [--readers N] [--rounds R]`.

One process each, in turn, with the same file. The other side reads it with `csv` and stores it with one `executemany` in one
transaction, into tables with the same columns and indexes: it judges no address, seals none, looks for nobody, and would let
no letter leave meanwhile. CPU is that of the import alone, without the start of Python; memory is the most of the process.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bench.memory import read_peak

__all__ = ["Figure", "main", "measure"]

_ROOT = Path(__file__).parent.parent
_BIG_HOSTS = ("mail.example", "post.example", "web.example", "letters.example")
_TOPICS = ("", "russia", "ukraine", '"russia, ukraine"')


@dataclass(frozen=True, slots=True)
class Figure:
    """CPU in microseconds a reader, and the most memory in MiB."""

    cpu: float
    peak: float


def write_file(path: Path, count: int) -> None:
    """A reader file: four in five at one of a few large hosts, the others anywhere."""
    rng = random.Random(1)
    with path.open("w", encoding="utf-8") as out:
        out.write("email,topics,language,rhythm\n")
        for number in range(count):
            host = rng.choice(_BIG_HOSTS) if rng.random() < 0.8 else f"firm{rng.randrange(2000)}.example"
            out.write(f"first.last{number}@{host},{rng.choice(_TOPICS)},{rng.choice(('en', ''))},weekly\n")


def import_ours(file: Path, folder: Path) -> int:
    """By the desk's own import; how many readers there are."""
    from digest.desk.readers import import_readers
    from digest.desk.workplace import open_workplace
    from digest.items.init import build_site
    from digest.settings import open_site

    for name, text in build_site(datetime(2022, 2, 28, tzinfo=UTC)).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    with open_workplace(open_site(folder, {})) as place, file.open("rb") as data:
        report = import_readers(place, "supporters", data, file.name, evidence="a benchmark", actor="bench")
    return report.counts["added"]


def import_plainly(file: Path, folder: Path) -> int:
    """By `csv` and `executemany`; how many readers there are."""
    from digest.store.sqlite import connect

    (folder / "var").mkdir()
    with closing(connect(folder / "plain.db")) as connection:
        for statement in (_ROOT / "digest" / "store" / "schema.sql").read_text("utf-8").split(";\n\n"):
            connection.execute(statement)
        connection.execute("INSERT INTO interest VALUES (1, '', '{}')")
        connection.execute("INSERT INTO had VALUES (1, '', '{}')")
        return _store_plainly(connection, file)


def _store_plainly(connection: sqlite3.Connection, file: Path) -> int:
    connection.execute("BEGIN IMMEDIATE")
    with file.open(encoding="utf-8", newline="") as lines:
        reader = csv.reader(lines)
        next(reader)
        rows = (
            ("supporters", email.encode(), hashlib.sha256(email.encode()).digest(), b"0123456789abcdef", rhythm)
            for email, _, _, rhythm in reader
        )
        connection.executemany(
            "INSERT INTO subscription (list_id, sealed, address_hash, domain_key, state, interest_id, had_id, rhythm, "
            "language, form, confirmed_at, confirmed_position, created_at) "
            "VALUES (?, ?, ?, ?, 'active', 1, 1, ?, 'en', 'full', 0, 0, 0)",
            rows,
        )
    connection.execute(
        "INSERT INTO consent (subscription_id, epoch, form, words, language, at) "
        "SELECT id, 1, 'import', 'paper', 'en', 0 FROM subscription"
    )
    connection.execute("COMMIT")
    return int(connection.execute("SELECT count(*) FROM subscription").fetchone()[0])


_WAYS: dict[str, Callable[[Path, Path], int]] = {"digest": import_ours, "plain": import_plainly}


def _run_once(way: str, file: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        before = resource.getrusage(resource.RUSAGE_SELF)
        count = _WAYS[way](file, Path(folder))
        after = resource.getrusage(resource.RUSAGE_SELF)
    seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    json.dump({"cpu": seconds / max(count, 1) * 1e6, "peak": read_peak(), "count": count}, sys.stdout)


def measure(count: int, rounds: int) -> dict[str, Figure]:
    """Each way in turn, `rounds` times; the medians."""
    folder = Path(tempfile.mkdtemp(prefix="bench-importing-"))
    try:
        file = folder / "readers.csv"
        write_file(file, count)
        found: dict[str, list[Figure]] = {way: [] for way in _WAYS}
        for _ in range(rounds):
            for way in _WAYS:
                words = [sys.executable, "-m", "bench.importing", "--way", way, "--file", str(file)]
                done = subprocess.run(words, cwd=_ROOT, env={**os.environ}, capture_output=True, check=True)
                said = json.loads(done.stdout)
                if said["count"] != count:
                    sys.exit(f"{way} stored {said['count']} of {count} readers")
                found[way].append(Figure(said["cpu"], said["peak"]))
    finally:
        shutil.rmtree(folder)
    return {way: Figure(median(one.cpu for one in some), median(one.peak for one in some)) for way, some in found.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--way", choices=_WAYS)
    parser.add_argument("--file", type=Path)
    given = parser.parse_args()
    if given.way:
        _run_once(given.way, given.file)
        return
    figures = measure(given.readers, given.rounds)
    for way, figure in figures.items():
        print(f"{way:8} {figure.cpu:6.1f} us a reader  {figure.peak:6.0f} MiB at most")
    print(f"ratio    {figures['digest'].cpu / figures['plain'].cpu:6.2f}")


if __name__ == "__main__":
    main()
