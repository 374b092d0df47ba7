"""Texts are made once as long as there is room for them, and room is counted in bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from digest.remembering import Memory, remember


def test_a_value_is_made_once():
    made = []

    @remember(1_000, len)
    def double(text: str) -> str:
        made.append(text)
        return text * 2

    assert [double("a"), double("b"), double("a")] == ["aa", "bb", "aa"]
    assert made == ["a", "b"]


def test_what_is_used_stays_and_what_is_not_is_forgotten():
    memory = Memory[int, str](100, len)
    for number in range(100):
        memory.keep(number, "ten bytes.")
        assert memory.find(0) == "ten bytes."
    assert memory.find(50) is None


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 40)), max_size=100))
def test_there_is_never_much_more_than_the_limit(kept: list[tuple[int, int]]):
    memory = Memory[int, str](100, len)
    for key, length in kept:
        memory.keep(key, "x" * length)
        assert memory.find(key) == "x" * length
    assert sum(len(memory.find(key) or "") for key in range(51)) <= 100 + 2 * 40
