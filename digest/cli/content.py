"""`digest check`, `new`, `init` and `import`: item files and sites."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from digest.cli.screen import print_problems, print_table, site_of
from digest.errors import ContentError, Status

__all__ = ["register"]

importing = typer.Typer(help="Turn what others have published into item files.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("check")(check)
    app.command("new")(new)
    app.command("init")(init)
    app.add_typer(importing, name="import")


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


@importing.command("page")
def import_page(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A newsroom page saved as text.")],
    into: Annotated[Path, typer.Option("--into", metavar="DIR", help="The folder of items to write to.")],
) -> None:
    """Turn a newsroom page saved as text into item files; files that are there are left alone."""
    from digest.items.folder import write_missing
    from digest.items.importing.page import parse_page, render_files

    site = site_of(context)
    page = parse_page(_read_page(file), site.settings, file.name)
    texts = render_files(page)
    if not texts:
        print_problems(page.problems)
        raise ContentError(
            str(file), "no item was found in it", "Save the page as text: kind, title, text and date, with blanks."
        )
    written, present = write_missing(into, texts)
    print_problems(page.problems)
    typer.echo(f"Wrote {len(written)} items into {into}; {len(present)} were there already.")
    print_table(
        [
            (sum(item.photo.credit != "" for item in page.items), "with a photo credit"),
            (sum(item.photo.caption != "" for item in page.items), "with a caption"),
            (sum(item.is_shortened for item in page.items), "shortened by their source"),
        ]
    )
    typer.echo("Look them over: digest check")
    if any(problem.severity == "error" for problem in page.problems):
        raise typer.Exit(Status.REFUSED)


def _read_page(file: Path) -> str:
    from digest.items.folder import read_text

    remedy = "Save the page as plain UTF-8 text."
    try:
        text = read_text(file)
    except OSError as error:
        raise ContentError(str(file), f"it cannot be read ({error.strerror})", "Name a file that you may read.") from None
    except UnicodeDecodeError:
        raise ContentError(str(file), "it is not UTF-8 text", remedy) from None
    if text is None:
        raise ContentError(str(file), "it is larger than 1 MiB", remedy)
    return text
