"""The compiled message: octets with places for what differs in a copy: the address, the Message-ID, the leave link.

A letter is compiled once a variant; a copy is then one join of constants with its values in between. Equal letters compile
to equal octets, on every machine and every day: the boundary follows from the content, the date from the edition's start.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import chain

from digest.errors import DeliveryError, StoreError
from digest.mail.canonical import is_relaxed
from digest.mail.encoding import Kind, Place, Segment, encode_body
from digest.mail.headers import build_head
from digest.mail.letter import Letter
from digest.mail.slotted import Slotted

__all__ = [
    "EXAMPLE_READER",
    "CompiledMessage",
    "compile_message",
    "compile_parts",
    "read_file",
    "render_file",
    "splice",
    "splice_example",
    "splice_parts",
]

EXAMPLE_READER = "reader@example.org"
"""Who gets the copies that are only looked at (RFC 2606)."""

_MAGIC = b"digest-message 1\n"
_TO = re.compile(rb"[!-'*+\--9=?A-~]{1,64}@[A-Za-z0-9.-]{1,255}")
_MESSAGE_ID = re.compile(rb"<[a-z2-7]{26}@[A-Za-z0-9.-]{1,255}>")
_LEAVE = re.compile(rb"(?:https://[A-Za-z0-9.-]+|http://(?:127\.0\.0\.1|localhost|\[::1\]))(?::\d+)?(?:/[A-Za-z0-9._~-]+)+")
_FROM = re.compile(rb"From:.*?<([!-;=?-~]+)>\r\n(?![ \t])", re.DOTALL)


@dataclass(frozen=True)
class CompiledMessage:
    """Constants and the places between them, in turn: there is one constant more than places.

    `leave_length` is how many octets every leave link must have: letters in base64 depend on it.
    """

    constants: tuple[bytes, ...]
    places: tuple[Place, ...]
    leave_length: int

    @cached_property
    def hash(self) -> str:
        """The SHA-256 of its file, in hexadecimal: the name under which it is kept."""
        return hashlib.sha256(render_file(self)).hexdigest()

    @cached_property
    def places_and_constants(self) -> tuple[tuple[Place, bytes], ...]:
        """Each place with the constant behind it."""
        return tuple(zip(self.places, self.constants[1:], strict=True))

    @cached_property
    def is_relaxed(self) -> bool:
        """Whether the body of each copy is its own relaxed form (`digest.mail.canonical`); values hold no blanks."""
        return is_relaxed(b"-".join(self.constants))

    @cached_property
    def has_dots(self) -> bool:
        """Whether a line of a copy may begin with a dot; of the values only a link begins a line."""
        return any(b"\r\n." in constant for constant in self.constants)

    @cached_property
    def sender(self) -> str:
        """The address in its From line, which is the envelope's too: the Return-Path tells no more than the letter does.

        Raises:
            StoreError: the message does not begin with one.
        """
        found = _FROM.match(self.constants[0])
        if found is None:
            raise StoreError("a prepared message", "it has no sender", "Prepare the edition again.")
        return found[1].decode("ascii")

    @cached_property
    def domain(self) -> str:
        """The domain of that address in lower case, which its Message-IDs end in and whose keys sign it."""
        return self.sender.rpartition("@")[2].lower()


def compile_message(
    letter: Letter, html: Slotted | None, text: Slotted, date: datetime, leave_length: int
) -> CompiledMessage:
    """A letter's parts as one message (RFC 2046 section 5.1.4), the text first; without HTML it is the text alone.

    Args:
        date: when the edition starts to go out.
        leave_length: the length in octets of every leave link of this deployment.

    Raises:
        EditionError: a header of the letter cannot be written; see `digest.mail.headers.build_head`.
    """
    return compile_parts(build_head(letter, date), html, text, leave_length)


def compile_parts(head: list[Segment], html: Slotted | None, text: Slotted, leave_length: int) -> CompiledMessage:
    """The same below any head; `leave_length` is 0 for a letter without a link of its reader's own."""
    parts = [_build_part("plain", text, leave_length)]
    if html is not None:
        parts.append(_build_part("html", html, leave_length))
    if len(parts) == 1:
        return _build(chain(head, parts[0]), leave_length)
    boundary = _boundary(chain(head, *parts))
    segments = [*head, b'Content-Type: multipart/alternative;\r\n boundary="%s"\r\n\r\n' % boundary]
    for part in parts:
        segments += [b"--%s\r\n" % boundary, *part, b"\r\n"]
    return _build([*segments, b"--%s--\r\n" % boundary], leave_length)


def splice(message: CompiledMessage, *, to: bytes, message_id: bytes, leave_url: bytes) -> bytes:
    """One reader's copy in one piece.

    Raises:
        DeliveryError: a value does not fit; see `splice_parts`.
    """
    return b"".join(splice_parts(message, to=to, message_id=message_id, leave_url=leave_url))


def splice_parts(message: CompiledMessage, *, to: bytes, message_id: bytes, leave_url: bytes) -> list[bytes]:
    """One reader's copy as the pieces that it is joined of; all long ones are the message's own, and shared by its copies.

    Args:
        to: the address as it stands in the To header, ASCII, without a name.
        message_id: `<26 base32 characters@domain>`.
        leave_url: the https link to leave (http on the loopback only), of the length the message was compiled for; nothing
            for a message without one.

    Raises:
        DeliveryError: a value does not fit; the message does not repeat it.
    """
    leads = not leave_url or _LEAVE.fullmatch(leave_url)
    if not (_TO.fullmatch(to) and _MESSAGE_ID.fullmatch(message_id) and leads):
        raise _misfit("the address, the Message-ID or the leave link has not the form that a header can take")
    if len(leave_url) != message.leave_length:
        raise _misfit(f"the leave link has {len(leave_url)} octets and was prepared for {message.leave_length}")
    copy = [message.constants[0]]
    for place, constant in message.places_and_constants:
        kind = place.kind
        copy += (place.render(to if kind is Kind.TO else message_id if kind is Kind.MESSAGE_ID else leave_url), constant)
    return copy


def splice_example(message: CompiledMessage, leave_url: str) -> bytes:
    """The copy of a reader that there is not, to look at.

    Raises:
        DeliveryError: the link does not fit; the message does not repeat it.
    """
    message_id = f"<{'a' * 26}@{message.domain}>"
    return splice(message, to=EXAMPLE_READER.encode(), message_id=message_id.encode(), leave_url=leave_url.encode())


def _misfit(cause: str) -> DeliveryError:
    return DeliveryError("copy", cause, "Look at base_url and the list's sender in newsroom.toml, then prepare it again.")


def render_file(message: CompiledMessage) -> bytes:
    """The message as the octets of a file: a line that names the form, a line of JSON, the constants one after the other."""
    index = {
        "leave_length": message.leave_length,
        "lengths": [len(constant) for constant in message.constants],
        "places": [[place.kind, place.before.hex(), place.after.hex()] for place in message.places],
    }
    head = json.dumps(index, sort_keys=True, separators=(",", ":")).encode()
    return b"".join((_MAGIC, head, b"\n", *message.constants))


def read_file(data: bytes) -> CompiledMessage:
    """The message that `render_file` wrote.

    Raises:
        StoreError: it is not such a file, or not a whole one.
    """
    try:
        head, newline, rest = data.removeprefix(_MAGIC).partition(b"\n")
        index = json.loads(head)
        lengths: list[int] = index["lengths"]
        places = tuple(
            Place(Kind(kind), bytes.fromhex(before), bytes.fromhex(after)) for kind, before, after in index["places"]
        )
        whole = data.startswith(_MAGIC) and newline and len(rest) == sum(lengths) and len(lengths) == len(places) + 1
        leave_length = int(index["leave_length"])
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole or min(lengths) < 0:
        raise StoreError("a prepared message", "its file is damaged", "Prepare the edition again.")
    constants, start = [], 0
    for length in lengths:
        constants.append(rest[start : start + length])
        start += length
    return CompiledMessage(tuple(constants), places, leave_length)


def _build_part(subtype: str, text: Slotted, leave_length: int) -> list[Segment]:
    encoding, segments = encode_body(text, leave_length)
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return [head.encode(), *segments]


def _boundary(segments: Iterable[Segment]) -> bytes:
    """`=_` stands in no quoted-printable and no base64, so no part can hold the boundary."""
    digest = hashlib.sha256()
    for segment in segments:
        digest.update(segment if isinstance(segment, bytes) else b"\0%s\0" % segment.kind.encode())
    return b"=_" + digest.hexdigest()[:32].encode()


def _build(segments: Iterable[Segment], leave_length: int) -> CompiledMessage:
    """Join constants that follow each other."""
    constants, places, run = [], [], b""
    for segment in segments:
        if isinstance(segment, bytes):
            run += segment
        else:
            constants.append(run)
            places.append(segment)
            run = b""
    return CompiledMessage((*constants, run), tuple(places), leave_length)
