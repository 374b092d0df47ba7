"""`digest send` and `digest deliveries`."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from digest.cli.screen import Bar, count, format_moment, print_table, progress, site_of
from digest.clock import format_utc, real_now
from digest.errors import Status, UsageError

if TYPE_CHECKING:
    from digest.desk.workplace import Workplace
    from digest.settings import Site
    from digest.store.deliveries import RefusedLetters
    from digest.work.concluding import Ended
    from digest.work.sending import AllReport, Rehearsal, SendReport, Signature

__all__ = ["print_outcome", "print_refusals", "print_signature", "print_waits", "register"]

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
    name: Annotated[
        str,
        typer.Argument(metavar="[ID]", help="An approved edition, or one being sent; without it, all that is being sent."),
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent to how many; send nothing.")] = False,
    outbox: Annotated[bool, typer.Option("--outbox", help="Keep the letters on this machine, below var/outbox.")] = False,
    wait: Annotated[str, typer.Option(metavar="TIME", help="How long to wait for letters that are due later.")] = "15 min",
    actor: Annotated[str, typer.Option("--as", metavar="NAME", help="Who does this.")] = "staff",
    is_child: Annotated[bool, typer.Option("--child", hidden=True)] = False,
) -> None:
    """Send an edition, or go on with all that is being sent; run again, it goes on and mails nobody twice."""
    from digest.desk.workplace import open_workplace

    patience = _duration(wait)
    site = site_of(context)
    if dry_run and not name:
        raise UsageError("--dry-run", "it looks at one edition", "Name it: digest send ID --dry-run")
    with open_workplace(site) as place:
        if dry_run:
            from digest.work.sending import rehearse

            _print_unpublished(place, name)
            _print_dry_run(rehearse(place, name, outbox=outbox), site)
            return
        status = _send_one(place, name, actor, outbox, patience) if name else _send_all(place, outbox, patience, is_child)
    if status:
        raise typer.Exit(status)


def _send_one(place: Workplace, name: str, actor: str, outbox: bool, wait: timedelta) -> Status:
    from digest.work.sending import send as send_edition

    _print_unpublished(place, name)
    with progress("Sending") as bar:
        outcome = send_edition(place, name, actor=actor, outbox=outbox, wait=wait, watch=bar.update, say=_say(bar))
    print_outcome(outcome, place)
    return outcome.report.status


def _send_all(place: Workplace, outbox: bool, wait: timedelta, is_child: bool) -> Status:
    from digest.work.sending import send_all

    if is_child:
        return _send_for_server(place, wait)
    with progress("Sending") as bar:
        outcome = send_all(place, outbox=outbox, wait=wait, watch=bar.update, say=_say(bar))
    _print_all(outcome, place.site)
    _print_all_waits(outcome, place)
    return outcome.report.status


def _send_for_server(place: Workplace, wait: timedelta) -> Status:
    """As the child of a server, which reads our lines and ends us by letting go of our standard input."""
    from digest.work.dispatching import NEXT
    from digest.work.sending import send_all

    outcome = send_all(place, wait=wait, say=partial(typer.echo, err=True), lifeline=sys.stdin.fileno())
    _print_all(outcome, place.site)
    _print_all_waits(outcome, place)
    if outcome.report.next_at is not None:
        typer.echo(f"{NEXT}{format_utc(outcome.report.next_at)}")
    return outcome.report.status


def _say(bar: Bar) -> Callable[[str], None]:
    def say(sentence: str) -> None:
        bar.close()
        typer.echo(sentence, err=True)

    return say


def _print_unpublished(place: Workplace, name: str) -> None:
    from digest.desk.checking import find_unpublished

    for file in find_unpublished(place, name):
        typer.echo(f"{file} was edited and not published since; the edition carries it as it is published.")


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


def print_outcome(outcome: SendReport, place: Workplace) -> None:
    """Where an edition stands after a run, in numbers that add up, why letters wait, and what to do next."""
    one, report, site = outcome.edition, outcome.report, place.site
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
    print_waits(place, one.id, indent="    ")
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


def _print_all(outcome: AllReport, site: Site) -> None:
    """What became of each edition of a run, and of single letters."""
    report = outcome.report
    for one in outcome.editions:
        typer.echo(f"{one.edition.id}: {_describe(one)}")
        print_refusals(one.refusals)
        if one.edition.state == "paused" and one.edition.paused_by == "self":
            typer.echo(f"  When it is mended, go on with: digest send {one.edition.id}")
    if outcome.letters:
        typer.echo(f"single letters: {_list_counts(outcome.letters)}")
    if not outcome.editions and not outcome.letters:
        typer.echo("Nothing waits to be sent.")
    if report.status is Status.WAITING and report.next_at and report.next_at > real_now():
        typer.echo(f"More is due {format_moment(report.next_at, site.settings.zone)}; then: digest send")
    if report.reason and not any(one.edition.paused_reason == report.reason for one in outcome.editions):
        typer.echo(f"It stopped: {report.reason}")
    if any(one.counts.get("held") for one in outcome.editions):
        typer.echo("Some letters are held for a person to decide: digest deliveries held")
    if outcome.is_outbox:
        typer.echo(f"Nothing has left this machine: the letters are files below {site.var / 'outbox'}")


def _describe(one: Ended) -> str:
    state, reason = one.edition.state, one.edition.paused_reason
    paused = f" ({reason})" if state == "paused" and reason else ""
    return f"{state}{paused}; {_list_counts(one.counts)}"


def _list_counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {state}" for state, number in counts.items())


def print_refusals(refusals: Sequence[RefusedLetters]) -> None:
    """Why letters failed or wait, in the relay's words."""
    words = {"failed": "failed", "queued": "to be tried again"}
    rows = [(one.count, f"{words[one.state]}: {one.code or ''} {one.reply}".strip()) for one in refusals]
    print_table(rows, indent="    ")


def print_waits(place: Workplace, name: str, *, indent: str = "") -> None:
    """Why letters of an edition wait, and until when."""
    from digest.store.releases import from_seconds
    from digest.work.waiting import explain_waits

    for wait in explain_waits(place, name):
        until = "" if wait.until is None else f" {format_moment(from_seconds(wait.until), place.site.settings.zone)}"
        typer.echo(f"{indent}{wait.words}{until}")


def _print_all_waits(outcome: AllReport, place: Workplace) -> None:
    for one in outcome.editions:
        if one.edition.state == "sending":
            print_waits(place, one.edition.id, indent=f"  {one.edition.id}: ")


def print_signature(signature: Signature, site: Site) -> None:
    """Who signed, or that nobody did where that may matter."""
    if signature.selectors:
        typer.echo(f"Signed for {signature.domain} by {' and '.join(signature.selectors)}.")
    elif site.settings.delivery.sign and (_has_relay_elsewhere(site) or (site.keys / "dkim").exists()):
        typer.echo(f"Not signed here: {signature.domain} has no keys (digest keys dkim). Fine if your relay signs.")


def _has_relay_elsewhere(site: Site) -> bool:
    from digest.delivery.relay import is_loopback, parse_smtp_urls

    return bool(site.smtp_url.strip()) and not all(is_loopback(one.host) for one in parse_smtp_urls(site.smtp_url).chosen)


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
