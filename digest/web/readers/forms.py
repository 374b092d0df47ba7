"""What was sent with a form, read with limits and judged by what the site offers. Nothing here knows who sent it."""

from __future__ import annotations

import email
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from urllib.parse import parse_qsl

from digest.clock import day_start
from digest.errors import SubscriberError
from digest.pages.reader_forms import offers_urgent, open_topics
from digest.pages.reader_views import Entry, Fault
from digest.settings import Settings
from digest.subscribers.addresses import parse_address
from digest.subscribers.requests import Wish

__all__ = [
    "BODY_LIMIT", "Fields", "FormError", "is_one_click", "judge_address", "judge_day", "judge_entry",
    "read_entry", "read_fields", "read_query",
]  # fmt: skip

BODY_LIMIT = 16 * 1024
"""The longest body of a form, in bytes."""
_MOST_FIELDS = 200
_LONGEST_VALUE = 1000
_LONGEST_QUERY = 2000
_TYPE = "application/x-www-form-urlencoded"
_ONE_CLICK = [("List-Unsubscribe", "One-Click")]
_LONGEST_PAUSE = timedelta(days=366)

Fields = Mapping[str, Sequence[str]]
"""Values by the field's name, in the order in which they were sent."""


class FormError(Exception):
    """What was sent is no form of ours; `status` is how HTTP calls that."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def read_fields(body: bytes, media_type: str) -> Fields:
    """The fields of a form.

    Raises:
        FormError: it is of another type, no text in UTF-8, or has too many or too long fields.
    """
    if media_type.partition(";")[0].strip().lower() != _TYPE:
        raise FormError(415)
    if len(body) > BODY_LIMIT:
        raise FormError(413)
    try:
        pairs = parse_qsl(body.decode("ascii"), True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise FormError(400) from None
    return _gather(pairs)


def read_query(query: bytes) -> Fields:
    """The fields of an address's query; nothing of one that is too long or cannot be read."""
    try:
        text = query.decode("ascii") if len(query) <= _LONGEST_QUERY else ""
        return _gather(parse_qsl(text, errors="strict", max_num_fields=_MOST_FIELDS))
    except (ValueError, FormError):
        return {}


def _gather(pairs: Sequence[tuple[str, str]]) -> Fields:
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        if max(len(name), len(value)) > _LONGEST_VALUE:
            raise FormError(400)
        fields.setdefault(name, []).append(value)
    return fields


def is_one_click(body: bytes, media_type: str) -> bool:
    """Whether a mail program asks to unsubscribe, in either of the two types that a form may have (RFC 8058 section 3.2)."""
    if len(body) > BODY_LIMIT:
        return False
    if not media_type.lower().startswith("multipart/form-data"):
        return body.strip() == b"List-Unsubscribe=One-Click"
    if re.search(r"[^ -~]", media_type):
        return False
    parsed = email.message_from_bytes(b"Content-Type: " + media_type.encode() + b"\r\n\r\n" + body)
    parts = [part for part in parsed.walk() if not part.is_multipart()]
    pairs = [(part.get_param("name", header="content-disposition"), str(part.get_payload()).strip()) for part in parts]
    return pairs == _ONE_CLICK


def read_entry(fields: Fields) -> Entry:
    """What stands in the fields of a list's form; nothing is judged yet."""
    return Entry(
        address=_one(fields, "address"),
        takes_all=_one(fields, "scope") != "some",
        topics=tuple(dict.fromkeys(fields.get("topic", ()))),
        rhythm=_one(fields, "rhythm"),
        urgent=_one(fields, "urgent") == "yes",
        language=_one(fields, "language"),
        form="discreet" if _one(fields, "form") == "discreet" else "full",
    )


def judge_entry(list_id: str, entry: Entry, settings: Settings, kept: Sequence[str] = ()) -> Wish | Fault:
    """What is wanted of a list, or why that cannot be had.

    Args:
        kept: topics that are followed already; they can be kept though nobody can choose them any more.
    """
    chosen = settings.lists[list_id]
    rhythm = entry.rhythm or chosen.rhythms[0]
    language = entry.language or settings.newsroom.language
    offered = {*open_topics(settings), *kept}
    if (
        rhythm not in chosen.rhythms
        or language not in settings.languages
        or not (entry.takes_all or offered >= set(entry.topics))
    ):
        return "choice"
    if not entry.takes_all and not entry.topics:
        return "topics-none"
    return Wish(
        list_id=list_id,
        rhythm=rhythm,
        language=language,
        topics=() if entry.takes_all else tuple(sorted(entry.topics)),
        urgent=entry.urgent and rhythm != "at-once" and offers_urgent(chosen),
        form="discreet" if entry.form == "discreet" else "full",
    )


def judge_address(text: str) -> Fault | None:
    """Why letters cannot go to what was typed; None when they can."""
    if not text.strip():
        return "address-missing"
    try:
        return "address-letters" if parse_address(text).needs_smtputf8 else None
    except SubscriberError:
        return "address-wrong"


def judge_day(fields: Fields, settings: Settings, now: datetime) -> datetime | None:
    """The moment until which letters pause, aware UTC: the beginning of that day in the newsroom; None for no good day."""
    try:
        day = date.fromisoformat(_one(fields, "until"))
        until = day_start(day, settings.zone)
    except (ValueError, OverflowError):
        return None
    return until if now < until <= now + _LONGEST_PAUSE else None


def _one(fields: Fields, name: str) -> str:
    return next(iter(fields.get(name, ())), "")
