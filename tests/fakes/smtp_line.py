"""One line to a client as a scripted server sees it: what came in together, and the ways in which a line can end badly."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Callable, Coroutine
from typing import Any


class Line(asyncio.Protocol):
    """The octets of one connection; `serve` is run for it as a task of its own."""

    def __init__(self, serve: Callable[[Line], Coroutine[Any, Any, None]]) -> None:
        self._serve = serve
        self._buffer = bytearray()
        self._more = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._ended = False
        self.protected = False
        self.hung_up = False
        self.task: asyncio.Task[None]
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self.protected = transport.get_extra_info("sslcontext") is not None
        self.task = asyncio.get_running_loop().create_task(self._serve(self))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._more.set()

    def eof_received(self) -> bool:
        self._end()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    def _end(self) -> None:
        self._ended = True
        self._more.set()
        self._room.set()

    @property
    def waiting(self) -> bytes:
        """What has come and was not looked at yet."""
        return bytes(self._buffer)

    async def settle(self) -> None:
        """Let what the client has written already come in."""
        for _ in range(3):
            await asyncio.sleep(0)

    async def read_line(self) -> bytes:
        """The next line without its end; empty when there is none any more."""
        return await self._read_until(b"\n")

    async def read_octet(self) -> bool:
        """Wait for a first octet, which stays; False when none came."""
        return await self._reach(lambda: bool(self._buffer))

    async def read_body(self) -> bytes | None:
        """A message up to its lone dot, as it travelled (RFC 5321 section 4.5.2); None when the line ends before."""
        if not await self._reach(lambda: self._buffer.startswith(b".\r\n") or b"\r\n.\r\n" in self._buffer):
            return None
        if self._buffer.startswith(b".\r\n"):
            del self._buffer[:3]
            return b""
        end = self._buffer.index(b"\r\n.\r\n") + 2
        message = bytes(self._buffer[:end])
        del self._buffer[: end + 3]
        return message

    async def say(self, text: str | bytes) -> None:
        """Write octets as they are."""
        if not self.transport.is_closing():
            self.transport.write(text.encode() if isinstance(text, str) else text)
            await self._room.wait()

    async def protect(self, context: ssl.SSLContext) -> None:
        """Begin TLS; what was said before is forgotten (RFC 3207 section 4.2)."""
        self._buffer.clear()
        loop = asyncio.get_running_loop()
        transport = await loop.start_tls(self.transport, self, context, server_side=True)
        if transport is None:
            raise ConnectionAbortedError
        self.transport = transport
        self.protected = True

    def reset(self) -> None:
        """Close so that the client sees a reset."""
        handle = self.transport.get_extra_info("socket")
        with contextlib.suppress(OSError):
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    async def _read_until(self, end: bytes) -> bytes:
        if not await self._reach(lambda: end in self._buffer):
            return b""
        place = self._buffer.index(end) + len(end)
        found = bytes(self._buffer[:place])
        del self._buffer[:place]
        return found

    async def _reach(self, reached: Callable[[], bool]) -> bool:
        while not reached():
            if not await self._wait():
                return reached()
        return True

    async def _wait(self) -> bool:
        """Wait for more; False when the line has ended."""
        if self._ended:
            return False
        self._more.clear()
        await self._more.wait()
        return not self._ended
