"""The contract of a ledger, for every implementation: what is durable when `ask` answers, and who may go."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import ModuleType

import pytest

from digest.delivery.ledger import Answer, Ledger, Outcome, Picked
from digest.delivery.pace import Rules, plan_wait
from digest.delivery.transitions import Ending, Refusal, State
from digest.errors import StoreError
from digest.store.ledger import SqliteLedger, open_ledger
from digest.store.sending import _DUE, _NEXT_DUE

pytestmark = pytest.mark.anyio
RULES = Rules(retry_after=300, retry_for=48 * 3600)
Opening = Callable[..., Awaitable[SqliteLedger]]


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)


@pytest.fixture
def clock(worlds: ModuleType) -> Clock:
    return Clock(worlds.START + 60)


@pytest.fixture(params=["sqlite"])
async def opening(request: pytest.FixtureRequest, world, clock: Clock) -> AsyncIterator[Opening]:  # type: ignore[no-untyped-def]
    """Opens ledgers of one implementation on one database; what is still open at the end is closed."""
    opened: list[SqliteLedger] = []

    async def open_one(rules: Rules = RULES, only: str | None = None) -> SqliteLedger:
        ledger = await asyncio.to_thread(open_ledger, world.file, rules, only=only, now=clock)
        opened.append(ledger)
        return ledger

    yield open_one
    for ledger in opened:
        if ledger._thread.is_alive():
            await ledger.close()


@pytest.fixture
async def ledger(opening: Opening, world) -> SqliteLedger:  # type: ignore[no-untyped-def]
    """A ledger with ten readers of an edition that is being sent."""
    world.add_edition()
    world.add_readers(10)
    return await opening()


async def crash(ledger: SqliteLedger) -> None:
    """What a kill does: nothing more is written, and the kernel frees the lock."""
    ledger._queue.put(None)
    await asyncio.to_thread(ledger._thread.join)
    ledger._slot.release()


async def pick(ledger: Ledger) -> Picked:
    answer = await ledger.ask(None, None, True)
    assert answer.next is not None
    return answer.next


async def let_go(ledger: Ledger) -> Picked:
    """A delivery whose body may leave now."""
    picked = await pick(ledger)
    answer = await ledger.ask(None, picked, False)
    assert answer.allowed
    return picked


async def end(ledger: Ledger, ending: Ending, **details: object) -> tuple[Picked, Answer]:
    """A delivery that went out and ended so."""
    picked = await let_go(ledger)
    return picked, await ledger.ask(Outcome(picked, ending, **details), None, False)  # type: ignore[arg-type]


# -- the three steps and what is durable after each


async def test_what_is_picked_carries_all_that_a_letter_needs(ledger: SqliteLedger) -> None:
    picked = await pick(ledger)

    assert (picked.id, picked.subscription, picked.epoch) == (1, 1, 1)
    assert (picked.sealed, picked.domain_key, picked.message_hash) == (b"reader-1@example.org", b"example.org", "m")
    assert "reader-1" not in repr(picked)


async def test_each_step_is_in_the_database_when_it_is_answered(ledger: SqliteLedger, world) -> None:  # type: ignore[no-untyped-def]
    picked = await pick(ledger)
    assert (world.delivery(1)["state"], world.delivery(1)["sender"]) == ("picked", ledger.place)

    answer = await ledger.ask(None, picked, False)
    assert answer == Answer(allowed=True)
    assert (world.delivery(1)["state"], world.delivery(1)["attempt_count"]) == ("inflight", 1)

    answer = await ledger.ask(Outcome(picked, Ending.SENT, 250, "2.0.0 ok"), None, False)
    assert answer.recorded is State.SENT
    row = world.delivery(1)
    assert (row["state"], row["sender"], row["code"], row["reply"]) == ("sent", None, 250, "2.0.0 ok")
    assert row["outcome_at"] is not None


async def test_one_question_ends_one_letter_lets_another_go_and_picks_a_third(ledger: SqliteLedger, world) -> None:  # type: ignore[no-untyped-def]
    first = await let_go(ledger)
    second = await pick(ledger)
    answer = await ledger.ask(Outcome(first, Ending.SENT, 250), second, True)

    assert (answer.recorded, answer.allowed) == (State.SENT, True)
    assert answer.next is not None and answer.next.id == 3
    assert [world.delivery(n)["state"] for n in (1, 2, 3)] == ["sent", "inflight", "picked"]


async def test_no_two_connections_get_the_same_delivery(ledger: SqliteLedger, opening: Opening) -> None:
    other = await opening()
    ledger.expect(3)
    answers = await asyncio.gather(*(each.ask(None, None, True) for each in (ledger, other) * 6))

    ids = [answer.next.id for answer in answers if answer.next]
    assert sorted(ids) == list(range(1, 11))


async def test_nothing_due_means_no_next(opening: Opening) -> None:
    empty = await opening()

    assert await empty.ask(None, None, True) == Answer()
    assert await empty.next_due() is None


# -- crashes and places


async def test_what_a_dead_sender_had_only_picked_is_queued_again_without_doubt(
    ledger: SqliteLedger, opening: Opening, world
) -> None:  # type: ignore[no-untyped-def]
    await pick(ledger)
    await crash(ledger)
    await opening()

    row = world.delivery(1)
    assert (row["state"], row["sender"], row["unknown_count"], row["attempt_count"]) == ("queued", None, 0, 0)


async def test_what_a_dead_sender_had_in_flight_is_in_doubt_once_and_then_held(
    ledger: SqliteLedger, opening: Opening, world
) -> None:  # type: ignore[no-untyped-def]
    await let_go(ledger)
    await crash(ledger)
    second = await opening()
    assert (world.delivery(1)["state"], world.delivery(1)["unknown_count"]) == ("queued", 1)

    world.do("UPDATE delivery SET state = 'sent' WHERE id > 1")
    await let_go(second)
    await crash(second)
    await opening()
    assert (world.delivery(1)["state"], world.delivery(1)["unknown_count"]) == ("held", 2)


async def test_with_hold_what_is_in_doubt_is_held_at_once(opening: Opening, world) -> None:  # type: ignore[no-untyped-def]
    world.add_edition()
    world.add_readers(1)
    careful = Rules(max_unknown=0)
    first = await opening(careful)
    await let_go(first)
    await crash(first)
    await opening(careful)

    assert world.delivery(1)["state"] == "held"


async def test_a_single_letter_in_doubt_is_not_sent_again(opening: Opening, world) -> None:  # type: ignore[no-untyped-def]
    world.add_readers(1, name=None)
    first = await opening()
    await let_go(first)
    await crash(first)
    await opening()

    assert world.delivery(1)["state"] == "failed"


async def test_a_living_sender_is_never_robbed_however_slow_it_is(
    ledger: SqliteLedger, opening: Opening, world, clock: Clock
) -> None:  # type: ignore[no-untyped-def]
    picked = await let_go(ledger)
    clock.seconds += 30 * 86400
    other = await opening()
    view = await other.review()

    assert (ledger.place, other.place) == (1, 2)
    assert world.delivery(1)["state"] == "inflight"
    assert view.elsewhere_count == 1
    assert (await ledger.ask(Outcome(picked, Ending.SENT, 250), None, False)).recorded is State.SENT


async def test_a_living_sender_takes_back_what_another_left_when_it_dies(
    ledger: SqliteLedger, opening: Opening, world
) -> None:  # type: ignore[no-untyped-def]
    other = await opening()
    picked = await let_go(other)
    await crash(other)
    await ledger.review()

    row = world.delivery(picked.id)
    assert (row["state"], row["unknown_count"]) == ("queued", 1)


async def test_what_a_sender_of_a_lost_lock_file_left_is_taken_back(ledger: SqliteLedger, opening: Opening, world) -> None:  # type: ignore[no-untyped-def]
    await let_go(ledger)
    await crash(ledger)
    world.do("UPDATE delivery SET sender = 77 WHERE state = 'inflight'")
    await opening()

    assert world.delivery(1)["state"] == "queued"


async def test_closing_puts_back_what_is_picked_and_leaves_what_is_in_flight_in_doubt(
    ledger: SqliteLedger, opening: Opening, world
) -> None:  # type: ignore[no-untyped-def]
    await let_go(ledger)
    await pick(ledger)
    await ledger.close()
    assert [world.delivery(n)["state"] for n in (1, 2)] == ["inflight", "queued"]

    await opening()
    assert world.delivery(1)["unknown_count"] == 1


async def test_an_outcome_of_a_delivery_that_is_no_longer_ours_is_not_written(ledger: SqliteLedger, world) -> None:  # type: ignore[no-untyped-def]
    picked = await let_go(ledger)
    world.do("UPDATE delivery SET sender = 9 WHERE id = 1")

    answer = await ledger.ask(Outcome(picked, Ending.FAILED, 550), None, False)

    assert answer.recorded is None
    assert world.delivery(1)["state"] == "inflight"


async def test_an_outcome_of_an_erased_delivery_is_no_error(ledger: SqliteLedger, world) -> None:  # type: ignore[no-untyped-def]
    first = await let_go(ledger)
    second = await let_go(ledger)
    world.do("DELETE FROM delivery")

    assert (await ledger.ask(Outcome(first, Ending.FAILED, 550), None, False)).recorded is None
    await ledger.ask(Outcome(second, Ending.SENT, 250), None, False)


# -- how letters end


@pytest.mark.parametrize(
    ("ending", "state"),
    [(Ending.FAILED, "failed"), (Ending.DEFERRED, "queued"), (Ending.UNKNOWN, "queued"), (Ending.RETURNED, "queued")],
)
async def test_each_ending_is_written(ledger: SqliteLedger, world, ending: Ending, state: str) -> None:  # type: ignore[no-untyped-def]
    picked, answer = await end(ledger, ending, code=451, reply="words")

    row = world.delivery(picked.id)
    assert (row["state"], answer.recorded, row["sender"], row["code"]) == (state, State(state), None, 451)


async def test_a_refused_letter_waits_by_the_plan(ledger: SqliteLedger, world, clock: Clock) -> None:  # type: ignore[no-untyped-def]
    picked, _ = await end(ledger, Ending.DEFERRED, code=451)

    assert world.delivery(picked.id)["next_at"] == clock.seconds + plan_wait(RULES, picked.id, 1)


async def test_a_letter_refused_for_two_days_is_failed_as_expired(opening: Opening, world, clock: Clock) -> None:  # type: ignore[no-untyped-def]
    world.add_edition()
    world.add_readers(1)
    ledger = await opening()
    tries = 0
    while world.delivery(1)["state"] == "queued":
        clock.seconds = max(clock.seconds, int(world.delivery(1)["next_at"]))
        await end(ledger, Ending.DEFERRED, code=451, reply="4.2.1 busy")
        tries += 1

    row = world.delivery(1)
    assert (row["state"], row["reply"]) == ("failed", "expired: 4.2.1 busy")
    assert 12 <= tries <= 30
    assert clock.seconds - world.rows("SELECT created_at FROM delivery")[0][0] >= 48 * 3600


async def test_a_first_lost_line_is_mended_at_once_and_the_next_waits(ledger: SqliteLedger, world, clock: Clock) -> None:  # type: ignore[no-untyped-def]
    first, _ = await end(ledger, Ending.DEFERRED, at_once=True)
    assert world.delivery(first.id)["next_at"] == clock.seconds
    world.do("UPDATE delivery SET state = 'sent' WHERE id > 1")

    second, _ = await end(ledger, Ending.DEFERRED, at_once=True)
    assert second.id == first.id
    assert world.delivery(first.id)["next_at"] > clock.seconds


async def test_an_attempt_that_was_our_fault_does_not_count_and_goes_behind_the_others(ledger: SqliteLedger, world) -> None:  # type: ignore[no-untyped-def]
    picked, _ = await end(ledger, Ending.RETURNED, code=550, reply="no", behind=True)

    assert (world.delivery(picked.id)["attempt_count"], (await pick(ledger)).id) == (0, 2)


async def test_an_envelope_may_be_refused_before_the_body_was_let_go(ledger: SqliteLedger, world) -> None:  # type: ignore[no-untyped-def]
    first, second = await pick(ledger), await pick(ledger)
    await ledger.ask(Outcome(first, Ending.FAILED, 550), None, False)
    await ledger.ask(Outcome(second, Ending.DEFERRED, 450), None, False)

    assert [world.delivery(n)["state"] for n in (1, 2)] == ["failed", "queued"]
    assert world.delivery(2)["attempt_count"] == 1


async def test_doubt_never_becomes_failed(ledger: SqliteLedger, world) -> None:  # type: ignore[no-untyped-def]
    world.do("UPDATE delivery SET unknown_count = 1 WHERE id = 1")
    _, answer = await end(ledger, Ending.FAILED, code=550)

    assert answer.recorded is State.HELD


# -- the fence


FENCES = [
    ("UPDATE edition SET state = 'paused'", Refusal.PAUSED, "queued", "queued"),
    ("UPDATE edition SET state = 'cancelled'", Refusal.CANCELLED, "cancelled", "held"),
    ("UPDATE edition SET approved_hash = 'x'", Refusal.UNAPPROVED, "queued", "queued"),
    ("UPDATE edition SET approved_hash = NULL, frozen_hash = NULL", Refusal.UNAPPROVED, "queued", "queued"),
    ("UPDATE edition SET earliest_at = 4000000000", Refusal.EARLY, "queued", "queued"),
    ("UPDATE variant SET stopped = 1", Refusal.STOPPED, "cancelled", "held"),
    ("UPDATE delivery SET stopped = 1", Refusal.STOPPED, "cancelled", "held"),
    ("UPDATE subscription SET state = 'left'", Refusal.LEFT, "suppressed", "held"),
    ("UPDATE subscription SET state = 'erased'", Refusal.LEFT, "suppressed", "held"),
    ("UPDATE subscription SET epoch = 2", Refusal.LEFT, "suppressed", "held"),
    ("DELETE FROM subscription", Refusal.LEFT, "suppressed", "held"),
    (
        "INSERT INTO suppression SELECT address_hash, 'bounced', 0 FROM subscription",
        Refusal.SUPPRESSED,
        "suppressed",
        "held",
    ),
    ("UPDATE delivery SET state = 'cancelled', sender = NULL", Refusal.GONE, "cancelled", "cancelled"),
]


@pytest.mark.parametrize(("change", "refusal", "state", "in_doubt"), FENCES)
async def test_no_body_is_let_go_after_a_change_that_forbids_it(  # type: ignore[no-untyped-def]
    ledger: SqliteLedger, world, change: str, refusal: Refusal, state: str, in_doubt: str
) -> None:
    sure, doubtful = await pick(ledger), await pick(ledger)
    world.do("UPDATE delivery SET unknown_count = 1 WHERE id = 2")
    world.do(change)

    answers = [await ledger.ask(None, picked, False) for picked in (sure, doubtful)]

    assert [(answer.allowed, answer.refusal) for answer in answers] == [(False, refusal)] * 2
    assert [answer.refused for answer in answers] == [State(state), State(in_doubt)]
    assert [world.delivery(n)["state"] for n in (1, 2)] == [state, in_doubt]


async def test_a_delivery_that_is_gone_altogether_is_refused(ledger: SqliteLedger, world) -> None:  # type: ignore[no-untyped-def]
    picked = await pick(ledger)
    world.do("DELETE FROM delivery WHERE id = 1")

    assert (await ledger.ask(None, picked, False)).refusal is Refusal.GONE


async def test_a_body_in_flight_when_its_variant_is_stopped_is_not_tried_again(ledger: SqliteLedger, world) -> None:  # type: ignore[no-untyped-def]
    first, second = await let_go(ledger), await let_go(ledger)
    world.do("UPDATE delivery SET stopped = 1 WHERE state = 'inflight'")

    deferred = await ledger.ask(Outcome(first, Ending.DEFERRED, 451), None, False)
    unknown = await ledger.ask(Outcome(second, Ending.UNKNOWN), None, False)

    assert (deferred.recorded, unknown.recorded) == (State.CANCELLED, State.HELD)


async def test_a_single_letter_goes_to_somebody_who_has_not_confirmed_yet(opening: Opening, world) -> None:  # type: ignore[no-untyped-def]
    world.add_readers(2, name=None)
    world.do("UPDATE subscription SET state = 'pending' WHERE id = 1")
    world.do("UPDATE subscription SET state = 'left' WHERE id = 2")
    ledger = await opening()
    first, second = await pick(ledger), await pick(ledger)

    assert (await ledger.ask(None, first, False)).allowed
    assert (await ledger.ask(None, second, False)).refusal is Refusal.LEFT


# -- what comes next


async def test_what_is_urgent_overtakes_what_was_read_ahead(ledger: SqliteLedger, world, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("digest.store.sending._BUFFER_SECONDS", 0.0)
    await pick(ledger)
    world.add_edition("urgent", lane=0)
    world.add_readers(1, "urgent", first=99)

    assert (await pick(ledger)).edition == "urgent"


async def test_a_sender_of_one_edition_touches_no_other(opening: Opening, world, worlds: ModuleType) -> None:  # type: ignore[no-untyped-def]
    world.add_edition("other")
    world.add_readers(3, "other")
    world.add_readers(3, None, first=10)
    world.add_edition()
    world.add_readers(1, first=20)
    ledger = await opening(only=worlds.EDITION)

    assert (await pick(ledger)).edition == worlds.EDITION
    assert (await ledger.ask(None, None, True)).next is None
    assert [view.id for view in (await ledger.review()).editions] == [worlds.EDITION]


async def test_editions_that_are_sent_at_once_share_the_connections(opening: Opening, world) -> None:  # type: ignore[no-untyped-def]
    for name in ("a", "b"):
        world.add_edition(name)
        world.add_readers(600, name)
    ledger = await opening()
    picks = await asyncio.gather(*(pick(ledger) for _ in range(400)))

    assert {picked.edition for picked in picks} == {"a", "b"}


async def test_what_is_not_due_is_not_picked(ledger: SqliteLedger, world, clock: Clock) -> None:  # type: ignore[no-untyped-def]
    world.do("UPDATE delivery SET next_at = ?", clock.seconds + 10)
    due = await ledger.next_due()

    assert (await ledger.ask(None, None, True)).next is None
    assert due == datetime.fromtimestamp(clock.seconds + 10, UTC)
    clock.seconds += 10
    await pick(ledger)


@pytest.mark.parametrize("state", ["draft", "approved", "frozen", "paused", "finished", "cancelled"])
async def test_only_an_edition_that_is_being_sent_is_picked_from(ledger: SqliteLedger, world, state: str) -> None:  # type: ignore[no-untyped-def]
    world.do("UPDATE edition SET state = ?", state)

    assert (await ledger.ask(None, None, True)).next is None
    assert await ledger.next_due() is None


async def test_an_edition_is_not_picked_from_before_its_moment(ledger: SqliteLedger, world, clock: Clock) -> None:  # type: ignore[no-untyped-def]
    world.do("UPDATE edition SET earliest_at = ?", clock.seconds + 5)
    assert (await ledger.ask(None, None, True)).next is None

    clock.seconds += 5
    await pick(ledger)


async def test_deliveries_of_an_erased_reader_end_without_being_picked(ledger: SqliteLedger, world) -> None:  # type: ignore[no-untyped-def]
    world.do("UPDATE delivery SET unknown_count = 1 WHERE id = 2")
    world.do("DELETE FROM subscription WHERE id IN (1, 2)")

    assert (await pick(ledger)).id == 3
    assert [world.delivery(n)["state"] for n in (1, 2)] == ["suppressed", "held"]


async def test_a_domain_that_asked_for_time_is_left_alone_by_all_and_after_a_restart(
    ledger: SqliteLedger, opening: Opening, world, clock: Clock
) -> None:  # type: ignore[no-untyped-def]
    world.add_readers(2, domain="other.example", first=50)
    await end(ledger, Ending.DEFERRED, code=450, domain_wide=True)
    other = await opening()

    assert (await pick(ledger)).domain_key == b"other.example"
    assert (await pick(other)).domain_key == b"other.example"
    assert (await other.ask(None, None, True)).next is None
    assert world.rows("SELECT domain_key, not_before, failures FROM domain_pace") == [
        (b"example.org", clock.seconds + 300, 1)
    ]
    clock.seconds += 301
    assert (await pick(ledger)).domain_key == b"example.org"


async def test_several_refusals_at_one_time_slow_a_domain_once(ledger: SqliteLedger, world, clock: Clock) -> None:  # type: ignore[no-untyped-def]
    going = [await let_go(ledger) for _ in range(4)]
    for picked in going:
        await ledger.ask(Outcome(picked, Ending.DEFERRED, 450, domain_wide=True), None, False)
    assert world.rows("SELECT failures FROM domain_pace") == [(1,)]

    clock.seconds += 301
    await end(ledger, Ending.DEFERRED, code=450, domain_wide=True)
    assert world.rows("SELECT failures, not_before FROM domain_pace") == [(2, clock.seconds + 600)]


async def test_a_letter_taken_frees_its_domain(ledger: SqliteLedger, world, clock: Clock) -> None:  # type: ignore[no-untyped-def]
    await end(ledger, Ending.DEFERRED, code=450, domain_wide=True)
    clock.seconds += 301
    await end(ledger, Ending.SENT, code=250)

    assert world.rows("SELECT * FROM domain_pace") == []


async def test_readers_at_a_domain_that_is_closed_for_days_are_failed_not_forgotten(
    ledger: SqliteLedger, world, clock: Clock
) -> None:  # type: ignore[no-untyped-def]
    clock.seconds += 49 * 3600
    world.do("INSERT INTO domain_pace VALUES (?, ?, 9)", b"example.org", clock.seconds + 3600)
    world.do("UPDATE delivery SET unknown_count = 1 WHERE id = 1")

    assert (await ledger.ask(None, None, True)).next is None
    assert world.counts() == {"failed": 9, "held": 1}


async def test_a_long_queue_is_read_in_the_order_of_its_index(ledger: SqliteLedger, world) -> None:  # type: ignore[no-untyped-def]
    for query, values in ((_DUE, (1, "x", 0, 500)), (_NEXT_DUE, (1, "x"))):
        for operator in ("=", "IS"):
            plan = " / ".join(str(row[3]) for row in world.rows(f"EXPLAIN QUERY PLAN {query.format(operator)}", *values))
            assert "delivery_due" in plan and "TEMP B-TREE" not in plan, plan


# -- looking around


async def test_an_edition_is_finished_when_every_reader_is_accounted_for(
    ledger: SqliteLedger, world, worlds: ModuleType
) -> None:  # type: ignore[no-untyped-def]
    world.do("UPDATE delivery SET state = 'sent' WHERE id < 10")
    assert (await ledger.review()).editions[0].state == "sending"

    world.do("UPDATE delivery SET state = 'held' WHERE id = 10")
    (view,) = (await ledger.review()).editions
    assert (view.id, view.state, view.counts) == (worlds.EDITION, "finished", {State.SENT: 9, State.HELD: 1})
    assert world.rows("SELECT finished_at IS NOT NULL FROM edition") == [(1,)]


async def test_an_edition_whose_counts_do_not_add_up_is_paused_with_the_reason(ledger: SqliteLedger, world) -> None:  # type: ignore[no-untyped-def]
    world.do("UPDATE delivery SET state = 'sent'")
    world.do("DELETE FROM delivery WHERE id = 1")
    await ledger.review()

    assert world.rows("SELECT state, paused_by, paused_reason FROM edition") == [
        ("paused", "self", "the counts do not add up: 9 deliveries for 10 readers")
    ]


async def test_pausing_by_itself_touches_only_what_is_being_sent(ledger: SqliteLedger, world) -> None:  # type: ignore[no-untyped-def]
    world.add_edition("resting", state="paused")
    world.do("UPDATE edition SET paused_by = 'staff' WHERE id = 'resting'")
    await ledger.pause(None, "the relay is down")
    await ledger.pause("resting", "the relay is down")

    assert world.rows("SELECT paused_by, paused_reason FROM edition ORDER BY id DESC") == [
        ("staff", None),
        ("self", "the relay is down"),
    ]


# -- when the store cannot be written


async def test_a_question_that_cannot_be_written_changes_nothing_at_all(ledger: SqliteLedger, world) -> None:  # type: ignore[no-untyped-def]
    first = await let_go(ledger)
    second = await pick(ledger)
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


async def test_a_lock_held_by_another_program_is_a_plain_error(ledger: SqliteLedger, world) -> None:  # type: ignore[no-untyped-def]
    await ledger._do(lambda: ledger._connection.execute("PRAGMA busy_timeout = 50"))
    with world.write(), pytest.raises(StoreError, match="Another command is writing"):
        await ledger.ask(None, None, True)

    await pick(ledger)


async def test_the_database_is_synchronised_at_each_commit(ledger: SqliteLedger) -> None:
    def read(name: str) -> int:
        return int(ledger._connection.execute(f"PRAGMA {name}").fetchone()[0])

    assert await ledger._do(lambda: (read("synchronous"), read("secure_delete"), read("foreign_keys"))) == (2, 1, 1)


async def test_a_file_that_is_no_database_is_a_plain_error_and_frees_the_place(opening: Opening, world) -> None:  # type: ignore[no-untyped-def]
    world.file.write_bytes(b"not a database, but long enough to be looked at as one" * 100)
    for _ in range(2):
        with pytest.raises(StoreError, match="Restore the file"):
            await opening()


async def test_questions_of_many_connections_share_one_transaction(ledger: SqliteLedger, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    sizes: list[int] = []
    exchange = ledger._sending.exchange
    monkeypatch.setattr(ledger._sending, "exchange", lambda asked, now: (sizes.append(len(asked)), exchange(asked, now))[1])
    ledger.expect(20)
    await asyncio.gather(*(ledger.ask(None, None, True) for _ in range(20)))

    assert sum(sizes) == 20 and len(sizes) <= 2


@asynccontextmanager
async def reading(world) -> AsyncIterator[sqlite3.Connection]:  # type: ignore[no-untyped-def]
    connection = sqlite3.connect(world.file)
    try:
        yield connection
    finally:
        connection.close()


async def test_somebody_who_reads_never_holds_up_the_sender(ledger: SqliteLedger, world) -> None:  # type: ignore[no-untyped-def]
    async with reading(world) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM delivery").fetchone()
        picked = await let_go(ledger)

    assert picked.id == 1
