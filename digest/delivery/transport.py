"""What a transport is: something that opens sessions, each of which takes letters one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from digest.delivery.ledger import Picked

__all__ = ["Composer", "FullError", "Letter", "Reply", "Session", "Stage", "Transport", "UnreachableError", "send_letter"]


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

    `parts` are the message in pieces, so that copies may share the long ones: it has CRLF line ends, ends in one, and is
    7-bit unless the recipient's address is not. `message_id` is the header's value, the same for each try.
    """

    sender: str
    recipient: str = field(repr=False)
    message_id: str
    parts: Sequence[bytes] = field(repr=False)
    has_dots: bool = True
    """Whether a line of the message may begin with a dot; looking for one takes longer than sending the letter."""

    @property
    def message(self) -> bytes:
        """The message in one piece."""
        return b"".join(self.parts)

    @property
    def size(self) -> int:
        """How many octets the message has."""
        return sum(map(len, self.parts))


@dataclass(frozen=True, slots=True)
class Reply:
    """The last thing that happened: the stage, the relay's code and words; code None when the connection gave no answer.

    Where there are several relays, `relay` names the one that said so, `elsewhere` that another may take the letter, and
    `others` has what those said that were called beside it.
    """

    stage: Stage
    code: int | None
    text: str = ""
    relay: str = ""
    elsewhere: bool = False
    others: tuple[Reply, ...] = ()

    @property
    def invites_body(self) -> bool:
        """Whether an envelope was accepted, so that its body may follow."""
        return self.stage is Stage.DATA and self.code == 354


class UnreachableError(Exception):
    """No session could be opened; `reply` says at which stage and why."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply)
        self.reply = reply


class FullError(UnreachableError):
    """All connections that a relay may have are open; whoever has one goes on, and nothing is wrong."""


class Session(Protocol):
    """An open way for letters. Each goes in two steps: its envelope, and only when that is accepted its body.

    `relay` is the name of the relay, `pipelines` says that the next envelope may leave together with a body.
    """

    @property
    def relay(self) -> str: ...  # noqa: D102 (described by the class)
    @property
    def pipelines(self) -> bool: ...  # noqa: D102

    @property
    def usable(self) -> bool:
        """Whether the next letter can go this way."""
        ...

    async def announce(self, letter: Letter) -> Reply:
        """Send a letter's envelope; `Reply.invites_body` says that its body may follow.

        A lost connection is an answer too, never an exception. After any other answer the session is ready for the next
        envelope, or no longer usable.

        Raises:
            DeliveryError: nothing left, and nothing can leave until something on this machine is mended.
        """
        ...

    async def deliver(self, letter: Letter, following: Letter | None = None) -> tuple[Reply, Reply | None]:
        """Send the body of the letter that was announced; how that ended, and the answer to the next envelope.

        That is None when the following letter was not announced with it: it may be by itself.

        Raises:
            DeliveryError: nothing of it left, and nothing can leave until something on this machine is mended.
        """
        ...

    async def close(self) -> None:
        """Take leave politely, in 5 seconds at most, then close. Never raises.

        A letter that is announced and not delivered cannot be taken back: then the line is dropped, which ends it.
        """
        ...

    def abort(self) -> None:
        """Drop the line at once. Never raises."""
        ...


async def send_letter(session: Session, letter: Letter) -> Reply:
    """One letter whole, for those who have nothing to ask between its envelope and its body.

    Raises:
        DeliveryError: nothing left, and nothing can leave until something on this machine is mended.
    """
    reply = await session.announce(letter)
    return (await session.deliver(letter))[0] if reply.invites_body else reply


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
