"""House is kept beside a server by itself, and what goes wrong with that is said once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from digest.settings import open_site
from digest.store.hot import open_hot
from digest.work.housekeeping import forget_forever


@pytest.fixture
def keep_house(newsroom_toml: Path, monkeypatch: pytest.MonkeyPatch):
    """Keeps house a few times; what was told."""
    monkeypatch.setattr("digest.work.housekeeping._FIRST", 0.0)
    monkeypatch.setattr("digest.work.housekeeping._EVERY", 0.01)
    folder = newsroom_toml.parent

    def keep(until, file: Path | None = None) -> list[str]:
        store, told = open_hot(folder / "var"), []
        if file is not None:
            store.file = file

        async def work() -> None:
            task = asyncio.create_task(forget_forever(lambda: open_site(folder, {}), store, told.append))
            for _ in range(500):
                await asyncio.sleep(0.01)
                if until():
                    break
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(work())
        return told

    return keep


def test_what_is_old_goes_while_the_server_runs(keep_house, newsroom_toml):
    store = open_hot(newsroom_toml.parent / "var")
    with store.writing() as connection:
        query = "INSERT INTO request (kind, state, sealed, address_hash, network, wish, words, page, at) VALUES "
        connection.execute(query + "('subscribe', 'asked', x'01', x'02', x'', '{}', '', '', 0)")

    def is_gone() -> bool:
        with store.reading() as connection:
            return not connection.execute("SELECT 1 FROM request").fetchone()

    assert keep_house(is_gone) == []
    assert is_gone()


def test_what_goes_wrong_is_said_once_and_the_server_goes_on(keep_house, newsroom_toml):
    (newsroom_toml.parent / "var").mkdir(mode=0o700)
    (newsroom_toml.parent / "var" / "erasures").write_text("no erasure\n")
    turns = iter(range(50))
    (told,) = keep_house(lambda: next(turns, 0) > 30)
    assert told.startswith("housekeeping: ") and "erasures:1" in told


def test_where_nothing_was_ever_kept_there_is_nothing_to_forget(keep_house, newsroom_toml):
    turns = iter(range(50))
    assert keep_house(lambda: next(turns, 0) > 10, newsroom_toml.parent / "missing.db") == []
