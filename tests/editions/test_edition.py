"""What staff chose is kept word for word, and every refusal says who changed what."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editions.edition import Choices, Edition, check_revision, check_state, to_draft
from digest.errors import EditionError

NOW = datetime(2022, 2, 28, 18, tzinfo=UTC)
EDITION = Edition(
    id="2022-w09-supporters", list_id="supporters", rhythm="weekly", period="2022-w09", moment=NOW, horizon=7,
    changed_by="Ben", changed_what="set lead", changed_at=NOW, revision=3,
)  # fmt: skip

_words = st.text(max_size=10)
_items = st.lists(st.text(min_size=1, max_size=5), max_size=3).map(tuple)


@given(st.builds(Choices, _words, _words, _words, _words, st.none() | _words, _items, _items))
def test_choices_can_be_read_back(choices):
    assert Choices.parse(choices.render()) == choices


def test_equal_choices_are_equal_texts():
    assert Choices(lead="a").render() == Choices().change({"lead": "a"}).render()
    assert Choices.parse("{}") == Choices()


def test_what_is_not_changed_stays():
    changed = Choices(title="T", lead="a").change({"subject": "S", "order": ("b",)})
    assert changed == Choices(title="T", subject="S", lead="a", order=("b",))


def test_a_stale_revision_is_refused_naming_who_changed_what():
    check_revision(EDITION, 3)
    check_revision(EDITION, None)
    with pytest.raises(EditionError, match=r"revision 2 is stale: Ben has changed it since \(set lead\)") as refusal:
        check_revision(EDITION, 2)
    assert "revision 3" in refusal.value.remedy


def test_a_step_that_the_state_forbids_is_refused():
    check_state(EDITION, ("draft", "approved"), "changed", "")
    with pytest.raises(EditionError, match="it is finished and cannot be changed"):
        check_state(replace(EDITION, state="finished"), ("draft", "approved"), "changed", "")


def test_a_draft_keeps_nothing_of_an_approval_but_all_that_staff_chose():
    approved = replace(
        EDITION, state="approved", approved_hash="h", approved_by="Ada", approved_at=NOW, manifest={"a": "b"},
        archive={"en": "x"}, earliest_at=NOW, choices=Choices(title="T"),
    )  # fmt: skip
    assert to_draft(approved) == replace(EDITION, choices=Choices(title="T"))
