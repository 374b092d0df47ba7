"""What staff and corrections do to deliveries on their way; the bulk statements agree with the rules, state by state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from types import ModuleType

import pytest
from sqlalchemy import Connection

from digest.delivery.transitions import Decision, Facts, State, after_stop
from digest.errors import EditionError
from digest.store.database import Store, open_store
from digest.store.deliveries import cancel_edition, decide, pause_edition, read_held, resume_edition, stop_variants

NOW = datetime(2022, 2, 28, 18, tzinfo=UTC)
MIXED = list(product(State, (0, 1)))


@pytest.fixture
def store(world) -> Iterator[Store]:  # type: ignore[no-untyped-def]
    """The same database by way of the everyday queries."""
    store = open_store(world.var)
    yield store
    store.close()


@pytest.fixture
def mixed(world):  # type: ignore[no-untyped-def]
    """A delivery in each state, with and without doubt."""
    world.add_edition()
    world.add_readers(len(MIXED))
    for number, (state, unknown_count) in enumerate(MIXED, 1):
        world.do("UPDATE delivery SET state = ?, unknown_count = ?, sender = 1 WHERE id = ?", state, unknown_count, number)
    return world


def stop_all(connection: Connection, edition: str) -> object:
    return stop_variants(connection, edition, [1], NOW)


def cancel_all(connection: Connection, edition: str) -> object:
    return cancel_edition(connection, edition, "Ada", NOW)


@pytest.mark.parametrize("stop", [stop_all, cancel_all])
def test_a_stop_in_bulk_does_to_each_delivery_what_the_rule_says(mixed, store: Store, worlds: ModuleType, stop) -> None:  # type: ignore[no-untyped-def]
    with store.writing() as connection:
        stopped = stop(connection, worlds.EDITION)

    for number, (state, unknown_count) in enumerate(MIXED, 1):
        expected = after_stop(Facts(State(state), unknown_count))
        row = mixed.delivery(number)
        assert (row["state"], bool(row["stopped"])) == (expected.state, expected.stopped), (state, unknown_count)
    assert (stopped.cancelled_count, stopped.held_count, stopped.inflight_count) == (2, 2, 2)


def test_only_the_variants_that_hold_the_item_are_stopped(world, store: Store, worlds: ModuleType) -> None:  # type: ignore[no-untyped-def]
    world.add_edition()
    world.add_readers(4)
    world.do("INSERT INTO variant SELECT 2, edition_id, 'w', content, language, form, 'm2', 0 FROM variant")
    world.do("UPDATE delivery SET variant_id = 2 WHERE id > 2")
    with store.writing() as connection:
        stop_variants(connection, worlds.EDITION, [2], NOW)

    assert world.counts() == {"queued": 2, "cancelled": 2}
    assert world.rows("SELECT stopped FROM variant ORDER BY id") == [(0,), (1,)]
    assert world.edition() == "sending"


def test_many_variants_are_stopped_as_surely_as_one(world, store: Store, worlds: ModuleType) -> None:  # type: ignore[no-untyped-def]
    world.add_edition()
    for number in range(2, 1203):
        world.do("INSERT INTO variant VALUES (?, ?, ?, '', 'en', 'full', 'm', 0)", number, worlds.EDITION, str(number))
    with store.writing() as connection:
        stop_variants(connection, worlds.EDITION, range(1, 1203), NOW)

    assert world.rows("SELECT count(*) FROM variant WHERE stopped = 0") == [(0,)]


def test_a_cancelled_edition_names_who_cancelled_it_and_cannot_be_cancelled_twice(mixed, store: Store, worlds) -> None:  # type: ignore[no-untyped-def]
    with store.writing() as connection:
        cancel_edition(connection, worlds.EDITION, "Ada", NOW)

    assert mixed.rows("SELECT state, changed_by, changed_what, revision FROM edition") == [
        ("cancelled", "Ada", "cancelled", 2)
    ]
    with store.writing() as connection, pytest.raises(EditionError, match="over already"):
        cancel_edition(connection, worlds.EDITION, "Ada", NOW)


def test_what_staff_paused_goes_on_only_by_the_word_of_staff(mixed, store: Store, worlds: ModuleType) -> None:  # type: ignore[no-untyped-def]
    with store.writing() as connection:
        pause_edition(connection, worlds.EDITION, "Ada", NOW)
    with store.writing() as connection, pytest.raises(EditionError, match="Ada paused it"):
        resume_edition(connection, worlds.EDITION, "the sender", NOW, staff=False)
    assert mixed.edition() == "paused"

    with store.writing() as connection:
        resume_edition(connection, worlds.EDITION, "Ada", NOW, staff=True)
    assert mixed.rows("SELECT state, paused_by, paused_reason FROM edition") == [("sending", None, None)]


def test_what_paused_itself_is_resumed_by_sending_again_unless_staff_pause_it_too(mixed, store: Store, worlds) -> None:  # type: ignore[no-untyped-def]
    mixed.do("UPDATE edition SET state = 'paused', paused_by = 'self', paused_reason = 'the relay is down'")
    with store.writing() as connection:
        resume_edition(connection, worlds.EDITION, "the sender", NOW, staff=False)
    assert mixed.edition() == "sending"

    mixed.do("UPDATE edition SET state = 'paused', paused_by = 'self', paused_reason = 'the relay is down'")
    with store.writing() as connection:
        pause_edition(connection, worlds.EDITION, "Ada", NOW)
    assert mixed.rows("SELECT paused_by FROM edition") == [("staff",)]


@pytest.mark.parametrize("state", ["draft", "approved", "finished", "cancelled"])
def test_only_what_is_being_sent_can_be_paused_or_resumed(mixed, store: Store, worlds: ModuleType, state: str) -> None:  # type: ignore[no-untyped-def]
    mixed.do("UPDATE edition SET state = ?", state)
    with store.writing() as connection:
        with pytest.raises(EditionError, match="not being sent"):
            pause_edition(connection, worlds.EDITION, "Ada", NOW)
        with pytest.raises(EditionError, match="not paused"):
            resume_edition(connection, worlds.EDITION, "Ada", NOW, staff=True)


@pytest.fixture
def held(world):  # type: ignore[no-untyped-def]
    """Three held deliveries of a finished edition."""
    world.add_edition(state="finished")
    world.add_readers(3)
    world.do(
        "UPDATE delivery SET state = 'held', unknown_count = 2, attempt_count = 5, reply = 'lost', outcome_at = 100 - id"
    )
    return world


def test_what_is_held_is_listed_the_oldest_first_with_the_address_still_sealed(held, store: Store, worlds) -> None:  # type: ignore[no-untyped-def]
    with store.reading() as connection:
        listed = read_held(connection)
        assert read_held(connection, worlds.EDITION) == listed
        assert read_held(connection, "another") == []

    assert [row.id for row in listed] == [3, 2, 1]
    assert (listed[0].edition, listed[0].sealed, listed[0].unknown_count) == (worlds.EDITION, b"reader-3@example.org", 2)
    assert listed[0].held_at == datetime(1970, 1, 1, 0, 1, 37, tzinfo=UTC)


@pytest.mark.parametrize(
    ("decision", "state", "edition"),
    [
        (Decision.RECEIVED, "sent", "finished"),
        (Decision.GIVE_UP, "failed", "finished"),
        (Decision.AGAIN, "queued", "sending"),
    ],
)
def test_staff_settle_what_is_held(held, store: Store, worlds, decision: Decision, state: str, edition: str) -> None:  # type: ignore[no-untyped-def]
    with store.writing() as connection:
        (decided,) = decide(connection, [1], decision, NOW)

    assert (decided.state, decided.edition, decided.refusal) == (State(state), worlds.EDITION, "")
    assert (held.delivery(1)["state"], held.edition()) == (state, edition)
    assert held.counts()["held"] == 2


def test_another_copy_by_the_word_of_staff_has_all_its_tries_and_keeps_its_doubt(held, store: Store) -> None:  # type: ignore[no-untyped-def]
    with store.writing() as connection:
        decide(connection, [1], Decision.AGAIN, NOW)

    row = held.delivery(1)
    assert (row["attempt_count"], row["unknown_count"], row["next_at"], row["outcome_at"]) == (0, 2, NOW.timestamp(), None)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ("UPDATE subscription SET state = 'left'", "the reader left"),
        ("UPDATE subscription SET epoch = 2", "the reader left"),
        ("DELETE FROM subscription", "the reader left"),
        ("INSERT INTO suppression SELECT address_hash, 'bounced', 0 FROM subscription", "the reader left"),
        ("UPDATE variant SET stopped = 1", "corrected since"),
        ("UPDATE delivery SET stopped = 1", "corrected since"),
        ("UPDATE edition SET state = 'cancelled'", "cancelled"),
    ],
)
def test_nobody_is_sent_again_who_left_or_what_was_corrected(held, store: Store, change: str, refusal: str) -> None:  # type: ignore[no-untyped-def]
    held.do(change)
    with store.writing() as connection:
        (again,) = decide(connection, [1], Decision.AGAIN, NOW)
        (received,) = decide(connection, [2], Decision.RECEIVED, NOW)

    assert refusal in again.refusal and again.state is None
    assert held.delivery(1)["state"] == "held"
    assert received.state is State.SENT


def test_only_what_is_held_is_for_staff_to_decide(held, store: Store) -> None:  # type: ignore[no-untyped-def]
    held.do("UPDATE delivery SET state = 'sent' WHERE id = 1")
    with store.writing() as connection:
        decided = decide(connection, [1, 99], Decision.AGAIN, NOW)

    assert [row.refusal for row in decided] == ["it is not held but sent", "there is no such letter"]
    assert held.edition() == "finished"
