"""Whether somebody may do what they ask for, at the desk and by `--as` on the command line.

Each act of the desk asks once, inside its transaction, so that nothing is done by somebody whose role was just taken away.
As long as nobody is active, anybody may do anything: whoever can run the command line holds the site in their hands, and
what `--as` says is taken for what the journal is to say. Once there are members, it names one of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from digest.desk.workplace import Workplace
from digest.editions.edition import Choices, Edition
from digest.errors import EditionError, StaffError
from digest.staff.members import SYSTEM, Program, fold_name
from digest.staff.roles import ROLES, Right
from digest.store.sqlite import AnyConnection
from digest.store.staff import find_member, has_active, read_members

__all__ = ["check_actor", "check_four_eyes", "name_roles", "require"]

_DEEDS: Mapping[Right, str] = {
    Right.LOOK: "look at that",
    Right.TEST: "send test letters",
    Right.PUBLISH: "publish, correct or withdraw",
    Right.EDIT: "prepare and change editions",
    Right.APPROVE: "approve and send",
    Right.STOP: "pause what is being sent",
    Right.READERS: "see and change readers",
    Right.EXPORT: "take readers' addresses away",
    Right.STAFF: "change who is on the staff",
    Right.OPERATE: "change keys, backups, the fence and press feeds",
}


def require(place: Workplace, actor: str, *rights: Right) -> None:
    """The same as `check_actor`, where the act has no transaction of its own, or a slow part before it.

    Raises:
        StaffError: the actor may not.
    """
    if not isinstance(actor, Program):
        with place.hot.reading() as connection:
            check_actor(place, connection, actor, *rights)


def check_actor(place: Workplace, connection: AnyConnection, actor: str, *rights: Right) -> None:
    """Refuse what the actor may not do. The program's own acts pass; see `digest.staff.members.Program`.

    Args:
        connection: inside whose transaction the thing is done.
        actor: a member's name exactly as it is written, for the journal and four eyes go by it.
        rights: one of them is enough.

    Raises:
        StaffError: there are members of staff, and this is none of them, or one without the right.
    """
    if isinstance(actor, Program) or not has_active(connection):
        return
    subject = f"--as {actor}" if place.via == "cli" else actor
    if fold_name(actor) in SYSTEM:
        raise StaffError(
            "--as", "nobody is named who does this, and this site has members of staff", _who_may(place, connection, rights)
        )
    member = find_member(connection, actor)
    if member is None or member.state == "removed":
        raise StaffError(subject, "nobody of that name is on the staff", _who_may(place, connection, rights))
    if member.name != actor:
        raise StaffError(subject, "the name is not written so", f'Write it as it stands in the journal: "{member.name}".')
    if member.state != "active":
        raise StaffError(
            subject, f"{actor} was invited and has not come in yet", f"Let {actor} open the link that invited them first."
        )
    if not any(member.may(right) for right in rights):
        raise StaffError(subject, f"{actor} may not {_DEEDS[rights[0]]}", _who_may(place, connection, rights))


def check_four_eyes(place: Workplace, connection: AnyConnection, actor: str, edition: Edition) -> None:
    """Refuse the approval by the person who edited last, where two are wanted; and by a standing approval, which nobody
    looks at, what a person chose.

    Args:
        actor: who approves; the program, when it approves by a standing approval.

    Raises:
        EditionError: another person must look at it.
    """
    editor = edition.edited_by
    if editor is None or not place.site.settings.desk.four_eyes or not has_active(connection):
        return
    if isinstance(actor, Program):
        if edition.choices == Choices():
            return
        cause = f"{editor} has changed it, and a standing approval does not cover that"
    elif editor == actor:
        cause = f"{editor} has changed it last, and cannot approve it too"
    else:
        return
    others = [one.name for one in read_members(connection) if one.may(Right.APPROVE) and one.name != editor]
    remedy = (
        f"Let {_join(others)} look at it and approve it"
        if others
        else "Let an administrator give a colleague the role approver"
    )
    raise EditionError(f"edition {edition.id}", cause, f"{remedy}; or write four_eyes = false into [desk] of newsroom.toml.")


def name_roles(rights: Collection[Right]) -> str:
    """The roles that have one of these rights, in words: `editor or approver`."""
    return _join([role.value for role, its in ROLES.items() if its & set(rights)])


def _who_may(place: Workplace, connection: AnyConnection, rights: Collection[Right]) -> str:
    names = [one.name for one in read_members(connection) if one.rights & set(rights)]
    if names:
        start = "Say who does it with --as NAME: " if place.via == "cli" else ""
        return f"{start}{_join(names)} may (role {name_roles(rights)})."
    return f"Nobody may yet: let an administrator give somebody the role {name_roles(rights)} (digest staff roles)."


def _join(names: list[str]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
