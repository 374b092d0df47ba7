"""A mail catcher for demonstrations and tests: an SMTP server on 127.0.0.1 that keeps every letter as a file.

It is aiosmtpd, speaks real SMTP, and passes nothing on.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from digest.errors import DeliveryError

__all__ = ["Catcher", "catching"]


class Catcher:
    """What was caught: one file a letter below a folder, numbered as they came, the envelope in its first lines."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        folder.mkdir(parents=True, exist_ok=True)
        self._number = max((int(file.stem) for file in folder.glob("[0-9]*.eml")), default=0)
        self.caught_count = 0

    @property
    def url(self) -> str:
        """The relay address by which a sender reaches it."""
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        """Keep a letter, then say that it was accepted."""
        self._number += 1
        path = self.folder / f"{self._number:05}.eml"
        part = path.with_suffix(".part")
        part.write_bytes(bytes(envelope.original_content or envelope.content))
        part.rename(path)
        self.caught_count += 1
        return "250 2.0.0 Kept"


@contextmanager
def catching(folder: Path, kind: type[Catcher] = Catcher) -> Iterator[Catcher]:
    """A catcher of that kind that listens on a free port of 127.0.0.1 until the block ends.

    Raises:
        DeliveryError: aiosmtpd is not installed, or no port can be had.
    """
    try:
        from aiosmtpd.smtp import SMTP
    except ImportError:
        raise DeliveryError(
            "the mail catcher", "aiosmtpd is not installed", 'Install it with: pip install "newsroom-digest[demo]"'
        ) from None
    catcher = kind(folder)
    loop = asyncio.new_event_loop()
    try:
        server = loop.run_until_complete(
            loop.create_server(lambda: SMTP(catcher, loop=loop, enable_SMTPUTF8=True), "127.0.0.1", 0)
        )
    except OSError as error:
        loop.close()
        raise DeliveryError("the mail catcher", f"it cannot listen on 127.0.0.1 ({error.strerror})", "") from None
    catcher.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, name="mail catcher", daemon=True)
    thread.start()
    try:
        yield catcher
    finally:
        asyncio.run_coroutine_threadsafe(_shut(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _shut(server: asyncio.Server) -> None:
    """Stop listening and end the sessions that are still open."""
    server.close()
    rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
