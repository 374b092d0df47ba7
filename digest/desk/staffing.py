"""Who is on the staff: invited by a link, changed, removed; and what each member changes about themselves.

A link opens the desk once, and only its SHA-256 is kept. Nobody knows the password of somebody else: whoever is to have a
new one gets a link. Whenever somebody is active, an administrator is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass, field

from digest.desk.authority import check_actor
from digest.desk.signing_in import Opened, check_present, open_session
from digest.desk.staff_links import broken_link, find_working, make_link
from digest.desk.workplace import Workplace
from digest.errors import StaffError
from digest.staff.codes import check_code, new_key, provisioning
from digest.staff.members import THE_PROGRAM, Member, judge_name, plain_name
from digest.staff.passwords import hash_password, judge_password
from digest.staff.roles import Right, Role
from digest.store.journal import write_journal
from digest.store.sqlite import AnyConnection
from digest.store.staff import (
    LinkPurpose,
    StoredLink,
    add_member,
    change_member,
    drop_links,
    find_member,
    has_active,
    keep_code_key,
    keep_password,
    read_member,
    read_members,
)
from digest.store.staff_sessions import end_sessions

__all__ = [
    "CodesOffer", "LinkFacts", "change_password", "confirm_codes", "drop_codes", "find_link_address", "has_staff", "invite",
    "join", "list_members", "look_at_link", "make_first_link", "remove", "reset", "set_roles", "set_up_codes",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """What a link does: begin the desk, let somebody in who was invited, or give a new password; to whom (empty for the
    first), and as what."""

    purpose: LinkPurpose
    name: str
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class CodesOffer:
    """The key of a second factor that is not switched on yet, and the address that an app reads from a picture."""

    key: bytes = field(repr=False)
    uri: str = field(repr=False)


def has_staff(connection: AnyConnection) -> bool:
    """Whether there is anybody who can sign in, so that `--as` names a member."""
    return has_active(connection)


def find_link_address(place: Workplace, token: str) -> str:
    """The address at which a token is opened."""
    return f"{place.addresses.front}desk/join/{token}"


def list_members(place: Workplace) -> list[Member]:
    """Everybody, removed ones too, by name."""
    with place.hot.reading() as connection:
        return read_members(connection)


def make_first_link(place: Workplace) -> str | None:
    """A link by which whoever opens it first becomes the first member; older ones work no longer.

    Returns:
        Its token; None when somebody is active already.
    """
    with place.hot.writing() as connection:
        if has_active(connection):
            return None
        drop_links(connection, None)
        return make_link(place, connection, "first", None, THE_PROGRAM)


def invite(place: Workplace, name: str, roles: Collection[Role], *, actor: str) -> str:
    """Invite somebody; the token of a link that works once, for seven days. Whoever was invited before gets a new link.

    Raises:
        StaffError: the name cannot be one, is a member's, or was a removed one's; or the actor may not; or nobody is active
            yet, and this is no administrator.
    """
    plain = plain_name(name)
    if why := judge_name(name):
        raise StaffError(f"staff {plain}".strip(), why, "Write the name that colleagues know, on one line.")
    with place.hot.writing() as connection:
        check_actor(place, connection, actor, Right.STAFF)
        member = find_member(connection, plain)
        if member is not None and member.state != "invited":
            raise _taken(member)
        if not has_active(connection) and Role.ADMINISTRATOR not in roles and not _has_administrator(connection, "invited"):
            raise StaffError(
                f"staff {plain}",
                "somebody must be able to let others in, and nobody is yet",
                "Invite an administrator first: digest staff add NAME --role administrator",
            )
        if member is None:
            member = add_member(connection, plain, roles, "invited", place.now)
        else:
            change_member(connection, member.id, roles=roles, state="invited")
            drop_links(connection, member.id)
        token = make_link(place, connection, "invitation", member.id, actor)
        _note(place, connection, actor, "member invited", member, roles=_words(roles))
    return token


def look_at_link(place: Workplace, token: str) -> LinkFacts | None:
    """What a link does; None when it does nothing, or no longer. Looking uses nothing up."""
    with place.hot.reading() as connection:
        found = find_working(place, connection, token)
    if found is None:
        return None
    link, member = found
    roles = tuple(Role) if member is None else _sorted(member.roles)
    return LinkFacts(link.purpose, "" if member is None else member.name, roles)


def join(place: Workplace, token: str, *, name: str = "", password: str, network: str, device: str) -> Opened:
    """Use a link: take the password, and let its owner in.

    Args:
        name: who comes first; the others have a name already.
        network: the IP address that asks. Nothing keeps it: nobody can guess a token.
        device: what they came with, in a few words.

    Raises:
        StaffError: the link works no longer; the name or the password will not do; or nobody is active yet, and this is no
            administrator.
    """
    del network
    facts = look_at_link(place, token)
    if facts is None:
        raise broken_link()
    wanted = facts.name or plain_name(name)
    if facts.purpose == "first" and (why := judge_name(wanted)):
        raise StaffError("name", why, "Write the name that colleagues know, on one line.")
    _judge(password, wanted)
    hashed = hash_password(password)
    with place.hot.writing() as connection:
        found = find_working(place, connection, token)
        if found is None:
            raise broken_link()
        link, member = found
        member = _come_in(place, connection, link, member, wanted)
        keep_password(connection, member.id, hashed)
        drop_links(connection, member.id)
        drop_links(connection, None)  # somebody is active now
        end_sessions(connection, member.id)
        action = "password chosen" if link.purpose == "reset" else "member joined"
        _note(place, connection, member.name, action, member)
        return open_session(place, connection, member.id, device)


def set_roles(place: Workplace, name: str, roles: Collection[Role], *, actor: str) -> Member:
    """Give a member these roles and no others. Their sessions end.

    Raises:
        StaffError: there is no such member; the actor may not; or nobody would be left who can change members.
    """
    with place.hot.writing() as connection:
        check_actor(place, connection, actor, Right.STAFF)
        member = _require(connection, name)
        _refuse_last(connection, member, roles, member.state)
        change_member(connection, member.id, roles=roles, state=member.state)
        end_sessions(connection, member.id)
        _note(place, connection, actor, "roles set", member, roles=_words(roles), before=_words(member.roles))
        return _require(connection, name)


def remove(place: Workplace, name: str, *, actor: str) -> Member:
    """Remove a member: they can do nothing any more, at once. The name stays taken, for the journal's sake.

    Raises:
        StaffError: there is no such member; the actor may not; or nobody would be left who can change members.
    """
    with place.hot.writing() as connection:
        check_actor(place, connection, actor, Right.STAFF)
        member = _require(connection, name)
        _refuse_last(connection, member, (), "removed")
        _take_secrets(connection, member)
        change_member(connection, member.id, roles=member.roles, state="removed")
        _note(place, connection, actor, "member removed", member)
        return member


def reset(place: Workplace, name: str, *, actor: str) -> str:
    """Take a member's password and second factor away, and end their sessions; the token of a link to choose anew.

    Somebody who was invited and never came gets a new invitation.

    Raises:
        StaffError: there is no such member; or the actor may not.
    """
    with place.hot.writing() as connection:
        check_actor(place, connection, actor, Right.STAFF)
        member = _require(connection, name)
        _take_secrets(connection, member)
        purpose: LinkPurpose = "invitation" if member.state == "invited" else "reset"
        token = make_link(place, connection, purpose, member.id, actor)
        _note(place, connection, actor, "password reset", member)
    return token


def change_password(
    place: Workplace, member: Member, cookie: str, *, password: str, code: str, new: str, device: str = ""
) -> Opened:
    """Change one's own password; all one's sessions end, and another one begins here.

    Args:
        cookie: of the session that asks.
        password: the present one; `code` of the second factor, for who has one.
        new: what it is to be.
        device: what they came with, in a few words.

    Raises:
        StaffError: the present password or the code is wrong, was tried too often, or the new one will not do.
    """
    _judge(new, member.name)
    if check_present(place, cookie, password, code).session.member_id != member.id:
        raise StaffError("session", "it is over", "Sign in again.")
    hashed = hash_password(new)
    with place.hot.writing() as connection:
        _end_sessions(connection, member)
        keep_password(connection, member.id, hashed)
        _note(place, connection, member.name, "password changed", member)
        return open_session(place, connection, member.id, device)


def set_up_codes(place: Workplace, member: Member) -> CodesOffer:
    """A fresh key for a second factor. Nothing is kept of it before a code of it was given."""
    key = new_key()
    return CodesOffer(key, provisioning(key, member.name, place.site.settings.newsroom.name))


def confirm_codes(place: Workplace, member: Member, key: bytes, code: str, *, device: str = "") -> Opened:
    """Switch the second factor on, once a code shows that the app has the key; one's sessions end, and another one begins.

    Args:
        member: who gave the password within the last minutes.

    Raises:
        StaffError: the code is wrong, or the member was changed meanwhile.
    """
    step = check_code(key, code, place.now, None)
    if step is None:
        raise StaffError(
            "code", "it is not the one that the app shows now", "Type the newest one; look also at the phone's clock."
        )
    with place.hot.writing() as connection:
        place.open_keys(connection)
        _end_sessions(connection, member)
        keep_code_key(connection, member.id, place.sealer.seal_secret(key), step)
        _note(place, connection, member.name, "second factor switched on", member)
        return open_session(place, connection, member.id, device)


def drop_codes(place: Workplace, member: Member, *, device: str = "") -> Opened:
    """Switch one's second factor off; one's sessions end, and another one begins.

    Args:
        member: who gave the password within the last minutes.

    Raises:
        StaffError: the member was changed meanwhile.
    """
    with place.hot.writing() as connection:
        _end_sessions(connection, member)
        keep_code_key(connection, member.id, None)
        _note(place, connection, member.name, "second factor switched off", member)
        return open_session(place, connection, member.id, device)


def _come_in(place: Workplace, connection: sqlite3.Connection, link: StoredLink, member: Member | None, name: str) -> Member:
    """The member whom a link lets in, active from now on."""
    if link.purpose == "reset" and member is not None:
        return member
    if member is None:
        member = find_member(connection, name)
        if member is not None and member.state != "invited":
            raise _taken(member)
        member = member or add_member(connection, name, tuple(Role), "invited", place.now)
        roles = frozenset(Role)
    else:
        roles = member.roles
        if not has_active(connection) and Role.ADMINISTRATOR not in roles:
            cause = "an administrator must come in first, so that somebody can change members"
            raise StaffError(f"staff {member.name}", cause, "Wait until one has; your link works as long as before.")
    change_member(connection, member.id, roles=roles, state="active")
    return member


def _end_sessions(connection: AnyConnection, member: Member) -> None:
    """End all sessions of a member who is what they were when they asked for something.

    Raises:
        StaffError: they are not: somebody else changed them this very moment.
    """
    if read_member(connection, member.id) != member:
        raise StaffError("session", "it is over", "Sign in again.")
    end_sessions(connection, member.id)


def _take_secrets(connection: AnyConnection, member: Member) -> None:
    keep_password(connection, member.id, None)
    keep_code_key(connection, member.id, None)
    end_sessions(connection, member.id)
    drop_links(connection, member.id)


def _require(connection: AnyConnection, name: str) -> Member:
    member = find_member(connection, name)
    if member is None or member.state == "removed":
        cause = "there is nobody of that name" if member is None else "they were removed"
        raise StaffError(f"staff {name}", cause, "Look who there is: digest staff list")
    return member


def _refuse_last(connection: AnyConnection, member: Member, roles: Collection[Role], state: str) -> None:
    """Refuse a change after which nobody active could change members."""
    if not member.may(Right.STAFF) or (state == "active" and Role.ADMINISTRATOR in roles):
        return
    if not any(one.may(Right.STAFF) for one in read_members(connection) if one.id != member.id):
        raise StaffError(
            f"staff {member.name}",
            "nobody else is an administrator, and somebody must be able to let others in",
            "Make somebody else an administrator first; they must have come in by their link.",
        )


def _has_administrator(connection: AnyConnection, state: str) -> bool:
    return any(one.state == state and Role.ADMINISTRATOR in one.roles for one in read_members(connection))


def _judge(password: str, name: str) -> None:
    if why := judge_password(password, name):
        raise StaffError("password", why, "Take a few words that nobody would guess.")


def _taken(member: Member) -> StaffError:
    if member.state == "removed":
        return StaffError(
            f"staff {member.name}",
            "somebody of that name was removed, and the journal must keep one meaning",
            "Take another form of the name, such as with a middle name.",
        )
    return StaffError(
        f"staff {member.name}", "there is a member of that name", f'For a new link: digest staff reset "{member.name}"'
    )


def _note(place: Workplace, connection: AnyConnection, actor: str, action: str, member: Member, **detail: str) -> None:
    write_journal(connection, place.now, actor, action, f"staff {member.name}", place.via, **detail)


def _sorted(roles: Collection[Role]) -> tuple[Role, ...]:
    return tuple(role for role in Role if role in frozenset(roles))


def _words(roles: Collection[Role]) -> str:
    return ", ".join(role.value for role in _sorted(roles)) or "none"
