"""What was approved has one hash, and what changed since can be named."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from digest.editions.approval import build_hash, describe_changes, hash_value, sign

_values = st.dictionaries(
    st.text(max_size=8), st.text(max_size=5) | st.integers() | st.lists(st.integers(), max_size=3), max_size=5
)


@given(_values)
def test_equal_values_have_one_hash_whatever_the_order_they_were_put_in(values):
    turned = dict(reversed(values.items()))
    assert hash_value(values) == hash_value(turned)
    assert build_hash(sign(values)) == build_hash(sign(turned))


@given(_values, _values)
def test_manifests_have_the_same_hash_exactly_if_nothing_changed(one, other):
    approved, present = sign(one), sign(other)
    changes = describe_changes(approved, present)

    assert (build_hash(approved) == build_hash(present)) == (not changes)
    assert (not changes) == (one == other)


def test_bytes_are_hashed_as_they_are():
    assert hash_value(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert hash_value(b"1") != hash_value("1")


def test_each_change_is_named():
    approved = sign({"item a": 1, "item b": 1, "setting newsroom": {"name": "x"}})
    present = sign({"item a": 2, "item c": 1, "setting newsroom": {"name": "x"}})
    assert describe_changes(approved, present) == ("item a has changed", "item b is gone", "item c is new")


def test_pages_are_named_only_when_nothing_explains_them():
    approved = {"page en full": "1", "page uk full": "1", "file templates/mail/edition.html": "1"}
    assert describe_changes(approved, {**approved, "page en full": "2"}) == ("page en full has changed",)
    both = {**approved, "page en full": "2", "file templates/mail/edition.html": "2"}
    assert describe_changes(approved, both) == ("file templates/mail/edition.html has changed",)
    assert describe_changes(approved, dict(approved)) == ()
