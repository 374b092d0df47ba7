"""The public site over HTTP: the files of public/, with the right types and careful headers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digest.feeds.documents import MEDIA_TYPES

__all__ = ["build_app"]

_SOURCES = {"default-src": "'none'", "img-src": "'self' https:", "style-src": "'self'", "base-uri": "'none'"}
_SOURCES |= {"form-action": "'self'", "frame-ancestors": "'none'"}
_POLICY = "; ".join(f"{name} {sources}" for name, sources in _SOURCES.items())
_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)


class _Headers:
    """Adds the careful headers to every answer that does not set them itself; feeds may be read from any page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.setdefault("headers", [])
                present = {name for name, _ in headers}
                headers.extend(pair for pair in _HEADERS if pair[0] not in present)
                if scope["path"].startswith("/feeds/"):
                    headers.append((b"access-control-allow-origin", b"*"))
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


class _Files(StaticFiles):
    """Files with the media types of feeds; what is missing gets the site's own page."""

    async def check_config(self) -> None:
        """The folder may still be missing: then nothing is found in it."""

    def file_response(self, full_path: Any, stat_result: Any, scope: Scope, status_code: int = 200) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        media_type = _media_type(str(full_path))
        if media_type and response.status_code == 200:
            response.headers["content-type"] = media_type
        return response


def _media_type(path: str) -> str | None:
    if "/feeds/" not in path:
        return None
    return MEDIA_TYPES.get(path.rpartition(".")[2])


def build_app(public: Path, routes: Sequence[BaseRoute] = ()) -> Starlette:
    """The public site, with further routes before its files.

    Args:
        public: the folder that `digest publish` writes; it may still be missing.
        routes: what else this server answers, such as the demonstration's caught mails.
    """

    async def not_found(_request: Request, _error: Exception) -> Response:
        page = public / "404.html"
        if page.is_file():
            return FileResponse(page, status_code=404, media_type="text/html")
        return PlainTextResponse("There is nothing here yet. Publish first: digest publish\n", status_code=404)

    files = _Files(directory=public, html=True, check_dir=False, follow_symlink=False)
    return Starlette(
        routes=[*routes, Mount("/", files)],
        middleware=[Middleware(_Headers)],
        exception_handlers={404: not_found, HTTPException: _refuse},
    )


async def _refuse(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return PlainTextResponse(f"{error.detail}\n", status_code=error.status_code)
