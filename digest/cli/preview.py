"""`digest preview`: what letters will look like, live in the browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from digest.errors import UsageError

if TYPE_CHECKING:
    import socket

__all__ = ["register"]

_PORT, _TRIED = 8090, 10


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("preview")(preview)


def preview(
    context: typer.Context,
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where to listen, on this machine; else 127.0.0.1, from port 8090 on.")
    ] = "",
    browse: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Show letters in the browser as items, theme and sentences change; nothing is published or written."""
    from digest.settings import find_site
    from digest.web.preview import build_preview
    from digest.web.serving import serve

    folder = find_site(context.find_root().obj or None)
    listener = _listen_at(*_parse(listen)) if listen else _listen_anywhere()
    host, port = listener.getsockname()[:2]
    address = f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"

    def tell() -> None:
        typer.echo(f"Preview of {folder} at {address}; Ctrl-C ends it")
        if browse:
            import webbrowser

            webbrowser.open(address)

    app, watch = build_preview(folder)
    serve(app, listener, tell, [watch.watch_files])


def _parse(listen: str) -> tuple[str, int]:
    from digest.settings.values import LOOPBACK

    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    if host not in LOOPBACK or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        remedy = "It shows what is not public yet, so it listens on this machine alone: --listen 127.0.0.1:8091"
        raise UsageError("--listen", f"{listen!r} is no address of this machine with a port", remedy)
    return "127.0.0.1" if host == "localhost" else host, int(port)


def _listen_at(host: str, port: int) -> socket.socket:
    from digest.web.serving import ServeError, listen

    try:
        return listen(host, port)
    except ServeError as error:
        raise ServeError(error.subject, error.cause, "Name another port: --listen 127.0.0.1:8091") from None


def _listen_anywhere() -> socket.socket:
    """On the usual port, or the first free one after it."""
    from digest.web.serving import ServeError

    for port in range(_PORT, _PORT + _TRIED - 1):
        try:
            return _listen_at("127.0.0.1", port)
        except ServeError:
            continue
    return _listen_at("127.0.0.1", _PORT + _TRIED - 1)
