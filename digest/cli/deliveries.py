"""`digest send`, and what it says at its end."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli import letters
from digest.cli.letters import print_failed_singles
from digest.cli.screen import Bar, count, format_moment, print_table, progress, site_of
from digest.cli.standing import list_counts, print_counts, print_doubts, print_left, print_refusals, print_waits
from digest.clock import format_utc, real_now
from digest.errors import Status, UsageError

if TYPE_CHECKING:
    from digest.desk.workplace import Workplace
    from digest.settings import Site
    from digest.work.concluding import Ended
    from digest.work.sending import AllReport, Rehearsal, SendReport, Signature

__all__ = ["print_outcome", "print_signature", "register"]

_UNITS = {"s": 1, "min": 60, "m": 60, "h": 3600}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("send")(send)
    letters.register(app)


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
    begun_at = real_now()
    with progress("Sending") as bar:
        outcome = send_edition(place, name, actor=actor, outbox=outbox, wait=wait, watch=bar.update, say=_say(bar))
    print_outcome(outcome, place)
    print_failed_singles(place, begun_at)
    return outcome.report.status


def _send_all(place: Workplace, outbox: bool, wait: timedelta, is_child: bool) -> Status:
    from digest.work.sending import send_all

    if is_child:
        return _send_for_server(place, wait)
    begun_at = real_now()
    with progress("Sending") as bar:
        outcome = send_all(place, outbox=outbox, wait=wait, watch=bar.update, say=_say(bar))
    _print_all(outcome, place)
    _print_all_waits(outcome, place)
    failed = print_failed_singles(place, begun_at)
    return Status.REFUSED if failed and outcome.report.status is Status.FINISHED else outcome.report.status


def _send_for_server(place: Workplace, wait: timedelta) -> Status:
    """As the child of a server, which reads our lines and ends us by letting go of our standard input."""
    from digest.work.dispatching import NEXT
    from digest.work.sending import send_all

    begun_at = real_now()
    outcome = send_all(place, wait=wait, say=partial(typer.echo, err=True), lifeline=sys.stdin.fileno())
    _print_all(outcome, place)
    _print_all_waits(outcome, place)
    print_failed_singles(place, begun_at)
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


def print_outcome(outcome: SendReport, place: Workplace) -> None:
    """Where an edition stands after a run, in numbers that add up, why letters wait, and what to do next."""
    from digest.delivery.transitions import OPEN
    from digest.desk.editions import count_left

    one, report, site = outcome.edition, outcome.report, place.site
    left_count = count_left(place, one.id)
    typer.echo(f"{one.id} is {one.state}{f': {report.reason}' if report.reason else ''}")
    print_counts(one, outcome.counts, left_count)
    print_refusals(outcome.refusals)
    print_left(one, left_count)
    if report.status is Status.WAITING and report.next_at and report.next_at > real_now():
        waiting = sum(outcome.counts.get(state, 0) for state in OPEN) - left_count
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
    print_doubts(one, outcome.doubt_count)
    if outcome.counts.get("held"):
        typer.echo("Some letters are held for a person to decide: digest deliveries held")
    if report.progress.sent_count and not outcome.is_outbox:
        print_signature(outcome.signature, site)
    if outcome.is_outbox:
        typer.echo(f"Nothing has left this machine: the letters are files below {site.var / 'outbox'}")


def _print_all(outcome: AllReport, place: Workplace) -> None:
    """What became of each edition of a run, and of single letters."""
    from digest.desk.editions import count_left

    report, site = outcome.report, place.site
    for one in outcome.editions:
        typer.echo(f"{one.edition.id}: {_describe(one)}")
        print_refusals(one.refusals)
        print_left(one.edition, count_left(place, one.edition.id))
        if one.edition.state == "paused" and one.edition.paused_by == "self":
            typer.echo(f"  When it is mended, go on with: digest send {one.edition.id}")
    if outcome.letters:
        typer.echo(f"single letters: {list_counts(outcome.letters)}")
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
    return f"{state}{paused}; {list_counts(one.counts)}"


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
