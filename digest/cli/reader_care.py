"""`digest subscribers` for one person: find, explain, erase, suppress, unsuppress."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.screen import count, format_moment, print_table, site_of
from digest.errors import Status, UsageError

if TYPE_CHECKING:
    from digest.desk.reader_care import Held
    from digest.settings import Site

__all__ = ["register"]

_Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="The reader's address.")]
As = Annotated[str, typer.Option("--as", metavar="NAME", help="Who does this; it stands in the journal.")]


def register(subscribers: typer.Typer) -> None:
    """Add the commands."""
    for name, command in (("find", find), ("explain", explain), ("erase", erase)):
        subscribers.command(name)(command)
    subscribers.command("suppress")(suppress)
    subscribers.command("unsuppress")(unsuppress)


def find(context: typer.Context, address: _Address) -> None:
    """Show what is stored of an address. Exit status 1 when nothing is."""
    from digest.desk.reader_care import find_person
    from digest.desk.workplace import open_workplace

    site = site_of(context)
    with open_workplace(site) as place:
        found = find_person(place, address)
    if not found:
        typer.echo("Nothing is stored of that address.")
        raise typer.Exit(Status.REFUSED)
    for held in found.subscriptions:
        _print_held(held, site)
    if found.request_count:
        typer.echo(f"{count(found.request_count, 'request')} from a web page, kept 73 hours.")
    if found.letter_count:
        typer.echo(
            f"{count(found.letter_count, 'single letter')} to it, such as one to confirm; that it was, is kept 30 days."
        )
    if found.suppressed_at:
        typer.echo(
            f"Never to be mailed since {format_moment(found.suppressed_at, site.settings.zone)}: {found.suppressed_for}"
        )


def _print_held(held: Held, site: Site) -> None:
    wish, zone = held.subscription, site.settings.zone
    states = {
        "confirmed": wish.confirmed_at,
        "paused until": wish.paused_until,
        "left": wish.left_at,
    }
    typer.echo(f"{wish.list_id} (subscription {held.number}):")
    rows = [(name, format_moment(at, zone)) for name, at in states.items() if at is not None]
    rows.append(("topics", " ".join(wish.topics) or "all, now and later"))
    urgent = ", and urgent items at once" if wish.urgent else ""
    rows += [("rhythm", wish.rhythm + urgent), ("language", wish.language), ("form", wish.form)]
    rows += [("agreed", f"{given.given_at:%Y-%m-%d} by {given.form}: {given.words}") for given in held.consents]
    rows.append(("was sent", count(held.had_count, "item")))
    if not held.is_address_kept:
        rows.append(("address", "forgotten, 30 days after they left; known by its hash alone"))
    print_table(rows)


def explain(
    context: typer.Context,
    address: _Address,
    item: Annotated[str, typer.Argument(metavar="ITEM-ID", help="The item's id: the name of its file, or its address.")],
) -> None:
    """Say why the reader got an item, or did not."""
    from digest.desk.explaining import explain as find_out
    from digest.desk.workplace import open_workplace

    with open_workplace(site_of(context)) as place:
        found = find_out(place, address, item)
    for one in found:
        typer.echo(f"{one.list_id}: {one.words}.")
        print_table([("-", copy) for copy in one.copies if len(one.copies) > 1])


def erase(
    context: typer.Context,
    address: _Address,
    never_again: Annotated[
        bool, typer.Option("--never-again", help="Keep a keyed hash, so that nobody can subscribe it again.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; it cannot be undone.")] = False,
    actor: As = "staff",
) -> None:
    """Erase all that is stored of a person, as they asked; no backup brings it back."""
    from digest.desk.reader_care import erase_everywhere, find_person, hash_address
    from digest.desk.workplace import open_workplace

    with open_workplace(site_of(context)) as place:
        found = find_person(place, address)
        if not found and not never_again:
            typer.echo("Nothing is stored of that address.")
            raise typer.Exit(Status.REFUSED)
        what = count(len(found.subscriptions), "subscription")
        if not yes and not typer.confirm(f"Erase {what} and all that belongs to that address, for ever?"):
            raise UsageError("subscribers erase", "nothing was erased", "Say --yes, or answer y.")
        erase_everywhere(place, hash_address(place, address), never_again=never_again, actor=actor)
    typer.echo("Erased: subscriptions, consent, what was sent to them, requests, and to whom letters were.")
    if never_again or found.suppressed_at:
        typer.echo("Kept: a keyed hash of the address, so that it is never mailed again.")
    typer.echo("Older backups hold it until they are thrown away, after 30 days; a restore erases it again.")
    typer.echo(
        "Look for the address in what digest cannot reach: exported files, the relay's own log, the mailbox for answers."
    )


def suppress(
    context: typer.Context,
    address: _Address,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, in a few words; never an address.")],
    actor: As = "staff",
) -> None:
    """Never mail an address again, on any list."""
    from digest.desk.reader_care import suppress as put_in
    from digest.desk.workplace import open_workplace

    with open_workplace(site_of(context)) as place:
        is_new = put_in(place, address, reason=reason, actor=actor)
    typer.echo("It is never mailed again; letters that wait are not sent." if is_new else "That was so already.")


def unsuppress(context: typer.Context, address: _Address, actor: As = "staff") -> None:
    """Let an address be mailed again."""
    from digest.desk.reader_care import unsuppress as take_out
    from digest.desk.workplace import open_workplace

    with open_workplace(site_of(context)) as place:
        take_out(place, address, actor=actor)
    typer.echo("It may be mailed again; its subscriptions are as they were.")
