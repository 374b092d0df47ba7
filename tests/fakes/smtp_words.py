"""The words in which a script tells the scripted SMTP server what to do, and those in which the server tells what happened.

A script is a function of a `Moment` to an answer: a reply line such as `450 4.7.1 greylisted` (several with CRLF between),
one of `Act`, a number of seconds to think before the usual answer, `Late`, `Split`, `Cut`, or None for the usual answer.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import NamedTuple, TypeAlias

USUAL = {
    "connect": "220 fake ready",
    "tls": "220 ready to start TLS",
    "auth": "235 2.7.0 ok",
    "mail": "250 2.1.0 ok",
    "rcpt": "250 2.1.5 ok",
    "data": "354 go on",
    "body": "250 2.0.0 queued",
}


class Act(Enum):
    """What a server can do beside answering."""

    DROP = "drop"
    """Close the line without a word."""
    RESET = "reset"
    """Reset the line (RST) without a word."""
    ACCEPT_AND_DROP = "accept and drop"
    """Only after the body: take the letter, then close the line without a word."""
    ACCEPT_AND_RESET = "accept and reset"
    """Only after the body: take the letter, then reset the line."""
    HANG = "hang"
    """Never answer."""
    ACCEPT_AND_HANG = "accept and hang"
    """Only after the body: take the letter and never answer."""
    STARVE = "starve"
    """Only after DATA: say 354, then read no more."""
    DROP_IN_BODY = "drop in body"
    """Only after DATA: say 354, and close the line when the first octets of the body have come."""
    GARBAGE = "garbage"
    """Say octets that are no reply, then close the line; after STARTTLS they answer the handshake."""


@dataclass(frozen=True)
class Late:
    """Take the letter (when it is a body and the answer good), then answer so many seconds later."""

    seconds: float
    answer: str | None = None


@dataclass(frozen=True)
class Split:
    """Answer octet by octet, with so many seconds between two."""

    answer: str | None = None
    gap: float = 0.0


@dataclass(frozen=True)
class Cut:
    """Say a part of an answer without its end, then close the line. A letter is taken before when the part begins with 2."""

    answer: str


@dataclass(frozen=True)
class Moment:
    """Where the dialogue stands.

    `stage` is connect, ehlo, tls, auth, mail, rcpt, data or body. `tries` counts RCPTs to this recipient so far, this one
    included; `bodies` counts bodies that this recipient's letters have begun, `letters` those begun on this connection.
    """

    stage: str
    line: str = ""
    sender: str = ""
    recipient: str = ""
    tries: int = 0
    letters: int = 0
    connection: int = 0
    bodies: int = 0


Answer: TypeAlias = "str | Act | Late | Split | Cut | float | None"
Script: TypeAlias = Callable[[Moment], Answer]


@dataclass(frozen=True)
class Accepted:
    """A letter the server took."""

    message_id: str
    sender: str
    recipient: str
    message: bytes = field(repr=False)


class Event(NamedTuple):
    """Something that happened, as the log has it; `moment` is seconds since 1970.

    Kinds: `ready` (354 was said), `unused` (the client left without a body), `begun` (the first octet came), `torn` (the
    line ended in mid-body), `taken` (detail: Message-ID and SHA-256 of the message), `lost` (through a fault of the server's
    no answer could be heard), `refused` (detail: stage and code).
    """

    moment: float
    kind: str
    connection: int
    recipient: str
    detail: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The event as the log has it."""
        return " ".join((f"{self.moment:.6f}", self.kind, str(self.connection), self.recipient or "-", *self.detail))


class Log:
    """What happened, in memory and, when there is a file, in the kernel's hands before anybody hears of it."""

    def __init__(self, file: Path | None) -> None:
        self.events: list[Event] = []
        self.bodies: Counter[str] = Counter()
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._handle = os.open(file, flags, 0o600) if file is not None else -1

    def write(self, kind: str, connection: int, recipient: str, *detail: str) -> None:
        """Put an event down, whole or not at all even when the server is killed."""
        event = Event(time.time(), kind, connection, recipient, detail)
        self.events.append(event)
        if kind == "begun":
            self.bodies[recipient] += 1
        if self._handle >= 0:
            os.write(self._handle, f"{event.line}\n".encode())

    def close(self) -> None:
        """Give the file up."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def read_events(lines: Iterable[str]) -> list[Event]:
    """The events of a log's lines."""
    events = []
    for line in lines:
        moment, kind, connection, recipient, *detail = line.split()
        events.append(Event(float(moment), kind, int(connection), "" if recipient == "-" else recipient, tuple(detail)))
    return events
