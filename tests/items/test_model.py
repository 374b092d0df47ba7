"""An item is light: what rules ask of all items is at hand, and its content is read when somebody asks for it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from digest.items.model import Content, Item, KnownItem, Photo, to_moment

DAY = datetime(2022, 2, 28, tzinfo=UTC)
EMBARGO = datetime(2022, 3, 1, 12, tzinfo=UTC)


def content(**changes: object) -> Content:
    given = {"id": "ship", "title": "A ship", "kind": "update", "summary": "It came.", "language": "en"}
    return Content.model_validate({**given, "date": date(2022, 2, 28), "date_at": DAY, **changes})


def test_an_item_knows_what_rules_ask() -> None:
    changes = {"translation_of": "boat", "photo": Photo(src="quay.jpg", alt="A quay", credit="Anna")}
    item = Item(content(**changes), "items/ship.md", "draft", EMBARGO, ("topics", "summary"), EMBARGO)
    assert (item.id, item.status, item.language, item.root) == ("ship", "draft", "en", "boat")
    assert (item.photo_src, item.review, item.version) == ("quay.jpg", ("topics", "summary"), item.content.version)
    assert (item.embargo_at, item.due_at, item.changed_at) == (EMBARGO, EMBARGO, EMBARGO)
    assert not item.is_due(EMBARGO)


def test_an_item_without_more_says_so() -> None:
    photo = Photo(src="https://pictures.example.org/a.jpg", alt="A quay", credit="Anna")
    item = Item(content=content(photo=photo), file="items/ship.md")
    assert (item.photo_src, item.embargo_at, item.changed_at, item.root, item.review) == (None, None, None, "ship", ())
    assert item.due_at == DAY
    assert item.is_due(DAY)


def test_content_is_read_only_when_it_is_asked_for() -> None:
    asked: list[Item] = []

    def read(item: Item) -> Content:
        asked.append(item)
        return content()

    item = KnownItem(Item(content(), "items/ship.md").facts, "items/ship.md", 10**9, read)
    assert item == Item(content(), "items/ship.md")
    assert hash(item) == hash(Item(content(), "items/ship.md"))
    assert item.changed_at == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert asked == []
    assert item.content.title == "A ship"
    assert asked == [item]


@pytest.mark.parametrize(
    "other",
    [
        Item(content(title="Another ship"), "items/ship.md"),
        Item(content(), "items/other.md"),
        Item(content(), "items/ship.md", "draft"),
        Item(content(), "items/ship.md", embargo_at=EMBARGO),
        "items/ship.md",
    ],
)
def test_items_differ_when_they_say_something_else(other: object) -> None:
    assert Item(content(), "items/ship.md") != other


def test_a_moment_of_no_calendar_is_taken_as_its_end() -> None:
    assert to_moment(1_646_049_600_999_999_999) == datetime(2022, 2, 28, 12, tzinfo=UTC)
    assert to_moment(10**21) == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert to_moment(-1) == datetime(1970, 1, 1, tzinfo=UTC)
