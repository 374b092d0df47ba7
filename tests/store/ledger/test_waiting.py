"""What the ledger knows of letters that wait: told apart by why they are not due."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from digest.delivery.ledger import Outcome
from digest.delivery.pacing import Allowance, Pacing
from digest.delivery.transitions import Ending
from digest.delivery.waiting import Part, Queue
from digest.store.waiting import count_passed, read_queue

pytestmark = pytest.mark.anyio


async def test_each_letter_that_waits_is_counted_once_with_its_reason(senders, world, worlds, clock) -> None:
    world.add_edition()
    world.add_readers(10, domain="paced.example")
    world.add_readers(8, domain="asked.example", first=20)
    world.add_readers(2, domain="tried.example", first=40)
    pacing = Pacing({"a": (Allowance(100, 3600),)}, {b"paced.example": (Allowance(4, 60),)})
    ledger = await senders.open(pacing=pacing)
    while (picked := (await ledger.ask(None, None, True, "a")).next) is not None:
        assert (await ledger.ask(None, picked, False, "a")).allowed
        ending = Ending.SENT if picked.domain_key == b"paced.example" else Ending.DEFERRED
        wide = picked.domain_key == b"asked.example"
        await ledger.ask(Outcome(picked, ending, 450, "later", domain_wide=wide), None, False, "a")

    with closing(sqlite3.connect(world.file)) as connection:
        queue = read_queue(connection, worlds.EDITION, clock.seconds)
        (gate,) = pacing.relay_gates("a", clock.seconds)
        passed, other = count_passed(connection, gate.name), count_passed(connection, "no such gate")
        gone = read_queue(connection, "no-such-edition", clock.seconds)

    assert queue is not None
    assert (queue.list_id, queue.lane, queue.count, queue.earliest_at) == ("supporters", 1, 16, 0)
    assert queue.paced == Part(6, clock.seconds + 60)
    assert queue.asked == Part(8, clock.seconds + 300)
    assert queue.tried.count == 2 and clock.seconds + 225 <= queue.tried.first_at <= clock.seconds + 300
    assert (passed, other, gone) == (4 + 1 + 2, 0, None)


async def test_an_edition_that_has_just_begun_has_nothing_to_explain_but_its_number(senders, world, worlds, clock) -> None:
    world.add_edition(lane=0)
    world.add_readers(3)

    with closing(sqlite3.connect(world.file)) as connection:
        assert read_queue(connection, worlds.EDITION, clock.seconds) == Queue("supporters", 0, 3)
        world.do("UPDATE edition SET state = 'paused'")
        assert read_queue(connection, worlds.EDITION, clock.seconds) is None
