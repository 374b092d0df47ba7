"""Telling a page in a browser that files have changed: server-sent events (HTML, section 9.2)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

__all__ = ["INTERVAL", "Watch"]

INTERVAL = 0.2
"""How long is waited between two looks, in seconds, while somebody follows; longer where a look itself takes long."""
_SHARE = 10
"""How many times as long as a look took is waited at least, so that a large site does not keep the machine busy."""
_KEEP_ALIVE = 15.0
"""After so many seconds without a change a comment is sent: that a page has gone shows in the attempt."""


class Watch:
    """Looks for changes as long as at least one page follows them.

    Args:
        look: gives another text whenever something has changed; it may take a while, and is called in a thread.
        interval: how long is waited between two looks, in seconds.
    """

    def __init__(self, look: Callable[[], str], interval: float = INTERVAL) -> None:
        self._look, self._interval = look, interval
        self._followers: set[asyncio.Event] = set()
        self._token = ""
        self._has_ended = False

    async def watch_files(self) -> None:
        """Go on until cancelled; then everybody who follows is told that it is over."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                begun = loop.time()
                if self._followers:
                    await self._look_once()
                await asyncio.sleep(max(self._interval, _SHARE * (loop.time() - begun)))
        finally:
            self._has_ended = True
            self._wake()

    async def follow(self) -> AsyncIterator[bytes]:
        """The state of now as an event, and each later one; ends with the server."""
        news = asyncio.Event()
        self._followers.add(news)
        try:
            await self._look_once()
            news.set()
            while not self._has_ended:
                yield f"data: {self._token}\n\n".encode() if news.is_set() else b": nothing new\n\n"
                news.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), _KEEP_ALIVE)
        finally:
            self._followers.discard(news)

    async def _look_once(self) -> None:
        token = await asyncio.to_thread(self._look)
        if token != self._token:
            self._token = token
            self._wake()

    def _wake(self) -> None:
        for news in self._followers:
            news.set()
