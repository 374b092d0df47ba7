"""What a transport is: something that opens sessions, each of which takes letters one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from digest.delivery.ledger import Picked

__all__ = ["Composer", "Letter", "Reply", "Session", "Stage", "Transport", "UnreachableError"]


class Stage(StrEnum):
    """How far a connection or a letter had come. After BODY has begun, no answer means that nobody knows."""

    CONNECT = "connect"
    EHLO = "ehlo"
    TLS = "tls"
    AUTH = "auth"
    LETTER = "letter"  # looked at on our side only; nothing was said to the relay
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class Letter:
    """One copy, ready to leave.

    `message` has CRLF line ends, ends in one, and is 7-bit unless the recipient's address is not. `message_id` is the
    header's value, the same for each try.
    """

    sender: str
    recipient: str = field(repr=False)
    message_id: str
    message: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """The last thing that happened: the stage, the relay's code and words; code None when the connection gave no answer."""

    stage: Stage
    code: int | None
    text: str = ""


class UnreachableError(Exception):
    """No session could be opened; `reply` says at which stage and why."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply)
        self.reply = reply


class Session(Protocol):
    """An open way for letters."""

    @property
    def usable(self) -> bool:
        """Whether the next letter can go this way."""
        ...

    async def send(self, letter: Letter) -> Reply:
        """Send one letter and say how it ended; a lost connection is an answer too, never an exception.

        Raises:
            DeliveryError: nothing left, and nothing can leave until something on this machine is mended.
        """
        ...

    async def close(self) -> None:
        """Take leave politely, in 5 seconds at most, then close. Never raises."""
        ...

    def abort(self) -> None:
        """Drop the line at once. Never raises."""
        ...


class Transport(Protocol):
    """A way for letters to leave; `name` is how messages call it, without user or password."""

    @property
    def name(self) -> str: ...  # noqa: D102 (described by the class)

    async def open(self) -> Session:
        """A new session.

        Raises:
            UnreachableError: it cannot be had now.
            DeliveryError: it cannot be had until something on this machine is mended.
        """
        ...


Composer = Callable[[Picked], Letter]
"""Makes the copy of a picked delivery: unseals the address, fills the slots, signs. A DigestError pauses the edition.

Where a sender has threads for it, several of them call it at a time."""
