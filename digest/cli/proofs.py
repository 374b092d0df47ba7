"""`digest edition preview`: what an edition will look like, before it is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from digest.cli.screen import count, print_table, site_of

__all__ = ["add_to"]

Id = Annotated[str, typer.Argument(metavar="ID", help="The edition's id, as `prepare` prints it.")]


def add_to(edition: typer.Typer) -> None:
    """Add the commands to those of editions."""
    edition.command("preview")(preview)


def preview(
    context: typer.Context,
    name: Id,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to write HTML, text and .eml of every variant.")],
) -> None:
    """Write every variant as it will be sent, with an example address in the slots."""
    from digest.desk.preview import write_preview
    from digest.desk.workplace import open_workplace

    with open_workplace(site_of(context)) as place:
        previews = write_preview(place, name, out)
    print_table([(one.reader_count, "readers", one.language, one.form, one.subject, one.name) for one in previews])
    typer.echo(f"Wrote {count(len(previews), 'variant')} into {out}; open {out / 'index.html'}")
