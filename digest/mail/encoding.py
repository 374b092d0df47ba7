"""Content transfer encodings (RFC 2045 sections 6.7 and 6.8) of texts in which the leave link is left out.

Every part goes out quoted-printable or base64, whichever is smaller. Lines end in CRLF, have at most 76 octets, and none
starts with a full stop or `From `: nothing on the way needs to change a body, so a signature over it holds.
"""

from __future__ import annotations

import re
from binascii import b2a_base64, b2a_qp
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from digest.mail.slotted import Slotted

__all__ = ["Kind", "Place", "Segment", "encode_body"]

_LINE = 76
_BASE64_LINES = re.compile(rb".{1,76}")
_QUOTED_CHUNK = 72  # leaves room for a soft line break and for one octet that must be written as three
_RISKY = (b".", b"From ")


class Kind(StrEnum):
    """What stands in a place: in a header as it is, in a body in the encoding of its part."""

    TO = "to"
    MESSAGE_ID = "message-id"
    LEAVE = "leave"
    LEAVE_QUOTED = "leave-quoted"
    LEAVE_BASE64 = "leave-base64"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value of one copy goes. In base64 it is encoded with the octets around it that share its groups of three."""

    kind: Kind
    before: bytes = b""
    after: bytes = b""

    def render(self, value: bytes) -> bytes:
        """The octets of that value in this place."""
        if self.kind is Kind.LEAVE_QUOTED:
            return _quote_value(value)
        if self.kind is Kind.LEAVE_BASE64:
            return _encode_base64(self.before + value + self.after)
        return value


Segment = bytes | Place


def encode_body(text: Slotted, leave_length: int) -> tuple[str, list[Segment]]:
    """The name of the smaller encoding, and the encoded text as constants and places in turn.

    Args:
        leave_length: how many octets every leave link has.
    """
    texts = [one.replace("\r\n", "\n").replace("\r", "\n") if "\r" in one else one for one in text]
    quoted = _encode_quoted(texts)
    if _size(quoted) > sum(len(one.encode()) + one.count("\n") for one in texts) * 4 / 3:
        plain = _encode_with_base64([one.replace("\n", "\r\n").encode() for one in texts], leave_length)
        if plain is not None and _size(plain) < _size(quoted):
            return "base64", plain
    return "quoted-printable", quoted


def _size(segments: list[Segment]) -> int:
    return sum(len(segment) for segment in segments if isinstance(segment, bytes))


def _encode_quoted(texts: list[str]) -> list[Segment]:
    """Each place on its own line, between soft line breaks where the text has none."""
    segments: list[Segment] = []
    for number, text in enumerate(texts):
        encoded = _quote(text, number < len(texts) - 1)
        if number and not text.startswith("\n"):
            encoded = b"=\r\n" + encoded
        if number:
            segments.append(Place(Kind.LEAVE_QUOTED))
        segments.append(encoded)
    return segments


def _quote(text: str, goes_on: bool) -> bytes:
    """Quoted-printable; when a place follows, the last line is ended so that the place begins a line."""
    encoded = b"\r\n".join(map(_quote_line, text.split("\n")))
    if goes_on and encoded and not encoded.endswith(b"\r\n"):
        head, newline, last = encoded.rpartition(b"\r\n")
        encoded = head + newline + _mend_line(last + b"=") + b"\r\n"
    return encoded


@lru_cache(maxsize=8192)
def _quote_line(line: str) -> bytes:
    """A line of the text as one or several; no line depends on another, and variants share nearly all of theirs."""
    encoded = b2a_qp(line.encode()).replace(b"\n", b"\r\n")
    if encoded.startswith(_RISKY) or b"\n." in encoded or b"\nFrom " in encoded:
        encoded = b"\r\n".join(_mend_line(part) if part.startswith(_RISKY) else part for part in encoded.split(b"\r\n"))
    return encoded


def _mend_line(line: bytes) -> bytes:
    """The line, its first octet written as three when it is risky, broken again where it has become too long."""
    mended: list[bytes] = []
    while True:
        if line.startswith(_RISKY):
            line = b"=%02X" % line[0] + line[1:]
        if len(line) <= _LINE:
            return b"\r\n".join([*mended, line])
        cut = _LINE - 1
        while b"=" in line[cut - 2 : cut]:
            cut -= 1
        mended.append(line[:cut] + b"=")
        line = line[cut:]


def _quote_value(value: bytes) -> bytes:
    """A leave link on lines of its own; it holds no octet that must be written as three but the stops that start a line."""
    if len(value) <= _QUOTED_CHUNK:
        return value
    chunks = [value[start : start + _QUOTED_CHUNK] for start in range(0, len(value), _QUOTED_CHUNK)]
    return b"=\r\n".join(b"=2E" + chunk[1:] if chunk.startswith(b".") else chunk for chunk in chunks)


def _encode_with_base64(constants: list[bytes], leave_length: int) -> list[Segment] | None:
    """base64, or nothing where two places stand too near to each other to share no group of three octets."""
    segments: list[Segment] = []
    start = 0
    for constant, following in pairwise(constants):
        tail = (len(constant) - start) % 3
        end = len(constant) - tail
        needed = -(tail + leave_length) % 3
        if end < start or len(following) < needed:
            return None
        segments.append(_encode_base64(constant[start:end]))
        segments.append(Place(Kind.LEAVE_BASE64, constant[end:], following[:needed]))
        start = needed
    segments.append(_encode_base64(constants[-1][start:]))
    return segments


def _encode_base64(data: bytes) -> bytes:
    return b"\r\n".join([*_BASE64_LINES.findall(b2a_base64(data, newline=False)), b""])
