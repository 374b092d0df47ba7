"""What takes letters: Postfix's smtp-sink, and a line before it that is as slow as one to another continent."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["delaying", "find_program", "sinking"]

_ROOT = Path(__file__).parent.parent.parent


def find_program(name: str) -> str | None:
    """Where one of Postfix's tools lies; Debian keeps them out of the path of plain users."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


@contextmanager
def sinking(*, pipelining: bool = True) -> Iterator[int]:
    """The port of a smtp-sink that takes whatever comes; `pipelining` says whether it offers that."""
    program = find_program("smtp-sink")
    if program is None:
        sys.exit("smtp-sink is missing: install Postfix (only its tools are used)")
    port = _find_port()
    words = [program, *(["-u", "nobody"] if _is_root() else []), *([] if pipelining else ["-p"])]
    with _running([*words, f"127.0.0.1:{port}", "1000"], port):
        yield port


@contextmanager
def delaying(target: int, milliseconds: float) -> Iterator[int]:
    """The port of a line to another port on which everything takes that long, each way."""
    port = _find_port()
    words = [sys.executable, "-m", "bench.sending.relays", str(port), str(target), str(milliseconds)]
    with _running(words, port):
        yield port


@contextmanager
def _running(words: list[str], port: int) -> Iterator[None]:
    child = subprocess.Popen(words, cwd=_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield
    finally:
        child.terminate()
        child.wait()


def _is_root() -> bool:
    import os

    return os.geteuid() == 0


def _find_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    sys.exit(f"nothing listens on port {port}")


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """Everything in its order, each piece so much later than it came."""
    waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    async def write() -> None:
        while True:
            due, data = await waiting.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not data:
                writer.close()
                return
            writer.write(data)

    writing = asyncio.create_task(write())
    with suppress(ConnectionError):
        while data := await reader.read(1 << 18):
            waiting.put_nowait((loop.time() + seconds, data))
    waiting.put_nowait((loop.time() + seconds, b""))
    with suppress(ConnectionError):
        await writing


async def _serve(port: int, target: int, seconds: float) -> None:
    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target)
        await asyncio.gather(_carry(reader, far_writer, seconds), _carry(far_reader, writer, seconds))

    server = await asyncio.start_server(join, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("target", type=int)
    parser.add_argument("milliseconds", type=float)
    options = parser.parse_args()
    asyncio.run(_serve(options.port, options.target, options.milliseconds / 1000))
