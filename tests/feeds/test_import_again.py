"""Our own feeds, imported by another newsroom, give the same items back as far as a feed tells of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO

import pytest

from digest.feeds.documents import FeedWriter
from digest.feeds.selection import build_feed
from digest.items.importing.entries import Entry
from digest.items.importing.feeds import read_feed
from digest.items.importing.json_feed import read_json_feed
from digest.items.importing.mapping import Made, Mapper
from digest.items.importing.naming import Names
from digest.items.model import Item
from digest.items.reading import read_item
from digest.newsroom.public import Newsroom
from digest.settings import Settings


@pytest.mark.parametrize("form", ["atom", "rss", "json"])
def test_our_own_feeds_import_back(
    form: str, newsroom: Newsroom, settings: Settings, writer: FeedWriter, change_settings: Callable[[str], Settings]
) -> None:
    feed = build_feed(newsroom, settings)
    data = writer.render(feed, form)  # type: ignore[arg-type]
    if form == "json":
        assert json.loads(data)["items"]
    read = read_json_feed if form == "json" else read_feed
    mapper = Mapper(settings, "report", Names({}))
    found: dict[str, tuple[Item, str]] = {}
    for entry in read(BytesIO(data), "feed"):
        assert isinstance(entry, Entry)
        made = mapper.make(entry)
        assert isinstance(made, Made), made
        item, problems = read_item(made.text, made.file, settings)
        assert item, problems
        found[item.id] = item, made.text

    assert set(found) == {item.id for item in feed.items}
    for item in feed.items:
        content, text = found[item.id][0].content, found[item.id][1]
        assert content.date_at == item.published_at
        assert content.language == item.language
        assert content.kind == item.kind
        if not item.is_withdrawn:
            assert content.title == item.content.title
            assert content.summary == item.content.summary
        if item.topics:
            assert content.topics == item.topics
        photo = item.content.photo
        if photo and not item.is_withdrawn and item.id != "linked":
            assert photo.credit in text or photo.credit.removeprefix("Photo: ") in text
            assert photo.caption in text
            assert photo.alt in text
    shown = found["remote"][0].content.photo
    assert form == "json" or (shown and shown.src == "https://img.example.org/a.jpg?x=1&y=2")
