"""Of a million addresses each is known again with its line, in a few octets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from digest.subscribers.seen import Seen


@given(st.lists(st.tuples(st.text(max_size=3), st.integers(1, 2**31))))
def test_the_first_line_of_each_text_is_remembered(notes: list[tuple[str, int]]) -> None:
    seen, known = Seen(), dict[str, int]()
    for text, line in notes:
        assert seen.find(text) == known.get(text, 0)
        assert seen.note(text, line) == known.get(text, 0)
        known.setdefault(text, line)


def test_it_grows_and_forgets_nothing() -> None:
    seen = Seen()
    for line in range(1, 50_001):
        assert seen.note(f"reader{line}@example.org", line) == 0
    assert all(seen.find(f"reader{line}@example.org") == line for line in range(1, 50_001))
    assert seen.find("reader50001@example.org") == 0
