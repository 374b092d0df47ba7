"""`digest import`: what others have published becomes item files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.screen import SHOWN_PROBLEMS, print_problems, print_table, progress, site_of
from digest.errors import ContentError, SettingsError, Status

if TYPE_CHECKING:
    from digest.desk.importing import Form, Source
    from digest.items.importing.planning import Outcome, State
    from digest.settings import Site

__all__ = ["register"]

importing = typer.Typer(help="Turn what others have published into item files.", no_args_is_help=True, rich_markup_mode=None)

_INTO = Annotated[Path, typer.Option("--into", metavar="DIR", help="The folder of items to write to.")]
_KIND = Annotated[str, typer.Option("--kind", metavar="KIND", help="The kind where no category names one; else update.")]
_SHOWN = frozenset({"changed", "skipped"})
_WORDS: dict[State, str] = {
    "new": "new", "changed": "changed", "unchanged": "unchanged", "skipped": "skipped", "faulty": "with errors",
}  # fmt: skip
_DRY_RUN = Annotated[bool, typer.Option("--dry-run", help="Write nothing, only tell what would be written.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(importing, name="import")


@importing.command("page")
def import_page(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A newsroom page saved as text.")],
    into: _INTO,
) -> None:
    """Turn a newsroom page saved as text into item files; files that are there are left alone."""
    from digest.desk.importing import check_place
    from digest.items.folder import write_missing
    from digest.items.importing.page import parse_page, render_files

    site = site_of(context)
    check_place(site, into)
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


@importing.command("wordpress")
def import_wordpress(
    context: typer.Context,
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="WXR exports, or saved answers of wp/v2/posts.")],
    into: _INTO,
    kind: _KIND = "",
    dry_run: _DRY_RUN = False,
) -> None:
    """Turn the published posts of a WordPress site into item files; files that are there are left alone."""
    _import(site_of(context), "wordpress", [_file_source(name) for name in files], into, kind, dry_run=dry_run)


@importing.command("feed")
def import_feed(
    context: typer.Context,
    sources: Annotated[list[str], typer.Argument(metavar="FILE_OR_URL...", help="RSS, Atom or JSON Feed.")],
    into: _INTO,
    kind: _KIND = "",
    dry_run: _DRY_RUN = False,
) -> None:
    """Turn the entries of feeds into item files; files that are there are left alone."""
    site = site_of(context)
    chosen = [_url_source(name, site) if re.match("https?://", name) else _file_source(name) for name in sources]
    _import(site, "feed", chosen, into, kind, dry_run=dry_run)


def _file_source(name: str) -> Source:
    from digest.desk.importing import Source, open_file

    return Source(name, lambda: open_file(Path(name)))


def _url_source(address: str, site: Site) -> Source:
    """An address, which is fetched when its turn comes.

    Raises:
        SettingsError: newsroom.toml does not allow it.
    """
    from digest.desk.importing import Source
    from digest.work.fetching import Fetcher

    if not site.settings.imports.fetch:
        remedy = "Save the feed as a file, or write fetch = true below [import] in newsroom.toml."
        raise SettingsError(address, "this newsroom fetches nothing by address", remedy)
    return Source(address, lambda: BytesIO(Fetcher().fetch(address)))


def _import(site: Site, form: Form, sources: list[Source], into: Path, kind: str, *, dry_run: bool) -> None:
    from digest.desk.importing import import_entries
    from digest.items.importing.planning import count_states, list_problems

    outcomes: list[Outcome] = []
    with progress("entries", None) as bar:
        for outcome in import_entries(site, form, sources, into, kind=kind or None, dry_run=dry_run):
            outcomes.append(outcome)
            bar.update(len(outcomes))
    print_problems([problem for outcome in outcomes for problem in list_problems(outcome)])
    _print_rows(outcomes, dry_run=dry_run)
    counts = count_states(outcomes)
    said = ", ".join(f"{counts[state]} {words}" for state, words in _WORDS.items())
    typer.echo(f"{len(outcomes)} {'entry' if len(outcomes) == 1 else 'entries'}: {said}")
    typer.echo("Nothing was written." if dry_run else "Look them over: digest check")
    if counts["faulty"]:
        raise typer.Exit(Status.REFUSED)


def _print_rows(outcomes: Iterable[Outcome], *, dry_run: bool) -> None:
    """What was left alone and why; in a dry run all that would be written besides."""
    rows = [_row(outcome) for outcome in outcomes if outcome.state in _SHOWN or (dry_run and outcome.state == "new")]
    shown = rows if dry_run else rows[:SHOWN_PROBLEMS]
    print_table(shown)
    if len(shown) < len(rows):
        typer.echo(f"  … and {len(rows) - len(shown)} more; --dry-run lists them all")


def _row(outcome: Outcome) -> tuple[str, str, str]:
    name = outcome.file.name if outcome.file else ""
    return outcome.state, name or outcome.title[:60], outcome.why or outcome.title[:60]
