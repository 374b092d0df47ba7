"""Who is not signed in yet: a request to sign in or to follow a link, as its handlers see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from digest.desk.workplace import Workplace
from digest.web.desk.visiting import Answer, Fields

__all__ = ["Entry", "Guest"]


@dataclass(frozen=True)
class Guest:
    """A request of somebody unknown. `token` is what the page's form must send back, `network` the address that asked, for
    limits alone, `device` the browser's name in a few words."""

    place: Workplace
    token: str = field(repr=False)
    network: str = field(repr=False)
    device: str
    render_page: Callable[[str, Mapping[str, Any]], bytes] = field(repr=False)
    let_in: Callable[[str, str, str], Answer] = field(repr=False)
    path: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Fields = field(default_factory=dict, repr=False)
    form: Fields = field(default_factory=dict, repr=False)

    def asked(self, name: str) -> str:
        """The first value of a field of the query."""
        return next(iter(self.query.get(name, ())), "")

    def sent(self, name: str) -> str:
        """The first value of a field of the form."""
        return next(iter(self.form.get(name, ())), "")

    def render(self, template: str, status: int = 200, **values: Any) -> Answer:
        """A page that says nothing about the site but its name."""
        return Answer(self.render_page(template, {"token": self.token, **values}), status)

    def enter(self, cookie: str, address: str = "/desk/", said: str = "") -> Answer:
        """Let the browser in with a new session, and send it on."""
        return self.let_in(cookie, address, said)


@dataclass(frozen=True, slots=True)
class Entry:
    """An address that is open without a session: what it shows, and what its form does."""

    path: str
    show: Callable[[Guest], Answer]
    act: Callable[[Guest], Answer]
