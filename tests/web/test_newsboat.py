"""newsboat reads what is served: 304 when nothing changed, and only what is new when something did."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from digest.web.serving import listen

TEXT = "Words that make an entry long enough for a part of the feed to be worth its while. " * 5


def _write_feed(world: Any, written: int, **titles: str) -> None:
    entries = "".join(
        f"<entry><id>tag:x,2026:{name}</id><title>{title}</title><updated>2026-11-22T12:00:00Z</updated>"
        f'<link href="https://news.example.org/{name}"/><content>{TEXT}</content></entry>'
        for name, title in titles.items()
    )
    head = "<id>tag:x,2026:feed</id><title>Feed</title><updated>2026-11-22T12:00:00Z</updated>"
    world.write(
        "feeds/all.atom", f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">{head}{entries}</feed>', written
    )


@pytest.fixture
def served(world: Any) -> Iterator[tuple[int, list[int]]]:
    """The site on a port, and the statuses of its answers."""
    import uvicorn

    statuses: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def noting(message: Any) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
            await send(message)

        await world.app(scope, receive, noting)

    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", ws="none", log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield listener.getsockname()[1], statuses
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.mark.parametrize("later", [100, 0, -100], ids=["later", "in the same second", "after the clock was set back"])
def test_newsboat_takes_304_and_parts(
    world: Any, served: tuple[int, list[int]], program: Callable[[str], str], tmp_path: Path, later: int
) -> None:
    newsboat, (port, statuses) = program("newsboat"), served
    home = tmp_path / "newsboat"
    home.mkdir()
    (home / "urls").write_text(f"http://127.0.0.1:{port}/feeds/all.atom\n")
    (home / "config").touch()

    def reload() -> dict[str, str]:
        command = [newsboat, "-u", "urls", "-c", "cache.db", "-C", "config", "-x", "reload"]
        subprocess.run(command, cwd=home, env={"HOME": str(home), "PATH": "/usr/bin:/bin"}, check=True, timeout=60)
        with closing(sqlite3.connect(home / "cache.db")) as cache:
            return {
                re.sub("^tag:x,2026:", "", guid): title for guid, title in cache.execute("SELECT guid, title FROM rss_item")
            }

    _write_feed(world, 1_700_000_000, b="Second", a="First")
    for _ in range(3):  # newsboat keeps what it needs for conditions from the second time on
        shown = reload()
    assert shown == {"a": "First", "b": "Second"}
    assert statuses == [200, 200, 304]

    _write_feed(world, 1_700_000_000 + later, c="Third", b="Second, corrected", a="First")

    assert reload() == {"a": "First", "b": "Second, corrected", "c": "Third"}
    assert reload() == {"a": "First", "b": "Second, corrected", "c": "Third"}
    assert statuses[3:] == [226, 304]
