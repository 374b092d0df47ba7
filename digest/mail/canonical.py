"""The relaxed form of headers and bodies over which signatures are made (RFC 6376 section 3.4): what relays may change in
blanks and folding does not matter. What we write ourselves is mostly in that form already."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["is_relaxed", "read_fields", "relax_body", "relax_head"]

_FIELD_END = re.compile(rb"\r\n(?![ \t])")
_BLANKS = re.compile(rb"[ \t]+")
_BLANKS_AT_END = re.compile(rb"[ \t]+(?=\r\n)")


def is_relaxed(body: bytes) -> bool:
    """Whether a body is its own relaxed form: no blank beside another or at a line's end, no empty line at its own."""
    untidy = b"  " in body or b" \r\n" in body or b"\t" in body or body.endswith(b"\r\n\r\n")
    return not untidy and body.endswith(b"\r\n") and body != b"\r\n"


def relax_body(body: bytes) -> bytes:
    """The relaxed form of a body (section 3.4.4)."""
    if is_relaxed(body):
        return body
    text = _BLANKS.sub(b" ", _BLANKS_AT_END.sub(b"", body if body.endswith(b"\r\n") else body + b"\r\n"))
    while text.endswith(b"\r\n\r\n"):
        text = text.removesuffix(b"\r\n")
    return b"" if text == b"\r\n" else text


def read_fields(head: bytes) -> dict[bytes, list[bytes]]:
    """The relaxed values of headers (section 3.4.2) by the name in lower case, in the order in which they stand."""
    fields: dict[bytes, list[bytes]] = {}
    for line in _FIELD_END.split(head):
        name, _, value = line.partition(b":")
        if b"\r\n" in value or b"  " in value or b"\t" in value:
            value = _BLANKS.sub(b" ", value.replace(b"\r\n", b""))
        fields.setdefault(name.rstrip(b" \t").lower(), []).append(value.strip(b" "))
    return fields


def relax_head(fields: dict[bytes, list[bytes]], names: Iterable[bytes]) -> bytes:
    """The headers that a signature names (5.4.2): for each name the lowest that was not taken, nothing if none is left."""
    left = {name: iter(reversed(values)) for name, values in fields.items()}
    lines = []
    for name in names:
        value = next(left[name], None) if name in left else None
        if value is not None:
            lines.append(b"%s:%s\r\n" % (name, value))
    return b"".join(lines)
