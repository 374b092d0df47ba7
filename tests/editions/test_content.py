"""A variant is one content: equal readers share it, and it is read in the order that newsroom and staff decided."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editions.content import CarriedItem, VariantContent, build_content
from digest.editions.edition import Choices
from digest.editions.selection import Selection

_names = st.text(min_size=1, max_size=6)
_counts = st.lists(st.tuples(_names, st.integers(0, 5)), max_size=3).map(tuple)
_contents = st.builds(
    VariantContent,
    language=st.sampled_from(["en", "uk"]),
    form=st.sampled_from(["full", "discreet"]),
    new=st.lists(st.builds(CarriedItem, _names, st.integers(0, 3), _names), max_size=3).map(tuple),
    corrected=_counts,
    withdrawn=st.lists(_names, max_size=3).map(tuple),
)


@pytest.fixture
def carry(log):
    """Builds the content of a reader of everything, or of an interest, from the log."""
    for name, topics in (("a", ("russia",)), ("b", ("ukraine", "russia")), ("c", ("ukraine",)), ("d", ())):
        log.add("released", name, topics=topics)

    def carry(interest=None, choices=None, **changes):
        interest = interest or {"*": 0}
        values = {
            "selection": log.select(interest), "facts": log.facts(), "interest": interest,
            "ranks": {"d": 0, "c": 1, "b": 2, "a": 3}, "topics": ("ukraine", "russia"),
            "choices": choices or Choices(), "language": "en", "form": "full",
        }  # fmt: skip
        return build_content(**values | changes)

    return carry


def order(content):
    return [carried.item for carried in content.new]


@given(_contents)
def test_a_content_can_be_read_back(content):
    assert VariantContent.parse(content.text) == content
    assert VariantContent.parse(content.text).hash == content.hash


@given(_contents, _contents)
def test_contents_have_the_same_hash_only_if_they_are_the_same(one, other):
    assert (one.hash == other.hash) == (one == other)


def test_items_stand_newest_published_first(carry):
    assert order(carry()) == ["d", "c", "b", "a"]


def test_each_stands_in_its_first_followed_topic_in_the_newsrooms_order(carry):
    assert {one.item: one.section for one in carry().new} == {"a": "russia", "b": "ukraine", "c": "ukraine", "d": ""}
    assert {one.item: one.section for one in carry({"russia": 0}).new} == {"a": "russia", "b": "russia"}


def test_staff_put_the_lead_first_and_then_their_order(carry):
    assert order(carry(choices=Choices(lead="a"))) == ["a", "d", "c", "b"]
    assert order(carry(choices=Choices(lead="b", order=("a", "b", "c")))) == ["b", "a", "c", "d"]
    assert order(carry(choices=Choices(order=("c", "a")))) == ["c", "a", "d", "b"]


def test_an_item_that_a_reader_does_not_get_changes_nothing_for_them(carry):
    assert carry({"russia": 0}, Choices(lead="c", order=("d",))) == carry({"russia": 0})


def test_readers_who_get_the_same_in_the_same_sections_share_a_variant(carry):
    assert carry({"russia": 0}) == carry({"russia": 0, "elsewhere": 3})
    assert carry({"ukraine": 0, "russia": 0}) != carry({"russia": 0})
    assert carry(language="uk") != carry()
    assert carry(form="discreet") != carry()


def test_what_a_copy_tells_is_what_was_selected(carry, log):
    log.add("corrected", "b")
    log.add("withdrawn", "a")
    had = {"a": 0, "b": 0}
    selection = log.select({"*": 0}, had)
    content = carry(selection=selection)

    assert set(content.selection.new) == set(selection.new)
    assert (content.selection.corrected, content.selection.withdrawn) == ((("b", 1),), ("a",))
    assert content.selection.items == {"a", "b", "c", "d"}


def test_nothing_selected_is_nothing_carried(carry):
    assert not carry(selection=Selection()).selection
