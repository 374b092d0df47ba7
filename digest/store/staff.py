"""Members of staff in the database, what they prove themselves by, and the links that let them in.

Passwords stand here as argon2id hashes, keys of second factors sealed, tokens of links as their SHA-256.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from digest.newsroom.log import from_seconds, to_seconds
from digest.staff.members import Member, MemberState, fold_name
from digest.staff.roles import Role
from digest.store.sqlite import AnyConnection, driver

__all__ = [
    "LinkPurpose", "Secrets", "StoredLink", "add_link", "add_member", "change_member", "drop_links", "find_link",
    "find_member", "has_active", "has_codes", "keep_code_key", "keep_password", "note_step", "read_member", "read_members",
    "read_secrets", "sweep_links",
]  # fmt: skip

LinkPurpose = Literal["first", "invitation", "reset"]
"""What a link lets somebody do: begin the desk, come in for the first time, or take a new password."""

_MEMBER = "SELECT id, name, roles, state, epoch, code_key IS NOT NULL, created_at FROM staff"
_LINK = "SELECT token_hash, purpose, staff_id, created_by, created_at, expires_at FROM staff_link"


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a member proves to be one by: the password's hash, the sealed key of the second factor, and the last time step
    whose code counted; each None when there is none."""

    password: str | None = field(default=None, repr=False)
    code_key: bytes | None = field(default=None, repr=False)
    code_step: int | None = None


@dataclass(frozen=True, slots=True)
class StoredLink:
    """A link: whom it lets in (None: whoever comes first), who made it, and until when it works."""

    token_hash: bytes = field(repr=False)
    purpose: LinkPurpose
    member_id: int | None
    created_by: str
    created_at: datetime
    expires_at: datetime


def has_active(connection: AnyConnection) -> bool:
    """Whether anybody at all is active."""
    return driver(connection).execute("SELECT 1 FROM staff WHERE state = 'active' LIMIT 1").fetchone() is not None


def has_codes(connection: AnyConnection) -> bool:
    """Whether anybody has a second factor, whose key is sealed."""
    return driver(connection).execute("SELECT 1 FROM staff WHERE code_key IS NOT NULL LIMIT 1").fetchone() is not None


def read_members(connection: AnyConnection) -> list[Member]:
    """Everybody, removed ones too, by name."""
    found = [_build(row) for row in driver(connection).execute(_MEMBER)]
    return sorted(found, key=lambda one: fold_name(one.name))


def read_member(connection: AnyConnection, number: int) -> Member | None:
    """The member of that number."""
    row = driver(connection).execute(f"{_MEMBER} WHERE id = ?", (number,)).fetchone()
    return None if row is None else _build(row)


def find_member(connection: AnyConnection, name: str) -> Member | None:
    """The member of that name, whatever its capitals; removed ones too."""
    wanted = fold_name(name)
    return next((one for one in read_members(connection) if fold_name(one.name) == wanted), None)


def read_secrets(connection: AnyConnection, number: int) -> Secrets:
    """What a member proves to be one by."""
    row = driver(connection).execute("SELECT password, code_key, code_step FROM staff WHERE id = ?", (number,)).fetchone()
    return Secrets() if row is None else Secrets(*row)


def add_member(connection: AnyConnection, name: str, roles: Collection[Role], state: MemberState, now: datetime) -> Member:
    """A new member, without a password."""
    query = "INSERT INTO staff (name, roles, state, created_at) VALUES (?, ?, ?, ?) RETURNING id"
    values = (name, _render(roles), state, to_seconds(now))
    number = driver(connection).execute(query, values).fetchone()[0]
    return Member(number, name, frozenset(roles), state, 1, False, now)


def change_member(connection: AnyConnection, number: int, *, roles: Collection[Role], state: MemberState) -> None:
    """Give a member these roles and this state; all sessions end."""
    query = "UPDATE staff SET roles = ?, state = ?, epoch = epoch + 1 WHERE id = ?"
    driver(connection).execute(query, (_render(roles), state, number))


def keep_password(connection: AnyConnection, number: int, password: str | None, *, anew: bool = True) -> None:
    """Keep the hash of a member's password, None for none; all sessions end, unless it is the same password still."""
    query = "UPDATE staff SET password = ?, epoch = epoch + ? WHERE id = ?"
    driver(connection).execute(query, (password, int(anew), number))


def keep_code_key(connection: AnyConnection, number: int, sealed: bytes | None, step: int | None = None) -> None:
    """Keep the sealed key of a member's second factor, None for none; all sessions end."""
    query = "UPDATE staff SET code_key = ?, code_step = ?, epoch = epoch + 1 WHERE id = ?"
    driver(connection).execute(query, (sealed, step, number))


def note_step(connection: AnyConnection, number: int, step: int) -> bool:
    """Note that a code of that time step counts; False when one of it, or of a later one, did already."""
    query = "UPDATE staff SET code_step = ? WHERE id = ? AND coalesce(code_step, -1) < ?"
    return driver(connection).execute(query, (step, number, step)).rowcount == 1


def add_link(connection: AnyConnection, link: StoredLink) -> None:
    """A new link."""
    moments = (to_seconds(link.created_at), to_seconds(link.expires_at))
    driver(connection).execute(
        "INSERT INTO staff_link (token_hash, purpose, staff_id, created_by, created_at, expires_at) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (link.token_hash, link.purpose, link.member_id, link.created_by, *moments),
    )


def find_link(connection: AnyConnection, token_hash: bytes, now: datetime) -> StoredLink | None:
    """The link of a token, if it works still."""
    query = f"{_LINK} WHERE token_hash = ? AND expires_at > ?"
    row = driver(connection).execute(query, (token_hash, to_seconds(now))).fetchone()
    if row is None:
        return None
    hashed, purpose, member, by, created, expires = row
    return StoredLink(hashed, purpose, member, by, from_seconds(created), from_seconds(expires))


def drop_links(connection: AnyConnection, member_id: int | None) -> None:
    """Links that let this member in work no longer; None stands for those of whoever comes first."""
    if member_id is None:
        driver(connection).execute("DELETE FROM staff_link WHERE staff_id IS NULL")
    else:
        driver(connection).execute("DELETE FROM staff_link WHERE staff_id = ?", (member_id,))


def sweep_links(connection: AnyConnection, now: datetime) -> None:
    """Remove links that are too old."""
    driver(connection).execute("DELETE FROM staff_link WHERE expires_at <= ?", (to_seconds(now),))


def _build(row: Sequence[object]) -> Member:
    number, name, roles, state, epoch, has_key, created = row
    assert isinstance(number, int) and isinstance(name, str) and isinstance(roles, str)
    assert isinstance(epoch, int) and isinstance(created, int)
    return Member(number, name, _parse(roles), _state(state), epoch, bool(has_key), from_seconds(created))


def _state(text: object) -> MemberState:
    """A state that this version does not know may do nothing."""
    return "active" if text == "active" else "invited" if text == "invited" else "removed"


def _render(roles: Iterable[Role]) -> str:
    return json.dumps([role.value for role in Role if role in set(roles)])


def _parse(text: str) -> frozenset[Role]:
    """The roles of a row; one that this version does not know allows nothing."""
    known = {role.value for role in Role}
    return frozenset(Role(one) for one in json.loads(text) if one in known)
