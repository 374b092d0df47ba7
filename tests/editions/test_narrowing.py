"""What is decided once for all who are alike is what would be decided for each of them."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from digest.editions.facts import EVERYTHING, build_roots
from digest.editions.interests import render_row
from digest.editions.memories import Places, render_memory
from digest.editions.moves import Move, follow_moves
from digest.editions.narrowing import Narrowing
from digest.editions.selection import Selection, build_candidates, build_sections, select

TOPICS = ("ukraine", "russia", "belarus", "moldova")


@pytest.fixture
def narrow(log):
    """The candidates of an edition of the log, and how it looks at readers."""

    def narrow(moves=None, **rule):
        candidates = build_candidates(log.facts(), build_roots(log.events), log.rule(**rule))
        places = Places.of({event.item: event.number for event in reversed(log.events)})
        return candidates, Narrowing(candidates, moves or {}, places, TOPICS)

    return narrow


def compare(narrowing, interest, had=None, claimed=()):
    """The likeness of a reader, by the texts of their rows."""
    interests = narrowing.sketch_interests([(7, render_row(interest))])
    memories = narrowing.sketch_memories([(9, render_memory(had or {}, narrowing.places))])
    return narrowing.compare(interests[7], memories[9], narrowing.sketch_claimed(frozenset(claimed)))


def pick(narrowing, interest, had=None, claimed=(), language="en"):
    """What a reader is carried."""
    new, corrected, withdrawn = narrowing.pick(compare(narrowing, interest, had, claimed), language)
    return Selection(tuple((item.item, item.corrections) for item in new), corrected, withdrawn)


def build_log(log, chance: random.Random) -> None:
    for _ in range(30):
        item = f"item-{chance.randrange(12)}"
        last = next((event for event in reversed(log.events) if event.item == item), None)
        topics = tuple(chance.sample(TOPICS, chance.randint(0, 2)))
        if last is None:
            root = chance.choice((item, item, "item-0", "item-1"))
            more = {"language": chance.choice(("en", "uk", "fr")), "root": root, "urgent": chance.random() < 0.2}
            log.add("released", item, topics=topics, backfill=chance.random() < 0.1, **more)
        elif last.type != "withdrawn":
            log.add(chance.choice(("refiled", "corrected", "corrected", "withdrawn")), item, topics=topics)


@pytest.mark.parametrize("seed", range(30))
def test_what_those_who_are_alike_are_carried_is_what_each_would_be_carried_alone(log, narrow, seed):
    """Any log, with translations, corrections, withdrawals, moved topics, exclusions; any interest, memory and claims."""
    chance = random.Random(seed)
    build_log(log, chance)
    names = sorted({event.item for event in log.events})
    moves = {"moldova": Move(chance.choice(TOPICS[:3]), chance.randrange(log.end))} if chance.random() < 0.5 else {}
    excluded = frozenset(chance.sample(names, chance.randint(0, 2)))
    urgent_only = seed % 10 == 9
    candidates, narrowing = narrow(moves, excluded=excluded, max_age=timedelta(days=20), urgent_only=urgent_only)
    carried = 0
    for _ in range(60):
        topics = chance.choice(([EVERYTHING], chance.sample([*TOPICS, EVERYTHING, "gone"], chance.randint(1, 3))))
        interest = {topic: chance.choice((0, 0, chance.randrange(log.end))) for topic in topics}
        had = {item: chance.choice((0, 0, 0, 1, -1)) for item in chance.sample(names, chance.randint(0, 4))}
        claimed = frozenset(chance.sample(names, chance.choice((0, 0, 1, 2))))
        language = chance.choice(("en", "uk", "fr", "de"))
        followed = follow_moves(interest, moves)
        alone = select(candidates, followed, language, had, claimed)
        together = pick(narrowing, interest, had, claimed, language)
        assert together == alone
        sections = build_sections(alone, log.facts(), followed, TOPICS)
        new, *_ = narrowing.pick(compare(narrowing, interest, had, claimed), language)
        assert tuple(item.section for item in new) == sections
        carried += bool(alone)
    assert carried > 5 or urgent_only, "the logs have become too poor to find anything"


def test_what_makes_no_difference_makes_none(log, narrow):
    """Floors between entries, topics without candidates, and items that nobody is told anything about."""
    log.add("released", "old")
    log.add("released", "a")
    log.add("released", "b", topics=("russia",))
    _, narrowing = narrow(max_age=timedelta(days=1, hours=1))
    usual = compare(narrowing, {"ukraine": 0})
    assert compare(narrowing, {"ukraine": 1, "belarus": 0}, {"old": 0, "older still": 2}, ["old"]) == usual
    others = [
        compare(narrowing, {"ukraine": 2}),
        compare(narrowing, {"ukraine": 0, "russia": 0}),
        compare(narrowing, {"ukraine": 0}, {"a": 0}),
    ]
    assert usual not in others


def test_who_has_nothing_to_get_is_like_everybody_else_who_has_not(log, narrow):
    log.add("released", "a")
    _, narrowing = narrow()
    nothing = compare(narrowing, {"russia": 0})
    assert compare(narrowing, {"ukraine": 0}, {"a": 0}) == compare(narrowing, {"ukraine": 1}) == nothing
    assert narrowing.pick(nothing, "en") == ((), (), ())


def test_what_is_claimed_is_neither_new_nor_told(log, narrow):
    log.add("released", "a")
    log.add("released", "b")
    log.add("corrected", "b")
    _, narrowing = narrow()
    assert not pick(narrowing, {"ukraine": 0}, {"b": 0}, ["a", "b"])
    assert pick(narrowing, {"ukraine": 0}, {"b": 0}, ["a"]) == Selection(corrected=(("b", 1),))


def test_rows_are_found_by_their_numbers(log, narrow):
    log.add("released", "a")
    _, narrowing = narrow()
    rows = [(number, render_row({topic: 0})) for number, topic in enumerate(("ukraine", "russia", "ukraine"), 5)]
    found = narrowing.sketch_interests(rows)
    assert found.keys() == {5, 6, 7}
    assert found[5] == found[7] != found[6]
