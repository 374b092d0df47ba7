"""`digest staff`: who may do what at the desk and by `--as`: list, add, roles, remove, reset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.screen import count, format_moment, print_table, site_of
from digest.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from digest.desk.workplace import Workplace
    from digest.staff.members import Member
    from digest.staff.roles import Role

__all__ = ["register"]

staff = typer.Typer(
    help="Members of staff and their roles: list, add, roles, remove, reset.", no_args_is_help=True, rich_markup_mode=None
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="As it stands in the journal.")]
As = Annotated[str, typer.Option("--as", metavar="NAME", help="The administrator who does this; it stands in the journal.")]
Roles = Annotated[
    list[str],
    typer.Option(
        "--role", metavar="ROLE", help="One of writer, editor, approver, list-keeper, administrator; may be repeated."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(staff, name="staff")


@staff.command("list")
def list_(context: typer.Context) -> None:
    """Show everybody with their roles, and whether they have a second factor."""
    from digest.desk.staffing import list_members
    from digest.desk.workplace import open_workplace

    site = site_of(context)
    with open_workplace(site) as place:
        members = list_members(place)
    print_table([_describe(member, site.settings.zone) for member in members])
    active = sum(member.state == "active" for member in members)
    typer.echo(f"{count(active, 'member')} of staff can sign in, {len(members)} in all")
    if not active:
        typer.echo("Until somebody can, --as takes any name. Begin: digest staff add NAME --role administrator", err=True)


@staff.command("add")
def add(context: typer.Context, name: Name, role: Roles, actor: As = "staff") -> None:
    """Invite somebody, and print the link that lets them in; it works once, for seven days, and is never shown again."""
    from digest.desk.staffing import invite
    from digest.desk.workplace import open_workplace

    roles = _parse_roles(role)
    with open_workplace(site_of(context)) as place:
        _show_link(place, invite(place, name, roles, actor=actor), "invitation")


@staff.command("roles")
def roles(context: typer.Context, name: Name, role: Roles, actor: As = "staff") -> None:
    """Give somebody these roles in place of those they had; they have to sign in again."""
    from digest.desk.staffing import set_roles
    from digest.desk.workplace import open_workplace

    wanted = _parse_roles(role)
    with open_workplace(site_of(context)) as place:
        member = set_roles(place, name, wanted, actor=actor)
    typer.echo(f"{member.name} is {_join_roles(member)} from now on.")


@staff.command("remove")
def remove(context: typer.Context, name: Name, actor: As = "staff") -> None:
    """Remove somebody: they are signed out everywhere and can do nothing any more, at once."""
    from digest.desk.staffing import remove as take_out
    from digest.desk.workplace import open_workplace

    with open_workplace(site_of(context)) as place:
        member = take_out(place, name, actor=actor)
    typer.echo(f"{member.name} can do nothing any more. The name stays taken, for the journal's sake.")


@staff.command("reset")
def reset(context: typer.Context, name: Name, actor: As = "staff") -> None:
    """Take somebody's password and second factor away, and print a link to choose anew; for a lost password or phone."""
    from digest.desk.staffing import reset as take_away
    from digest.desk.workplace import open_workplace

    with open_workplace(site_of(context)) as place:
        _show_link(place, take_away(place, name, actor=actor), "reset")


def _show_link(place: Workplace, token: str, purpose: str) -> None:
    from digest.desk.staff_links import LIFETIMES
    from digest.desk.staffing import find_link_address

    ends_at = place.now + LIFETIMES[purpose]
    typer.echo(find_link_address(place, token))
    typer.echo("Give this to that person alone, by a safe way: whoever opens it first chooses the password.", err=True)
    typer.echo(f"It works once, until {format_moment(ends_at, place.site.settings.zone)}, and is not shown again.", err=True)


def _describe(member: Member, zone: tzinfo) -> tuple[str, ...]:
    second = "" if member.state != "active" else "second factor" if member.has_codes else "no second factor"
    return (member.name, member.state, _join_roles(member), f"since {_day(member.created_at, zone)}", second)


def _day(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d}"


def _join_roles(member: Member) -> str:
    from digest.staff.roles import Role

    return ", ".join(role.value for role in Role if role in member.roles) or "without a role"


def _parse_roles(words: list[str]) -> frozenset[Role]:
    from digest.staff.roles import Role

    known = {role.value: role for role in Role}
    wrong = next((word for word in words if word not in known), None)
    if wrong is not None:
        raise UsageError(f"--role {wrong}", "there is no such role", f"Choose from: {', '.join(known)}.")
    return frozenset(known[word] for word in words)
