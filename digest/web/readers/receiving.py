"""A request as it comes, with limits on how much and how long, and an answer as it goes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.types import Receive, Scope, Send

from digest.web.fields import CAREFUL, NO_STORE, Field
from digest.web.readers.forms import BODY_LIMIT, FormError
from digest.web.readers.visiting import Answer
from digest.web.resources import NOTHING, build_body, build_start

__all__ = ["POLICY", "Asked", "read_asked", "read_body", "send_answer"]

POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_FIELDS: tuple[Field, ...] = (
    NO_STORE,
    (b"content-security-policy", POLICY.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    *CAREFUL,
)
_NOT_FOUND: Field = (b"x-robots-tag", b"noindex, nofollow")
_PATIENCE = 15
"""How long the body of a form may take, in seconds."""
_READ = frozenset(
    {"accept-language", "content-length", "content-type", "forwarded", "host", "origin", "sec-fetch-site", "x-forwarded-for"}
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request before anybody looked at what it wants; of its header fields those that an answer may follow from."""

    method: str
    path: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    query: bytes
    peer: str = field(repr=False)


def read_asked(scope: Scope) -> Asked:
    """The request of an ASGI scope; several lines of one field are joined (RFC 9110 section 5.3)."""
    headers: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1").lower()
        if name in _READ:
            text = value.decode("latin-1")
            headers[name] = f"{headers[name]}, {text}" if name in headers else text
    client = scope.get("client")
    return Asked(scope["method"], scope["path"], headers, scope.get("query_string", b""), client[0] if client else "")


async def read_body(asked: Asked, receive: Receive) -> bytes | None:
    """The body of a request that posts; None when the connection was closed before its end.

    Raises:
        FormError: it is too long (413), or did not come in time (408).
    """
    if asked.method != "POST":
        return b""
    declared = asked.headers.get("content-length", "0")
    if declared.isdecimal() and len(declared) < 20 and int(declared) > BODY_LIMIT:
        raise FormError(413)
    try:
        async with asyncio.timeout(_PATIENCE):
            return await _gather(receive)
    except TimeoutError:
        raise FormError(408) from None


async def _gather(receive: Receive) -> bytes | None:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += bytes(message.get("body", b""))
        if len(body) > BODY_LIMIT:
            raise FormError(413)
        if not message.get("more_body", False):
            return body


async def send_answer(answer: Answer, method: str, send: Send) -> None:
    """Send it; without its body where that was not asked for."""
    fields: list[Field] = [*answer.fields, *_FIELDS]
    if answer.status != 204:
        fields += [(b"content-type", answer.media_type.encode()), (b"content-length", str(len(answer.body)).encode())]
    if not answer.is_found:
        fields.append(_NOT_FOUND)
    await send(build_start(answer.status, fields))
    await send(build_body(answer.body) if method != "HEAD" else NOTHING)
