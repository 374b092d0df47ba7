"""Links that open the desk once: made, and found again by their token."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from digest.desk.workplace import Workplace
from digest.errors import StaffError
from digest.staff.members import Member
from digest.store.sqlite import AnyConnection
from digest.store.staff import LinkPurpose, StoredLink, add_link, find_link, has_active, read_member, sweep_links

__all__ = ["LIFETIMES", "broken_link", "find_working", "make_link"]

LIFETIMES = {"first": timedelta(hours=24), "invitation": timedelta(days=7), "reset": timedelta(hours=24)}
"""How long a link works, by what it is for."""

_TOKEN_OCTETS = 32


def make_link(place: Workplace, connection: AnyConnection, purpose: LinkPurpose, member_id: int | None, actor: str) -> str:
    """A new link; its token, of which only the hash is kept."""
    token = secrets.token_urlsafe(_TOKEN_OCTETS)
    sweep_links(connection, place.now)
    ends_at = place.now + LIFETIMES[purpose]
    add_link(connection, StoredLink(_hash_token(token), purpose, member_id, actor, place.now, ends_at))
    return token


def find_working(place: Workplace, connection: AnyConnection, token: str) -> tuple[StoredLink, Member | None] | None:
    """A link that works, and whom it lets in: None for whoever comes first. None for a link that does not work."""
    link = find_link(connection, _hash_token(token), place.now)
    if link is None:
        return None
    if link.member_id is None:
        return None if has_active(connection) else (link, None)
    member = read_member(connection, link.member_id)
    return None if member is None or member.state == "removed" else (link, member)


def broken_link() -> StaffError:
    """The one refusal of a link that does not work, for whatever reason."""
    remedy = "Ask an administrator for a new one; on the server it is made by: digest staff reset NAME"
    return StaffError("link", "it does not work, or no longer", remedy)


def _hash_token(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
