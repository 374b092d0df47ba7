"""The application of the desk: the one place where host, session, right and form are judged before a handler runs.

GET and HEAD show, POST acts, nothing else is answered. Whatever fails while it is judged whether something is allowed, the
answer is no. What goes wrong is told without the path and the form, for they may hold a token.
"""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.routing import BaseRoute, Route, compile_path
from starlette.types import Receive, Scope, Send

from digest import clock
from digest.desk.signing_in import find_session, prove, say
from digest.desk.workplace import Workplace
from digest.errors import DigestError, StaffError
from digest.settings import Site
from digest.staff.roles import ROLES, Right
from digest.staff.sessions import form_token, name_device, new_cookie
from digest.web.desk.doors import DOORS
from digest.web.desk.entering import ENTRIES
from digest.web.desk.forms import FormError, read_body, read_form, read_query
from digest.web.desk.guests import Entry, Guest
from digest.web.desk.printing import House, Printer
from digest.web.desk.visiting import Answer, Door, Fields, Upload, Visit
from digest.web.fields import CAREFUL, NO_STORE, Field
from digest.web.readers.guarding import find_client, host_name, is_own_form
from digest.web.resources import NOTHING, build_body, build_start
from digest.web.telling import tell_once

__all__ = ["POLICY", "DeskApp", "build_desk_routes"]

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_FIELDS: tuple[Field, ...] = (
    NO_STORE,
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-robots-tag", b"noindex, nofollow"),
    *CAREFUL,
)
_MOST_AT_ONCE = 32
_TEXT = "text/plain; charset=utf-8"
_PLAIN = {
    400: b"This form cannot be read. Go back, load the page anew and try again.\n",
    403: b"This form was not sent from a page of the desk, or the page was open for too long. Load it anew.\n",
    405: b"This cannot be done here.\n",
    408: b"The form did not arrive in time.\n",
    413: b"That is more than the desk takes at once. A large file of readers is imported on the command line.\n",
    415: b"This is no form of the desk.\n",
    421: b"This server does not answer by that name. Behind a proxy, let it pass on the name that was asked for (Host).\n",
    500: b"Something went wrong. The server's console says what; nothing more was done.\n",
    503: b"The desk is busy. Try again in a moment.\n",
}
_ALLOW: Field = (b"allow", b"GET, HEAD, POST")
_COOKIE, _GUEST = "desk", "desk-guest"
_READ = frozenset(
    {
        "content-length", "content-type", "cookie", "forwarded", "host", "origin", "sec-fetch-site", "user-agent",
        "x-forwarded-for",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request before anybody looked at what it wants."""

    method: str
    path: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    query: bytes = field(repr=False)
    peer: str = field(repr=False)


@dataclass(frozen=True)
class _Case:
    """A request with what is needed to judge it."""

    asked: _Asked
    body: bytes = field(repr=False)
    house: House
    place: Workplace

    def cookie(self, name: str) -> str:
        """The value of one of our cookies; empty when it is not there, or there twice."""
        named = self.name_cookie(name)
        try:
            jar = SimpleCookie(self.asked.headers.get("cookie", ""))
        except CookieError:
            return ""
        return jar[named].value if named in jar else ""

    def name_cookie(self, name: str) -> str:
        """A cookie's name; where people come by https, browsers keep such a one to this very host (RFC 6265bis)."""
        return f"__Host-{name}" if self.house.is_secure else name

    def set_cookie(self, name: str, value: str) -> Field:
        """The header field that keeps a cookie as long as the browser is open; an empty value takes it away."""
        parts = [f"{self.name_cookie(name)}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
        parts += ["Secure"] if self.house.is_secure else []
        parts += ["Max-Age=0"] if not value else []
        return (b"set-cookie", "; ".join(parts).encode("ascii"))


class _Way:
    """Finds what answers at a path."""

    def __init__(self, answers: Sequence[Door | Entry]) -> None:
        self._ways = [(compile_path(one.path)[0], one) for one in answers]

    def find(self, path: str) -> tuple[Door | Entry, Mapping[str, str]] | None:
        """What answers there, and the values of the path's own parts."""
        for pattern, one in self._ways:
            if found := pattern.fullmatch(path):
                return one, found.groupdict()
        return None


def build_desk_routes(app: DeskApp) -> list[BaseRoute]:
    """The routes of the desk, for `digest.web.beside.gather`."""
    return [Route(path, app) for path in ("/desk", "/desk/{rest:path}")]


class DeskApp:
    """Answers requests for the desk. Handlers run in threads of their own, beside the server's loop.

    Args:
        site_of: the site with its present settings.
        read_clock: the moment of each request, aware UTC.
    """

    def __init__(self, site_of: Callable[[], Site], read_clock: Callable[[], datetime] = clock.now) -> None:
        self._printer, self._clock = Printer(site_of), read_clock
        self._threads = ThreadPoolExecutor(4, "desk")
        self._under_way = 0
        self._way = _Way((*ENTRIES, *DOORS))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        asked = _read_asked(scope)
        if self._under_way >= _MOST_AT_ONCE:
            await _send(_refuse(503), asked.method, send)
            return
        self._under_way += 1
        try:
            answer = await self._receive(asked, receive)
        finally:
            self._under_way -= 1
        if answer is not None:
            await _send(answer, asked.method, send)

    async def _receive(self, asked: _Asked, receive: Receive) -> Answer | None:
        found = self._way.find(_inside(asked.path))
        takes_files = found is not None and isinstance(found[0], Door) and found[0].takes_files
        body: bytes | None = b""
        if asked.method == "POST":
            try:
                body = await read_body(asked.headers, receive, takes_files=takes_files)
            except FormError as refusal:
                return _refuse(refusal.status)
        if body is None:
            return None
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._answer, asked, body)

    def _answer(self, asked: _Asked, body: bytes) -> Answer:
        try:
            house = self._printer.house()
            place = house.at(self._clock())
            try:
                return self._judge(_Case(asked, body, house, place))
            finally:
                place.close()
        except FormError as refusal:
            return _refuse(refusal.status)
        except Exception as error:  # noqa: BLE001 (whatever it is, the answer is no and others are answered)
            tell_once("a page of the desk cannot be shown", error, discreet=True)
            return _refuse(500)

    def _judge(self, case: _Case) -> Answer:
        asked = case.asked
        if host_name(asked.headers.get("host", "")) not in case.house.names:
            return _refuse(421)
        if asked.method not in ("GET", "HEAD", "POST"):
            return replace(_refuse(405), fields=(_ALLOW,))
        if asked.method == "POST" and not is_own_form(asked.headers, case.house.names):
            return _refuse(403)
        if asked.method != "POST" and asked.path in ("/desk/desk.css", "/desk/desk.js"):
            return _asset(case.house, asked.path)
        found = self._way.find(_inside(asked.path))
        if found is not None and isinstance(found[0], Entry):
            return _receive_guest(case, found[0], found[1])
        cookie = case.cookie(_COOKIE)
        present = find_session(case.place, cookie) if cookie else None
        if present is None:
            return _send_to_sign_in(case)
        visit = Visit(
            place=case.place,
            member=present.member,
            cookie=cookie,
            is_proved=present.is_proved,
            device=present.session.device,
            address=asked.path,
            renders=case.house.render,
            query=read_query(asked.query),
            said=present.said,
            say=say,
        )
        if found is None:
            return _page_trouble(
                visit, 404, "There is no such page", "The address may have been mistyped, or the thing is gone."
            )
        assert isinstance(found[0], Door)
        return _enter(case, found[0], replace(visit, path=found[1]))


def _enter(case: _Case, door: Door, visit: Visit) -> Answer:
    """Through a door, if the member may."""
    is_act = case.asked.method == "POST"
    wanted = (door.act_right or door.right) if is_act else door.right
    handler = door.act if is_act else door.show
    if handler is None:
        return replace(_refuse(405), fields=(_ALLOW,))
    if not (visit.may(door.right) and visit.may(wanted)):
        return _page_trouble(visit, 403, "Your roles do not allow this", _who_may(wanted))
    try:
        if is_act:
            form, files = read_form(case.body, case.asked.headers.get("content-type", ""), takes_files=door.takes_files)
            visit = _take_form(door, visit, form, files)
        answer = handler(visit)
    except DigestError as error:
        status = 422 if isinstance(error, StaffError) else 409
        answer = _page_trouble(visit, status, f"{error.subject}: {error.cause}", error.remedy, error.problems)
    if answer.cookie or answer.ends_session:
        return replace(answer, fields=(*answer.fields, case.set_cookie(_COOKIE, answer.cookie)))
    return answer


def _take_form(door: Door, visit: Visit, form: Fields, files: Mapping[str, Upload]) -> Visit:
    """The visit with its form; where the door wants it, the password that came with it is tried.

    Raises:
        FormError: the form's token is not that of the session.
        StaffError: the password is wanted, and is not there or wrong.
    """
    if not _is_equal(next(iter(form.get("token", ())), ""), visit.token):
        raise FormError(403)
    visit = replace(visit, form=form, files=files)
    if not door.proved or visit.is_proved:
        return visit
    return visit.renew(prove(visit.place, visit.cookie, next(iter(form.get("password", ())), ""), visit.sent("code")))


def _receive_guest(case: _Case, entry: Entry, path: Mapping[str, str]) -> Answer:
    known = case.cookie(_GUEST)
    guest_cookie = known if re.fullmatch(r"[A-Za-z0-9_-]{20,100}", known) else new_cookie()

    def let_in(cookie: str, address: str, said: str) -> Answer:
        if said:
            say(case.place, cookie, said, "good")
        kept = (case.set_cookie(_COOKIE, cookie), case.set_cookie(_GUEST, ""))
        return Answer(b"", 303, fields=((b"location", address.encode("ascii")), *kept))

    guest = Guest(
        place=case.place,
        token=form_token(guest_cookie),
        network=find_client(case.asked.peer, case.asked.headers, case.house.site.settings.web.trusted_proxies),
        device=name_device(case.asked.headers.get("user-agent", "")),
        render_page=lambda template, values: case.house.render(template, None, values),
        let_in=let_in,
        path=path,
        query=read_query(case.asked.query),
    )
    if case.asked.method == "POST":
        form, _ = read_form(case.body, case.asked.headers.get("content-type", ""), takes_files=False)
        if not known or not _is_equal(next(iter(form.get("token", ())), ""), guest.token):
            raise FormError(403)
        return entry.act(replace(guest, form=form))
    answer = entry.show(guest)
    return replace(answer, fields=(*answer.fields, case.set_cookie(_GUEST, guest_cookie)))


def _send_to_sign_in(case: _Case) -> Answer:
    """To the form to sign in, and from there to where somebody wanted to go; nothing is said of whether that exists."""
    wanted = case.asked.path if case.asked.method == "GET" else "/desk/"
    target = f"/desk/sign-in?next={wanted}" if re.fullmatch(r"/desk/[A-Za-z0-9/_.\-]{1,200}", wanted) else "/desk/sign-in"
    return Answer(b"", 303, fields=((b"location", target.encode("ascii")),))


def _page_trouble(visit: Visit, status: int, title: str, remedy: str, problems: Sequence[object] = ()) -> Answer:
    return visit.render("desk/trouble.html", status, title=title, remedy=remedy, problems=[str(one) for one in problems])


def _who_may(right: Right) -> str:
    roles = [role.value.replace("-", " ") for role, rights in ROLES.items() if right in rights]
    return f"This is for: {', '.join(roles)}. An administrator can give you the role."


def _asset(house: House, path: str) -> Answer:
    body, media_type = (house.style, "text/css") if path.endswith(".css") else (house.script, "text/javascript")
    return Answer(body, media_type=f"{media_type}; charset=utf-8")


def _inside(path: str) -> str:
    """The path below /desk; the first page's is `/`, and a slash at the end changes nothing."""
    return path.removeprefix("/desk").rstrip("/") or "/"


def _is_equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _refuse(status: int) -> Answer:
    return Answer(_PLAIN[status], status, _TEXT)


def _read_asked(scope: Scope) -> _Asked:
    headers: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1").lower()
        if name in _READ:
            text = value.decode("latin-1")
            headers[name] = f"{headers[name]}, {text}" if name in headers else text
    client = scope.get("client")
    return _Asked(scope["method"], scope["path"], headers, scope.get("query_string", b""), client[0] if client else "")


async def _send(answer: Answer, method: str, send: Send) -> None:
    policy: Field = (b"content-security-policy", (answer.policy or POLICY).encode())
    fields: list[Any] = [*answer.fields, policy, *_FIELDS]
    fields += [(b"content-type", answer.media_type.encode()), (b"content-length", str(len(answer.body)).encode())]
    await send(build_start(answer.status, fields))
    await send(build_body(answer.body) if method != "HEAD" else NOTHING)
