"""`digest press`: private feeds of accredited press."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.screen import count, print_table, site_of

if TYPE_CHECKING:
    from datetime import tzinfo

    from digest.store.press_feeds import PressFeed

__all__ = ["register"]

press = typer.Typer(
    help="Private feeds of accredited press, with what is still under embargo: add, list, revoke.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
As = Annotated[str, typer.Option("--as", metavar="NAME", help="Who does this; it stands in the journal.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(press, name="press")


@press.command("add")
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Who gets it, such as a medium and a person; no e-mail address.")],
    actor: As = "staff",
) -> None:
    """Make a private feed and print its address, which is never shown again."""
    from digest.desk.accrediting import add_press_feed
    from digest.desk.workplace import open_workplace

    with open_workplace(site_of(context)) as place:
        addresses = add_press_feed(place, name, actor=actor)
    for address in addresses:
        typer.echo(address)
    typer.echo(
        "Give one of these to that person alone, by a safe way: whoever has it reads what is under embargo.", err=True
    )
    typer.echo("They are not shown again, and work while `digest serve` answers for the site.", err=True)


@press.command("list")
def list_(context: typer.Context) -> None:
    """Show who has a private feed, since when, and on which day it was last used."""
    from digest.desk.accrediting import list_press_feeds
    from digest.desk.workplace import open_workplace

    site = site_of(context)
    with open_workplace(site) as place:
        feeds = list_press_feeds(place)
    zone = site.settings.zone
    print_table(
        [(feed.name, f"since {feed.created_at.astimezone(zone):%Y-%m-%d}", *_describe(feed, zone)) for feed in feeds]
    )
    typer.echo(f"{count(sum(feed.revoked_at is None for feed in feeds), 'private feed')} open, {len(feeds)} in all")


def _describe(feed: PressFeed, zone: tzinfo) -> tuple[str, str]:
    """When it was last used, and whether it works."""
    used = f"last used {feed.used_on}" if feed.used_on else "never used"
    return used, f"revoked {feed.revoked_at.astimezone(zone):%Y-%m-%d}" if feed.revoked_at else "open"


@press.command("revoke")
def revoke(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="As `digest press list` shows it.")],
    actor: As = "staff",
) -> None:
    """Close a private feed; its address opens nothing from now on."""
    from digest.desk.accrediting import revoke_press_feed
    from digest.desk.workplace import open_workplace

    with open_workplace(site_of(context)) as place:
        feed = revoke_press_feed(place, name, actor=actor)
    typer.echo(f"The address of {feed.name} opens nothing any more.")
