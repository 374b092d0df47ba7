"""What only the ledger on SQLite has: one file, its settings and its faults, and a thread for what takes long."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from digest.delivery.ledger import Outcome
from digest.delivery.transitions import Ending, Refusal, State
from digest.errors import StoreError
from digest.store import gates, picking

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("store", ["sqlite"], indirect=True)]


async def test_a_question_that_cannot_be_written_changes_nothing_at_all(senders, ledger, world) -> None:
    first = await senders.let_go(ledger)
    second = await senders.pick(ledger)
    before = world.rows("SELECT * FROM delivery")
    full = (
        "CREATE TEMP TRIGGER full BEFORE UPDATE ON main.delivery WHEN NEW.id = 3 "
        "BEGIN SELECT raise(ABORT, 'database or disk is full'); END"
    )
    await ledger._do(lambda: ledger._connection.execute(full))

    with pytest.raises(StoreError, match="Free some space"):
        await ledger.ask(Outcome(first, Ending.SENT, 250), second, True)

    assert world.rows("SELECT * FROM delivery") == before
    await ledger._do(lambda: ledger._connection.execute("DROP TRIGGER full"))
    answer = await ledger.ask(Outcome(first, Ending.SENT, 250), second, True)
    assert (answer.recorded, answer.allowed, answer.next and answer.next.id) == (State.SENT, True, 3)


async def test_a_lock_held_by_another_program_is_a_plain_error(senders, ledger, world, monkeypatch) -> None:
    monkeypatch.setattr("digest.store.ledger.PATIENT", "PRAGMA busy_timeout = 50")
    with world.write(), pytest.raises(StoreError, match="Another command is writing"):
        await ledger.ask(None, None, True)

    await senders.pick(ledger)


async def test_while_another_program_writes_the_loop_goes_on(ledger, world) -> None:
    with world.write():
        asked = asyncio.create_task(ledger.ask(None, None, True))
        for _ in range(20):
            await asyncio.sleep(0.01)
        assert not asked.done()

    assert (await asked).next is not None


@pytest.fixture
def threads(ledger, monkeypatch) -> list[threading.Thread]:
    """The threads in which questions were answered."""
    found: list[threading.Thread] = []
    exchange = ledger._sending.exchange
    monkeypatch.setattr(
        ledger._sending, "exchange", lambda *asked: (found.append(threading.current_thread()), exchange(*asked))[1]
    )
    return found


async def test_a_quick_disk_writes_where_it_is_asked(senders, ledger, threads, monkeypatch) -> None:
    monkeypatch.setattr("digest.store.ledger._QUICK_SECONDS", 60)
    for _ in range(3):
        await senders.pick(ledger)

    assert threads == [threading.current_thread()] * 3


async def test_a_slow_disk_is_left_to_the_thread_for_a_while(senders, ledger, threads, monkeypatch) -> None:
    monkeypatch.setattr("digest.store.ledger._QUICK_SECONDS", 0)
    monkeypatch.setattr("digest.store.ledger._ASIDE_COUNT", 3)
    for _ in range(5):
        await senders.pick(ledger)

    here = threading.current_thread()
    assert [thread is here for thread in threads] == [True, False, False, False, True]


async def test_what_is_asked_behind_a_pause_comes_behind_it(senders, ledger) -> None:
    picked = await senders.pick(ledger)
    pausing = asyncio.create_task(ledger.pause(picked.edition, "a reason"))
    await asyncio.sleep(0)
    answer = await ledger.ask(None, picked, False)

    assert (answer.allowed, answer.refusal) == (False, Refusal.PAUSED)
    await pausing


async def test_the_database_is_synchronised_at_each_commit(ledger) -> None:
    def read(name: str) -> int:
        return int(ledger._connection.execute(f"PRAGMA {name}").fetchone()[0])

    assert await ledger._do(lambda: (read("synchronous"), read("secure_delete"), read("foreign_keys"))) == (2, 1, 1)


async def test_a_file_that_is_no_database_is_a_plain_error_and_frees_the_place(senders, world) -> None:
    world.file.write_bytes(b"not a database, but long enough to be looked at as one" * 100)
    for _ in range(2):
        with pytest.raises(StoreError, match="Restore the file"):
            await senders.open()


async def test_questions_of_many_connections_share_one_transaction(ledger, monkeypatch) -> None:
    sizes: list[int] = []
    exchange = ledger._sending.exchange
    monkeypatch.setattr(ledger._sending, "exchange", lambda asked, now: (sizes.append(len(asked)), exchange(asked, now))[1])
    ledger.expect(20)
    await asyncio.gather(*(ledger.ask(None, None, True) for _ in range(20)))

    assert sum(sizes) == 20 and len(sizes) <= 2


async def test_questions_that_follow_each_other_closely_share_one_transaction(ledger, monkeypatch) -> None:
    sizes: list[int] = []
    exchange = ledger._sending.exchange
    monkeypatch.setattr(ledger._sending, "exchange", lambda asked, now: (sizes.append(len(asked)), exchange(asked, now))[1])
    monkeypatch.setattr("digest.store.ledger.GATHER_SECONDS", 0.2)
    ledger.expect(20)

    async def ask(number: int) -> None:
        await asyncio.sleep(0.12 * number)
        await ledger.ask(None, None, True)

    await asyncio.gather(*(ask(number) for number in range(5)))

    assert sum(sizes) == 5 and len(sizes) <= 2


async def test_a_question_is_answered_however_many_others_follow_it(ledger, monkeypatch) -> None:
    monkeypatch.setattr("digest.store.ledger.GATHER_SECONDS", 0.1)
    ledger.expect(10_000)
    first = asyncio.create_task(ledger.ask(None, None, False))
    others: list[asyncio.Task[object]] = []
    while not first.done() and len(others) < 2_000:
        others.append(asyncio.create_task(ledger.ask(None, None, False)))
        await asyncio.sleep(0.001)

    assert first.done()
    await asyncio.gather(*others)


QUERIES = [
    (picking._AHEAD_OF_EDITION, ("x", 1, 0, 500)),
    (picking._AHEAD_OF_LETTERS, (0, 0, 500)),
    (picking._EDITION, ("x",)),
    (picking._EDITIONS, ()),
    (picking._REST, ()),
    (gates._PICKED, ()),
]


@pytest.mark.parametrize(("query", "values"), QUERIES)
async def test_what_is_asked_each_time_is_found_by_an_index_however_long_the_queue(world, query, values) -> None:
    plan = [str(row[3]) for row in world.rows(f"EXPLAIN QUERY PLAN {query}", *values)]
    of_deliveries = [step for step in plan if re.search(r"(SEARCH|SCAN) d\b", step)]

    assert of_deliveries
    assert all("INDEX delivery_" in step for step in of_deliveries), plan
    assert query == gates._PICKED or not any("ORDER BY" in step for step in plan), plan


@asynccontextmanager
async def reading(world) -> AsyncIterator[sqlite3.Connection]:
    connection = sqlite3.connect(world.file)
    try:
        yield connection
    finally:
        connection.close()


async def test_somebody_who_reads_never_holds_up_the_sender(senders, ledger, world) -> None:
    async with reading(world) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM delivery").fetchone()
        picked = await senders.let_go(ledger)

    assert picked.id == 1


async def test_a_group_costs_as_many_statements_as_one_question_and_a_pace_without_limits_none(
    senders, ledger, world
) -> None:
    seen: list[str] = []
    ledger.expect(16)
    world.add_readers(100, first=50)
    first = await asyncio.gather(*(senders.pick(ledger) for _ in range(8)))
    await ledger._do(
        lambda: ledger._connection.set_trace_callback(lambda statement: seen.append(" ".join(statement.split())))
    )
    answers = await asyncio.gather(*(ledger.ask(None, picked, True) for picked in first))
    outcomes = [Outcome(picked, Ending.SENT, 250) for picked in first]
    seconds = [answer.next for answer in answers]
    seen.clear()
    await asyncio.gather(*(ledger.ask(outcome, going, True) for outcome, going in zip(outcomes, seconds, strict=True)))

    assert [statement.split()[0] for statement in seen] == [
        "BEGIN", "UPDATE", "SELECT", "UPDATE", "SELECT", "WITH", "UPDATE", "COMMIT"
    ]  # fmt: skip
    assert not any("rate" in statement for statement in seen)
