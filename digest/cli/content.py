"""`digest check`, `new` and `init`: item files and sites."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from digest.cli.screen import print_table, site_of
from digest.errors import Status

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("check")(check)
    app.command("new")(new)
    app.command("init")(init)


def check(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document for machines.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Read each item's times back, local and UTC.")] = False,
) -> None:
    """List every problem of every item."""
    from digest.desk import checking
    from digest.desk.workplace import open_workplace

    with open_workplace(site_of(context)) as place:
        listing = checking.check(place, verbose=verbose)
    typer.echo(json.dumps(listing.data, ensure_ascii=False, indent=2) if as_json else "\n".join(listing.lines))
    if listing.has_errors:
        raise typer.Exit(Status.REFUSED)


def new(context: typer.Context, title: Annotated[str, typer.Argument(help="The item's title.")]) -> None:
    """Write a draft item with its permanent id."""
    from digest import clock
    from digest.items.drafts import build_draft, write_new

    site = site_of(context)
    name, text = build_draft(title, site.settings, clock.now())
    write_new(site.items / name, text)
    typer.echo(site.items / name)


def init(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is new or has no site yet.")]) -> None:
    """Make a new site."""
    from digest import clock
    from digest.items.init import build_site, write_site

    texts = build_site(clock.now())
    write_site(folder, texts)
    typer.echo(f"Made a site in {folder}:")
    print_table([(name,) for name in texts])
    typer.echo(f"Next: cd {folder}, put your names into newsroom.toml, then: digest check, digest publish, digest serve")
