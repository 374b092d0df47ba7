"""Roles and rights: what each member of staff may do at the desk and, by `--as`, on the command line."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

__all__ = ["ROLES", "Right", "Role", "rights_of"]


class Role(StrEnum):
    """What somebody was made; a person may be several."""

    WRITER = "writer"
    EDITOR = "editor"
    APPROVER = "approver"
    LIST_KEEPER = "list-keeper"
    ADMINISTRATOR = "administrator"


class Right(StrEnum):
    """What can be allowed. Every route and every act of the desk names exactly one."""

    LOOK = "look"
    """See items, editions, counts and the journal; never an address."""
    TEST = "test"
    """Send a test letter to a named person."""
    PUBLISH = "publish"
    """Publish now, correct, withdraw."""
    EDIT = "edit"
    """Prepare and change editions, and cancel what is not approved."""
    APPROVE = "approve"
    """Approve an edition or a list's standing approval, send, resume, cancel, and decide about held letters."""
    STOP = "stop"
    """Pause what is being sent: whoever sees that something is wrong must be able to."""
    READERS = "readers"
    """Import, find, explain, erase and suppress readers, and see their addresses; decide about sign-up alarms."""
    EXPORT = "export"
    """Take addresses away in a file, with a reason."""
    STAFF = "staff"
    """Invite, change and remove members of staff, and end their sessions."""
    OPERATE = "operate"
    """The fence, keys, backups, press feeds."""


_EVERYBODY = frozenset({Right.LOOK})
ROLES: Mapping[Role, frozenset[Right]] = {
    Role.WRITER: _EVERYBODY,
    Role.EDITOR: _EVERYBODY | {Right.TEST, Right.PUBLISH, Right.EDIT, Right.STOP},
    Role.APPROVER: _EVERYBODY | {Right.TEST, Right.APPROVE, Right.STOP},
    Role.LIST_KEEPER: _EVERYBODY | {Right.READERS, Right.EXPORT},
    Role.ADMINISTRATOR: _EVERYBODY | {Right.STAFF, Right.STOP, Right.OPERATE},
}
"""The rights of each role. An administrator makes members, but neither approves nor sees an address without more roles."""


def rights_of(roles: Collection[Role]) -> frozenset[Right]:
    """All that somebody with these roles may do; nothing for one who has none."""
    return frozenset().union(*(ROLES[role] for role in roles))
