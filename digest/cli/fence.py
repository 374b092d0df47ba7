"""`digest fence`: whether the site stands still, and letting it go on."""

from __future__ import annotations

from typing import Annotated

import typer

from digest.cli.screen import count, format_moment, print_table, site_of
from digest.errors import Status

__all__ = ["register"]

fence = typer.Typer(
    help="The fence around a restored or copied site: status, lift, raise.", no_args_is_help=True, rich_markup_mode=None
)
As = Annotated[str, typer.Option("--as", metavar="NAME", help="Who does this; it stands in the journal.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(fence, name="fence")


@fence.command("status")
def status(context: typer.Context) -> None:
    """Say whether the site stands still, why, and what would leave if it went on. Exit status 4 when it does."""
    from digest.desk.fencing import count_waiting, find_fence
    from digest.desk.workplace import open_workplace

    site = site_of(context)
    with open_workplace(site) as place:
        found = find_fence(place)
        waiting = count_waiting(place)
    if found is None:
        typer.echo("No fence: the site sends and releases as usual.")
        return
    typer.echo(f"The site stands still since {format_moment(found.at, site.settings.zone)}: {found.words}.")
    typer.echo("Nothing is released and nothing is sent." if found.stops_releases else "Nothing is sent.")
    print_table([(number, f"letters of {name}") for name, number in waiting.editions.items()])
    if waiting.letter_count:
        print_table([(waiting.letter_count, "single letters")])
    if waiting.editions:
        typer.echo(
            "Letters that left after a backup was made are not known to it and would leave again. If one of these was"
        )
        typer.echo("on its way then, end it first: digest edition cancel ID --as NAME")
    typer.echo("When all is as it should be: digest fence lift --as NAME")
    raise typer.Exit(Status.PAUSED)


@fence.command("lift")
def lift(
    context: typer.Context,
    actor: Annotated[str, typer.Option("--as", metavar="NAME", help="Who takes the responsibility.")],
) -> None:
    """Let the site go on, here and now."""
    from digest.desk.fencing import count_waiting, lift_fence
    from digest.desk.workplace import open_workplace

    with open_workplace(site_of(context)) as place:
        lifted = lift_fence(place, actor=actor)
        waiting = count_waiting(place)
    if lifted is None:
        typer.echo("There was no fence.")
        return
    letters = sum(waiting.editions.values()) + waiting.letter_count
    typer.echo("The fence is lifted." + (f" {count(letters, 'letter')} may leave now." if letters else ""))


@fence.command("raise")
def raise_(
    context: typer.Context,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="What others are to know.")] = "",
    actor: As = "staff",
) -> None:
    """Let the site stand still: nothing is sent until the fence is lifted."""
    from digest.desk.fencing import raise_fence
    from digest.desk.workplace import open_workplace

    with open_workplace(site_of(context)) as place:
        raise_fence(place, actor=actor, why=why)
    typer.echo("The site stands still: nothing is sent until somebody lifts it: digest fence lift --as NAME")
