"""What becomes of a delivery, over every combination of facts."""

from __future__ import annotations

from itertools import product

import pytest

from digest.delivery.transitions import (
    OPEN,
    Change,
    Decision,
    Ending,
    Facts,
    Fence,
    Refusal,
    State,
    after_attempt,
    after_crash,
    after_decision,
    after_expiry,
    after_refusal,
    after_stop,
    judge_fence,
)

FREE = Fence(
    mine=True,
    edition_state="sending",
    approved=True,
    early=False,
    stopped=False,
    reader_state="active",
    same_epoch=True,
    suppressed=False,
)
NOBODY = {"edition_state": None, "approved": False, "reader_state": None, "same_epoch": False, "readerless": True}
"""A single letter to somebody who is no reader of a list."""
ALL = [Facts(*values) for values in product(State, (0, 1, 2), (False, True), (False, True))]
KNOWABLE = (Ending.FAILED, Ending.DEFERRED, Ending.RETURNED)


def all_changes(facts: Facts) -> list[Change]:
    """Everything that can become of a delivery without the word of staff."""
    changes = [after_stop(facts)]
    if facts.state is State.QUEUED:
        changes.append(after_expiry(facts))
    if facts.state is State.PICKED:
        changes += [after_refusal(facts, refusal) for refusal in Refusal]
        changes += [
            after_attempt(facts, e, max_unknown=m, expired=x) for e, m, x in product(KNOWABLE, (0, 1), (False, True))
        ]
    if facts.state is State.INFLIGHT:
        changes += [after_attempt(facts, e, max_unknown=m, expired=x) for e, m, x in product(Ending, (0, 1), (False, True))]
    if facts.state in (State.PICKED, State.INFLIGHT):
        changes += [after_crash(facts, max_unknown=m) for m in (0, 1)]
    return changes


@pytest.mark.parametrize("facts", [facts for facts in ALL if facts.in_doubt and facts.state in OPEN and not facts.letter])
def test_doubt_never_becomes_cancelled_suppressed_or_failed_by_itself(facts: Facts) -> None:
    for change in all_changes(facts):
        assert change.state not in (State.CANCELLED, State.SUPPRESSED, State.FAILED)


@pytest.mark.parametrize("facts", [facts for facts in ALL if facts.state not in OPEN])
def test_what_is_at_rest_stays_so_without_the_word_of_staff(facts: Facts) -> None:
    assert all_changes(facts) == [Change(facts.state, facts.unknown_count, facts.stopped)]


@pytest.mark.parametrize("facts", ALL)
def test_nothing_forgets_a_doubt(facts: Facts) -> None:
    assert all(change.unknown_count >= facts.unknown_count for change in all_changes(facts))


@pytest.mark.parametrize("facts", [facts for facts in ALL if facts.stopped])
def test_what_is_stopped_is_never_queued_after_it_was_in_flight(facts: Facts) -> None:
    if facts.state is State.INFLIGHT:
        assert all(change.state is not State.QUEUED for change in all_changes(facts))


@pytest.mark.parametrize("ending", [Ending.SENT, Ending.UNKNOWN])
def test_a_letter_whose_body_never_left_cannot_be_sent_or_unknown(ending: Ending) -> None:
    with pytest.raises(ValueError, match="cannot end"):
        after_attempt(Facts(State.PICKED), ending, max_unknown=1)


@pytest.mark.parametrize(
    ("count", "max_unknown", "state"),
    [(0, 1, State.QUEUED), (1, 1, State.HELD), (0, 0, State.HELD)],
)
def test_a_lost_answer_is_followed_by_one_more_copy_at_most(count: int, max_unknown: int, state: State) -> None:
    for change in (
        after_attempt(Facts(State.INFLIGHT, count), Ending.UNKNOWN, max_unknown=max_unknown),
        after_crash(Facts(State.INFLIGHT, count), max_unknown=max_unknown),
    ):
        assert change == Change(state, count + 1)


def test_a_single_letter_is_sent_at_most_once() -> None:
    change = after_crash(Facts(State.INFLIGHT, letter=True), max_unknown=1)

    assert change.state is State.FAILED


@pytest.mark.parametrize("facts", [facts for facts in ALL if facts.letter and facts.state is not State.HELD])
def test_a_single_letter_is_never_held(facts: Facts) -> None:
    assert all(change.state is not State.HELD for change in all_changes(facts))
    with pytest.raises(ValueError, match="not for staff"):
        after_decision(facts, Decision.AGAIN)


def test_what_was_only_picked_is_queued_again_after_a_crash_without_doubt() -> None:
    assert after_crash(Facts(State.PICKED), max_unknown=0) == Change(State.QUEUED, 0)


@pytest.mark.parametrize(
    ("ending", "stopped", "expired", "state"),
    [
        (Ending.SENT, False, False, State.SENT),
        (Ending.SENT, True, True, State.SENT),
        (Ending.FAILED, False, False, State.FAILED),
        (Ending.DEFERRED, False, False, State.QUEUED),
        (Ending.DEFERRED, False, True, State.FAILED),
        (Ending.DEFERRED, True, False, State.CANCELLED),
        (Ending.RETURNED, False, True, State.QUEUED),
        (Ending.RETURNED, True, False, State.CANCELLED),
        (Ending.UNKNOWN, True, False, State.HELD),
    ],
)
def test_how_an_attempt_ends_decides(ending: Ending, stopped: bool, expired: bool, state: State) -> None:
    change = after_attempt(Facts(State.INFLIGHT, stopped=stopped), ending, max_unknown=1, expired=expired)

    assert change.state is state


@pytest.mark.parametrize(
    ("refusal", "state"),
    [
        (Refusal.CANCELLED, State.CANCELLED),
        (Refusal.STOPPED, State.CANCELLED),
        (Refusal.LEFT, State.SUPPRESSED),
        (Refusal.SUPPRESSED, State.SUPPRESSED),
        (Refusal.PAUSED, State.QUEUED),
        (Refusal.UNAPPROVED, State.QUEUED),
        (Refusal.EARLY, State.QUEUED),
        (Refusal.FULL, State.QUEUED),
        (Refusal.GONE, State.PICKED),
    ],
)
def test_a_refusal_by_the_fence_ends_or_delays(refusal: Refusal, state: State) -> None:
    assert after_refusal(Facts(State.PICKED), refusal).state is state


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({}, None),
        ({"mine": False}, Refusal.GONE),
        ({"edition_state": "cancelled"}, Refusal.CANCELLED),
        ({"edition_state": "paused"}, Refusal.PAUSED),
        ({"edition_state": "finished"}, Refusal.PAUSED),
        ({"approved": False}, Refusal.UNAPPROVED),
        ({"early": True}, Refusal.EARLY),
        ({"stopped": True}, Refusal.STOPPED),
        ({"reader_state": "left"}, Refusal.LEFT),
        ({"reader_state": "pending"}, Refusal.LEFT),
        ({"reader_state": None}, Refusal.LEFT),
        ({"same_epoch": False}, Refusal.LEFT),
        ({"suppressed": True}, Refusal.SUPPRESSED),
        ({"edition_state": "paused", "reader_state": "left"}, Refusal.LEFT),
        ({"edition_state": None, "approved": False, "reader_state": "pending"}, None),
        ({"edition_state": None, "approved": False, "suppressed": True}, Refusal.SUPPRESSED),
        ({"full": True}, Refusal.FULL),
        ({"full": True, "early": True}, Refusal.EARLY),
        (NOBODY, None),
        (NOBODY | {"suppressed": True}, Refusal.SUPPRESSED),
        (NOBODY | {"erased": True}, Refusal.LEFT),
        (NOBODY | {"readerless": False}, Refusal.LEFT),
    ],
)
def test_the_fence_lets_a_body_go_only_when_everything_holds(change: dict[str, object], refusal: Refusal | None) -> None:
    values = {name: getattr(FREE, name) for name in FREE.__slots__} | change

    assert judge_fence(Fence(**values)) is refusal


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.QUEUED, Change(State.CANCELLED, 0)),
        (State.PICKED, Change(State.CANCELLED, 0)),
        (State.INFLIGHT, Change(State.INFLIGHT, 0, stopped=True)),
        (State.SENT, Change(State.SENT, 0)),
    ],
)
def test_a_stop_treats_picked_like_queued_and_marks_what_is_in_flight(state: State, expected: Change) -> None:
    assert after_stop(Facts(state)) == expected


@pytest.mark.parametrize(
    ("decision", "state"),
    [(Decision.RECEIVED, State.SENT), (Decision.AGAIN, State.QUEUED), (Decision.GIVE_UP, State.FAILED)],
)
def test_staff_settle_what_is_held_and_nothing_else(decision: Decision, state: State) -> None:
    assert after_decision(Facts(State.HELD, 2), decision) == Change(state, 2)
    with pytest.raises(ValueError, match="not for staff"):
        after_decision(Facts(State.SENT), decision)
