"""`digest publish`, `digest serve` and `digest journal`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from digest.cli.screen import count, format_moment, print_problems, print_table, site_of
from digest.errors import Status

__all__ = ["register"]


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
    actor: Annotated[str, typer.Option("--as", metavar="NAME", help="Who does this.")] = "staff",
) -> None:
    """Release what is due and write the public site."""
    from digest.clock import parse_moment
    from digest.desk import publishing as desk
    from digest.desk.workplace import open_workplace

    site = site_of(context)
    moment = parse_moment(at, site.settings.zone) if at else None
    with open_workplace(site) as place:
        report = desk.publish(place, at=moment, out=out, strict=strict, backfill=backfill, actor=actor)
    print_problems(report.problems)
    for event in report.events:
        typer.echo(f"{event.type.value}: {event.content.title}")
    for stopped in report.stopped:
        if stopped.copies:
            copies = "1 copy" if stopped.copies == 1 else f"{stopped.copies} copies"
            typer.echo(f"edition {stopped.edition}: {copies} stopped; what they carry follows as the draft {stopped.part}")
        else:
            typer.echo(f"edition {stopped.edition}: a draft again; look at it and approve it anew")
    if report.only_rendered and report.written is None:
        typer.echo(
            "That moment lies before the newest release or ahead of the clock, so nothing is released and public/ is not"
        )
        typer.echo("touched. To look at the site as of then, name a folder: --out DIR")
        return
    assert report.written is not None
    items, files = count(len(report.newsroom.items), "item"), count(len(report.written.changed), "file")
    rest = f"{report.written.unchanged_count} unchanged, {len(report.written.removed)} removed in {out or site.public}"
    typer.echo(f"{items} public; {files} written, {rest}")
    if report.has_errors:
        raise typer.Exit(Status.REFUSED)


def serve(context: typer.Context) -> None:
    """Serve public/ until stopped."""
    from digest.web.public_site import build_app
    from digest.web.serving import listen
    from digest.web.serving import serve as run

    site = site_of(context)
    host, port = site.settings.listen
    listener = listen(host, port)
    address = site.settings.newsroom.base_url
    run(
        build_app(site.public),
        listener,
        lambda: typer.echo(f"Serving {site.public} on {host}:{port} ({address}/); Ctrl-C ends it"),
    )


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
