"""`digest publish`, `digest serve` and `digest journal`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.screen import count, format_moment, list_problems, print_problems, print_table, site_of
from digest.errors import Status

if TYPE_CHECKING:
    from digest.desk.publishing import PublishReport
    from digest.desk.workplace import Workplace
    from digest.settings import Site

__all__ = ["SHOWN_RELEASES", "print_at_once", "print_report", "register"]

SHOWN_RELEASES = 50
"""How many releases a publish names before it only counts the rest."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("publish")(publish)
    app.command("serve")(serve)
    app.command("journal")(journal)


def publish(
    context: typer.Context,
    at: Annotated[str, typer.Option(metavar="TIME", help="As of this moment instead of now, in the newsroom's zone.")] = "",
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Write there instead of public/.")] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Publish nothing if any file has an error or is in review.")
    ] = False,
    backfill: Annotated[bool, typer.Option("--backfill", help="What is released now is history, mailed to nobody.")] = False,
    whole: Annotated[
        bool, typer.Option("--whole", help="Look at every file of the site, even where nothing changed.")
    ] = False,
    compress: Annotated[
        bool | None,
        typer.Option(
            "--compress/--no-compress", help="Keep .gz and .br copies for a static host; remembered.", show_default=False
        ),
    ] = None,
    actor: Annotated[str, typer.Option("--as", metavar="NAME", help="Who does this.")] = "staff",
) -> None:
    """Release what is due and write the public site."""
    from digest.clock import parse_moment
    from digest.desk import publishing as desk
    from digest.desk.announcing import list_waiting
    from digest.desk.workplace import open_workplace
    from digest.publishing.unchanged import find_scan

    site = site_of(context)
    moment = parse_moment(at, site.settings.zone) if at else None
    with open_workplace(site) as place:
        report = desk.publish(
            place,
            at=moment,
            out=out,
            strict=strict,
            backfill=backfill,
            whole=whole,
            compress=compress,
            scan=find_scan(site.folder),
            actor=actor,
        )
        print_report(report)
        if report.only_rendered and report.written is None:
            typer.echo(
                "That moment lies before the newest release or ahead of the clock, so nothing is released and public/ is not"
            )
            typer.echo("touched. To look at the site as of then, name a folder: --out DIR")
            return
        typer.echo(_count_files(report, out or site.public))
        if out is None:
            if site.settings.feeds.hub:
                from digest.work.announcing import announce_briefly

                announce_briefly(place.hot, site.settings)
            is_quiet = print_at_once(place, report, actor)
            if moment is None and is_quiet and not list_waiting(place).rows:
                _keep(site, report)
    if report.has_errors:
        raise typer.Exit(Status.REFUSED)


def print_at_once(place: Workplace, report: PublishReport, actor: str) -> bool:
    """Make the editions at once that are due after a publish, and say what became of them; whether there was nothing to say.

    An edition that cannot be begun is due again with the next publish; what was published stays so.
    """
    from digest.desk.standing import tell_void
    from digest.work.at_once import describe, find_others, list_hindrances, send_at_once

    lines = list_hindrances(place)
    done = [] if lines else send_at_once(place, actor=actor, say=lines.append)
    done += find_others(place, report.lines[0].number, done) if report.lines else []
    for one in done:
        typer.echo(describe(one), err=one.state == "failed")
    if any(one.state == "begun" for one in done):
        typer.echo("A running digest serve sends them; where none runs: digest send")
    lines += tell_void(place)
    for line in lines:
        typer.echo(line, err=True)
    return not lines and not any(one.state == "failed" for one in done)


def print_report(report: PublishReport) -> None:
    """What was released, stopped and wrong."""
    print_problems(report.problems)
    for line in report.lines[:SHOWN_RELEASES]:
        typer.echo(f"{line.type}: {report.contents(line.version).title}")
    if len(report.lines) > SHOWN_RELEASES:
        typer.echo(f"... and {len(report.lines) - SHOWN_RELEASES} more")
    for stopped in report.stopped:
        if stopped.copies:
            copies = "1 copy" if stopped.copies == 1 else f"{stopped.copies} copies"
            typer.echo(f"edition {stopped.edition}: {copies} stopped; what they carry follows as the draft {stopped.part}")
        else:
            typer.echo(f"edition {stopped.edition}: a draft again; look at it and approve it anew")


def _count_files(report: PublishReport, folder: Path) -> str:
    assert report.written is not None
    items, files = count(len(report.newsroom.items), "item"), count(len(report.written.changed), "file")
    rest = f"{report.written.unchanged_count} unchanged, {len(report.written.removed)} removed in {folder}"
    return f"{items} public; {files} written, {rest}"


def _keep(site: Site, report: PublishReport) -> None:
    """Keep what the next publish would say if nothing changed until then."""
    from digest.publishing.replacing import Written
    from digest.publishing.unchanged import Report, keep_report

    written = report.written
    assert written is not None
    if written.failed:
        return  # what failed is tried again
    quiet = Written((), written.unchanged_count + len(written.changed), ())
    lines = [_count_files(replace(report, written=quiet), site.public)]
    keep_report(
        site.folder,
        report.newsroom.end,
        report.next_at,
        Report(lines, list_problems(report.problems), int(report.has_errors)),
    )


def serve(context: typer.Context) -> None:
    """Serve the site until stopped; what becomes due meanwhile is published by itself."""
    from digest.desk.staffing import find_link_address, make_first_link
    from digest.desk.workplace import open_workplace
    from digest.web.running import build_server
    from digest.web.serving import listen
    from digest.web.serving import serve as run

    site = site_of(context)
    host, port = site.settings.listen
    listener = listen(host, port)
    address = site.settings.newsroom.base_url
    with open_workplace(site) as place:
        app, beside = build_server(site, place.hot, typer.echo)
        first = make_first_link(place)

    def tell() -> None:
        typer.echo(f"Serving {site.public} on {host}:{port} ({address}/); Ctrl-C ends it")
        if first is not None:
            link = find_link_address(place, first)
            typer.echo(f"Nobody can sign in at the desk yet. This link works once, for a day: {link}")

    run(app, listener, tell, beside)


def journal(
    context: typer.Context, subject: Annotated[str, typer.Argument(help="Only of this edition or list.")] = ""
) -> None:
    """Show who did what, when."""
    from digest.desk.workplace import open_workplace
    from digest.store.journal import read_journal

    site = site_of(context)
    with open_workplace(site) as place, place.store.reading() as connection:
        rows = [
            (format_moment(entry.at, site.settings.zone), entry.actor, entry.action, entry.subject, _shorten(entry.detail))
            for entry in read_journal(connection, subject or None)
        ]
    print_table(rows)


def _shorten(detail: dict[str, object]) -> str:
    text = ", ".join(f"{key}: {value}" for key, value in detail.items() if value not in ("", None, 0))
    return text if len(text) <= 100 else text[:99] + "…"
