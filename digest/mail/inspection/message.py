"""The message as it will be handed over: octets, headers, parts. It is read the way a receiver reads it.

Raises nothing: whatever is wrong is a finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime

from digest.errors import DeliveryError, StoreError
from digest.mail.compile import EXAMPLE_READER, CompiledMessage, splice_example
from digest.mail.encoding import Kind
from digest.mail.inspection.finding import Finding, cut
from digest.mail.letter import Letter
from digest.mail.slotted import Slotted, fill

__all__ = ["MESSAGE_WARNING", "SpecimenCopy", "build_specimen", "inspect_message", "inspect_octets", "read_header"]

MESSAGE_WARNING = 200_000
"""From this many octets on a message is called large."""

_LINE = 998  # RFC 5321 section 4.5.3.1.6, without CR LF
_BODY_LINE = 76  # RFC 2045 section 6.7
_ID = "a" * 26
_ONCE = (
    "From", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted",
    "Precedence", "X-Auto-Response-Suppress", "Feedback-ID", "Content-Language", "MIME-Version", "Content-Type",
)  # fmt: skip
_NEVER = (
    "Bcc", "Cc", "Return-Path", "Return-Receipt-To", "Disposition-Notification-To", "List-Post", "X-Mailer", "User-Agent",
    "X-Originating-IP", "X-Priority",
)  # fmt: skip
_EXACT = {
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",  # RFC 8058 section 3.1
    "Auto-Submitted": "auto-generated",  # RFC 3834 section 5
    "Precedence": "bulk",
    "X-Auto-Response-Suppress": "OOF, DR, RN, NRN, AutoReply",
    "MIME-Version": "1.0",
    "To": EXAMPLE_READER,
}
_LIST_ID = re.compile(r"(?:.* )?<[A-Za-z0-9.-]+>")
_SENDER_ID = re.compile(r"[a-z0-9]{5,15}")


class SpecimenCopy:
    """One copy with example values in its slots: its octets, the message that a receiver reads, its leave link."""

    def __init__(self, octets: bytes, leave: str) -> None:
        self.octets = octets
        self.leave = leave
        self.message: Message = message_from_bytes(octets)
        head, _, body = octets.partition(b"\r\n\r\n")
        self.head, self.body = head, body

    def header(self, name: str) -> str | None:
        """A header as it stands, with its folds."""
        value = self.message.get(name)
        return None if value is None else str(value)


def build_specimen(message: CompiledMessage) -> SpecimenCopy | None:
    """A copy for an example reader; None where the message has no room for one."""
    start = "https://leave.invalid/u/"
    leave = start + "x" * (message.leave_length - len(start))
    try:
        return SpecimenCopy(splice_example(message, leave), leave)
    except (DeliveryError, StoreError):  # a link, or the sender, does not stand as it must
        return None


def inspect_octets(message: CompiledMessage) -> Iterator[Finding]:
    """What can be told without a copy: places, lines, size."""
    kinds = {place.kind for place in message.places}
    if not {Kind.TO, Kind.MESSAGE_ID, Kind.LEAVE} <= kinds:
        yield Finding("message", "the address, the Message-ID or the link to leave has no place in it")
    if not kinds & {Kind.LEAVE_QUOTED, Kind.LEAVE_BASE64}:
        yield Finding("message", "no part of it holds the link to leave; write {{ leave_url }} into the templates")
    for constant in message.constants:
        if b"\n" in constant.replace(b"\r\n", b"") or b"\r" in constant.replace(b"\r\n", b""):
            yield Finding("message", "a line ends in something else than CR LF")
        if any(len(line) > _LINE or line.startswith(b".") for line in constant.split(b"\r\n")):
            yield Finding("message", f"a line is longer than {_LINE} octets or starts with a full stop")
    size = sum(map(len, message.constants))
    if size > MESSAGE_WARNING:
        yield Finding("message", f"it has {size:,} octets, which is large for a letter; carry fewer items", "warning")


def inspect_message(letter: Letter, html: Slotted | None, text: Slotted, copy: SpecimenCopy) -> Iterator[Finding]:
    """Headers and parts of a copy."""
    yield from _inspect_lines(copy)
    yield from _inspect_counts(copy)
    yield from _inspect_values(letter, copy)
    yield from _inspect_parts(html, text, copy)


def _inspect_lines(copy: SpecimenCopy) -> Iterator[Finding]:
    if b"\0" in copy.octets or not copy.head.isascii():
        yield Finding("message", "its head holds octets that are not ASCII")
    if any(len(line) > _BODY_LINE for line in copy.body.split(b"\r\n")):
        yield Finding("message", f"a line of its body is longer than {_BODY_LINE} octets")
    for part in copy.message.walk():
        for defect in part.defects:
            yield Finding("message", f"it cannot be read without doubt: {type(defect).__name__}")


def _inspect_counts(copy: SpecimenCopy) -> Iterator[Finding]:
    for name in _ONCE:
        if (count := len(copy.message.get_all(name, []))) != 1:
            yield Finding("message", f"the header {name} must stand in it once and stands in it {count} times")
    for name in _NEVER:
        if name in copy.message:
            yield Finding("message", f"the header {name} must not stand in it")
    for name in ("Reply-To", "List-Archive"):
        if len(copy.message.get_all(name, [])) > 1:
            yield Finding("message", f"the header {name} stands in it twice")


def _inspect_values(letter: Letter, copy: SpecimenCopy) -> Iterator[Finding]:
    """Each header in its exact form."""
    expected = _EXACT | {
        "List-Unsubscribe": f"<{copy.leave}>",  # neither folded nor encoded: receivers look for it as it is
        "Message-ID": f"<{_ID}@{letter.sender.domain}>",
        "Content-Language": letter.language,
    }
    for name, value in expected.items():
        found = copy.header(name)
        if found is not None and found != value:
            yield Finding("message", f"the header {name} is “{cut(found)}” and should be “{cut(value)}”")
    subject = read_header(copy, "Subject")
    if "Subject" in copy.message and subject != letter.subject:
        yield Finding("message", "its subject is read otherwise than it was written", "error", cut(subject))
    name, address = parseaddr(copy.header("From") or "")
    if not name or address != letter.sender.address:
        yield Finding("message", "its sender needs a name, and the address of newsroom.toml behind it")
    if not _LIST_ID.fullmatch(" ".join(read_header(copy, "List-Id").split())):
        yield Finding("message", "its List-Id is not a name and an id in angle brackets")
    fields = (copy.header("Feedback-ID") or "").split(":")
    if len(fields) != 4 or len(set(fields)) != 4 or not _SENDER_ID.fullmatch(fields[-1]):
        yield Finding("message", "its Feedback-ID needs four different fields, the last of 5 to 15 letters and digits")
    if not _is_moment(copy.header("Date") or ""):
        yield Finding("message", "its date is not a moment in +0000")


def _is_moment(date: str) -> bool:
    try:
        return parsedate_to_datetime(date).utcoffset() == timedelta(0) and date.endswith(" +0000")
    except ValueError:
        return False


def read_header(copy: SpecimenCopy, name: str) -> str:
    """A header of a copy in plain words; as it stands where it cannot be decoded."""
    value = re.sub(r"\r?\n(?=[ \t])", "", copy.header(name) or "")
    try:
        return str(make_header(decode_header(value)))
    except (LookupError, UnicodeError, MessageError):
        return value


def _inspect_parts(html: Slotted | None, text: Slotted, copy: SpecimenCopy) -> Iterator[Finding]:
    expected = [("text/plain", text)] if html is None else [("text/plain", text), ("text/html", html)]
    parts = [part for part in copy.message.walk() if not part.is_multipart()]
    wrapped = copy.message.get_content_type() == "multipart/alternative"
    if [part.get_content_type() for part in parts] != [name for name, _ in expected] or wrapped != (html is not None):
        yield Finding("message", "it should be text alone, or multipart/alternative with the text before the HTML")
        return
    boundary = (copy.message.get_boundary() or "").encode()
    if boundary and copy.body.count(b"--" + boundary) != len(parts) + 1:
        yield Finding("message", "its boundary stands inside a part")
    for part, (name, constants) in zip(parts, expected, strict=True):
        if part.get_content_charset() != "utf-8":
            yield Finding("message", f"its part {name} does not say that it is UTF-8")
        payload = part.get_payload(decode=True)
        sent = payload.replace(b"\r\n", b"\n") if isinstance(payload, bytes) else b""
        if sent != fill(constants, copy.leave).replace("\r\n", "\n").replace("\r", "\n").encode():
            yield Finding("message", f"its part {name} arrives otherwise than it was rendered")
