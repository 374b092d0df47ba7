"""Listening: one server process on the site's address, ended by a signal."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.types import ASGIApp

from digest.errors import DigestError

__all__ = ["ServeError", "listen", "serve"]


_ENDING = (signal.SIGINT, signal.SIGTERM)


class ServeError(DigestError):
    """The server cannot listen where the site says."""


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address, so that a port that is taken is known before anything else is done.

    Raises:
        ServeError: the port is taken or not allowed.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        cause = "another program listens there" if error.errno == errno.EADDRINUSE else str(error.strerror)
        remedy = 'Stop it, or move the site: set base_url in newsroom.toml (or [web] listen = "127.0.0.1:8081").'
        raise ServeError(f"{host}:{port}", cause, remedy) from None
    return listener


def serve(app: ASGIApp, listener: socket.socket, ready: Callable[[], None] = lambda: None) -> None:
    """Serve until SIGINT or SIGTERM; `ready` is called once the server answers."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready()

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            """Being told to end is the usual end: unlike uvicorn's own way the signal is not raised again afterwards."""
            loop = asyncio.get_running_loop()
            for number in _ENDING:
                loop.add_signal_handler(number, self.handle_exit, number, None)
            try:
                yield
            finally:
                for number in _ENDING:
                    loop.remove_signal_handler(number)

    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=3)
    try:
        Server(config).run(sockets=[listener])
    finally:
        listener.close()
