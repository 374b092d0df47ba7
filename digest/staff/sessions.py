"""Sessions: how long it counts that somebody signed in, and what a browser holds of it.

A browser holds 256 random bits in a cookie; what is kept is their SHA-256. The forms of a page hold a token that is made of
the cookie, so that no other page can send them.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.staff.members import Member

__all__ = [
    "PROOF_LASTS", "TOUCH_EVERY", "Session", "form_token", "hash_cookie", "is_proved", "judge", "name_device",
    "name_session", "new_cookie", "wants_touch",
]  # fmt: skip

PROOF_LASTS = timedelta(minutes=10)
"""For how long after the password was given it need not be given again."""

TOUCH_EVERY = timedelta(minutes=1)
"""How often it is written down that a session is in use."""

_COOKIE_OCTETS = 32
_NAME_OCTETS = 9
_UNKNOWN = "an unknown browser"
_BROWSERS = (
    ("edg", "Edge"),
    ("opr/", "Opera"),
    ("samsungbrowser", "Samsung Internet"),
    ("firefox", "Firefox"),
    ("fxios", "Firefox"),
    ("crios", "Chrome"),
    ("chromium", "Chromium"),
    ("chrome", "Chrome"),
    ("safari", "Safari"),
)  # the first that is there counts: most browsers name others too
_SYSTEMS = (
    ("android", "Android"),
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("windows", "Windows"),
    ("cros", "ChromeOS"),
    ("mac os", "Mac"),
    ("macintosh", "Mac"),
    ("linux", "Linux"),
    ("bsd", "BSD"),
)


@dataclass(frozen=True, slots=True)
class Session:
    """That a member signed in: under which epoch, with what, when, when last seen, and when the password was last given."""

    member_id: int
    epoch: int
    device: str
    created_at: datetime
    seen_at: datetime
    proved_at: datetime


def judge(session: Session, member: Member, now: datetime, idle: timedelta, absolute: timedelta) -> str | None:
    """Why a session no longer counts, one sentence without a full stop; None while it does.

    Args:
        idle: how long nothing may be asked.
        absolute: how long it counts at most, whatever is asked.
    """
    if member.state != "active" or session.member_id != member.id:
        return "the member may not sign in"
    if session.epoch != member.epoch:
        return "the password, the roles or the second factor were changed"
    if now - session.created_at >= absolute:
        return "it has lasted as long as a session may"
    if now - session.seen_at >= idle:
        return "nothing was done for too long"
    return None


def is_proved(session: Session, now: datetime) -> bool:
    """Whether the password was given within the last ten minutes; never by a clock that went backwards."""
    return timedelta(0) <= now - session.proved_at < PROOF_LASTS


def wants_touch(session: Session, now: datetime) -> bool:
    """Whether it is to be written down anew that the session is in use."""
    return abs(now - session.seen_at) >= TOUCH_EVERY


def new_cookie() -> str:
    """A cookie's value that nobody can guess: 43 characters of URL-safe base64."""
    return secrets.token_urlsafe(_COOKIE_OCTETS)


def hash_cookie(cookie: str) -> bytes:
    """What is kept of a cookie."""
    return hashlib.sha256(cookie.encode("utf-8", "surrogatepass")).digest()


def name_session(cookie_hash: bytes) -> str:
    """What a session is called in the list of one's sessions; with it nobody can do anything but ask to end it."""
    return urlsafe_b64encode(hashlib.sha256(b"name" + cookie_hash).digest()[:_NAME_OCTETS]).decode()


def form_token(cookie: str) -> str:
    """What each form of a page that was made for this cookie sends back; it tells nothing about the cookie."""
    digest = hashlib.sha256(b"form" + cookie.encode("utf-8", "surrogatepass")).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def name_device(user_agent: str) -> str:
    """What somebody came with, as coarsely as it serves to know it again: `Firefox on Linux`."""
    said = user_agent.lower()
    browser = next((name for mark, name in _BROWSERS if mark in said), "")
    system = next((name for mark, name in _SYSTEMS if mark in said), "")
    return f"{browser or 'a browser'} on {system}" if system else browser or _UNKNOWN
