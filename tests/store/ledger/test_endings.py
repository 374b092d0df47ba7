"""How letters end, as it is written down."""

from __future__ import annotations

import pytest

from digest.delivery.ledger import Outcome
from digest.delivery.pace import plan_wait
from digest.delivery.transitions import Ending, State

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("ending", "state"),
    [(Ending.FAILED, "failed"), (Ending.DEFERRED, "queued"), (Ending.UNKNOWN, "queued"), (Ending.RETURNED, "queued")],
)
async def test_each_ending_is_written(senders, ledger, world, ending: Ending, state: str) -> None:
    picked, answer = await senders.end(ledger, ending, code=451, reply="words")

    row = world.delivery(picked.id)
    assert (row["state"], answer.recorded, row["sender"], row["code"]) == (state, State(state), None, 451)


async def test_a_refused_letter_waits_by_the_plan(senders, ledger, world, clock) -> None:
    picked, _ = await senders.end(ledger, Ending.DEFERRED, code=451)

    assert world.delivery(picked.id)["next_at"] == clock.seconds + plan_wait(senders.rules, picked.id, 1)


async def test_a_letter_refused_for_two_days_is_failed_as_expired(senders, world, clock) -> None:
    world.add_edition()
    world.add_readers(1)
    ledger = await senders.open()
    tries = 0
    while world.delivery(1)["state"] == "queued":
        clock.seconds = max(clock.seconds, int(world.delivery(1)["next_at"]))
        await senders.end(ledger, Ending.DEFERRED, code=451, reply="4.2.1 busy")
        tries += 1

    row = world.delivery(1)
    assert (row["state"], row["reply"]) == ("failed", "expired: 4.2.1 busy")
    assert 12 <= tries <= 30
    assert clock.seconds - world.rows("SELECT created_at FROM delivery")[0][0] >= 48 * 3600


async def test_a_first_lost_line_is_mended_at_once_and_the_next_waits(senders, ledger, world, clock) -> None:
    first, _ = await senders.end(ledger, Ending.DEFERRED, at_once=True)
    assert world.delivery(first.id)["next_at"] == clock.seconds
    world.do("UPDATE delivery SET state = 'sent' WHERE id > 1")

    second, _ = await senders.end(ledger, Ending.DEFERRED, at_once=True)
    assert second.id == first.id
    assert world.delivery(first.id)["next_at"] > clock.seconds


async def test_an_attempt_that_was_our_fault_does_not_count_and_goes_behind_the_others(senders, ledger, world) -> None:
    picked, _ = await senders.end(ledger, Ending.RETURNED, code=550, reply="no", behind=True)

    assert (world.delivery(picked.id)["attempt_count"], (await senders.pick(ledger)).id) == (0, 2)


async def test_an_envelope_may_be_refused_before_the_body_was_let_go(senders, ledger, world) -> None:
    first, second = await senders.pick(ledger), await senders.pick(ledger)
    await ledger.ask(Outcome(first, Ending.FAILED, 550), None, False)
    await ledger.ask(Outcome(second, Ending.DEFERRED, 450), None, False)

    assert [world.delivery(n)["state"] for n in (1, 2)] == ["failed", "queued"]
    assert world.delivery(2)["attempt_count"] == 1


async def test_doubt_never_becomes_failed(senders, ledger, world) -> None:
    world.do("UPDATE delivery SET unknown_count = 1 WHERE id = 1")
    _, answer = await senders.end(ledger, Ending.FAILED, code=550)

    assert answer.recorded is State.HELD
