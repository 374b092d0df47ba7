"""What the ledger costs a letter, and how soon a sender begins among a million: `python -m bench.ledger [--letters N]`.

The cost is CPU time for a letter's whole way (picked, let go, sent) in groups as the connections of a sender
make them, in turn with two peers on equal files at equal settings: the same three changes of the same rows by executemany, a
transaction for each group, which asks nothing and decides nothing; and one transaction for each change of each letter, as
most senders have it. Then a sender is started anew, in a process of its own, where the one before was killed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.memory import read_peak
from digest.delivery.ledger import Ledger, Outcome, Picked
from digest.delivery.pace import Rules
from digest.delivery.transitions import Ending
from digest.store.database import open_store
from digest.store.ledger import open_ledger
from digest.store.sending import Question, Sending
from digest.store.sqlite import connect, transaction

__all__ = ["Cost", "Start", "main", "measure_cost", "measure_start", "write_ledger"]

OURS, CORE, PLAIN = "digest, its port and its thread", "digest, its transactions alone", "executemany, as many at once"
NAIVE = "a transaction for each change"
CONNECTIONS = 20
NOW = 1_700_000_000
REPLY = "2.0.0 Ok: queued as 4fXk2R1z9Yz3kq"
_ROOT = Path(__file__).parent.parent
_CHANGES = (
    "UPDATE delivery SET state = 'picked', sender = 1 WHERE id = ?",
    "UPDATE delivery SET state = 'inflight', attempt_count = attempt_count + 1 WHERE id = ?",
    f"UPDATE delivery SET state = 'sent', sender = NULL, code = 250, reply = '{REPLY}', outcome_at = {NOW} WHERE id = ?",
)
_EDITION = (
    "INSERT INTO edition (id, list_id, rhythm, period, state, moment, horizon, changed_by, changed_what, changed_at, "
    "approved_hash, frozen_hash, started_at, audience_count) "
    "VALUES ('e', 'l', 'weekly', 'p', 'sending', 0, 0, '', '', 0, 'h', 'h', 0, ?)"
)
_NUMBERS = "WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < ?) "
_READERS = (
    "INSERT INTO subscription (id, list_id, sealed, address_hash, domain_key, state, interest_id, had_id, rhythm, language, "
    f"form, created_at) {_NUMBERS} "
    "SELECT id, 'l', randomblob(94), randomblob(32), randomblob(16), 'active', 1, 1, 'weekly', 'en', 'full', 0 FROM n"
)
_DELIVERIES = (
    "INSERT INTO delivery (subject, edition_id, variant_id, subscription_id, epoch, domain_key, state, next_at, created_at, "
    "outcome_at, code) SELECT 'edition', 'e', 1, id, 1, domain_key, CASE WHEN id > ? THEN 'queued' ELSE 'sent' END, 0, 0, "
    "CASE WHEN id > ? THEN NULL ELSE 0 END, CASE WHEN id > ? THEN NULL ELSE 250 END FROM subscription ORDER BY id"
)
_LEFT = (
    "UPDATE delivery SET state = 'inflight', sender = 1, attempt_count = 1 WHERE id > ? AND id <= ? + 20",
    "UPDATE delivery SET state = 'picked', sender = 1 WHERE id > ? + 20 AND id <= ? + 40",
)


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds of CPU and of the clock for a letter."""

    cpu: float
    wall: float


@dataclass(frozen=True, slots=True)
class Start:
    """How soon a sender has its first letter: seconds from the start of its process, and from its first look at the ledger.

    `memory` is what it held in MiB then, `later` the most it had held once it had sent many.
    """

    seconds: float
    ledger_seconds: float
    memory: float
    later: float


def write_ledger(var: Path, rows: int, *, sent: int = 0) -> Path:
    """A database with one edition that is being sent to so many readers; with some sent, by a sender that was killed."""
    open_store(var).close()
    file = var / "digest.db"
    with closing(connect(file)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        with transaction(connection):
            connection.execute("INSERT INTO interest VALUES (1, 'a', '{}')")
            connection.execute("INSERT INTO had VALUES (1, 'a', '{}')")
            connection.execute(_EDITION, (rows,))
            connection.execute("INSERT INTO variant VALUES (1, 'e', 'v', '', 'en', 'full', 'm', 0)")
            connection.execute(_READERS, (rows,))
            connection.execute(_DELIVERIES, (sent, sent, sent))
            if sent:
                for statement in _LEFT:
                    connection.execute(statement, (sent, sent))
    return file


def send_ours(file: Path, letters: int, group: int) -> None:
    """So many connections that ask the ledger."""

    async def work() -> None:
        ledger = open_ledger(file, Rules())
        await _send_all(ledger, letters, group)
        await ledger.close()

    asyncio.run(work())


def send_core(connection: sqlite3.Connection, letters: int, group: int) -> None:
    """The transactions by which the ledger answers so many connections together, without the port and its thread."""
    sending = Sending(connection, 1, Rules(), None)
    going: list[Picked | None] = [None] * group
    outcomes: list[Outcome | None] = [None] * group
    sent = 0
    while sent < letters:  # what is picked behind the last one stays picked
        asked = [Question(outcome, go, True) for outcome, go in zip(outcomes, going, strict=True)]
        answers = sending.exchange(asked, NOW)
        outcomes = [
            None if go is None else Outcome(go, Ending.SENT, 250, REPLY) for go, answer in zip(going, answers, strict=True)
        ]
        sent += sum(outcome is not None for outcome in outcomes)
        going = [answer.next for answer in answers]


def send_plain(connection: sqlite3.Connection, letters: int, group: int) -> None:
    """The same changes, each of a group by one executemany, three groups in hand at a time as the ledger has them."""
    groups: list[range] = [range(start, min(start + group, letters + 1)) for start in range(1, letters + 1, group)]
    for index in range(len(groups) + 2):
        with transaction(connection):
            for change, behind in zip(_CHANGES, range(3), strict=True):
                if 0 <= index - behind < len(groups):
                    connection.executemany(change, [(number,) for number in groups[index - behind]])


def send_naive(connection: sqlite3.Connection, letters: int, _group: int) -> None:
    """A durable transaction for each change of each letter."""
    for number in range(1, letters + 1):
        for change in _CHANGES:
            with transaction(connection):
                connection.execute(change, (number,))


def _on_file(send: Callable[[sqlite3.Connection, int, int], None]) -> Callable[[Path, int, int], None]:
    def run(file: Path, letters: int, group: int) -> None:
        with closing(connect(file)) as connection:
            send(connection, letters, group)

    return run


SENDERS: dict[str, Callable[[Path, int, int], None]] = {
    OURS: send_ours,
    CORE: _on_file(send_core),
    PLAIN: _on_file(send_plain),
    NAIVE: _on_file(send_naive),
}


def measure_cost(letters: int, group: int, rounds: int, folder: Path) -> dict[str, Cost]:
    """Each in turn, so many rounds; medians. The naive one sends a tenth as many, for it takes that much longer."""
    found: dict[str, list[Cost]] = {name: [] for name in SENDERS}
    for _ in range(rounds):
        for name, send in SENDERS.items():
            count = letters if name != NAIVE else max(letters // 10, 1)
            with tempfile.TemporaryDirectory(dir=folder) as var:
                file = write_ledger(Path(var), letters)
                cpu, wall = time.process_time(), time.perf_counter()
                send(file, count, group)
                cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            found[name].append(Cost(cpu / count * 1e6, wall / count * 1e6))
    return {name: _middle(costs) for name, costs in found.items()}


def _middle(costs: Sequence[Cost]) -> Cost:
    return Cost(median(cost.cpu for cost in costs), median(cost.wall for cost in costs))


def measure_start(rows: int, letters: int, folder: Path) -> Start:
    """Start a sender in a process of its own, where half of the rows are sent and the sender before was killed."""
    letters = min(letters, rows // 4)
    with tempfile.TemporaryDirectory(dir=folder) as var:
        file = write_ledger(Path(var), rows, sent=rows // 2)
        words = [sys.executable, "-m", "bench.ledger", "--begin", str(file), "--letters", str(letters)]
        began = time.time()
        out = subprocess.run(words, cwd=_ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
        said = json.loads(out)
    return Start(said["first_at"] - began, said["ledger_seconds"], said["memory"], said["later"])


def begin(file: Path, letters: int) -> dict[str, float]:
    """What that process does: take back what was left, pick, say when; then send on, and say what memory that took."""

    async def work() -> dict[str, float]:
        began = time.perf_counter()
        ledger = open_ledger(file, Rules())
        first = (await ledger.ask(None, None, True)).next
        first_at, seconds, memory = time.time(), time.perf_counter() - began, read_peak()
        assert first is not None
        await _send_all(ledger, letters, CONNECTIONS)
        await ledger.close()
        return {"first_at": first_at, "ledger_seconds": seconds, "memory": memory, "later": read_peak()}

    return asyncio.run(work())


async def _send_all(ledger: Ledger, letters: int, connections: int) -> None:
    """So many connections that send in no time, until so many letters have left."""
    left = iter(range(letters))

    async def connect() -> None:
        outcome, going = None, (await ledger.ask(None, None, True)).next
        for _ in left:
            assert going is not None
            answer = await ledger.ask(outcome, going, True)
            outcome, going = Outcome(going, Ending.SENT, 250, REPLY), answer.next
        await ledger.ask(outcome, None, False)

    ledger.expect(connections)
    await asyncio.gather(*(connect() for _ in range(connections)))


def main(letters: int, connections: int, rounds: int, rows: int, folder: Path) -> None:
    """Measure and print."""
    print(f"{letters:,} letters, {connections} in a group, medians of {rounds}\n")
    costs = measure_cost(letters, connections, rounds, folder)
    least = costs[PLAIN].cpu
    print(f"{'':34}{'CPU us a letter':>16}{'x executemany':>15}{'us a letter':>13}")
    for name, cost in costs.items():
        print(f"{name:34}{cost.cpu:16.1f}{cost.cpu / least:15.2f}{cost.wall:13.0f}")
    start = measure_start(rows, letters, folder)
    print(f"\na start among {rows:,} letters, half of them sent, behind a sender that was killed:")
    print(
        f"first letter picked {start.seconds:.2f} s behind the start of Python, of which {start.ledger_seconds:.2f} s here"
    )
    print(f"memory {start.memory:.0f} MiB then, {start.later:.0f} MiB at most when {letters:,} letters were sent")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--letters", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp"), help="where the databases are made; a real disk")
    parser.add_argument("--begin", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.begin is not None:
        print(json.dumps(begin(options.begin, options.letters)))
    else:
        main(options.letters, options.connections, options.rounds, options.rows, options.folder)
