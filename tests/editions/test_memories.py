"""What readers had, as text: nothing is lost in it, and what is added to the text is what would be added to the memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from digest.editions.interests import render_row
from digest.editions.memories import Addition, Places, parse_memory, render_memory, split_memory
from digest.editions.selection import WITHDRAWAL_TOLD, Selection, add_to_had

PLACES = Places.of({f"item-{number}": 3 * number + 1 for number in range(40)})
_items = st.sampled_from([*PLACES.numbers, "gone", 'odd "name'])
_memories = st.dictionaries(_items, st.sampled_from([0, 0, 0, 1, 2, WITHDRAWAL_TOLD]), max_size=12)
_pairs = st.lists(st.tuples(_items, st.integers(0, 2)), max_size=4, unique_by=lambda pair: pair[0]).map(tuple)
_selections = st.builds(Selection, _pairs, _pairs, st.lists(_items, max_size=2).map(tuple))


@given(_memories)
def test_a_memory_is_read_as_it_was_written(had):
    assert parse_memory(render_memory(had, PLACES), PLACES) == had


@given(_memories, st.randoms())
def test_equal_memories_have_one_text(had, chance):
    shuffled = list(had.items())
    chance.shuffle(shuffled)
    assert render_memory(dict(shuffled), PLACES) == render_memory(had, PLACES)


@given(_memories, st.lists(_selections, max_size=3))
def test_what_is_added_to_the_text_is_what_is_added_to_the_memory(had, selections):
    text = render_memory(had, PLACES)
    for selection in selections:
        had, text = add_to_had(had, selection), Addition(selection, PLACES).to(text)
    assert text == render_memory(had, PLACES)


@given(_memories)
def test_rows_that_name_every_item_are_read_as_well(had):
    row = render_row(had)
    assert parse_memory(row, PLACES) == had
    assert Addition(Selection(), PLACES).to(row) == render_memory(had, PLACES)


def test_half_a_year_of_items_without_corrections_takes_a_few_hundred_characters():
    places = Places.of({f"an-item-with-a-rather-long-name-{number}": number for number in range(500, 1000)})
    text = render_memory(dict.fromkeys(places.numbers, 0), places)
    assert len(text) < 200
    assert split_memory(text) == (sum(1 << number for number in range(500, 1000)), "")


def test_nothing_had_is_the_plainest_text():
    assert render_memory({}, PLACES) == "{}"
    assert split_memory("{}") == (0, "")
