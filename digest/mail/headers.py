"""The head of a letter, written by hand: no library folds a List-Unsubscribe as receivers demand it.

What is not ASCII goes into encoded words (RFC 2047), lines are folded at 78 octets (RFC 5322 section 2.1.1), addresses
never are. A discreet letter names newsroom, list, topic and edition in none of these lines.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from base64 import b32encode, b64encode
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime, parseaddr
from functools import lru_cache

from digest.errors import EditionError
from digest.items.characters import find_first_forbidden, is_visible, name_character
from digest.mail.encoding import Kind, Place, Segment
from digest.mail.letter import Letter
from digest.mail.single import SingleLetter

__all__ = [
    "SUPPRESS",
    "Line",
    "build_head",
    "encode_words",
    "find_control",
    "fold",
    "fold_phrase",
    "join_lines",
    "open_lines",
    "sender_id",
]

Line = str | tuple[str, Kind, str]
"""A header line in ASCII, folded, without its last line end; or what stands before and behind a place in one."""

SUPPRESS = "X-Auto-Response-Suppress: OOF, DR, RN, NRN, AutoReply"
"""Asks mail servers of others not to answer by themselves; bounces must come back, so they are not among it."""

_LINE = 78
_ENCODED_LINE = 76  # RFC 2047 section 2: of a line that holds encoded words
_ENCODED_WORD = 75
_REMEMBERED = 512  # values: the variants of an edition share most of theirs
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/^_`{|}~-]+)*")
_LITERAL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/")
_ADDRESS = re.compile(r"[!-9;=?A-~]+@[A-Za-z0-9.-]+")


def build_head(letter: Letter, date: datetime) -> list[Segment]:
    """The header lines down to MIME-Version, with places for the reader's address, the Message-ID and the leave link.

    Args:
        date: the moment at which the edition starts to go out; equal in all copies.

    Raises:
        EditionError: a text holds a control character, or an address of the list is not a plain one.
    """
    _check_texts(letter)
    return join_lines(_lines(letter, date))


def join_lines(lines: Iterable[Line]) -> list[Segment]:
    """Header lines as octets, with a place in each that has one."""
    segments: list[Segment] = []
    for line in lines:
        if isinstance(line, str):
            segments.append(line.encode("ascii") + b"\r\n")
        else:
            before, kind, after = line
            segments += [before.encode("ascii"), Place(kind), after.encode("ascii") + b"\r\n"]
    return segments


def open_lines(letter: Letter | SingleLetter, date: datetime) -> Iterator[Line]:
    """The lines with which the head of every letter begins: who writes to whom about what, and when."""
    yield fold_phrase("From", letter.sender.name, letter.sender.address)
    if letter.reply_to and not letter.is_discreet:  # it may be named for a desk
        name, address = parseaddr(letter.reply_to)
        yield fold_phrase("Reply-To", name, address) if name else f"Reply-To: {address}"
    yield "To: ", Kind.TO, ""
    yield fold("Subject", letter.subject)
    yield f"Date: {format_datetime(date.astimezone(UTC).replace(microsecond=0))}"
    yield "Message-ID: ", Kind.MESSAGE_ID, ""


def _lines(letter: Letter, date: datetime) -> Iterator[Line]:
    domain = letter.sender.domain
    yield from open_lines(letter, date)
    if letter.is_discreet:
        yield f"List-Id: <mail.{domain}>"
    else:
        yield fold_phrase("List-Id", letter.list_title, f"{letter.list_id}.{domain}")
    yield "List-Unsubscribe: <", Kind.LEAVE, ">"
    yield "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    if not letter.is_discreet:
        yield f"List-Archive: <{letter.web_url}>"
    yield "Auto-Submitted: auto-generated"
    yield "Precedence: bulk"
    yield SUPPRESS
    about = "letter:regular:mail" if letter.is_discreet else f"{letter.edition}:{letter.list_id}:digest_mail"
    yield f"Feedback-ID: {about}:{sender_id(domain)}"
    yield f"Content-Language: {letter.language}"
    yield "MIME-Version: 1.0"


def sender_id(domain: str) -> str:
    """The last field of Feedback-ID: 12 characters that stay the same for a sender's domain and stand for nothing else."""
    return b32encode(hashlib.sha256(domain.encode()).digest())[:12].decode().lower()


def _check_texts(letter: Letter) -> None:
    reply = parseaddr(letter.reply_to)
    texts = {
        "sender": letter.sender.name,
        "reply_to": reply[0],
        "subject": letter.subject,
        "list title": letter.list_title,
        "web address": letter.web_url,
    }
    for name, text in texts.items():
        if (sign := find_control(text)) is not None:
            cause = f"its {name} holds a control character, {name_character(sign)}"
            raise EditionError(f"edition {letter.edition}", cause, "Type it anew.")
    if not is_visible(letter.sender.name):
        raise EditionError(f"edition {letter.edition}", "its sender has no name", "Write one in newsroom.toml.")
    for name, address in (("sender", letter.sender.address), ("reply_to", reply[1])):
        if not _ADDRESS.fullmatch(address) and (address or name == "sender" or letter.reply_to):
            raise EditionError(
                f"edition {letter.edition}",
                f"the {name} of list {letter.list_id} is not a plain mail address",
                "Write it in newsroom.toml like desk@example.org.",
            )
    if not letter.web_url.isascii():
        raise EditionError(f"edition {letter.edition}", "its web address is not ASCII", "Write base_url in ASCII.")


@lru_cache(maxsize=_REMEMBERED)
def find_control(text: str) -> str | None:
    """The first character that could end a line, or make a text read other than it is written, as bidirectional ones do."""
    controls = (sign for sign in text if unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp"))
    forbidden = find_first_forbidden(text)
    return next(controls, forbidden[0] if forbidden else None)


@lru_cache(maxsize=_REMEMBERED)
def fold(name: str, value: str) -> str:
    """An unstructured header (RFC 5322 section 2.2.1) as one or several lines, without the last line end.

    Plain ASCII is folded at its blanks; what could be read otherwise, or cannot be folded, becomes encoded words.
    """
    words = value.split(" ")
    room = _LINE - len(name) - 2
    readable = value.isascii() and "=?" not in value and all(0 < len(word) <= room for word in words)
    if not readable:
        words = encode_words(value, len(name) + 2)
    return _fold_words(name, words, _LINE if readable else _ENCODED_LINE)


@lru_cache(maxsize=_REMEMBERED)
def fold_phrase(name: str, phrase: str, address: str) -> str:
    """A name in words, runs of blanks as one, and an address behind it in angle brackets (RFC 5322 section 3.4)."""
    phrase = " ".join(filter(None, phrase.split(" ")))
    escaped = phrase.replace("\\", "\\\\").replace('"', '\\"')
    word = phrase if _ATOMS.fullmatch(phrase) else f'"{escaped}"'
    plain = len(word) <= _LINE - len(name) - 2 and phrase.isascii() and "=?" not in phrase
    words = [word] if plain else encode_words(phrase, len(name) + 2)
    return _fold_words(name, [*words, f"<{address}>"], _ENCODED_LINE)


def _fold_words(name: str, words: list[str], length: int) -> str:
    lines = [f"{name}:"]
    for number, word in enumerate(words):
        if number and len(lines[-1]) + 1 + len(word) > length:
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines)


def encode_words(text: str, used: int) -> list[str]:
    """Text as encoded words (RFC 2047 section 2) of at most 75 characters that each hold whole characters.

    Args:
        used: how many octets of the first line are taken.
    """
    as_quoted = sum(map(len, map(_quote_sign, text))) <= (len(text.encode()) + 2) // 3 * 4
    words, taken = [], ""
    room = _ENCODED_LINE - used
    for sign in text:
        if taken and len(_encode_word(taken + sign, as_quoted)) > min(room, _ENCODED_WORD):
            words.append(_encode_word(taken, as_quoted))
            taken, room = "", _ENCODED_WORD
        taken += sign
    return [*words, _encode_word(taken, as_quoted)]


def _encode_word(text: str, as_quoted: bool) -> str:
    if as_quoted:
        return f"=?utf-8?q?{''.join(map(_quote_sign, text))}?="
    return f"=?utf-8?b?{b64encode(text.encode()).decode()}?="


def _quote_sign(sign: str) -> str:
    if sign in _LITERAL:
        return sign
    return "_" if sign == " " else "".join(f"={octet:02X}" for octet in sign.encode())
