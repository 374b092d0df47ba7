"""What a server answers besides the public site: ordinary routes, with the same careful header fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digest.web.fields import CAREFUL, build_policy
from digest.web.telling import tell_once

__all__ = ["gather"]

_FIELDS = (*CAREFUL, (b"content-security-policy", build_policy()))


def gather(routes: Sequence[BaseRoute]) -> Mapping[str, ASGIApp]:
    """One application for all the routes, by the first step of their paths."""
    if not routes:
        return {}
    app = _careful(Starlette(routes=routes, exception_handlers={HTTPException: _refuse}))
    return {route.path[1:].partition("/")[0]: app for route in routes if isinstance(route, Route | Mount)}


def _careful(app: ASGIApp) -> ASGIApp:
    """The application with the careful fields on every answer that does not set them itself."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_fields(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.setdefault("headers", [])
                present = {name for name, _ in headers}
                headers.extend(pair for pair in _FIELDS if pair[0] not in present)
            await send(message)

        try:
            await app(scope, receive, send_with_fields)
        except Exception as error:  # noqa: BLE001 (the reader has got a page that says so)
            tell_once("a page cannot be answered", error)

    return answer


async def _refuse(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return PlainTextResponse(f"{error.detail}\n", status_code=error.status_code, headers=error.headers)
