"""From a request's path to what is answered there: at once when it is kept and still true, else read beside the loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from digest.errors import StoreError
from digest.web import refusals
from digest.web.addresses import FEED
from digest.web.codings import Coding
from digest.web.conditions import read_tags
from digest.web.files import read_parts
from digest.web.keeping import Held, Kept
from digest.web.refusals import Answer
from digest.web.resources import Form, Resource
from digest.web.shelf import LargeFile, Shelf

__all__ = ["INTERVAL", "Finder", "Found"]

INTERVAL = 0.25
"""For how many seconds what was just looked at is taken to be unchanged."""
_Made = TypeVar("_Made")

Found = Resource | LargeFile | Answer


class Finder:
    """Finds what is answered at a path, and keeps it.

    Args:
        shelf: reads and makes.
        kept: where it is kept.
    """

    def __init__(self, shelf: Shelf, kept: Kept) -> None:
        self._shelf, self._kept = shelf, kept
        self._pending: dict[str, asyncio.Task[Found]] = {}
        self._reading = ThreadPoolExecutor(1, "reading")
        self._rendering = ThreadPoolExecutor(1, "rendering")

    def ready(self, path: str, *, as_page: bool = False) -> Resource | None:
        """What is kept of a path and still true."""
        held = self._kept.find(_key(path, as_page))
        if held is None:
            return None
        now = time.monotonic()
        if now - held.checked_at >= INTERVAL:
            if self._shelf.look(path, as_page=as_page) != held.look:
                return None
            held.checked_at = now
        return held.resource

    async def find(self, path: str, *, as_page: bool = False) -> Found:
        """What is answered at a path, read or made now unless it is kept; many who ask at the same time cost one reading.

        Raises:
            DigestError: it cannot be made now.
            OSError: it cannot be read.
        """
        ready = self.ready(path, as_page=as_page)
        if ready is not None:
            return ready
        key = _key(path, as_page)
        pending = self._pending.get(key)
        if pending is None:
            pending = self._pending[key] = asyncio.ensure_future(self._load(path, key, as_page))
            pending.add_done_callback(lambda _: self._pending.pop(key, None))
        return await asyncio.shield(pending)

    async def form(self, path: str, resource: Resource, coding: Coding) -> Form:
        """A resource in that coding, which is made if it has none yet."""
        known = resource.known_form(coding)
        if known is not None:
            return known
        form = await self._aside(self._reading, resource.form, coding)
        for key in (path, _key(path, as_page=True)):
            held = self._kept.find(key)
            if held is not None and held.resource is resource:
                self._kept.keep(key, held)
        return form

    async def part(self, path: str, whole: Resource, if_none_match: bytes) -> Resource:
        """What is new in a feed since one of the versions that the reader names; the whole where only that will do."""
        since = self._shelf.versions.find(whole.file, read_tags(if_none_match))
        if since is None:
            return whole
        key = f"!since-{since[1]}{path}"
        held = self._kept.find(key)
        if held is None or held.look != whole.sha256:
            part = await self._aside(self._reading, self._shelf.build_part, whole, *since)
            held = Held(part, whole.sha256, time.monotonic())
            self._kept.keep(key, held)
        return held.resource

    async def parts(self, large: LargeFile) -> AsyncIterator[bytes]:
        """The bytes of a large file."""
        parts = read_parts(self._shelf.root, large.file, large.seen)
        while part := await self._aside(self._reading, next, parts, b""):
            yield part

    async def render(self, render: Callable[[], _Made]) -> _Made:
        """Have something that is never kept made in the one thread in which feeds are made."""
        return await self._aside(self._rendering, render)

    async def _load(self, path: str, key: str, as_page: bool) -> Found:
        held = self._kept.find(key)
        look = self._shelf.look(path, as_page=as_page)
        try:
            found = await self._aside(self._reading, partial(self._shelf.load, as_page=as_page), path)
            if found is None and FEED.fullmatch(path[1:]):
                found = await self._aside(self._rendering, partial(self._shelf.make, as_page=as_page), path)
            if found is None:
                return await self._find_nothing(path)
        except StoreError:
            if held is None:
                raise
            return held.resource  # as it was when the store could still be read
        if isinstance(found, LargeFile):
            return found
        if held is not None and held.resource.equals(found):
            found = held.resource  # with the codings that it has
        self._kept.keep(key, Held(found, look, time.monotonic()))
        return found

    async def _find_nothing(self, path: str) -> Found:
        """The site's own page that says that there is nothing, or nothing any more."""
        status = 410 if await self._aside(self._reading, self._shelf.is_gone, path) else 404
        page = f"/{status}.html"
        key = f"!{page}"
        held, look = self._kept.find(key), self._shelf.look(page)
        if held is None or held.look != look:
            resource = await self._aside(self._reading, self._shelf.load_error, status)
            if resource is None:
                return refusals.gone() if status == 410 else refusals.missing()
            held = Held(resource, look, time.monotonic())
            self._kept.keep(key, held)
        return held.resource

    async def _aside(self, thread: ThreadPoolExecutor, make: Callable[..., _Made], *values: object) -> _Made:
        return await asyncio.get_running_loop().run_in_executor(thread, make, *values)


def _key(path: str, as_page: bool) -> str:
    """Under which key a path is kept; a request's path always begins with a slash."""
    return f"!page{path}" if as_page else path
