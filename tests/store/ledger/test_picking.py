"""What is picked next, and what is left alone."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from types import ModuleType

import pytest

from digest.delivery.ledger import Outcome
from digest.delivery.transitions import Ending

pytestmark = pytest.mark.anyio


async def test_a_sender_of_one_edition_touches_no_other(senders, world, worlds: ModuleType) -> None:
    world.add_edition("other")
    world.add_readers(3, "other")
    world.add_readers(3, None, first=10)
    world.add_edition()
    world.add_readers(1, first=20)
    ledger = await senders.open(only=worlds.EDITION)

    assert (await senders.pick(ledger)).edition == worlds.EDITION
    assert (await ledger.ask(None, None, True)).next is None
    assert [view.id for view in (await ledger.review()).editions] == [worlds.EDITION]


async def test_editions_that_are_sent_at_once_share_the_connections(senders, world) -> None:
    for name in ("a", "b"):
        world.add_edition(name)
        world.add_readers(600, name)
    ledger = await senders.open()
    picks = await asyncio.gather(*(senders.pick(ledger) for _ in range(400)))

    assert {picked.edition for picked in picks} == {"a", "b"}


async def test_what_is_not_due_is_not_picked(senders, ledger, world, clock) -> None:
    world.do("UPDATE delivery SET next_at = ?", clock.seconds + 10)
    due = await ledger.next_due()

    assert (await ledger.ask(None, None, True)).next is None
    assert due == datetime.fromtimestamp(clock.seconds + 10, UTC)
    clock.seconds += 10
    await senders.pick(ledger)


@pytest.mark.parametrize("state", ["draft", "approved", "frozen", "paused", "finished", "cancelled"])
async def test_only_an_edition_that_is_being_sent_is_picked_from(ledger, world, state: str) -> None:
    world.do("UPDATE edition SET state = ?", state)

    assert (await ledger.ask(None, None, True)).next is None
    assert await ledger.next_due() is None


async def test_an_edition_is_not_picked_from_before_its_moment(senders, ledger, world, clock) -> None:
    world.do("UPDATE edition SET earliest_at = ?", clock.seconds + 5)
    assert (await ledger.ask(None, None, True)).next is None

    clock.seconds += 5
    await senders.pick(ledger)


async def test_deliveries_of_an_erased_reader_end_without_being_picked(senders, ledger, world) -> None:
    world.do("UPDATE delivery SET unknown_count = 1 WHERE id = 2")
    world.do("DELETE FROM subscription WHERE id IN (1, 2)")

    assert (await senders.pick(ledger)).id == 3
    assert [world.delivery(n)["state"] for n in (1, 2)] == ["suppressed", "held"]


async def test_a_domain_that_asked_for_time_is_left_alone_by_all_and_after_a_restart(ledger, senders, world, clock) -> None:
    world.add_readers(2, domain="other.example", first=50)
    await senders.end(ledger, Ending.DEFERRED, code=450, domain_wide=True)
    other = await senders.open()

    assert (await senders.pick(ledger)).domain_key == b"other.example"
    assert (await senders.pick(other)).domain_key == b"other.example"
    assert (await other.ask(None, None, True)).next is None
    assert world.rows("SELECT domain_key, not_before, failures FROM domain_pace") == [
        (b"example.org", clock.seconds + 300, 1)
    ]
    clock.seconds += 301
    assert (await senders.pick(ledger)).domain_key == b"example.org"


async def test_several_refusals_at_one_time_slow_a_domain_once(senders, ledger, world, clock) -> None:
    going = [await senders.let_go(ledger) for _ in range(4)]
    for picked in going:
        await ledger.ask(Outcome(picked, Ending.DEFERRED, 450, domain_wide=True), None, False)
    assert world.rows("SELECT failures FROM domain_pace") == [(1,)]

    clock.seconds += 301
    await senders.end(ledger, Ending.DEFERRED, code=450, domain_wide=True)
    assert world.rows("SELECT failures, not_before FROM domain_pace") == [(2, clock.seconds + 600)]


async def test_a_letter_taken_frees_its_domain(senders, ledger, world, clock) -> None:
    await senders.end(ledger, Ending.DEFERRED, code=450, domain_wide=True)
    clock.seconds += 301
    await senders.end(ledger, Ending.SENT, code=250)

    assert world.rows("SELECT * FROM domain_pace") == []


async def test_readers_at_a_domain_that_is_closed_for_days_are_failed_not_forgotten(ledger, world, clock) -> None:
    clock.seconds += 49 * 3600
    world.do("INSERT INTO domain_pace VALUES (?, ?, 9)", b"example.org", clock.seconds + 3600)
    world.do("UPDATE delivery SET unknown_count = 1 WHERE id = 1")

    assert (await ledger.ask(None, None, True)).next is None
    assert world.counts() == {"failed": 9, "held": 1}
