"""What dead senders leave: taken back by the next, never while they live."""

from __future__ import annotations

import pytest

from digest.delivery.ledger import Outcome
from digest.delivery.pace import Rules
from digest.delivery.transitions import Ending, State

pytestmark = pytest.mark.anyio


async def test_what_a_dead_sender_had_only_picked_is_queued_again_without_doubt(ledger, senders, world) -> None:
    await senders.pick(ledger)
    await senders.crash(ledger)
    await senders.open()

    row = world.delivery(1)
    assert (row["state"], row["sender"], row["unknown_count"], row["attempt_count"]) == ("queued", None, 0, 0)


async def test_what_a_dead_sender_had_in_flight_is_in_doubt_once_and_then_held(ledger, senders, world) -> None:
    await senders.let_go(ledger)
    await senders.crash(ledger)
    second = await senders.open()
    assert (world.delivery(1)["state"], world.delivery(1)["unknown_count"]) == ("queued", 1)

    world.do("UPDATE delivery SET state = 'sent' WHERE id > 1")
    await senders.let_go(second)
    await senders.crash(second)
    await senders.open()
    assert (world.delivery(1)["state"], world.delivery(1)["unknown_count"]) == ("held", 2)


async def test_with_hold_what_is_in_doubt_is_held_at_once(senders, world) -> None:
    world.add_edition()
    world.add_readers(1)
    careful = Rules(max_unknown=0)
    first = await senders.open(careful)
    await senders.let_go(first)
    await senders.crash(first)
    await senders.open(careful)

    assert world.delivery(1)["state"] == "held"


async def test_a_single_letter_in_doubt_is_not_sent_again(senders, world) -> None:
    world.add_readers(1, name=None)
    first = await senders.open()
    await senders.let_go(first)
    await senders.crash(first)
    await senders.open()

    assert world.delivery(1)["state"] == "failed"


async def test_a_living_sender_is_never_robbed_however_slow_it_is(ledger, senders, world, clock) -> None:
    picked = await senders.let_go(ledger)
    clock.seconds += 30 * 86400
    other = await senders.open()
    view = await other.review()

    assert (ledger.place, other.place) == (1, 2)
    assert world.delivery(1)["state"] == "inflight"
    assert view.elsewhere_count == 1
    assert (await ledger.ask(Outcome(picked, Ending.SENT, 250), None, False)).recorded is State.SENT


async def test_a_living_sender_takes_back_what_another_left_when_it_dies(ledger, senders, world) -> None:
    other = await senders.open()
    picked = await senders.let_go(other)
    await senders.crash(other)
    await ledger.review()

    row = world.delivery(picked.id)
    assert (row["state"], row["unknown_count"]) == ("queued", 1)


async def test_what_a_sender_of_a_lost_lock_file_left_is_taken_back(ledger, senders, world) -> None:
    await senders.let_go(ledger)
    await senders.crash(ledger)
    world.do("UPDATE delivery SET sender = 77 WHERE state = 'inflight'")
    await senders.open()

    assert world.delivery(1)["state"] == "queued"


async def test_closing_puts_back_what_is_picked_and_leaves_what_is_in_flight_in_doubt(ledger, senders, world) -> None:
    await senders.let_go(ledger)
    await senders.pick(ledger)
    await ledger.close()
    assert [world.delivery(n)["state"] for n in (1, 2)] == ["inflight", "queued"]

    await senders.open()
    assert world.delivery(1)["unknown_count"] == 1


async def test_an_outcome_of_a_delivery_that_is_no_longer_ours_is_not_written(senders, ledger, world) -> None:
    picked = await senders.let_go(ledger)
    world.do("UPDATE delivery SET sender = 9 WHERE id = 1")

    answer = await ledger.ask(Outcome(picked, Ending.FAILED, 550), None, False)

    assert answer.recorded is None
    assert world.delivery(1)["state"] == "inflight"


async def test_an_outcome_of_an_erased_delivery_is_no_error(senders, ledger, world) -> None:
    first = await senders.let_go(ledger)
    second = await senders.let_go(ledger)
    world.do("DELETE FROM delivery")

    assert (await ledger.ask(Outcome(first, Ending.FAILED, 550), None, False)).recorded is None
    await ledger.ask(Outcome(second, Ending.SENT, 250), None, False)
