"""`digest send` and `digest deliveries`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from digest.cli.screen import count, format_moment, print_table, progress, site_of
from digest.clock import real_now
from digest.errors import Status, UsageError

if TYPE_CHECKING:
    from digest.settings import Site
    from digest.store.deliveries import RefusedLetters
    from digest.work.sending import Rehearsal, SendReport, Signature

__all__ = ["print_outcome", "print_refusals", "print_signature", "register"]

deliveries = typer.Typer(
    help="Single letters: held, failed, perhaps sent twice.", no_args_is_help=True, rich_markup_mode=None
)
_UNITS = {"s": 1, "min": 60, "m": 60, "h": 3600}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("send")(send)
    app.add_typer(deliveries, name="deliveries")


def send(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="An approved edition, or one that is being sent.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent to how many; send nothing.")] = False,
    outbox: Annotated[bool, typer.Option("--outbox", help="Keep the letters on this machine, below var/outbox.")] = False,
    wait: Annotated[str, typer.Option(metavar="TIME", help="How long to wait for letters that are due later.")] = "15 min",
    actor: Annotated[str, typer.Option("--as", metavar="NAME", help="Who does this.")] = "staff",
) -> None:
    """Send an edition; run again, it goes on where it stopped and mails nobody twice."""
    from digest.desk.checking import find_unpublished
    from digest.desk.workplace import open_workplace
    from digest.work import sending

    patience = _duration(wait)
    site = site_of(context)
    with open_workplace(site) as place:
        if _has_relay_elsewhere(site):
            typer.echo(
                "The unsubscribe links in letters are not answered by this version yet. Read what comes to reply_to,",
                err=True,
            )
            typer.echo(
                "and end the subscription of everyone who asks: digest subscribers remove ADDRESS --list LIST", err=True
            )
        for file in find_unpublished(place, name):
            typer.echo(f"{file} was edited and not published since; the edition carries it as it is published.")
        if dry_run:
            _print_dry_run(sending.rehearse(place, name, outbox=outbox), site)
            return
        with progress("Sending") as bar:
            outcome = sending.send(place, name, actor=actor, outbox=outbox, wait=patience, watch=bar.update)
    print_outcome(outcome, site)
    if outcome.report.status:
        raise typer.Exit(outcome.report.status)


@deliveries.command("held")
def held(
    context: typer.Context, name: Annotated[str, typer.Argument(metavar="ID", help="Only of this edition.")] = ""
) -> None:
    """List the letters that a person must decide about: a copy may have arrived, or not."""
    from digest.desk.steering import list_held
    from digest.desk.workplace import open_workplace

    site = site_of(context)
    with open_workplace(site) as place:
        letters = list_held(place, name or None)
    for letter in letters:
        one = letter.held
        when = format_moment(one.held_at, site.settings.zone) if one.held_at else ""
        typer.echo(f"{one.id}  {one.edition or 'single letter'}  {letter.address}  {when}  {one.reply}".rstrip())
    if letters:
        typer.echo("For each: ask the reader or look into the relay's log, then: digest deliveries decide NUMBER --as NAME")
        typer.echo("  with --received (a copy arrived), --again (send one more), or --give-up.")
    else:
        typer.echo("Nothing is held.")


@deliveries.command("failed")
def failed(context: typer.Context, name: Annotated[str, typer.Argument(metavar="ID", help="The edition.")]) -> None:
    """List the letters that the relay refused for good, with its words."""
    _print_letters(context, name, "failed", "No letter of this edition failed.")


@deliveries.command("doubted")
def doubted(context: typer.Context, name: Annotated[str, typer.Argument(metavar="ID", help="The edition.")]) -> None:
    """List the letters that a reader may have got twice: an answer was lost, and one more copy was sent."""
    _print_letters(context, name, "doubted", "Nobody can have got this edition twice.")


def _print_letters(context: typer.Context, name: str, which: Literal["failed", "doubted"], none: str) -> None:
    from digest.desk.steering import list_letters
    from digest.desk.workplace import open_workplace

    with open_workplace(site_of(context)) as place:
        letters = list_letters(place, name, which)
    print_table([(letter.held.id, letter.address, letter.held.reply) for letter in letters], indent="")
    if not letters:
        typer.echo(none)


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
        typer.echo(f"{one.id}: {one.state}" if one.state else f"{one.id}: {one.refusal}")
    reopened = {one.edition for one in decided if one.state == "queued" and one.edition}
    for name in sorted(reopened):
        typer.echo(f"Send it: digest send {name}")
    if any(one.refusal for one in decided):
        raise typer.Exit(Status.REFUSED)


def print_outcome(outcome: SendReport, site: Site) -> None:
    """Where an edition stands after a run, in numbers that add up, and what to do next."""
    one, report = outcome.edition, outcome.report
    typer.echo(f"{one.id} is {one.state}{f': {report.reason}' if report.reason else ''}")
    rows = [(number, state) for state, number in outcome.counts.items()]
    if rows:
        print_table([*rows, (sum(outcome.counts.values()), f"in all, for an audience of {one.audience_count}")])
    print_refusals(outcome.refusals)
    if report.status is Status.WAITING and report.next_at and report.next_at > real_now():
        waiting = sum(outcome.counts.get(state, 0) for state in ("queued", "picked", "inflight"))
        typer.echo(f"{waiting} wait until {format_moment(report.next_at, site.settings.zone)}; then: digest send {one.id}")
    elif report.status is Status.WAITING:
        typer.echo(f"Go on with: digest send {one.id}")
    if one.state == "paused" and one.paused_by == "staff":
        typer.echo(
            f"{one.changed_by} paused it. Go on with: digest edition resume {one.id} --as NAME, then digest send {one.id}"
        )
    elif report.status is Status.PAUSED:
        typer.echo(f"When it is mended, go on with: digest send {one.id}")
    if outcome.doubt_count:
        twice = count(outcome.doubt_count, "reader")
        typer.echo(f"{twice} may have got it twice, for an answer was lost: digest deliveries doubted {one.id}")
    if outcome.counts.get("held"):
        typer.echo("Some letters are held for a person to decide: digest deliveries held")
    if report.progress.sent_count and not outcome.is_outbox:
        print_signature(outcome.signature, site)
    if outcome.is_outbox:
        typer.echo(f"Nothing has left this machine: the letters are files below {site.var / 'outbox'}")


def print_refusals(refusals: Sequence[RefusedLetters]) -> None:
    """Why letters failed or wait, in the relay's words."""
    words = {"failed": "failed", "queued": "to be tried again"}
    rows = [(one.count, f"{words[one.state]}: {one.code or ''} {one.reply}".strip()) for one in refusals]
    print_table(rows, indent="    ")


def print_signature(signature: Signature, site: Site) -> None:
    """Who signed, or that nobody did where that may matter."""
    if signature.selectors:
        typer.echo(f"Signed for {signature.domain} by {' and '.join(signature.selectors)}.")
    elif site.settings.delivery.sign and (_has_relay_elsewhere(site) or (site.keys / "dkim").exists()):
        typer.echo(f"Not signed here: {signature.domain} has no keys (digest keys dkim). Fine if your relay signs.")


def _has_relay_elsewhere(site: Site) -> bool:
    from digest.delivery.relay import is_loopback, parse_smtp_url

    return bool(site.smtp_url) and not is_loopback(parse_smtp_url(site.smtp_url).host)


def _print_dry_run(rehearsal: Rehearsal, site: Site) -> None:
    print_table([(one.reader_count, "readers", one.language, one.form, one.subject) for one in rehearsal.variants])
    letters, variants = count(rehearsal.reader_count, "letter"), count(len(rehearsal.variants), "variant")
    typer.echo(f"{letters} in {variants} would go to {rehearsal.way}.")
    if not rehearsal.is_outbox:
        print_signature(rehearsal.signature, site)
    typer.echo("Nothing was sent.")


def _duration(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,6})\s*(s|min|m|h)", text.strip())
    if not found:
        raise UsageError(f"--wait {text}", "it is no span of time", 'Write it like "30 s", "15 min" or "2 h".')
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])
