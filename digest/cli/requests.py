"""`digest requests`: what waits because far more people ask to subscribe than usual."""

from __future__ import annotations

from typing import Annotated

import typer

from digest.cli.screen import count, format_moment, print_table, site_of
from digest.errors import Status

__all__ = ["register"]

requests = typer.Typer(
    help="Requests to subscribe that wait for staff: held, release, drop.", no_args_is_help=True, rich_markup_mode=None
)
As = Annotated[str, typer.Option("--as", metavar="NAME", help="Who does this; it stands in the journal.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(requests, name="requests")


@requests.command("held")
def held(context: typer.Context) -> None:
    """Say how many requests wait, and since when. Exit status 3 when some do."""
    from digest.clock import real_now
    from digest.desk.floods import read_held
    from digest.desk.workplace import open_workplace

    site = site_of(context)
    with open_workplace(site, real_now()) as place:
        found = read_held(place)
    if found.is_open:
        typer.echo("Requests were released lately: for a day from then none is held.")
    if not found.count:
        typer.echo("No request waits.")
        return
    since = f" since {format_moment(found.since, site.settings.zone)}" if found.since else ""
    typer.echo(f"Far more people than usual asked; these requests wait{since}:")
    rows = [(number, f"list {name}" if name else "the link to one's choices") for name, number in found.counts.items()]
    print_table(rows)
    typer.echo("If people have a reason to come now: digest requests release --as NAME")
    typer.echo("If somebody enters the addresses of others: digest requests drop --as NAME")
    raise typer.Exit(Status.HELD)


@requests.command("release")
def release(context: typer.Context, actor: As) -> None:
    """Let the requests that wait go on, and hold none for a day."""
    from digest.clock import real_now
    from digest.desk.floods import release_held
    from digest.desk.workplace import open_workplace

    with open_workplace(site_of(context), real_now()) as place:
        number = release_held(place, actor=actor)
    typer.echo(f"{count(number, 'request')} released. For a day from now none is held.")


@requests.command("drop")
def drop(context: typer.Context, actor: As) -> None:
    """Remove the requests that wait; nobody of them is written to."""
    from digest.clock import real_now
    from digest.desk.floods import drop_held
    from digest.desk.workplace import open_workplace

    with open_workplace(site_of(context), real_now()) as place:
        number = drop_held(place, actor=actor)
    typer.echo(f"{count(number, 'request')} removed.")
