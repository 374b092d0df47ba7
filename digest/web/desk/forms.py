"""What comes with a desk form: fields and files, read in memory with limits on how much and how long."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Receive

from digest.web.desk.visiting import Fields, Upload

__all__ = ["FILE_LIMIT", "FORM_LIMIT", "FormError", "read_body", "read_form", "read_query"]

FORM_LIMIT = 512 * 1024
"""The longest body of a form without files, in bytes."""
FILE_LIMIT = 32 * 1024 * 1024
"""The longest body of a form with files, in bytes: half a million readers. More comes by the command line."""
_MOST_FIELDS = 2000
_LONGEST_QUERY = 4000
_PATIENCE = {False: 20, True: 300}
"""How long a body may take to arrive, in seconds, without and with files."""
_PLAIN, _MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


class FormError(Exception):
    """What was sent is no form of the desk's; `status` is how HTTP calls that."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def read_body(headers: Mapping[str, str], receive: Receive, *, takes_files: bool) -> bytes | None:
    """The body of a request that posts; None when the connection was closed before its end.

    Raises:
        FormError: it is too long (413), or did not come in time (408).
    """
    limit = FILE_LIMIT if takes_files else FORM_LIMIT
    declared = headers.get("content-length", "0")
    if not declared.isdecimal() or len(declared) > 19 or int(declared) > limit:
        raise FormError(413)
    try:
        async with asyncio.timeout(_PATIENCE[takes_files]):
            return await _gather(receive, limit)
    except TimeoutError:
        raise FormError(408) from None


async def _gather(receive: Receive, limit: int) -> bytes | None:
    parts: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(bytes(message.get("body", b"")))
        length += len(parts[-1])
        if length > limit:
            raise FormError(413)
        if not message.get("more_body", False):
            return b"".join(parts)


def read_form(body: bytes, media_type: str, *, takes_files: bool) -> tuple[Fields, Mapping[str, Upload]]:
    """The fields of a form, and its files.

    Raises:
        FormError: it is of another type (415), or cannot be read (400).
    """
    plain = media_type.partition(";")[0].strip().lower()
    if plain == _PLAIN:
        return _read_pairs(body), {}
    if plain == _MULTIPART and takes_files:
        return _read_parts(body, media_type)
    raise FormError(415)


def read_query(query: bytes) -> Fields:
    """The fields of an address's query; nothing of one that is too long or cannot be read."""
    try:
        return _read_pairs(query) if len(query) <= _LONGEST_QUERY else {}
    except FormError:
        return {}


def _read_pairs(body: bytes) -> Fields:
    try:
        pairs = parse_qsl(body.decode("ascii"), True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise FormError(400) from None
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(_plain_lines(value))
    return fields


def _read_parts(body: bytes, media_type: str) -> tuple[Fields, Mapping[str, Upload]]:
    """A form of several parts (RFC 7578), kept in memory: nothing that a list keeper sends is written to a disk unsealed."""
    from python_multipart import FormParser
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import parse_options_header

    fields: dict[str, list[str]] = {}
    files: dict[str, Upload] = {}

    def on_field(part: Any) -> None:
        fields.setdefault(_text(part.field_name), []).append(_plain_lines(_text(part.value or b"")))

    def on_file(part: Any) -> None:
        part.file_object.seek(0)
        files[_text(part.field_name)] = Upload(_text(part.file_name or b""), part.file_object.read())
        part.close()

    _, options = parse_options_header(media_type)
    config = {"MAX_MEMORY_FILE_SIZE": FILE_LIMIT + 1, "MAX_BODY_SIZE": FILE_LIMIT}
    try:
        parser = FormParser(_MULTIPART, on_field, on_file, boundary=options.get(b"boundary"), config=config)
        parser.write(body)
        parser.finalize()
        parser.close()
    except (FormParserError, ValueError):
        raise FormError(400) from None
    if len(fields) > _MOST_FIELDS:
        raise FormError(400)
    return fields, files


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "strict")


def _plain_lines(value: str) -> str:
    """Browsers send line breaks as CR LF (HTML, "constructing the entry list")."""
    return value.replace("\r\n", "\n").replace("\r", "\n")
