"""What an address answers, ready to be sent: bytes in each coding, with header fields that were put together once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.types import Message

from digest.web.codings import Coding, encode
from digest.web.conditions import format_date
from digest.web.fields import Field, Fields, Sort

__all__ = ["NOTHING", "Form", "Resource", "build_body", "build_start", "hide_date"]

NOTHING: Message = {"type": "http.response.body", "body": b""}
"""The message of a body that is not sent."""
_SMALLEST = 500
"""Below this length, in bytes, a coding saves nothing worth its while."""
_VALIDATED = (200, 226)
"""With these statuses an answer can be asked for again on conditions."""
_MARKS: dict[Coding, str] = {"br": "-br", "gzip": "-gz", "identity": ""}


def build_start(status: int, fields: Sequence[Field]) -> Message:
    """The first message of an answer."""
    return {"type": "http.response.start", "status": status, "headers": list(fields)}


def build_body(body: bytes) -> Message:
    """The message of a whole body."""
    return {"type": "http.response.body", "body": body}


def hide_date(start: Message) -> Message:
    """The first message of an answer without `Last-Modified`."""
    return {**start, "headers": [field for field in start["headers"] if field[0] != b"last-modified"]}


@dataclass(frozen=True, slots=True)
class Form:
    """A resource in one coding: its strong entity tag, the messages of a full answer, the first one of a 304."""

    etag: bytes
    full: Message
    body: Message
    unchanged: Message

    @property
    def byte_count(self) -> int:
        """How many bytes its body has."""
        return len(self.body["body"])


class Resource:
    """What one address answers.

    `status` 200 can become a 304; others, such as 410 and 301 (with `location`), are sent as they are. `modified_at` is in
    whole seconds since 1970, `sha256` that of the bytes in hexadecimal, unless the entity tag is to be another's. Each form
    is made when it is first asked for; its entity tag tells codings apart, as RFC 9110 section 8.8.3.3 wants it.
    """

    def __init__(
        self,
        file: str,
        body: bytes,
        sort: Sort,
        fields: Fields,
        modified_at: int,
        *,
        status: int = 200,
        location: str = "",
        extra: Sequence[Field] = (),
        sha256: str = "",
    ) -> None:
        self.file, self.body, self.sort, self.status, self.modified_at = file, body, sort, status, modified_at
        self.location = location
        self.sha256 = sha256 or hashlib.sha256(body).hexdigest()
        self.modified = format_date(modified_at)
        self.has_codings = sort.is_text and len(body) >= _SMALLEST
        self._extra = (*extra, *_lead(location))
        self._fields = fields
        self._forms: dict[Coding, Form] = {}
        self.form("identity")

    @property
    def byte_count(self) -> int:
        """How much memory its bytes take."""
        return sum(form.byte_count for form in self._forms.values())

    def equals(self, other: Resource) -> bool:
        """Whether the other one is answered like this one, but for the date."""
        mine = (self.sha256, self.status, self.location, self.file)
        return mine == (other.sha256, other.status, other.location, other.file)

    def known_form(self, coding: Coding) -> Form | None:
        """The form in that coding if it was made before."""
        return self._forms.get(coding if self.has_codings else "identity")

    def form(self, coding: Coding) -> Form:
        """The form in that coding; may take a while when it is made."""
        made = self.known_form(coding)
        if made is None:
            made = self._forms[coding] = self._make(coding)
        return made

    def _make(self, coding: Coding) -> Form:
        body = encode(self.body, coding)
        etag = f'"{self.sha256[:32]}{_MARKS[coding]}"'.encode()
        own: list[Field] = [(b"etag", etag), (b"last-modified", self.modified)] if self.status in _VALIDATED else []
        length: list[Field] = [(b"content-length", str(len(body)).encode())]
        coded: list[Field] = [] if coding == "identity" else [(b"content-encoding", coding.encode())]
        fields = self._fields.build(self.file, self.sort, self.status)
        return Form(
            etag=etag,
            full=build_start(self.status, [*length, *coded, *own, *fields, *self._extra]),
            body=build_body(body),
            unchanged=build_start(304, [*own, *self._fields.build_unchanged(self.sort)]),
        )


def _lead(location: str) -> Sequence[Field]:
    return [(b"location", quote(location, safe="!#$%&'()*+,/:;=?@[]~").encode())] if location else []
