"""The urgent lane: what is urgent goes before everything else, on every connection, and nobody is lost for it."""

from __future__ import annotations

import asyncio
import threading

import pytest

from digest.delivery.ledger import Outcome
from digest.delivery.transitions import Ending

pytestmark = pytest.mark.anyio


async def test_what_becomes_urgent_is_the_very_next_pick_whatever_was_read_ahead(senders, ledger, world) -> None:
    await senders.pick(ledger)
    world.add_edition("urgent", lane=0)
    world.add_readers(2, "urgent", first=99)
    world.add_letters(1)

    editions = [(await senders.pick(ledger)).edition for _ in range(4)]
    assert sorted(map(str, editions[:3])) == ["None", "urgent", "urgent"]
    assert editions[3] not in ("urgent", None)


async def test_a_digest_goes_on_where_it_was_when_nothing_is_urgent_any_more(senders, ledger, world) -> None:
    first = await senders.pick(ledger)
    world.add_letters(1)
    picks = [first, *await senders.pick_all(ledger)]

    assert [picked.letter for picked in picks].count(1) == 1
    assert sorted(picked.id for picked in picks if picked.letter is None) == list(range(1, 11))


async def test_a_sender_of_one_edition_takes_what_is_urgent_of_all_others_when_it_is_told_to(senders, world, worlds) -> None:
    world.add_edition("other")
    world.add_readers(3, "other")
    world.add_edition("at-once", lane=0)
    world.add_readers(1, "at-once", first=10)
    world.add_letters(1)
    world.add_edition()
    world.add_readers(1, first=20)
    ledger = await senders.open(only=worlds.EDITION, urgent=True)
    picks = await senders.pick_all(ledger)

    assert {picked.edition for picked in picks[:2]} == {"at-once", None}
    assert [picked.edition for picked in picks[2:]] == [worlds.EDITION]


async def test_how_a_sender_of_one_edition_stands_says_nothing_of_what_is_urgent_elsewhere(
    senders, world, worlds, clock
) -> None:
    world.add_edition("at-once", lane=0)
    world.add_readers(1, "at-once", first=10)
    world.add_letters(1)
    world.add_edition()
    world.add_readers(1, first=20)
    world.do("UPDATE delivery SET next_at = ? WHERE edition_id = ?", clock.seconds + 100, worlds.EDITION)
    ledger = await senders.open(only=worlds.EDITION, urgent=True)
    view = await ledger.review()
    due = await ledger.next_due()

    assert [edition.id for edition in view.editions] == [worlds.EDITION]
    assert view.next_at is not None and view.next_at.timestamp() == clock.seconds + 100
    assert due is not None and due.timestamp() <= clock.seconds


async def test_an_urgent_edition_that_a_sender_helped_with_is_finished_by_it(senders, world, worlds) -> None:
    world.add_edition("at-once", lane=0)
    world.add_readers(1, "at-once", first=10)
    world.add_edition()
    world.add_readers(1, first=20)
    ledger = await senders.open(only=worlds.EDITION, urgent=True)
    await senders.end(ledger, Ending.SENT, code=250)
    view = await ledger.review()

    assert world.edition("at-once") == "finished"
    assert [edition.id for edition in view.editions] == [worlds.EDITION]


async def test_editions_of_one_lane_share_fairly_from_the_first_pick(senders, world) -> None:
    for number, name in enumerate(("a", "b", "c")):
        world.add_edition(name)
        world.add_readers(300, name, first=1 + 300 * number)
    ledger = await senders.open()
    editions = [(await senders.pick(ledger)).edition for _ in range(30)]

    assert [editions.count(name) for name in ("a", "b", "c")] == [10, 10, 10]


class Work:
    """Two senders with four connections each, and in which order letters were picked and bodies began."""

    def __init__(self, senders, world) -> None:
        self.senders, self.world = senders, world
        self.picked: list[str | None] = []
        self.began: list[str | None] = []
        self.begun, self.released = threading.Event(), threading.Event()

    async def run(self, count: int) -> None:
        ledgers = [await self.senders.open() for _ in range(count)]
        for ledger in ledgers:
            ledger.expect(4)
        await asyncio.gather(*(self.connect(ledger) for ledger in ledgers for _ in range(4)))

    async def connect(self, ledger) -> None:
        outcome = going = None
        while True:
            answer = await ledger.ask(outcome, going, True)
            outcome = None
            if going is not None and answer.allowed:
                self.began.append(going.edition)
                outcome = Outcome(going, Ending.SENT, 250)
                if len(self.began) > 100:
                    self.begun.set()
                await asyncio.sleep(0.02 if self.begun.is_set() and not self.released.is_set() else 0.005)
            going = answer.next
            if going is not None:
                self.picked.append(going.edition)
            elif outcome is None:
                return


async def test_hardly_a_letter_of_the_digest_begins_once_something_urgent_is_being_sent(senders, world, worlds) -> None:
    world.add_edition()
    world.add_readers(1000)
    world.add_edition("urgent", state="frozen", lane=0)
    world.add_readers(40, "urgent", first=1)
    work = Work(senders, world)

    def release() -> None:
        work.begun.wait(60)
        world.do("UPDATE edition SET state = 'sending' WHERE id = 'urgent'")
        work.released.set()

    releasing = threading.Thread(target=release)
    releasing.start()
    await work.run(2)
    releasing.join()

    assert 100 < work.began.index("urgent") < 1000, "it came while the digest was being sent"
    first, last = work.picked.index("urgent"), len(work.picked) - 1 - work.picked[::-1].index("urgent")
    between = work.picked[first:last].count(worlds.EDITION)
    assert between <= 8, f"{between} letters of the digest were picked among the urgent ones"
    assert work.began.count(worlds.EDITION) == 1000 and work.began.count("urgent") == 40
    assert world.counts() == {"sent": 1000} and world.counts("urgent") == {"sent": 40}
