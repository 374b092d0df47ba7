"""What a web server counts is kept once a minute and when it ends."""

from __future__ import annotations

import asyncio

import pytest

from digest.errors import StoreError
from digest.web.audience import Counter
from digest.work.counting import keep_counts_forever

FEEDLY = "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 1200 subscribers; like FeedFetcher-Google)"


def run(store, take, after=0.0):
    """Lets the work go on for so many seconds."""

    async def work():
        task = asyncio.create_task(keep_counts_forever(store, take))
        await asyncio.sleep(after)
        task.cancel()
        (ended,) = await asyncio.gather(task, return_exceptions=True)
        return ended

    return asyncio.run(work())


def test_what_was_counted_until_the_end_is_kept(store, sql):
    counter = Counter()
    counter.note("/feeds/all.atom", 200, FEEDLY)
    counter.note("/feeds/all.atom", 304, FEEDLY)
    counter.note("/feeds/ukraine.rss", 226, "newsboat/2.21")
    run(store, counter.take, after=0.05)

    assert sql("SELECT path, full_count, unchanged_count FROM feed_count ORDER BY path") == [
        ("feeds/all.atom", 1, 1),
        ("feeds/ukraine.rss", 1, 0),
    ]
    assert sql("SELECT path, agent, subscribers FROM feed_audience") == [("feeds/all.atom", "Feedly", 1200)]


def test_counts_are_kept_while_the_server_goes_on(store, sql, monkeypatch):
    monkeypatch.setattr("digest.work.counting._EVERY", 0.01)
    counter = Counter()

    def take():
        counter.note("/feeds/all.atom", 200, "")
        return counter.take()

    run(store, take, after=0.2)
    ((count,),) = sql("SELECT full_count FROM feed_count")
    assert count > 2


def test_a_fault_of_the_database_is_not_hidden(store, monkeypatch):
    monkeypatch.setattr("digest.work.counting._EVERY", 0.01)
    counter = Counter()
    counter.note("/feeds/all.atom", 200, "")
    store.file.unlink()
    store.file.mkdir()
    with pytest.raises(StoreError):
        asyncio.run(asyncio.wait_for(keep_counts_forever(store, counter.take), 5))
