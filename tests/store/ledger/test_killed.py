"""A sender that is killed behind any of its statements: each question holds whole or not at all, and nobody is lost."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from digest.delivery.ledger import Outcome
from digest.delivery.pacing import Allowance, Pacing
from digest.delivery.transitions import Ending
from digest.errors import StoreError

pytestmark = pytest.mark.anyio

PACING = Pacing({"a": (Allowance(100, 3600),)}, other_domains=(Allowance(100, 3600),))
READERS, LETTERS = 4, 2
MEMORY = Path("/dev/shm")
TABLES = (
    "SELECT id, state, sender, stopped, unknown_count, attempt_count, next_at, code, outcome_at FROM delivery ORDER BY id",
    "SELECT id, sealed, link FROM letter ORDER BY id",
    "SELECT name, count FROM rate ORDER BY name",
    "SELECT not_before, failures FROM domain_pace",
    "SELECT state FROM edition",
)


@pytest.fixture
def world(store, worlds):
    """In memory where that is possible: it is killed a hundred times, and the disk is not what is tried here."""
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield store.make_world(worlds, Path(folder))


def read(world) -> list[object]:
    return [world.rows(query) for query in TABLES]


def begin_anew(world, start: int) -> None:
    """As before the first letter; a sender that died earlier has left one in flight and one picked."""
    with world.write() as connection:
        connection.execute(
            "UPDATE delivery SET state = 'queued', sender = NULL, unknown_count = 0, attempt_count = 0, next_at = ?, "
            "code = NULL, reply = NULL, outcome_at = NULL",
            (start,),
        )
        connection.execute("UPDATE delivery SET state = 'inflight', sender = 7, attempt_count = 1 WHERE id = 3")
        connection.execute("UPDATE delivery SET state = 'picked', sender = 7 WHERE id = 4")
        connection.execute("UPDATE edition SET state = 'sending', finished_at = NULL")
        connection.execute("UPDATE letter SET sealed = x'00', link = x'00'")
        connection.execute("DELETE FROM rate")
        connection.execute("DELETE FROM domain_pace")


async def work(ledger, after_each) -> None:
    """A connection's questions: letters taken, lost, refused with a wait for their domain, and put back."""
    outcome, going = None, None
    after_each()
    for ending in (Ending.SENT, Ending.SENT, Ending.UNKNOWN, Ending.SENT, Ending.DEFERRED, Ending.RETURNED):
        answer = await ledger.ask(outcome, going, True, "a")
        after_each()
        outcome = Outcome(going, ending, 250, domain_wide=ending is Ending.DEFERRED) if answer.allowed else None
        going = answer.next
    await ledger.ask(outcome, None, False, "a")
    after_each()


async def work_until_killed(senders, statement_count: int) -> tuple[int, bool]:
    """How many moments of its work a sender has come to, and whether it was killed before the end."""
    moments: list[None] = []
    ledger = await senders.open_mortal(statement_count, pacing=PACING)
    if ledger is None:
        return 0, True
    try:
        await work(ledger, lambda: moments.append(None))
    except StoreError:
        return len(moments), True
    finally:
        await senders.crash(ledger)
    return len(moments), False


async def settle(senders, world, clock) -> dict[int, tuple[str, int]]:
    """Another sender sends what is left, whenever it is due; the states and doubts in the end."""
    ledger, began_at = await senders.open(), clock.seconds
    while (due_at := await ledger.next_due()) is not None:
        clock.seconds = max(clock.seconds, int(due_at.timestamp()))
        outcome, going = None, (await ledger.ask(None, None, True)).next
        while going is not None:
            answer = await ledger.ask(outcome, going, True)
            outcome, going = Outcome(going, Ending.SENT, 250), answer.next
        await ledger.ask(outcome, None, False)
    await ledger.close()
    clock.seconds = began_at
    return {number: (state, doubts) for number, state, doubts in world.rows("SELECT id, state, unknown_count FROM delivery")}


async def test_a_kill_behind_any_statement_leaves_each_question_whole_or_undone_and_loses_nobody(
    senders, world, worlds, clock
) -> None:
    world.add_edition()
    world.add_readers(READERS)
    world.add_letters(LETTERS)
    begin_anew(world, worlds.START)
    moments = [read(world)]
    ledger = await senders.open(pacing=PACING)
    await work(ledger, lambda: moments.append(read(world)))
    await senders.crash(ledger)

    killed_at = set()
    for statement_count in count(1):
        begin_anew(world, worlds.START)
        come_to, killed = await work_until_killed(senders, statement_count)
        if not killed:
            break
        killed_at.add(come_to)
        left = read(world)
        assert left in moments[come_to : come_to + 2], f"half a question is written ({statement_count})"
        for number, (state, doubts) in (await settle(senders, world, clock)).items():
            row = left[0][number - 1]  # type: ignore[index]
            assert state in ("sent", "failed", "held"), f"somebody is forgotten ({statement_count})"
            assert doubts == row[4] + (row[1] == "inflight"), f"a doubt too few or too many ({statement_count})"

    assert killed_at == set(range(len(moments) - 1)), "it was killed in each of its questions"
