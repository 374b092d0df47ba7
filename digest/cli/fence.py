"""`digest fence`: whether the site stands still, and letting it go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.screen import count, format_moment, print_table, site_of
from digest.errors import Status

if TYPE_CHECKING:
    from digest.desk.lifting import Waiting
    from digest.store.replaying import Replayed

__all__ = ["describe_replayed", "register"]

fence = typer.Typer(
    help="The fence around a restored or copied site: status, lift, raise.", no_args_is_help=True, rich_markup_mode=None
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(fence, name="fence")


@fence.command("status")
def status(context: typer.Context) -> None:
    """Say whether the site stands still, why, and what would leave if it went on. Exit status 4 when it does."""
    from digest.desk.fencing import find_fence
    from digest.desk.lifting import count_waiting
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
    _show_waiting(waiting)
    typer.echo("When all is as it should be: digest fence lift --as NAME")
    raise typer.Exit(Status.PAUSED)


def _show_waiting(waiting: Waiting) -> None:
    print_table([(number, f"{_letters(number)} of {name}") for name, number in waiting.editions.items()])
    if waiting.letter_count:
        print_table([(waiting.letter_count, f"single {_letters(waiting.letter_count)} (confirmations, links, notices)")])
    if waiting.doubts_editions and waiting.editions:
        typer.echo("Letters that left after this database was backed up or copied are not known to it: once the fence is")
        typer.echo("lifted they would leave again. If one of these editions was on its way then, end it before that:")
        typer.echo("digest edition cancel ID --as NAME")
    if waiting.doubted_count:
        typer.echo(f"Lifting the fence cancels {count(waiting.doubted_count, 'single letter')}: each goes at most once, and")
        typer.echo("may have left already. Whoever misses one can ask for it again.")
    if not waiting.editions and not waiting.letter_count:
        typer.echo("No letter waits.")


@fence.command("lift")
def lift(
    context: typer.Context,
    actor: Annotated[str, typer.Option("--as", metavar="NAME", help="Who takes the responsibility.")],
) -> None:
    """Let the site go on, here and now. After a restore, single letters that may have left before are cancelled."""
    from digest.desk.lifting import count_waiting, lift_fence
    from digest.desk.workplace import open_workplace

    with open_workplace(site_of(context)) as place:
        lifted = lift_fence(place, actor=actor)
        waiting = count_waiting(place)
    if lifted is None:
        typer.echo("There was no fence.")
        return
    may_leave = f" {count(waiting.leaving_count, 'letter')} may leave now." if waiting.leaving_count else ""
    typer.echo(f"The fence is lifted.{may_leave}")
    if lifted.cancelled_count:
        were = "was" if lifted.cancelled_count == 1 else "were"
        typer.echo(f"{count(lifted.cancelled_count, 'single letter')} that may have left before {were} cancelled.")
    if lifted.replayed:
        typer.echo(f"Done again, as it stood on record in var/erasures: {describe_replayed(lifted.replayed)}.")


@fence.command("raise")
def raise_(
    context: typer.Context,
    actor: Annotated[str, typer.Option("--as", metavar="NAME", help="Who does this; it stands in the journal.")],
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="What others are to know.")] = "",
) -> None:
    """Let the site stand still: nothing is sent until the fence is lifted."""
    from digest.desk.fencing import raise_fence
    from digest.desk.workplace import open_workplace

    with open_workplace(site_of(context)) as place:
        raise_fence(place, actor=actor, why=why)
    typer.echo("The site stands still: nothing is sent until somebody lifts it: digest fence lift --as NAME")


def describe_replayed(done: Replayed) -> str:
    """What was done again, in words: `1 subscription erased, 2 subscriptions ended`."""
    said = (
        (done.erased_count, "subscription", "erased"),
        (done.left_count, "subscription", "ended"),
        (done.suppressed_count, "address", "never mailed again"),
    )
    return ", ".join(f"{_count(number, thing)} {what}" for number, thing, what in said if number) or "nothing"


def _count(number: int, thing: str) -> str:
    return f"{number} addresses" if thing == "address" and number != 1 else count(number, thing)


def _letters(number: int) -> str:
    return "letter" if number == 1 else "letters"
