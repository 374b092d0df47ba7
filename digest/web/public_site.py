"""The public site over HTTP: what lies in public/, from memory, and what is made on demand.

What is answered follows from the request alone, and nothing is kept of whoever asks: no cookie, no log, no address.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Protocol

from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from digest.publishing.manifest import manifest_path, open_manifest
from digest.settings import Site
from digest.web import refusals
from digest.web.addresses import find_file
from digest.web.beside import gather
from digest.web.codings import choose_coding
from digest.web.conditions import is_no_newer, is_unchanged
from digest.web.deltas import wants_part
from digest.web.fields import Fields, judge_path
from digest.web.finding import Finder, Found
from digest.web.keeping import ROOM, Kept
from digest.web.large import send_large
from digest.web.polling import Pace
from digest.web.press import PressFeeds, answer_press
from digest.web.refusals import Answer
from digest.web.requests import Asked, is_proxied, read_asked
from digest.web.resources import NOTHING, Form, Resource, hide_date
from digest.web.shelf import Contents, LargeFile, OnDemand, Shelf
from digest.web.telling import tell_once

__all__ = ["Noting", "PublicSite", "build_app"]

_READING = ("GET", "HEAD")


class Noting(Protocol):
    """Whoever counts how feeds are read; see `digest.web.audience.Counter`."""

    def note(self, path: str, status: int, user_agent: str) -> None:
        """A feed was answered at this path: with 304, or in full."""


def build_app(
    site: Site,
    routes: Sequence[BaseRoute] = (),
    *,
    contents: Contents | None = None,
    on_demand: OnDemand | None = None,
    press: PressFeeds | None = None,
    counter: Noting | None = None,
    pace: Pace | None = None,
    room: int = ROOM,
) -> PublicSite:
    """The public site, with further routes beside it.

    Args:
        site: its public/ is served; it may still be missing.
        routes: what else this server answers, such as the demonstration's caught mails; each has a first step of its own.
        contents: what is known of public/; the manifest that `publish` writes when none is given.
        on_demand: makes feeds that do not lie in public/.
        press: makes private feeds, below /press/.
        counter: counts how feeds are read.
        pace: how often a client may fetch a feed without conditions.
        room: how many bytes are kept in memory.
    """
    contents = contents or open_manifest(manifest_path(site.var, site.public))
    finder = Finder(Shelf(site.public, contents, Fields(site.settings), on_demand), Kept(room))
    return PublicSite(finder, gather(routes), press, counter, pace or Pace())


class PublicSite:
    """The application."""

    def __init__(
        self, finder: Finder, beside: Mapping[str, ASGIApp], press: PressFeeds | None, counter: Noting | None, pace: Pace
    ) -> None:
        self._finder, self._beside, self._press, self._counter, self._pace = finder, beside, press, counter, pace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        path, method = scope["path"], scope["method"]
        ready = self._finder.ready(path) if method in _READING else None
        beside = None if ready else self._beside.get(path[1:].partition("/")[0])
        if beside is not None:
            await beside(scope, receive, send)
            return
        asked = read_asked(scope["headers"])
        try:
            found = ready or await self._find(path, method, asked)
            answer = await self._choose(found, path, asked, scope) if isinstance(found, Resource) else found
        except Exception as error:  # noqa: BLE001 (whatever it is, the reader gets a page and other addresses are answered)
            tell_once("an address cannot be answered", error, discreet=path.startswith("/press/"))
            answer = refusals.trouble()
        if isinstance(answer, LargeFile):
            await send_large(answer, self._finder, asked, method, send)
            return
        start, body = answer
        await send(start)
        await send(body if method != "HEAD" else NOTHING)

    async def _find(self, path: str, method: str, asked: Asked) -> Found:
        if method == "OPTIONS":
            return refusals.build_options(shared=judge_path(find_file(path) or "").shared)
        if method not in _READING:
            return refusals.method_not_allowed()
        if self._press is not None and path.startswith("/press/"):
            private = await self._finder.render(partial(answer_press, self._press, path, asked))
            if private is not None:
                return private
        return await self._finder.find(path)

    async def _choose(self, resource: Resource, path: str, asked: Asked, scope: Scope) -> Answer:
        """The answer in the coding, and with the conditions, that were asked for."""
        feed = resource.sort.feed
        if feed and asked.get(b"sec-fetch-dest") == b"document":
            page = await self._finder.find(path, as_page=True)
            if isinstance(page, Resource) and page.status != 404:
                resource, feed = page, None
        coding = choose_coding(asked.get(b"accept-encoding"))
        form = await self._finder.form(path, resource, coding)
        if resource.status != 200:
            return form.full, form.body
        conditions = asked.get(b"if-none-match"), asked.get(b"if-modified-since")
        if is_unchanged(form.etag, resource.modified_at, *conditions):
            if feed:
                self._note(path, 304, asked)
            return form.unchanged, NOTHING
        answer = form.full, form.body
        if feed and scope["method"] == "GET":
            answer = await self._answer_feed(resource, form, path, asked, scope)
        if is_no_newer(resource.modified_at, conditions[1]):
            # Two versions of one second, or a clock set back: many clients throw away what is not newer by its date.
            answer = hide_date(answer[0]), answer[1]
        return answer

    async def _answer_feed(self, feed: Resource, form: Form, path: str, asked: Asked, scope: Scope) -> Answer:
        """A feed in full, or what is new in it; a client that never asks whether it has changed may have to wait."""
        tags = asked.get(b"if-none-match")
        if tags is None and b"if-modified-since" not in asked:
            wait = self._judge_pace(path, asked, scope)
            if wait:
                return refusals.too_many(wait)
        elif tags is not None and wants_part(asked.get(b"a-im", b"")):
            part = await self._finder.part(path, feed, tags)
            form = await self._finder.form(path, part, choose_coding(asked.get(b"accept-encoding")))
        self._note(path, 200, asked)
        return form.full, form.body

    def _judge_pace(self, path: str, asked: Asked, scope: Scope) -> int:
        client = scope.get("client")
        return self._pace.judge(client[0], path, time.monotonic()) if client and not is_proxied(asked) else 0

    def _note(self, path: str, status: int, asked: Asked) -> None:
        if self._counter is not None:
            self._counter.note(path, status, asked.get(b"user-agent", b"").decode("latin-1"))
