"""Single letters: at most once, to whom may still be written to, and forgotten when they come to rest."""

from __future__ import annotations

import pytest

from digest.delivery.ledger import Outcome
from digest.delivery.transitions import Ending, Refusal, State

pytestmark = pytest.mark.anyio


def letter(world, number: int = 1) -> tuple[object, ...]:
    return world.rows("SELECT sealed, link FROM letter WHERE id = ?", number)[0]


async def test_a_letter_is_picked_with_its_own_address_link_and_message(senders, world) -> None:
    world.add_letters(1)
    picked = await senders.pick(await senders.open())

    assert (picked.letter, picked.subscription, picked.edition, picked.epoch) == (1, None, None, 0)
    assert (picked.sealed, picked.link, picked.message_hash) == (b"person-1@example.org", b"link", "m")
    assert "person" not in repr(picked) and "link" not in repr(picked)


async def test_a_letter_to_somebody_who_is_no_reader_may_go(senders, world) -> None:
    world.add_letters(1)
    ledger = await senders.open()

    assert (await ledger.ask(None, await senders.pick(ledger), False)).allowed


@pytest.mark.parametrize(("ending", "state"), [(Ending.SENT, "sent"), (Ending.FAILED, "failed"), (Ending.UNKNOWN, "failed")])
async def test_address_and_link_are_erased_in_the_transaction_that_ends_a_letter(senders, world, ending, state) -> None:
    world.add_letters(2)
    ledger = await senders.open()
    await senders.end(ledger, ending, code=250)

    assert (world.delivery(1)["state"], letter(world)) == (state, (None, None))
    assert letter(world, 2) == (b"person-2@example.org", b"link")


@pytest.mark.parametrize("ending", [Ending.DEFERRED, Ending.RETURNED])
async def test_a_letter_that_is_tried_again_keeps_its_address(senders, world, ending: Ending) -> None:
    world.add_letters(1)
    await senders.end(await senders.open(), ending, code=450)

    assert (world.delivery(1)["state"], letter(world)) == ("queued", (b"person-1@example.org", b"link"))


async def test_a_letter_whose_answer_was_lost_is_failed_with_its_doubt_and_never_sent_again(senders, world) -> None:
    world.add_letters(1)
    ledger = await senders.open()
    _, answer = await senders.end(ledger, Ending.UNKNOWN)

    assert answer.recorded is State.FAILED
    assert world.delivery(1)["unknown_count"] == 1
    assert await senders.pick_all(ledger) == []


async def test_a_letter_in_flight_when_its_sender_dies_is_failed_and_forgotten(senders, world) -> None:
    world.add_letters(2)
    first = await senders.open()
    await senders.let_go(first)
    await senders.pick(first)
    await senders.crash(first)
    await senders.open()

    assert [world.delivery(number)["state"] for number in (1, 2)] == ["failed", "queued"]
    assert [letter(world, number)[0] for number in (1, 2)] == [None, b"person-2@example.org"]


async def test_a_letter_refused_for_too_long_is_failed_and_forgotten(senders, world, clock) -> None:
    world.add_letters(1)
    ledger = await senders.open()
    world.do("UPDATE delivery SET attempt_count = 9")
    clock.seconds += 49 * 3600
    await senders.end(ledger, Ending.DEFERRED, code=450)

    assert (world.delivery(1)["state"], letter(world)) == ("failed", (None, None))


FENCES = [
    ("INSERT INTO suppression SELECT address_hash, 'asked', 0 FROM letter", Refusal.SUPPRESSED),
    ("UPDATE letter SET sealed = NULL, link = NULL", Refusal.LEFT),
]


@pytest.mark.parametrize(("change", "refusal"), FENCES)
async def test_no_letter_goes_to_an_address_that_is_suppressed_or_erased(senders, world, change, refusal) -> None:
    world.add_letters(2)
    ledger = await senders.open()
    picked = await senders.pick(ledger)
    world.do(change)
    answer = await ledger.ask(None, picked, False)

    assert (answer.allowed, answer.refusal, answer.refused) == (False, refusal, State.SUPPRESSED)
    assert letter(world) == (None, None)
    for other in await senders.pick_all(ledger):
        assert not (await ledger.ask(None, other, False)).allowed


READERS = [
    ("UPDATE subscription SET state = 'left'", Refusal.LEFT),
    ("UPDATE subscription SET epoch = 2", Refusal.LEFT),
    ("DELETE FROM subscription", Refusal.LEFT),
    ("INSERT INTO suppression SELECT address_hash, 'bounced', 0 FROM subscription", Refusal.SUPPRESSED),
]


@pytest.mark.parametrize(("change", "refusal"), READERS)
async def test_a_letter_to_a_reader_who_left_or_was_erased_does_not_go(senders, world, change, refusal) -> None:
    world.add_edition()
    world.add_readers(1)
    world.add_letters(1, reader=1)
    world.do("DELETE FROM delivery WHERE subject = 'edition'")
    ledger = await senders.open()
    picked = await senders.pick(ledger)
    assert (picked.subscription, picked.epoch) == (1, 1)
    world.do(change)
    answer = await ledger.ask(None, picked, False)

    assert (answer.refusal, answer.refused) == (refusal, State.SUPPRESSED)
    assert letter(world) == (None, None)


async def test_a_letter_to_a_reader_goes_before_they_have_confirmed(senders, world) -> None:
    world.add_edition()
    world.add_readers(1)
    world.add_letters(1, reader=1)
    world.do("UPDATE subscription SET state = 'pending'")
    ledger = await senders.open()
    picked = await senders.pick(ledger)

    assert picked.letter == 1
    assert (await ledger.ask(None, picked, False)).allowed


async def test_an_outcome_that_is_no_longer_ours_erases_nothing(senders, world) -> None:
    world.add_letters(1)
    ledger = await senders.open()
    picked = await senders.let_go(ledger)
    world.do("UPDATE delivery SET sender = 9")
    answer = await ledger.ask(Outcome(picked, Ending.SENT, 250), None, False)

    assert answer.recorded is None
    assert letter(world)[0] is not None
