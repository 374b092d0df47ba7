"""`digest press`: private feeds of accredited press."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.screen import count, print_table, site_of
from digest.errors import UsageError

if TYPE_CHECKING:
    from datetime import tzinfo

    from digest.store.letters import StoredLetter
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
    to: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Mail the feed's address to that person.")] = None,
    language: Annotated[str, typer.Option(help="The letter's language; else the newsroom's own.")] = "",
    show: Annotated[bool, typer.Option("--show", help="Print the feed's address too, though it is mailed.")] = False,
    actor: As = "staff",
) -> None:
    """Make a private feed, and print its address or mail it; it is never shown again."""
    from digest.desk.accrediting import add_press_feed
    from digest.desk.fencing import find_fence
    from digest.desk.workplace import open_workplace

    if to is None and (language or show):
        raise UsageError("press add", "--language and --show belong to a feed that is mailed", "Add --to ADDRESS.")
    with open_workplace(site_of(context)) as place:
        fence = None if to is None else find_fence(place)  # first: a letter of after the fence has not left before
        addresses = add_press_feed(place, name, actor=actor, to=to, language=language)
    if to is not None:
        typer.echo("The feed's address is in a letter that waits to be sent.")
        if fence is None:
            typer.echo("It leaves with the next `digest send`, or by itself while `digest serve` runs.", err=True)
        else:
            typer.echo(f"The site stands still, so nothing is sent: {fence.words}.", err=True)
            typer.echo("It leaves once the fence is lifted: digest fence status, digest fence lift --as NAME", err=True)
    if to is None or show:
        _show(addresses)


def _show(addresses: tuple[str, ...]) -> None:
    for address in addresses:
        typer.echo(address)
    typer.echo(
        "Give one of these to that person alone, by a safe way: whoever has it reads what is under embargo.", err=True
    )
    typer.echo("They are not shown again, and work while `digest serve` answers for the site.", err=True)


@press.command("list")
def list_(context: typer.Context) -> None:
    """Show who has a private feed, since when, on which day it was last used, and what became of its letter."""
    from digest.desk.accrediting import list_press_feeds, list_press_letters
    from digest.desk.workplace import open_workplace

    site = site_of(context)
    with open_workplace(site) as place:
        feeds, letters = list_press_feeds(place), list_press_letters(place)
    zone = site.settings.zone
    print_table(
        [
            (
                feed.name,
                f"since {feed.created_at.astimezone(zone):%Y-%m-%d}",
                *_describe(feed, letters.get(feed.number), zone),
            )
            for feed in feeds
        ]
    )
    typer.echo(f"{count(sum(feed.revoked_at is None for feed in feeds), 'private feed')} open, {len(feeds)} in all")


def _describe(feed: PressFeed, letter: StoredLetter | None, zone: tzinfo) -> tuple[str, str, str]:
    """When it was last used, whether it works, and what became of the letter with its address."""
    used = f"last used {feed.used_on}" if feed.used_on else "never used"
    is_open = f"revoked {feed.revoked_at.astimezone(zone):%Y-%m-%d}" if feed.revoked_at else "open"
    return used, is_open, "" if letter is None else _describe_letter(letter, zone)


def _describe_letter(letter: StoredLetter, zone: tzinfo) -> str:
    if letter.rested_at is None:
        return "letter waits"
    said = f": {letter.reply}" if letter.state == "failed" and letter.reply else ""
    return f"letter {letter.state} {letter.rested_at.astimezone(zone):%Y-%m-%d}{said}"


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
