"""The application of the readers' pages: one door for each address, the same care at all of them.

GET and HEAD show, POST acts, OPTIONS says which of these there are, and nothing else is done. What fails is told without the
path, for a path may hold a token.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import NamedTuple

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from digest import clock
from digest.desk.workplace import Workplace
from digest.errors import SubscriberError
from digest.settings import Site
from digest.web import refusals
from digest.web.readers import answering, choosing, signing_up
from digest.web.readers.forms import FormError, is_one_click, read_fields, read_query
from digest.web.readers.guarding import find_client, host_name, is_own_form
from digest.web.readers.printing import House, Printer
from digest.web.readers.receiving import Asked, read_asked, read_body, send_answer
from digest.web.readers.stamps import Stamps
from digest.web.readers.visiting import Act, Answer, Show, Visit
from digest.web.telling import tell_once

__all__ = ["STEPS", "ReaderApp", "build_reader_routes"]

_MOST_AT_ONCE = 64
"""How many requests may be worked on or wait; the next one is asked to come again."""
_PATH = re.compile(r"/(?P<step>[a-z]+)(?:/(?P<name>[A-Za-z0-9_-]{0,200})/?)?")
_RACED = ("address", "choice", "pause")
"""What the desk refuses when it has changed since the form was judged."""
_TEXT = "text/plain; charset=utf-8"
_PLAIN = {
    403: b"This was sent from a page of another site.\n",
    405: b"This cannot be done here.\n",
    408: b"The form did not arrive in time.\n",
    413: b"That is more than our forms hold.\n",
    421: b"This server does not answer by that name. Behind a proxy, let it pass on the name that was asked for (Host).\n",
}


class _Door(NamedTuple):
    """What is shown at an address, what a form does there, and what a mail program does."""

    show: Show
    act: Act
    one_click: Show | None = None


_DOORS: Mapping[str, _Door] = {
    "subscribe": _Door(signing_up.show_sign_up, signing_up.sign_up),
    "confirm": _Door(answering.show_confirmation, answering.confirm),
    "preferences": _Door(choosing.show_choices, choosing.change),
    "u": _Door(answering.show_leaving, answering.leave, answering.leave_by_one_click),
    "address": _Door(answering.show_move, answering.agree),
    "undo": _Door(answering.show_return, answering.return_),
}
_ASKING = _Door(signing_up.show_ask, signing_up.ask_for_link)
STEPS = tuple(_DOORS)
"""The first steps of the addresses that are answered here."""


def build_reader_routes(app: ReaderApp) -> list[BaseRoute]:
    """The routes of the readers' pages, for `digest.web.beside.gather`; each with all that is below it, and every method."""
    return [Route(path, app) for step in STEPS for path in (f"/{step}", f"/{step}/{{rest:path}}")]


class ReaderApp:
    """Answers requests for the readers' pages. Handlers run in threads of their own, beside the server's loop.

    Args:
        site_of: the site with its present settings.
        stamps: judge how long forms were open; with a secret of this process when none are given.
        read_clock: the moment now, aware UTC; links and limits go by the machine's clock.
    """

    def __init__(
        self,
        site_of: Callable[[], Site],
        stamps: Stamps | None = None,
        read_clock: Callable[[], datetime] = clock.real_now,
    ) -> None:
        self._printer, self._stamps, self._clock = Printer(site_of), stamps or Stamps(), read_clock
        self._threads = ThreadPoolExecutor(4, "readers")
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        asked = read_asked(scope)
        if self._under_way >= _MOST_AT_ONCE:
            await send_answer(_trouble(503), asked.method, send)
            return
        self._under_way += 1
        try:
            answer = await self._receive(asked, receive)
        finally:
            self._under_way -= 1
        if answer is not None:
            await send_answer(answer, asked.method, send)

    async def _receive(self, asked: Asked, receive: Receive) -> Answer | None:
        try:
            body = await read_body(asked, receive)
        except FormError as refusal:
            return _refuse(refusal.status)
        if body is None:
            return None
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._answer, asked, body)

    def _answer(self, asked: Asked, body: bytes) -> Answer:
        try:
            return self._judge(asked, body, self._printer.house())
        except Exception as error:  # noqa: BLE001 (whatever it is, the reader gets a page and others are answered)
            tell_once("a page for readers cannot be shown", error, discreet=True)
            return _trouble(500)

    def _judge(self, asked: Asked, body: bytes, house: House) -> Answer:
        if host_name(asked.headers.get("host", "")) not in house.names:
            return _refuse(421)
        found = _PATH.fullmatch(asked.path)
        step, name = (found["step"], found["name"] or "") if found else ("", "")
        door = _ASKING if (step, name) == ("preferences", "") else _DOORS.get(step)
        allow = ((b"allow", b"GET, HEAD, POST, OPTIONS" if door else refusals.ALLOW),)
        if asked.method == "OPTIONS":
            return Answer(b"", 204, fields=allow)
        if asked.method not in ("GET", "HEAD", "POST"):
            return Answer(_PLAIN[405], 405, _TEXT, allow)
        place = house.at(self._clock())
        try:
            return self._visit(door, name, asked, body, house, place)
        finally:
            place.close()

    def _visit(self, door: _Door | None, name: str, asked: Asked, body: bytes, house: House, place: Workplace) -> Answer:
        visit = Visit(
            name=name,
            house=house,
            place=place,
            stamps=self._stamps,
            query=read_query(asked.query),
            accepted=asked.headers.get("accept-language", ""),
            network=find_client(asked.peer, asked.headers, house.site.settings.web.trusted_proxies),
        )
        pages = visit.pages()
        try:
            if door is None:
                return Answer(pages.step(pages.steps.broken()), 404)
            return _enter(door, visit, asked, body, house.names)
        except FormError as refusal:
            return Answer(pages.step(pages.steps.unreadable()), refusal.status)
        except SubscriberError as error:
            if error.subject == "link":
                return Answer(pages.step(pages.steps.broken()), 404)
            if error.subject in _RACED:
                return Answer(pages.step(pages.steps.unreadable()), 409)
            raise


def _enter(door: _Door, visit: Visit, asked: Asked, body: bytes, names: frozenset[str]) -> Answer:
    if asked.method != "POST":
        return door.show(visit)
    media_type = asked.headers.get("content-type", "")
    if door.one_click is not None and is_one_click(body, media_type):
        return door.one_click(visit)
    if not is_own_form(asked.headers, names):
        return _refuse(403)
    return door.act(visit, read_fields(body, media_type))


def _refuse(status: int) -> Answer:
    return Answer(_PLAIN[status], status, _TEXT)


def _trouble(status: int) -> Answer:
    _, body = refusals.trouble()
    return Answer(body["body"], status, fields=((b"retry-after", b"60"),))
