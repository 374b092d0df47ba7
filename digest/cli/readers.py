"""`digest subscribers`: import, list, remove, export; what is done for one person is in `digest.cli.reader_care`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from digest.cli import reader_care
from digest.cli.screen import print_problems, print_table, progress, site_of
from digest.errors import ContentError, Status, UsageError

if TYPE_CHECKING:
    from digest.desk.readers import ImportReport

__all__ = ["register"]

subscribers = typer.Typer(
    help="Readers: import, list, export; one person: find, explain, remove, erase, suppress.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
List = Annotated[str, typer.Option("--list", metavar="LIST", help="One of newsroom.toml's lists.")]
As = Annotated[str, typer.Option("--as", metavar="NAME", help="Who does this; it stands in the journal.")]

reader_care.register(subscribers)

_VERDICTS = {
    "added": "added",
    "present": "present already",
    "left": "left before, not revived",
    "suppressed": "never to be mailed",
    "refused": "refused, see above",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(subscribers, name="subscribers")


@subscribers.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A CSV file with the columns email, topics, language, rhythm.")],
    list_id: List,
    confirmed: Annotated[bool, typer.Option("--confirmed", help="These readers have confirmed elsewhere.")] = False,
    evidence: Annotated[str, typer.Option(help="How it is known that they agreed; kept with each of them.")] = "",
    since: Annotated[str, typer.Option(metavar="DATE", help="Day of the last newsletter they got from elsewhere.")] = "",
    encoding: Annotated[
        str, typer.Option(metavar="NAME", help="The file's encoding, if it is neither UTF-8 nor UTF-16.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, change nothing.")] = False,
    actor: As = "staff",
) -> None:
    """Bring in readers who have confirmed elsewhere; good rows are kept, bad ones named."""
    from digest.desk.readers import import_readers
    from digest.desk.workplace import open_workplace

    if not confirmed:
        raise UsageError(
            "subscribers import",
            "only readers who have confirmed can be imported",
            "Say so with --confirmed, and --evidence how.",
        )
    with _open(file) as data, open_workplace(site_of(context)) as place, progress("Readers", _count_lines(data)) as bar:
        report = import_readers(
            place,
            list_id,
            data,
            file.name,
            evidence=evidence,
            since=_day(since),
            encoding=encoding,
            dry_run=dry_run,
            actor=actor,
            progress=bar.update,
        )
    _print_import(report, f"{'Would import' if dry_run else 'Imported'} from {file.name} into {list_id}:")
    if report.counts["refused"]:
        raise typer.Exit(Status.REFUSED)


def _print_import(report: ImportReport, headline: str) -> None:
    """What became of the rows, and what the next edition would carry to those added."""
    print_problems(report.problems)
    if report.problem_count > len(report.problems):
        typer.echo(f"{report.problem_count} problems in all; those in the first rows are named.", err=True)
    typer.echo(headline)
    rows = [(report.counts[key], text) for key, text in _VERDICTS.items() if report.counts[key]]
    print_table([*rows, (report.row_count, "rows in all")])
    if report.carries:
        typer.echo("The next edition would carry to them, if they follow the topic:")
        print_table([("-", title) for title in report.carries[:12]])
    elif report.counts["added"]:
        typer.echo("Of what is published now, the next edition would carry nothing to them.")


@subscribers.command("list")
def list_(
    context: typer.Context, list_id: Annotated[str, typer.Option("--list", metavar="LIST", help="Only this list.")] = ""
) -> None:
    """Show the readers of a list, or how many each list has."""
    from digest.desk.readers import count, list_readers
    from digest.desk.workplace import open_workplace

    with open_workplace(site_of(context)) as place:
        if not list_id:
            print_table([(number, name) for name, number in count(place).items()])
            return
        lines = list_readers(place, list_id)
    rows = []
    for line in lines:
        wish = line.subscription
        active = "never mailed" if line.is_suppressed else "active"
        state = f"left {wish.left_at:%Y-%m-%d}" if wish.left_at else active
        rows.append((line.address, state, wish.rhythm, wish.language, " ".join(wish.topics) or "all topics"))
    print_table(rows)
    typer.echo(f"{sum(line.is_mailed for line in lines)} active, {len(lines)} in all")


@subscribers.command("remove")
def remove(
    context: typer.Context,
    address: Annotated[str, typer.Argument(help="The reader's address.")],
    list_id: List,
    actor: As = "staff",
) -> None:
    """End a subscription; the reader gets nothing from now on."""
    from digest.desk.readers import remove_reader
    from digest.desk.workplace import open_workplace

    with open_workplace(site_of(context)) as place:
        remove_reader(place, list_id, address, actor=actor)
    typer.echo(f"Removed from {list_id}.")


@subscribers.command("export")
def export(
    context: typer.Context,
    list_id: List,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Where to write; else standard output.")] = None,
    actor: As = "staff",
) -> None:
    """Write the active readers of a list as CSV, safe to open in a spreadsheet."""
    from digest.desk.readers import export_readers
    from digest.desk.workplace import open_workplace

    site = site_of(context)
    if out is not None and site.is_own(out):
        raise UsageError(
            str(out), "the site's own files lie there, and what is in public/ can be read by everybody", "Name another."
        )
    with open_workplace(site) as place:
        text = "".join(export_readers(place, list_id, actor=actor))
    if out is None:
        sys.stdout.write(text)
        return
    try:
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # plain addresses are for nobody else
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(str(out), "the file exists", "Name another one.") from None
    except OSError as error:
        raise ContentError(str(out), f"it cannot be written ({error.strerror})", "Name a folder you may write to.") from None
    typer.echo(f"Wrote {out}; it holds plain addresses, keep it safe.")


@contextmanager
def _open(file: Path) -> Iterator[BinaryIO]:
    try:
        data = file.open("rb")
    except OSError as error:
        raise ContentError(
            str(file), f"it cannot be read ({error.strerror})", "Name a CSV file that you may read."
        ) from None
    with data:
        if not data.seekable():  # a pipe; it is read twice
            yield BytesIO(data.read())
        else:
            yield data


def _count_lines(data: BinaryIO) -> int:
    """About how many rows there are, for the bar."""
    count = sum(chunk.count(b"\n") for chunk in iter(lambda: data.read(1 << 20), b""))
    data.seek(0)
    return count


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date() if text else None  # noqa: DTZ007 (a day has no zone)
    except ValueError:
        raise UsageError(f"--since {text}", "it is no date", "Write it like 2022-02-21.") from None
