"""What is kept in memory, up to a number of bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.settings import build_settings
from digest.web.fields import Fields, judge_path
from digest.web.keeping import Held, Kept
from digest.web.resources import Resource

SETTINGS = build_settings(
    '[newsroom]\nname="X"\ntitle="X"\nzone="UTC"\nbase_url="http://x.example"\npostal_address="x"\n'
    'tag_authority="x.example,2026"\n[kinds.update]\ntitle="U"\n',
    {},
)
FIELDS = Fields(SETTINGS)


def _held(size: int) -> Held:
    return Held(Resource("index.html", b"x" * size, judge_path("index.html"), FIELDS, 0), None, 0.0)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 9000)), max_size=30))
def test_no_more_is_kept_than_there_is_room_for(steps: list[tuple[str, int]]) -> None:
    kept = Kept(30_000)
    for key, size in steps:
        kept.keep(key, _held(size))
        assert kept._used == sum(held.size for held in kept._held.values()) <= 30_000


def test_what_was_not_asked_for_the_longest_goes_first() -> None:
    kept = Kept(30_000)
    for key in "abc":
        kept.keep(key, _held(5000))
    kept.find("a")
    kept.keep("d", _held(5000))

    assert [key for key in "abcd" if kept.find(key)] == ["a", "c", "d"]


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_a_new_coding_is_counted(coding: str) -> None:
    kept, held = Kept(), _held(5000)
    kept.keep("a", held)
    before = kept._used
    held.resource.form(coding)  # type: ignore[arg-type]
    kept.keep("a", held)

    assert before < kept._used < before + 5000


def test_what_is_larger_than_all_the_room_is_not_kept() -> None:
    kept = Kept(1000)
    kept.keep("a", _held(5000))

    assert (kept.find("a"), kept._used) == (None, 0)
