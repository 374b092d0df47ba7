"""Readers follow their topics where they go: they miss nothing, get nothing twice, and nobody gets another topic's past."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from digest.editions.facts import EVERYTHING
from digest.editions.moves import Move, follow_moves, plan_moves
from digest.editions.selection import add_to_had

TOPICS = ("a", "b", "c", "d")
INTERESTS = st.dictionaries(st.sampled_from((*TOPICS, EVERYTHING)), st.integers(0, 9), max_size=4)
MOVES = st.dictionaries(st.sampled_from(TOPICS), st.builds(Move, st.sampled_from(TOPICS), st.integers(0, 9)), max_size=4)


def test_without_moves_a_reader_follows_what_they_chose():
    assert follow_moves({"a": 3, EVERYTHING: 5}, {}) == {"a": 3, EVERYTHING: 5}


def test_readers_of_a_topic_that_moved_follow_its_target_from_there_on():
    assert follow_moves({"a": 3}, {"a": Move("b", 7)}) == {"a": 3, "b": 7}
    assert follow_moves({"a": 9}, {"a": Move("b", 7)}) == {"a": 9, "b": 9}, "who came later counts from when they came"


def test_readers_of_the_target_are_given_nothing_of_the_old_topic():
    assert follow_moves({"b": 2}, {"a": Move("b", 7)}) == {"b": 2}


def test_who_follows_both_keeps_the_lower_floor():
    assert follow_moves({"a": 3, "b": 2}, {"a": Move("b", 7)}) == {"a": 3, "b": 2}
    assert follow_moves({"a": 3, "b": 8}, {"a": Move("b", 7)}) == {"a": 3, "b": 7}


def test_moves_are_followed_one_after_another():
    moves = {"a": Move("b", 4), "b": Move("c", 6)}
    assert follow_moves({"a": 1}, moves) == {"a": 1, "b": 4, "c": 6}
    assert follow_moves({"b": 1}, moves) == {"b": 1, "c": 6}


def test_topics_that_merge_bring_their_readers_together():
    moves = {"a": Move("c", 4), "b": Move("c", 6)}
    assert follow_moves({"a": 1, "b": 1}, moves) == {"a": 1, "b": 1, "c": 4}


def test_moves_that_lead_round_end():
    assert follow_moves({"a": 1}, {"a": Move("b", 2), "b": Move("a", 3)}) == {"a": 1, "b": 2}


@limits(max_examples=200)
@given(INTERESTS, MOVES)
def test_a_choice_is_never_narrowed_and_no_target_counts_from_before_its_move(interest, moves):
    followed = follow_moves(interest, moves)

    assert all(followed[topic] <= floor for topic, floor in interest.items())
    for topic in followed.keys() - interest.keys():
        assert followed[topic] >= min(move.position for move in moves.values() if move.target == topic)
    assert follow_moves(followed, {}) == followed


# With the selection itself.


@pytest.fixture
def moved(log):
    """`a` moves to `b` after two items of each; then one item names `a`, one `b`, one both."""
    for item, topics in (("a1", "a"), ("b1", "b"), ("a2", "a"), ("b2", "b")):
        log.add("released", item, topics=(topics,))
    log.moves = {"a": Move("b", log.end)}
    for item, topics in (("a3", ("a", "b")), ("b3", ("b",)), ("ab", ("a", "b"))):  # what names `a` enters `b` too
        log.add("released", item, topics=topics)
    return log


def carried(log, interest, had=None):
    return sorted(item for item, _ in log.select(follow_moves(interest, log.moves), had).new)


def test_an_old_reader_gets_the_old_items_that_are_due_and_all_new_ones_once(moved):
    assert carried(moved, {"a": 0}) == ["a1", "a2", "a3", "ab", "b3"]
    assert carried(moved, {"a": 2}) == ["a2", "a3", "ab", "b3"]


def test_a_reader_of_the_target_gets_nothing_of_the_past_of_the_other(moved):
    assert carried(moved, {"b": 0}) == ["a3", "ab", "b1", "b2", "b3"]


def test_a_reader_of_both_gets_each_once(moved):
    assert carried(moved, {"a": 0, "b": 0}) == ["a1", "a2", "a3", "ab", "b1", "b2", "b3"]


def test_what_was_had_does_not_come_again(moved):
    first = moved.select(follow_moves({"a": 0}, moved.moves))
    had = add_to_had({}, first)
    assert carried(moved, {"a": 0}, had) == []
    assert carried(moved, {"a": 0, "b": 0}, had) == ["b1", "b2"]


# What is noted of moves.


def test_a_move_is_noted_once_and_keeps_its_position():
    first = plan_moves({}, {"a": "b", "b": None}, 5)
    assert first == {"a": Move("b", 5)}
    assert plan_moves(first, {"a": "b", "b": None}, 9) == first


def test_a_move_that_is_undone_is_forgotten_and_counts_anew_when_made_again():
    undone = plan_moves({"a": Move("b", 5)}, {"a": None, "b": None}, 9)
    assert undone == {}
    assert plan_moves(undone, {"a": "b", "b": None}, 12) == {"a": Move("b", 12)}


def test_a_move_to_another_target_counts_from_the_change():
    assert plan_moves({"a": Move("b", 5)}, {"a": "c", "b": None, "c": None}, 9) == {"a": Move("c", 9)}


def test_a_topic_that_is_no_longer_in_the_settings_stays_where_it_went():
    assert plan_moves({"a": Move("b", 5)}, {"b": None}, 9) == {"a": Move("b", 5)}


@limits(max_examples=200)
@given(MOVES, st.dictionaries(st.sampled_from(TOPICS), st.sampled_from((None, *TOPICS))), st.integers(10, 20))
def test_noting_moves_again_changes_nothing(known, targets, position):
    once = plan_moves(known, targets, position)
    assert plan_moves(once, targets, position + 1) == once
    assert {topic: once[topic].target for topic in targets if topic in once} == {
        topic: target for topic, target in targets.items() if target is not None
    }
