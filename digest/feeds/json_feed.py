"""JSON Feed 1.1."""

from __future__ import annotations

import json
from typing import Any

from digest.clock import format_utc
from digest.feeds.entries import Entry
from digest.feeds.feed import Feed
from digest.newsroom.addresses import Addresses
from digest.settings import Settings

__all__ = ["render_json_entry", "render_json_head"]


def render_json_entry(entry: Entry) -> bytes:
    """An item, fit to stand in any JSON Feed."""
    item = {
        "id": entry.id,
        "url": entry.link,
        "title": entry.title,
        "summary": entry.summary,
        "content_html": entry.content,
        "date_published": format_utc(entry.published_at),
        "date_modified": format_utc(entry.updated_at),
        "authors": [{"name": creator} for creator in entry.creators],
        "tags": [category.label for category in entry.categories],
        "language": entry.language,
    }
    if entry.picture:
        item["image"] = entry.picture.address
    return _dump({key: value for key, value in item.items() if value})


def render_json_head(feed: Feed, settings: Settings) -> tuple[bytes, bytes]:
    """What stands before and behind the items; between two of them stands a comma.

    `next_url` leads to the archive, page by page; `expired` tells that nothing new will come.
    """
    addresses = Addresses(settings.newsroom.base_url)
    head = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": f"{feed.stem}.json",
        "next_url": f"{addresses.feed_stem(feed.name, feed.previous)}.json" if feed.previous else "",
        "description": feed.description,
        "favicon": addresses.icon,
        "authors": [{"name": settings.newsroom.name, "url": addresses.front}],
        "language": feed.language_tag,
        "expired": feed.state != "open",
        "hubs": [{"type": "WebSub", "url": feed.hub}] if feed.hub else [],
    }
    return _dump({key: value for key, value in head.items() if value})[:-1] + b',"items":[', b"]}"


def _dump(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
