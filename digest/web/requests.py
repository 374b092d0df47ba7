"""The fields of a request that an answer may follow from; no other one is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = ["Asked", "is_proxied", "read_asked"]

Asked = Mapping[bytes, bytes]
"""Values by the field's name in lower case; several lines of one field are joined by commas (RFC 9110 section 5.3)."""
_PROXY = (b"forwarded", b"via", b"x-forwarded-for", b"x-real-ip")
_ASKED = frozenset(
    {b"a-im", b"accept-encoding", b"if-modified-since", b"if-none-match", b"sec-fetch-dest", b"user-agent", *_PROXY}
)


def read_asked(headers: Iterable[tuple[bytes, bytes]]) -> Asked:
    """The fields that matter."""
    asked: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in _ASKED:
            asked[name] = value if name not in asked else b"%b, %b" % (asked[name], value)
    return asked


def is_proxied(asked: Asked) -> bool:
    """Whether a proxy says that it stands between: then the address is not the client's."""
    return any(name in asked for name in _PROXY)
