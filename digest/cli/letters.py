"""`digest deliveries`: letters one by one: held, failed, perhaps sent twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.screen import format_moment, print_table, site_of
from digest.cli.standing import quote
from digest.errors import Status, UsageError

if TYPE_CHECKING:
    from datetime import tzinfo

    from digest.desk.steering import HeldLetter
    from digest.desk.workplace import Workplace
    from digest.store.deliveries import Decided, Held

__all__ = ["print_failed_singles", "register"]

deliveries = typer.Typer(
    help="Letters one by one: held, failed, perhaps sent twice.", no_args_is_help=True, rich_markup_mode=None
)
_One = Annotated[str, typer.Argument(metavar="[ID]", help="Only of this edition.")]
_KINDS = {
    "confirmation": "letter to confirm",
    "present": "letter that says who is on the list already",
    "preferences": "letter with the link to one's choices",
    "move": "letter about another address",
    "goodbye": "letter of farewell",
    "press-feed": "letter with the address of a private feed",
}
"""Single letters to readers and press; all others are notices to approvers."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(deliveries, name="deliveries")


@deliveries.command("held")
def held(context: typer.Context, name: _One = "") -> None:
    """List the letters that a person must decide about: a copy may have arrived, or not."""
    from digest.desk.steering import list_held
    from digest.desk.workplace import open_workplace

    site = site_of(context)
    with open_workplace(site) as place:
        found = list_held(place, name or None)
    _print_letters(found, site.settings.zone, [letter.held.reply for letter in found])
    if found:
        typer.echo("For each: ask the reader or look into the relay's log, then: digest deliveries decide NUMBER --as NAME")
        typer.echo("  with --received (a copy arrived), --again (send one more), or --give-up.")
    else:
        typer.echo("Nothing is held.")


@deliveries.command("failed")
def failed(context: typer.Context, name: _One = "") -> None:
    """List the letters that failed, with the relay's words; without an edition's id single letters too."""
    from digest.desk.steering import list_letters
    from digest.desk.workplace import open_workplace

    site = site_of(context)
    with open_workplace(site) as place:
        found = list_letters(place, name or None, "failed")
    _print_letters(found, site.settings.zone, [quote(letter.held.code, letter.held.reply) for letter in found])
    if not found:
        typer.echo("No letter of this edition failed." if name else "No letter failed.")


@deliveries.command("doubted")
def doubted(context: typer.Context, name: _One = "") -> None:
    """List the letters that a reader may have got twice: an answer was lost, and one more copy was sent."""
    from digest.desk.steering import list_letters
    from digest.desk.workplace import open_workplace

    site = site_of(context)
    with open_workplace(site) as place:
        found = list_letters(place, name or None, "doubted")
    _print_letters(found, site.settings.zone, [_describe_doubt(letter.held) for letter in found])
    if not found:
        typer.echo("Nobody can have got this edition twice." if name else "Nobody can have got an edition twice.")


@deliveries.command("decide")
def decide(
    context: typer.Context,
    numbers: Annotated[list[int], typer.Argument(metavar="NUMBER...", help="As `digest deliveries held` shows them.")],
    actor: Annotated[str, typer.Option("--as", metavar="NAME", help="Who decides.")],
    received: Annotated[bool, typer.Option("--received", help="A copy arrived.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Send one more copy.")] = False,
    give_up: Annotated[bool, typer.Option("--give-up", help="No copy arrived, and none shall.")] = False,
) -> None:
    """Settle held letters."""
    from digest.delivery.transitions import Decision
    from digest.desk import steering
    from digest.desk.workplace import open_workplace

    chosen = [word for word, said in zip(Decision, (received, again, give_up), strict=True) if said]
    if len(chosen) != 1:
        raise UsageError("deliveries decide", "it takes one decision", "Say --received, --again or --give-up.")
    with open_workplace(site_of(context)) as place:
        decided = steering.decide(place, numbers, chosen[0], actor=actor)
    for one in decided:
        typer.echo(f"{one.id}: {_describe_decision(one)}")
    reopened = {one.edition for one in decided if one.state == "queued" and one.edition}
    for name in sorted(reopened):
        typer.echo(f"Send it: digest send {name} (a running digest serve does so by itself)")
    if any(one.refusal for one in decided):
        raise typer.Exit(Status.REFUSED)


def print_failed_singles(place: Workplace, since: datetime) -> bool:
    """Say in one line which single letters failed from a moment on, and why, without an address; whether any did."""
    from digest.desk.steering import list_failed_singles

    found = Counter((_name(one), quote(one.code, one.reply)) for one in list_failed_singles(place, since))
    if found:
        what = "; ".join(f"{number} {name} ({why})" for (name, why), number in found.items())
        typer.echo(f"Failed: {what}. To whom: digest deliveries failed")
    return bool(found)


def _print_letters(found: Sequence[HeldLetter], where: tzinfo, words: Sequence[str]) -> None:
    """Two lines for each: its number, the edition or what else it is, the address and when; then why."""
    for letter, why in zip(found, words, strict=True):
        one = letter.held
        when = format_moment(one.held_at, where) if one.held_at else ""
        print_table([(one.id, _name(one), letter.address, when)], indent="")
        typer.echo(f"    {why}")


def _name(one: Held) -> str:
    return one.edition or _KINDS.get(one.kind, "notice to an approver")


def _describe_doubt(one: Held) -> str:
    lost = "the answer to one copy was" if one.unknown_count == 1 else f"the answers to {one.unknown_count} copies were"
    if one.code is None or one.code >= 300:
        return f"{lost} lost; {one.reply}"
    return f"{lost} lost, and one more was sent, of which the relay said: {quote(one.code, one.reply)}"


def _describe_decision(one: Decided) -> str:
    """What staff's word has made of a letter."""
    words = {
        "sent": "a copy arrived, so it counts as sent",
        "queued": "one more copy leaves with the next sending",
        "failed": "given up; what it carried comes with the reader's next edition",
    }
    return words[one.state] if one.state else one.refusal
