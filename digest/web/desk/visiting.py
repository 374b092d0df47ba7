"""One request at the desk as handlers see it, what they answer, and what a door is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlencode

from digest.desk.workplace import Workplace
from digest.settings import Settings
from digest.staff.members import Member
from digest.staff.roles import Right
from digest.staff.sessions import form_token
from digest.web.fields import Field

__all__ = ["HTML", "Answer", "Door", "Fields", "Handler", "Renders", "Upload", "Visit"]

HTML = "text/html; charset=utf-8"

Fields = Mapping[str, Sequence[str]]
"""Values by the field's name, in the order in which they were sent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back.

    `policy` replaces the desk's content security policy where a page needs another one; `cookie` is a new session's, which
    the browser is to keep in place of the one that it sent; `ends_session` tells it to keep none.
    """

    body: bytes
    status: int = 200
    media_type: str = HTML
    fields: tuple[Field, ...] = ()
    policy: str = ""
    cookie: str = field(default="", repr=False)
    ends_session: bool = False


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a form."""

    name: str
    data: bytes = field(repr=False)


class Renders(Protocol):
    """Makes a desk page of a template below templates/desk/ and its values."""

    def __call__(self, template: str, visit: Visit, values: Mapping[str, Any]) -> bytes:
        """The page as UTF-8; `digest.web.desk.printing` does it."""


@dataclass(frozen=True)
class Visit:
    """A request that was let in: its session is good, its member has the door's right, and a form is one of ours.

    `path` holds the values of the address's own parts; `is_proved` says whether the member gave the password within the last
    minutes, `device` what they sit at, `said` what the page before has to say, `is_renewed` that the session got another
    cookie by this very request.
    """

    place: Workplace
    member: Member
    cookie: str = field(repr=False)
    is_proved: bool
    device: str
    address: str
    renders: Renders
    path: Mapping[str, str] = field(default_factory=dict)
    query: Fields = field(default_factory=dict)
    form: Fields = field(default_factory=dict, repr=False)
    files: Mapping[str, Upload] = field(default_factory=dict, repr=False)
    said: tuple[str, str] = ("", "")
    say: Callable[[Workplace, str, str, str], None] = lambda _place, _cookie, _sentence, _tone: None
    is_renewed: bool = False

    @property
    def now(self) -> datetime:
        """The moment of the request."""
        return self.place.now

    @property
    def settings(self) -> Settings:
        """The site's settings."""
        return self.place.site.settings

    @property
    def token(self) -> str:
        """What every form of the page must send back in the field `token`."""
        return form_token(self.cookie)

    @property
    def actor(self) -> str:
        """The member's name, as the journal has it."""
        return self.member.name

    def may(self, right: Right) -> bool:
        """Whether the member is allowed that; pages leave out what is not."""
        return self.member.may(right)

    def asked(self, name: str, default: str = "") -> str:
        """The first value of a field of the query."""
        return next(iter(self.query.get(name, ())), default)

    def sent(self, name: str, default: str = "") -> str:
        """The first value of a field of the form, without blanks at its ends."""
        return next(iter(self.form.get(name, ())), default).strip()

    def render(self, template: str, status: int = 200, policy: str = "", **values: Any) -> Answer:
        """A page of the desk: a template below templates/desk/ that extends `desk/_base.html`."""
        return Answer(self.renders(template, self, values), status, policy=policy, cookie=self._new_cookie())

    def go(self, address: str, said: str = "", tone: str = "good", **query: str) -> Answer:
        """Send the browser on with GET (303), so that going back never sends a form twice.

        Args:
            said: what the next page says at its top, one sentence; `tone` is `good` or `bad`.
            query: fields of the query.
        """
        if said:
            self.say(self.place, self.cookie, said, tone)
        target = f"{address}?{urlencode(query)}" if query else address
        return Answer(b"", 303, fields=((b"location", target.encode("ascii")),), cookie=self._new_cookie())

    def renew(self, cookie: str) -> Visit:
        """The same with the session that took the place of the one that was sent."""
        return replace(self, cookie=cookie, is_proved=True, is_renewed=True)

    def _new_cookie(self) -> str:
        return self.cookie if self.is_renewed else ""


Handler = Callable[[Visit], Answer]


@dataclass(frozen=True, slots=True)
class Door:
    """An address of the desk, what it shows and what its form does.

    Args:
        path: below /desk, as Starlette writes it: `/editions/{edition}`.
        right: what a member needs to come in at all.
        show: answers GET and HEAD, and changes nothing; None where there is only a form's target.
        act: answers POST; None where nothing can be done.
        act_right: what a member needs to act, where that is more than to look.
        proved: whether acting wants the password given within the last minutes.
        takes_files: whether its form is multipart with files, of up to `digest.web.desk.forms.FILE_LIMIT` bytes.
    """

    path: str
    right: Right
    show: Handler | None = None
    act: Handler | None = None
    act_right: Right | None = None
    proved: bool = False
    takes_files: bool = False
