"""The preview of letters over HTTP, on this machine alone: the page, each letter in a frame, its photos, its message.

What lies under embargo is shown here. So only requests that name this machine are answered (a page elsewhere may not reach
it by a name that leads here), nothing may be embedded elsewhere, and nothing is kept.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from digest import clock
from digest.desk.previewing import Choice, Previewer, Sheet, read_choice
from digest.desk.previewing.chrome import Chrome
from digest.desk.previewing.display import build_display
from digest.desk.previewing.page import Page, build_page
from digest.desk.previewing.sources import State
from digest.errors import DigestError, SettingsError, TemplateError
from digest.settings.finding import NAME
from digest.settings.values import LOOPBACK
from digest.web.telling import tell_once
from digest.web.watching import Watch

__all__ = ["build_preview", "is_own_name"]

_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src {pictures}; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)
_FIELDS = {
    "cache-control": "no-store",
    "content-security-policy": _PAGE_POLICY,
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_Endpoint = Callable[[Request], Response]


def is_own_name(host: str) -> bool:
    """Whether the Host field of a request names this machine, by whatever port."""
    try:
        return urlsplit(f"//{host}").hostname in LOOPBACK
    except ValueError:
        return False


def build_preview(folder: Path) -> tuple[ASGIApp, Watch]:
    """The application of a site's folder, and what watches its files: that is to go on beside the server."""
    preview = _Preview(folder)
    watch = Watch(preview.previewer.sources.look)

    async def changes(_request: Request) -> Response:
        return StreamingResponse(watch.follow(), media_type="text/event-stream", headers=_FIELDS)

    endpoints: Mapping[str, _Endpoint] = {
        "/": preview.page,
        "/letter": preview.letter,
        "/message.eml": preview.message,
        "/photos/{name}": preview.photo,
        "/preview.css": preview.style,
        "/preview.js": preview.script,
        "/favicon.svg": preview.icon,
        "/logo-{name}": preview.logo,
    }
    routes = [*(Route(path, answer, methods=["GET"]) for path, answer in endpoints.items()), Route("/changes", changes)]
    return _guard(Starlette(routes=routes, exception_handlers={HTTPException: _refuse})), watch


def _guard(app: ASGIApp) -> ASGIApp:
    """The application for requests to this machine by its own name; all others are refused."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        hosts = [value.decode("latin-1") for name, value in scope.get("headers", ()) if name == b"host"]
        if len(hosts) == 1 and is_own_name(hosts[0]):
            await app(scope, receive, send)
        else:
            refusal = PlainTextResponse("This preview is for this machine alone.\n", 421, headers=_FIELDS)
            await refusal(scope, receive, send)

    return answer


async def _refuse(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return PlainTextResponse(f"{error.detail}\n", error.status_code, headers={**_FIELDS, **(error.headers or {})})


class _Preview:
    """Answers requests of one site's preview."""

    def __init__(self, folder: Path) -> None:
        self.previewer = Previewer(folder)
        self._chrome = Chrome()
        self._last: State | None = None

    def page(self, request: Request) -> Response:
        """The letter that the query chooses, with all that stands around it."""
        state, shown, choice = self._look(request)
        if state is None or choice is None:
            assert isinstance(shown, DigestError)
            newsroom = state.site.settings.newsroom.name if state else "Preview"
            page = Page(newsroom, self.previewer.sources.look(), trouble=shown)
        else:
            settings, now = state.site.settings, clock.now()
            page = build_page(settings, state.token, choice, shown, state.materials, state.problems, now)
        text = self._chrome.render_page(page, state.templates if state else None)
        return HTMLResponse(text, headers=_FIELDS)

    def letter(self, request: Request) -> Response:
        """The HTML part as the chosen screen shows it."""
        state, shown, choice = self._look(request)
        if state is None or choice is None or not isinstance(shown, Sheet) or shown.html is None:
            raise HTTPException(404, "There is no such letter now.")
        base_url = state.site.settings.newsroom.base_url
        html = build_display(shown.html, base_url, dark=choice.light == "dark", pictures=choice.pictures)
        sources = "'none'" if choice.pictures == "blocked" else "'self'"
        policy = {"content-security-policy": _LETTER_POLICY.format(pictures=sources)}
        return HTMLResponse(html, headers={**_FIELDS, **policy})

    def message(self, request: Request) -> Response:
        """The message as it is sent, to an example address."""
        _, shown, _ = self._look(request)
        if not isinstance(shown, Sheet):
            raise HTTPException(404, "There is no such letter now.")
        return Response(shown.message, media_type="message/rfc822", headers=_FIELDS)

    def photo(self, request: Request) -> Response:
        """A rendition of a photo; its name changes with its file, so a browser may keep it."""
        data = self._last.pictures.read(request.path_params["name"]) if self._last else None
        if data is None:
            raise HTTPException(404, "There is no such picture.")
        return Response(data, media_type="image/jpeg", headers={**_FIELDS, "cache-control": "private, max-age=3600"})

    def style(self, _request: Request) -> Response:
        """The style sheet of the page."""
        templates = self._last.templates if self._last else None
        return Response(self._chrome.render_style(templates), media_type="text/css", headers=_FIELDS)

    def script(self, _request: Request) -> Response:
        """The script of the page."""
        return Response(self._read("desk/preview/preview.js"), media_type="text/javascript", headers=_FIELDS)

    def icon(self, _request: Request) -> Response:
        """The newsroom's square picture."""
        templates = self._last.templates if self._last else None
        try:
            text = templates.render("pages/favicon.svg", "en") if templates else ""
        except TemplateError:
            text = ""
        return Response(text, media_type="image/svg+xml", headers=_FIELDS)

    def logo(self, request: Request) -> Response:
        """The newsroom's logo, or its dark one."""
        name = f"logo-{request.path_params['name']}"
        try:
            logo = self._last.templates.logo if self._last else None
        except TemplateError:
            logo = None
        if logo is None or name not in logo.files:
            raise HTTPException(404)
        return Response(logo.files[name], media_type=mimetypes.guess_type(name)[0], headers=_FIELDS)

    def _read(self, name: str) -> bytes:
        templates = self._last.templates if self._last else self._chrome.shipped
        try:
            return templates.read_bytes(name)
        except TemplateError as error:
            raise HTTPException(404, str(error)) from None

    def _look(self, request: Request) -> tuple[State | None, Sheet | DigestError, Choice | None]:
        """The newest state that can be had, the letter or why there is none, and what was chosen."""
        trouble: DigestError | None = None
        try:
            self._last = self.previewer.sources.read()
        except SettingsError as error:
            trouble = error
        state = self._last
        if state is None:
            assert trouble is not None
            return None, trouble, None
        if not state.site.settings.lists:
            remedy = "Write one: a table [lists.supporters] with title and sender."
            return state, trouble or SettingsError(NAME, "it has no list, so there are no letters", remedy), None
        choice = read_choice(request.query_params, state.site.settings)
        if trouble is not None:
            return state, trouble, choice
        try:
            return state, self.previewer.look(state, choice, clock.now()), choice
        except DigestError as error:
            return state, error, choice
        except Exception as error:  # noqa: BLE001 (whatever a change in the making does, the page says so and waits)
            tell_once("a letter cannot be shown", error)
            cause = f"{type(error).__name__}: {error}".rstrip(".")
            remedy = "Undo the last change to a template or a sentence, or mend it."
            return state, TemplateError("templates/", cause, remedy), choice
