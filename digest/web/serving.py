"""Listening: one server process on the site's address, ended by a signal, with other work beside it in the same loop."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from starlette.types import ASGIApp

from digest.errors import DigestError
from digest.web.working import Beside, working

__all__ = ["Beside", "ServeError", "listen", "serve"]

_ENDING = (signal.SIGINT, signal.SIGTERM)
_GRACE = 3
"""How long requests that are under way may take after the signal, in seconds."""
_IDLE = 65
"""How long a connection is kept open between requests, in seconds: longer than proxies keep theirs."""


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


def serve(
    app: ASGIApp,
    listener: socket.socket,
    ready: Callable[[], None] = lambda: None,
    beside: Sequence[Beside] = (),
) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        app: answers requests.
        listener: see `listen`; it is closed at the end.
        ready: is called once the server answers.
        beside: work that goes on in the same loop meanwhile. Each is begun when the server answers, begun again after a
            while when it fails (the failure is told in one line), and cancelled when the server ends. One that returns has
            done its work.
    """
    import uvicorn

    class Server(uvicorn.Server):
        async def main_loop(self) -> None:
            ready()
            async with working(beside):
                await super().main_loop()

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

    try:
        config = uvicorn.Config(
            app,
            interface="asgi3",
            lifespan="off",
            ws="none",
            log_level="error",  # whatever strangers send by way of requests is worth no line
            access_log=False,
            server_header=False,
            proxy_headers=False,  # no client may say that it is another one
            timeout_keep_alive=_IDLE,
            timeout_graceful_shutdown=_GRACE,
        )
        Server(config).run(sockets=[listener])
    finally:
        listener.close()
