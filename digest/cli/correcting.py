"""`digest correct` and `digest withdraw`: the two things that cannot wait for the next publish."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.screen import site_of
from digest.errors import Status

if TYPE_CHECKING:
    from digest.desk.correcting import Change
    from digest.desk.workplace import Workplace

__all__ = ["register"]

_ID = Annotated[str, typer.Argument(metavar="ID", help="The item's id.")]
_ONLY_EDIT = Annotated[bool, typer.Option("--only-edit", help="Edit the file and publish nothing.")]
_AS = Annotated[str, typer.Option("--as", metavar="NAME", help="Who does this.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("correct")(correct)
    app.command("withdraw")(withdraw)


def correct(
    context: typer.Context,
    item: _ID,
    note: Annotated[str, typer.Option("--note", help="What was wrong and what is right; readers see it.")],
    only_edit: _ONLY_EDIT = False,
    actor: _AS = "staff",
) -> None:
    """Label a correction in the item's file and publish that item at once."""
    from digest.desk import correcting as desk
    from digest.desk.workplace import open_workplace

    with open_workplace(site_of(context)) as place:
        _print(place, desk.correct(place, item, note, only_edit=only_edit, actor=actor), "correction", actor)


def withdraw(
    context: typer.Context,
    item: _ID,
    reason: Annotated[str, typer.Option("--reason", help="Why, in words that readers are told.")],
    only_edit: _ONLY_EDIT = False,
    actor: _AS = "staff",
) -> None:
    """Take an item back: only a notice with the reason stays; works without its file too."""
    from digest.desk import correcting as desk
    from digest.desk.workplace import open_workplace

    with open_workplace(site_of(context)) as place:
        _print(place, desk.withdraw(place, item, reason, only_edit=only_edit, actor=actor), "withdrawal", actor)


def _print(place: Workplace, change: Change, what: str, actor: str) -> None:
    from digest.cli.publishing import print_at_once, print_report

    typer.echo(f"wrote the {what} into {change.file}" if change.file else f"no file was changed: {change.unedited}")
    if change.report is None:
        typer.echo("nothing was published; that is for: digest publish")
        return
    print_report(change.report)
    print_at_once(place, change.report, actor)
    if not change.is_public:
        typer.echo(f"the {what} is not public yet: mend what is named above, then run: digest publish", err=True)
    if change.report.has_errors or not change.is_public:
        raise typer.Exit(Status.REFUSED)
