"""The header fields of an answer: what a path is, how long it may be kept, and what a page may load."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from digest.feeds.documents import MEDIA_TYPES
from digest.newsroom.addresses import Addresses
from digest.settings import Settings
from digest.web.addresses import FEED

__all__ = ["CAREFUL", "NO_STORE", "Field", "Fields", "Sort", "build_cache_control", "build_policy", "judge_path"]

Field = tuple[bytes, bytes]

CAREFUL: tuple[Field, ...] = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))
"""On every answer: browsers take the media type as it is said, and tell no other site where a reader came from."""
NO_STORE: Field = (b"cache-control", b"no-store")

_HOST = re.compile(r"[A-Za-z0-9.-]+")
MINUTE, HOUR, DAY, YEAR = 60, 3600, 86_400, 31_536_000
_TYPES = mimetypes.MimeTypes()
_OWN_TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "ico": "image/x-icon",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "opml": MEDIA_TYPES["opml"],
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
    "webmanifest": "application/manifest+json",
    "xml": "application/xml; charset=utf-8",
}
_TEXT: tuple[str, ...] = ("text/", "application/atom", "application/rss", "application/feed", "application/json")
_TEXT += ("application/manifest", "application/xml", "image/svg", "image/x-icon")
_FEEDS = {"atom": 5 * MINUTE, "rss": 5 * MINUTE, "json": 5 * MINUTE, "opml": HOUR}
_BY_STATUS = {
    226: b"no-store, im",  # RFC 3229 section 10.10: only who understands the part that was sent may keep it
    301: b"public, max-age=3600",
    404: b"no-store",  # what is embargoed must be found at its moment
    410: b"public, max-age=300",
}
"""How answers of these statuses may be kept, whatever they are."""
_FEED_VARIES = dict.fromkeys(("atom", "rss"), "A-IM, Accept-Encoding, Sec-Fetch-Dest")
_FEED_VARIES["json"] = "Accept-Encoding, Sec-Fetch-Dest"
_LASTING = frozenset({"css", "svg", "ico", "png", "jpg", "webp", "txt", "woff2", "webmanifest"})


@dataclass(frozen=True, slots=True)
class Sort:
    """What the answer at a path is, whatever its bytes.

    `max_age` is how long it may be kept, in seconds; `varies` names the request's fields that it follows; `is_text` means
    that a coding makes it smaller. `feed` is the format of a feed as it is now, None for everything else, archives too; what
    is `shared` may be read from pages of any site.
    """

    media_type: str
    max_age: int
    is_text: bool
    varies: str
    feed: str | None = None
    shared: bool = False


def judge_path(file: str) -> Sort:
    """What a file below public/ is, by its path alone."""
    ending = file.rpartition("/")[2].rpartition(".")[2]
    shared = file.startswith("feeds/") and ending in _FEEDS
    feed = ending if shared and FEED.fullmatch(file) else None
    media_type = MEDIA_TYPES[ending] if shared else _media_type(ending)
    is_text = media_type.startswith(_TEXT)
    varies = _FEED_VARIES[ending] if feed else "Accept-Encoding" if is_text else ""
    return Sort(media_type, _max_age(file, ending), is_text, varies, feed, shared)


def _media_type(ending: str) -> str:
    return _OWN_TYPES.get(ending) or _TYPES.types_map[True].get(f".{ending}", "application/octet-stream")


def _max_age(file: str, ending: str) -> int:
    if file.startswith("photos/"):
        return YEAR
    if file.startswith("feeds/") and ending in _FEEDS:
        return _FEEDS[ending] if file.count("/") == 1 else DAY
    return HOUR if ending in _LASTING else MINUTE


def build_cache_control(max_age: int) -> bytes:
    """For how many seconds anybody may keep an answer; what is kept a year has a name that its bytes made."""
    return f"public, max-age={max_age}{', immutable' if max_age == YEAR else ''}".encode()


class Fields:
    """Builds the header fields of a site's answers."""

    def __init__(self, settings: Settings) -> None:
        self._addresses = Addresses(settings.newsroom.base_url)
        self._hub = settings.feeds.hub
        self._policy = build_policy(settings.pictures.hosts)

    def build(self, file: str, sort: Sort, status: int) -> tuple[Field, ...]:
        """The fields of a full answer that follow from its path and status alone."""
        return (
            (b"content-type", sort.media_type.encode()),
            *self.build_unchanged(sort, status),
            *CAREFUL,
            (b"content-security-policy", self._policy),
            *self._links(file, sort),
        )

    def build_unchanged(self, sort: Sort, status: int = 200) -> tuple[Field, ...]:
        """Those of them that an answer with 304 repeats (RFC 9110 section 15.4.5)."""
        fields = [(b"cache-control", _BY_STATUS.get(status) or build_cache_control(sort.max_age))]
        if sort.varies:
            fields.append((b"vary", sort.varies.encode()))
        if sort.shared:
            fields += [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", b"ETag, Link")]
        return tuple(fields)

    def _links(self, file: str, sort: Sort) -> Sequence[Field]:
        """Where a feed's changes are announced (WebSub section 4): the hub, and under which address it knows the feed."""
        if not (self._hub and sort.feed):
            return ()
        own = quote(f"{self._addresses.front}{file}", safe="/:+.~")
        return [(b"link", f'<{self._hub}>; rel="hub", <{own}>; rel="self"'.encode())]


def build_policy(picture_hosts: Sequence[str] = ()) -> bytes:
    """The Content-Security-Policy: pages load their own style and pictures, and those of the hosts that are allowed."""
    pictures = " ".join(["'self'", *(f"https://{host}" for host in picture_hosts if _HOST.fullmatch(host))])
    return (
        f"default-src 'none'; img-src {pictures}; style-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ).encode()
