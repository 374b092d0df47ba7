"""`digest edition preview`, `inspect` and `test`: what an edition looks like, and what is wrong with it before it leaves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.deliveries import print_signature
from digest.cli.screen import count, print_problems, print_table, site_of
from digest.errors import Status

if TYPE_CHECKING:
    from digest.desk.inspecting import Size
    from digest.settings import Site
    from digest.work.trial import Trial

__all__ = ["add_to"]

Id = Annotated[str, typer.Argument(metavar="ID", help="The edition's id, as `prepare` prints it.")]


def add_to(edition: typer.Typer) -> None:
    """Add the commands to those of editions."""
    edition.command("preview")(preview)
    edition.command("inspect")(inspect)
    edition.command("test")(test)


def preview(
    context: typer.Context,
    name: Id,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", help="Where to write HTML, text and .eml of every variant; else var/preview/ID."
        ),
    ] = None,
) -> None:
    """Write every variant as it will be sent, with an example address in the slots, and say which file to open."""
    from digest.desk.preview import own_folder, write_preview
    from digest.desk.workplace import open_workplace

    with open_workplace(site_of(context)) as place:
        found = write_preview(place, name, out)
        index = (out or own_folder(place, name)) / "index.html"
    print_table([(one.reader_count, "readers", one.language, one.form, one.subject, one.name) for one in found])
    typer.echo(f"Wrote {count(len(found), 'variant')}. Open this file in a browser:\n{index.resolve()}")


def inspect(
    context: typer.Context,
    name: Id,
    language: Annotated[str, typer.Option(metavar="LANGUAGE", help="Only the letters in this language.")] = "",
    form: Annotated[str, typer.Option(metavar="FORM", help="Only full, or only discreet letters.")] = "",
) -> None:
    """Look for what a designer or a postmaster would object to; errors keep an edition from being approved."""
    from digest.desk.inspecting import inspect_edition
    from digest.desk.workplace import open_workplace

    with open_workplace(site_of(context)) as place:
        found = inspect_edition(place, name, language=language, form=form)
    print_table([_row(size) for size in found.sizes], indent="")
    for title, problems in (("Errors", found.errors), ("Warnings", found.warnings)):
        if problems:
            typer.echo(f"\n{title}:")
        for problem in problems:
            typer.echo(f"  {problem.field}: {problem.text}")
    parts = [count(len(found.errors), "error")] * bool(found.errors)
    parts += [count(len(found.warnings), "warning")] * bool(found.warnings)
    typer.echo(f"\n{', '.join(parts) or 'Nothing to object to'}.")
    if found.errors:
        raise typer.Exit(Status.REFUSED)


def _row(size: Size) -> tuple[object, ...]:
    """The largest letter of a language and form in words."""
    html = f"HTML {size.html_size / 1000:.1f} KB" if size.html_size else "no HTML"
    text, message = f"text {size.text_size / 1000:.1f} KB", f"message {size.message_size / 1000:.1f} KB"
    pictures = count(size.picture_count, "picture")
    nobody = "" if size.is_awaited else "nobody yet"
    return size.language, size.form, html, text, message, count(size.item_count, "item"), pictures, nobody


def test(
    context: typer.Context,
    name: Id,
    to: Annotated[list[str], typer.Option("--to", metavar="ADDRESS", help="Who gets it; may be repeated up to ten times.")],
    language: Annotated[str, typer.Option(metavar="LANGUAGE", help="In which language; else the newsroom's own.")] = "",
    form: Annotated[str, typer.Option(metavar="FORM", help="full or discreet.")] = "full",
    outbox: Annotated[bool, typer.Option("--outbox", help="Keep the letters on this machine, below var/outbox.")] = False,
    actor: Annotated[str, typer.Option("--as", metavar="NAME", help="Who does this; it stands in the journal.")] = "staff",
) -> None:
    """Send the whole edition, marked Test, to a few named people; no reader is touched and nothing is counted."""
    from digest.desk.workplace import open_workplace
    from digest.work.trial import send_test

    site = site_of(context)
    with open_workplace(site) as place:
        trial = send_test(place, name, to, language=language, form=form, outbox=outbox, actor=actor)
    _print_trial(trial, site)
    if not all(answer.was_taken for answer in trial.answers):
        raise typer.Exit(Status.REFUSED)


def _print_trial(trial: Trial, site: Site) -> None:
    typer.echo(trial.subject)
    print_table([(one.address, "taken:" if one.was_taken else "not taken:", one.words) for one in trial.answers])
    if trial.is_outbox:
        typer.echo(f"Nothing has left this machine: the letters are files below {site.var / 'outbox'}")
    elif any(one.was_taken for one in trial.answers):
        print_signature(trial.signature, site)
    print_problems(trial.problems)
    if any(problem.severity == "error" for problem in trial.problems):
        typer.echo("It cannot be approved like this.", err=True)
