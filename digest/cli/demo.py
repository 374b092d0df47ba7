"""`digest demo`: the whole main job on the sample site, what `make run` runs."""

from __future__ import annotations

import os
from socket import socket
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.screen import print_table, progress
from digest.settings import Site, find_site, open_site

if TYPE_CHECKING:
    from digest.work.demo import Outcome

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    context: typer.Context, once: Annotated[bool, typer.Option("--once", help="End after that instead of serving.")] = False
) -> None:
    """Publish the sample newsroom, send its digest to a catcher on this machine, and serve it all."""
    for name in [name for name in os.environ if name.startswith("DIGEST_")]:
        del os.environ[name]
    site = open_site(find_site(context.find_root().obj or None, environment={}), environment={})
    if once:
        _run(site)
        return
    from digest.web.serving import listen

    listener = listen(*site.settings.listen)  # known before anything is sent, for the letters name this address
    try:
        _run(site)
        _serve(site, listener)
    finally:
        listener.close()


def _run(site: Site) -> None:
    from digest.work.demo import run

    with progress("Sending") as bar:

        def say(sentence: str) -> None:
            bar.close()
            typer.echo(sentence)

        outcome = run(site, say, bar.update)
    _print(outcome, site)


def _print(outcome: Outcome, site: Site) -> None:
    sent, counts = outcome.sent, outcome.sent.counts
    written = outcome.published.written
    typer.echo("")
    print_table(
        [
            (len(outcome.published.newsroom.items), "items public"),
            (len(written.changed) + written.unchanged_count if written else 0, f"files in {site.public}"),
            (sum(outcome.readers.counts.values()), "readers in sample-readers.csv"),
            (sum(counts.values()), f"letters of {sent.edition.id}, {sent.edition.state}:"),
            *((number, f"  {state}") for state, number in counts.items()),
            (outcome.caught_count, f"caught in this run, kept in {site.var / 'caught'}"),
        ]
    )
    base = site.settings.newsroom.base_url
    typer.echo("")
    print_table(
        [
            ("site", f"{base}/"),
            ("feeds", f"{base}/feeds/"),
            ("digest", f"{base}/editions/{sent.edition.id}/"),
            ("sign up", f"{base}/subscribe/"),
            ("caught mail", f"{base}/caught/"),
        ]
    )


def _serve(site: Site, listener: socket) -> None:
    """Serve it as `digest serve` does; what leaves meanwhile, such as a letter to confirm, comes to the catcher, too."""
    from digest.desk.staffing import find_link_address, make_first_link
    from digest.desk.workplace import open_workplace
    from digest.templates import Templates
    from digest.web.caught import build_routes
    from digest.web.running import build_server
    from digest.web.serving import serve
    from digest.work.catcher import catching

    with catching(site.var / "caught") as catcher:
        os.environ["DIGEST_SMTP_URL"] = catcher.url  # also for the processes that send
        site = open_site(site.folder)
        with open_workplace(site) as place:
            app, beside = build_server(
                site, place.hot, typer.echo, build_routes(site.var / "caught", Templates(site.templates))
            )
            first = make_first_link(place)
            desk = find_link_address(place, first) if first else f"{site.settings.newsroom.base_url}/desk/"
        typer.echo(f"  desk         {desk}")
        typer.echo("")
        serve(app, listener, lambda: typer.echo("Serving; Ctrl-C ends it."), beside)
