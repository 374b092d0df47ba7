"""The outbox transport: letters become files of a Maildir on this machine; nothing leaves it.

A file is written below tmp/, made durable, then moved to new/; its name follows from the Message-ID, so a letter that is
sent once more after a crash is still one file.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

from digest.delivery.transport import Letter, Reply, Stage
from digest.errors import DeliveryError

__all__ = ["OutboxSession", "OutboxTransport"]


class OutboxTransport:
    """Opens sessions that write below one folder."""

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        self._folder = folder

    async def open(self) -> OutboxSession:
        """Make the Maildir when there is none.

        Raises:
            DeliveryError: the folder cannot be made.
        """
        try:
            for name in ("tmp", "new", "cur"):
                (self._folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
            shown = frozenset(file.name.partition(":")[0] for file in (self._folder / "cur").iterdir())
        except OSError as error:
            raise _refusal(self._folder, error) from error
        return OutboxSession(self._folder, shown)


class OutboxSession:
    """Writes letters as files. `shown` names those that a mail program has moved to cur/; they are not made again."""

    usable = True
    pipelines = False
    relay = "outbox"

    def __init__(self, folder: Path, shown: frozenset[str] = frozenset()) -> None:
        self._folder = folder
        self._shown = shown

    async def announce(self, letter: Letter) -> Reply:
        """Any letter is welcome."""
        del letter
        return Reply(Stage.DATA, 354, "go on")

    async def deliver(self, letter: Letter, following: Letter | None = None) -> tuple[Reply, Reply | None]:
        """Keep a letter as a durable file.

        Raises:
            DeliveryError: it cannot be written.
        """
        try:
            await asyncio.to_thread(self._write, letter)
        except OSError as error:
            raise _refusal(self._folder, error) from error
        kept = Reply(Stage.BODY, 250, "kept in the outbox")
        return kept, None if following is None else await self.announce(following)

    async def close(self) -> None:
        """Nothing is open."""

    def abort(self) -> None:
        """Nothing is open."""

    def _write(self, letter: Letter) -> None:
        name = hashlib.sha256(letter.message_id.encode()).hexdigest()[:32] + ".eml"
        if name in self._shown:
            return
        draft = self._folder / "tmp" / name
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(letter.message)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._folder / "new" / name)
        _sync_folder(self._folder / "new")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _refusal(folder: Path, error: OSError) -> DeliveryError:
    return DeliveryError(
        str(folder), f"letters cannot be kept there ({error.strerror})", "Make the folder writable, or free some space."
    )
