"""Private feeds of accredited press: the token in the address is all that opens them, and nothing of them is kept."""

from __future__ import annotations

import re
from typing import Protocol

from digest.feeds.documents import MEDIA_TYPES
from digest.web.codings import choose_coding, encode
from digest.web.fields import CAREFUL, Field, build_policy
from digest.web.refusals import Answer
from digest.web.requests import Asked
from digest.web.resources import build_body, build_start

__all__ = ["PRESS", "PressFeeds", "answer_press"]

PRESS = re.compile(r"/press/(?P<token>[A-Za-z0-9_-]{1,200})\.(?P<form>atom|rss|json)")
"""The path of a private feed."""
_FIELDS: tuple[Field, ...] = (
    (b"cache-control", b"private, no-store"),
    (b"vary", b"Accept-Encoding"),
    (b"x-robots-tag", b"noindex, nofollow"),
    *CAREFUL,
    (b"content-security-policy", build_policy()),
)


class PressFeeds(Protocol):
    """The private feeds; see `digest.desk.press_feeds`."""

    def render(self, token: str, form: str) -> bytes | None:
        """The feed that a token opens, in a format (`atom`, `rss`, `json`); None when it opens none (any more).

        Raises:
            DigestError: it cannot be made now.
        """


def answer_press(feeds: PressFeeds, path: str, asked: Asked) -> Answer | None:
    """The answer at the path of a private feed; None where nothing is, for whatever reason."""
    found = PRESS.fullmatch(path)
    body = feeds.render(found["token"], found["form"]) if found else None
    if found is None or body is None:
        return None
    coding = choose_coding(asked.get(b"accept-encoding"))
    sent = encode(body, coding)
    own: list[Field] = [(b"content-type", MEDIA_TYPES[found["form"]].encode()), (b"content-length", str(len(sent)).encode())]
    if coding != "identity":
        own.append((b"content-encoding", coding.encode()))
    return build_start(200, [*own, *_FIELDS]), build_body(sent)
