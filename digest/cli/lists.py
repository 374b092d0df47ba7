"""`digest lists`, also as `digest lists show`: the lists, who approves their editions, and standing approvals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.screen import format_moment, print_table, site_of
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.desk.standing import ListLine
    from digest.settings import ReaderList, Rhythm, Settings

__all__ = ["register"]

lists = typer.Typer(help="Lists, and standing approvals of their editions.", rich_markup_mode=None)
_LIST = Annotated[str, typer.Argument(metavar="LIST", help="One of newsroom.toml's lists.")]
_RHYTHM = Annotated[str, typer.Option(help="weekly, daily or at-once.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(lists, name="lists")


@lists.callback(invoke_without_command=True)
def _show_lists(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        show(context)


@lists.command("show")
def show(
    context: typer.Context,
    list_id: Annotated[str, typer.Argument(metavar="[LIST]", help="Only this list of newsroom.toml's.")] = "",
) -> None:
    """Show the lists of newsroom.toml: rhythms, approvers, and standing approvals with whether they fit."""
    from digest.desk.readers import pick_list
    from digest.desk.standing import list_lists
    from digest.desk.workplace import open_workplace

    site = site_of(context)
    if list_id:
        pick_list(site.settings, list_id)
    with open_workplace(site) as place:
        found = [one for one in list_lists(place) if list_id in ("", one.name)]
    for one in found:
        _print_list(one, site.settings)
    if not found:
        typer.echo("newsroom.toml has no lists yet; add a table [lists.NAME].")


@lists.command("approve")
def approve(
    context: typer.Context,
    list_id: _LIST,
    actor: Annotated[str, typer.Option("--as", metavar="NAME", help="Who takes the responsibility.")],
    rhythm: _RHYTHM = "at-once",
) -> None:
    """Approve all editions of a list from now on, until templates, theme, sentences or settings change."""
    from digest.desk import standing
    from digest.desk.workplace import open_workplace

    wanted = _parse_rhythm(rhythm)
    with open_workplace(site_of(context)) as place:
        standing.approve_list(place, list_id, rhythm=wanted, actor=actor)
        waiting = standing.list_drafts(place, list_id, wanted)
    typer.echo(
        f"Editions {rhythm} of {list_id} are approved by {actor}, as long as templates, theme, sentences and settings stay."
    )
    for name in waiting:
        typer.echo(f"One that was made before still waits: digest edition approve {name} --as NAME")


@lists.command("revoke")
def revoke(
    context: typer.Context,
    list_id: _LIST,
    rhythm: _RHYTHM = "at-once",
    actor: Annotated[str, typer.Option("--as", metavar="NAME", help="Who does this; it stands in the journal.")] = "staff",
) -> None:
    """Take a standing approval back: editions wait as drafts from now on."""
    from digest.desk import standing
    from digest.desk.workplace import open_workplace

    with open_workplace(site_of(context)) as place:
        standing.revoke_list(place, list_id, rhythm=_parse_rhythm(rhythm), actor=actor)
    typer.echo(f"Editions {rhythm} of {list_id} wait for approval, one by one.")


def _print_list(one: ListLine, settings: Settings) -> None:
    chosen = one.settings
    typer.echo(f"{one.name}: {chosen.title}")
    rows = [("rhythms", ", ".join(_describe(rhythm, chosen) for rhythm in chosen.rhythms)), ("sender", str(chosen.sender))]
    rows.append(
        ("approvers", ", ".join(map(str, chosen.approvers)) or "nobody is told of drafts: set approvers in its table")
    )
    rows.append(("approval", "standing, where given" if chosen.approval == "standing" else "of each edition"))
    for given in one.standing:
        approval = given.approval
        when = format_moment(approval.approved_at, settings.zone)
        state = "fits" if given.fits else f"no longer fits: {'; '.join(given.changes)}"
        rows.append((f"standing, {approval.rhythm}", f"by {approval.approved_by}, {when}; {state}"))
    print_table(rows)


def _describe(rhythm: Rhythm, chosen: ReaderList) -> str:
    """A rhythm and what makes it go: its schedule, what is sent at once, or people."""
    when = chosen.at_once if rhythm == "at-once" else chosen.schedule.get(rhythm)
    return f"{rhythm} ({when or 'by hand'})"


def _parse_rhythm(text: str) -> Rhythm:
    rhythms: dict[str, Rhythm] = {"weekly": "weekly", "daily": "daily", "at-once": "at-once"}
    if text not in rhythms:
        raise UsageError(f"--rhythm {text}", "there is no such rhythm", "Write weekly, daily or at-once.")
    return rhythms[text]
