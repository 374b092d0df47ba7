"""`digest feeds`: how feeds are read, and what a hub has yet to be told."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.screen import count, format_moment, print_table, site_of
from digest.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.desk.announcing import Waiting
    from digest.desk.audience import FeedReaders
    from digest.settings import Site

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("feeds")(feeds)


def feeds(
    context: typer.Context,
    day: Annotated[str, typer.Option(metavar="DATE", help="This day alone (UTC), instead of the last seven.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the same as JSON.")] = False,
) -> None:
    """Show how many people read the feeds, as far as aggregators say so, and how often feeds are fetched."""
    from digest.desk.announcing import list_waiting
    from digest.desk.audience import read_feed_readers
    from digest.desk.workplace import open_workplace

    site, wanted = site_of(context), _read_day(day)
    with open_workplace(site) as place:
        found = read_feed_readers(place, wanted)
        waiting = list_waiting(place)
    if as_json:
        typer.echo(json.dumps(_build_json(found, waiting), ensure_ascii=False, indent=2))
        return
    _print_readers(found, f"on {wanted}" if wanted else "in the last 7 days")
    if waiting.hub:
        _print_waiting(waiting, site)


def _print_readers(found: Sequence[FeedReaders], when: str) -> None:
    if not found:
        typer.echo(f"No feed was fetched {when}. Only `digest serve` counts; feeds on another web server are not seen.")
        return
    head = ("feed", "subscribers", "fetches", "unchanged")
    rows = [
        (one.feed, "-" if one.subscribers is None else str(one.subscribers), str(one.fetches), f"{one.unchanged_share:.0%}")
        for one in found
    ]
    width = [max(len(row[column]) for row in (head, *rows)) for column in range(4)]
    print_table([(row[0], *(row[place].rjust(width[place]) for place in (1, 2, 3))) for row in (head, *rows)])
    typer.echo(
        f"{when[0].upper()}{when[1:]}. Subscribers are those whom aggregators say they fetch a feed for; people whose"
    )
    typer.echo("reader fetches for them alone are not among them. Unchanged: answers that sent nothing again (304).")


def _print_waiting(waiting: Waiting, site: Site) -> None:
    if waiting.next_at is None:
        typer.echo(f"The hub {waiting.hub} has been told of all changes.")
        return
    moment = format_moment(waiting.next_at, site.settings.zone)
    typer.echo(f"The hub {waiting.hub} has yet to be told of {count(len(waiting.rows), 'feed')}; it is asked at {moment}.")
    if waiting.error:
        typer.echo(f"Last time {waiting.error}.")


def _build_json(found: Sequence[FeedReaders], waiting: Waiting) -> dict[str, object]:
    from digest.clock import format_utc

    return {
        "feeds": [
            {"feed": one.feed, "subscribers": one.subscribers, "fetches": one.fetches, "unchanged": one.unchanged}
            for one in found
        ],
        "hub": waiting.hub or None,
        "announcements": [
            {"address": row.address, "next_at": format_utc(row.next_at), "error": row.error} for row in waiting.rows
        ],
    }


def _read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"--day {text}", "it is no date", "Write it like 2022-02-21.") from None
