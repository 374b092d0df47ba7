"""Short answers of the server's own: what it does not do, what is not there, and what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from starlette.types import Message

from digest.web.fields import CAREFUL, NO_STORE, Field, build_policy
from digest.web.resources import NOTHING, build_body, build_start

__all__ = [
    "ALLOW",
    "Answer",
    "build_answer",
    "build_options",
    "gone",
    "method_not_allowed",
    "missing",
    "too_many",
    "trouble",
]

Answer = tuple[Message, Message]
"""The two messages of a whole answer."""
ALLOW = b"GET, HEAD, OPTIONS"
_POLICY: Field = (b"content-security-policy", build_policy())
_PAGE = (
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width">\n<meta name="robots" content="noindex">\n<title>{title}</title>\n'
    "</head>\n<body>\n<main>\n<h1>{title}</h1>\n<p>{text}</p>\n</main>\n</body>\n</html>\n"
)


def build_answer(status: int, media_type: str, body: bytes, fields: Sequence[Field] = (NO_STORE,)) -> Answer:
    """A whole answer with the careful fields."""
    own: list[Field] = [(b"content-type", media_type.encode()), (b"content-length", str(len(body)).encode())]
    return build_start(status, [*own, *fields, *CAREFUL, _POLICY]), build_body(body)


def _page(status: int, title: str, text: str, fields: Sequence[Field] = (NO_STORE,)) -> Answer:
    page = _PAGE.format(title=escape(title), text=escape(text))
    return build_answer(status, "text/html; charset=utf-8", page.encode(), fields)


def missing() -> Answer:
    """Nothing is there, and there is no 404.html to say so."""
    return _page(404, "There is nothing here", "If this site is new, it is to be published first: digest publish")


def gone() -> Answer:
    """Something was public there and is no more, and there is no 410.html to say so (RFC 9110 section 15.5.11)."""
    caching = (b"cache-control", b"public, max-age=300")
    return _page(410, "This page is gone", "It was here once. It has been taken down for good.", [caching])


def trouble() -> Answer:
    """Something is wrong on the server; whoever runs it was told what."""
    retry = (b"retry-after", b"60")
    return _page(500, "Something went wrong", "The newsroom has been told. Please try again later.", [NO_STORE, retry])


def method_not_allowed() -> Answer:
    """Everything here can be read, nothing else (RFC 9110 section 15.5.6)."""
    text = b"This address can be read only.\n"
    return build_answer(405, "text/plain; charset=utf-8", text, [NO_STORE, (b"allow", ALLOW)])


def too_many(seconds: int) -> Answer:
    """The client is to wait (RFC 6585 section 4)."""
    text = (
        "This feed was fetched from your address very often, and never with If-None-Match or If-Modified-Since.\n"
        f"Please ask again in {seconds} seconds, and send back the ETag that you got: unchanged feeds then cost nothing.\n"
    )
    fields = [NO_STORE, (b"retry-after", str(seconds).encode()), (b"access-control-allow-origin", b"*")]
    return build_answer(429, "text/plain; charset=utf-8", text.encode(), fields)


def build_options(*, shared: bool) -> Answer:
    """What can be done here; of what is shared, what pages of other sites may do (the Fetch standard's preflight)."""
    fields: list[Field] = [(b"allow", ALLOW)]
    if shared:
        fields += [
            (b"access-control-allow-origin", b"*"),
            (b"access-control-allow-methods", b"GET, HEAD"),
            (b"access-control-allow-headers", b"If-None-Match, If-Modified-Since, A-IM"),
            (b"access-control-max-age", b"86400"),
        ]
    return build_start(204, [*fields, *CAREFUL]), NOTHING
