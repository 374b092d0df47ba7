"""What appears on the terminal: errors, tables, progress. Colour only where the terminal has it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

import typer

from digest.clock import format_utc
from digest.errors import DigestError, Problem

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from digest.settings import Site

__all__ = [
    "SHOWN_PROBLEMS",
    "Bar",
    "count",
    "format_moment",
    "list_problems",
    "print_error",
    "print_problems",
    "print_table",
    "progress",
    "site_of",
]

SHOWN_PROBLEMS = 50
"""How many problems a command lists before it only counts the rest."""

_SHOWN_EVERY = 10_000


def site_of(context: typer.Context) -> Site:
    """The site that a command is meant for.

    Raises:
        SettingsError: there is none, or its settings do not fit.
    """
    from digest.settings import find_site, open_site

    return open_site(find_site(context.find_root().obj or None))


def print_error(error: DigestError) -> None:
    """A refusal on standard error: subject and cause, the places at fault, the remedy."""
    typer.echo(typer.style("digest: ", fg="red", bold=True) + f"{error.subject}: {error.cause}.", err=True)
    print_problems(error.problems)
    if error.remedy and not error.problems:
        typer.echo(error.remedy, err=True)


def print_problems(problems: Sequence[Problem]) -> None:
    """Problems one a line on standard error, errors before warnings; beyond the first fifty they are counted."""
    for line in list_problems(problems):
        typer.echo(line, err=True)


def list_problems(problems: Sequence[Problem]) -> list[str]:
    """What `print_problems` prints."""
    ordered = sorted(problems, key=lambda problem: (problem.severity == "warning", problem))
    lines = [str(problem) for problem in ordered[:SHOWN_PROBLEMS]]
    return [*lines, f"... and {len(ordered) - SHOWN_PROBLEMS} more"] if len(ordered) > SHOWN_PROBLEMS else lines


def print_table(rows: Sequence[Sequence[object]], indent: str = "  ") -> None:
    """Rows as columns of plain text: numbers to the right, words to the left."""
    if not rows:
        return
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    for row, shown in zip(rows, cells, strict=True):
        parts = (
            text.rjust(width) if isinstance(cell, int) else text.ljust(width)
            for cell, text, width in zip(row, shown, widths, strict=True)
        )
        typer.echo(indent + "  ".join(parts).rstrip())


def count(number: int, noun: str) -> str:
    """A number with its noun: 1 item, 2 items."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def format_moment(moment: datetime, where: tzinfo) -> str:
    """A moment for staff: on the newsroom's clock with its zone, and in UTC when that is another."""
    local = moment.astimezone(where)
    text = f"{local:%a %d %b %Y %H:%M} {local.tzname()}"
    return text if local.utcoffset() == moment.utcoffset() else f"{text} ({format_utc(moment)})"


class Bar:
    """A progress bar on a terminal from the first step on, a line every so often elsewhere."""

    def __init__(self, label: str, total: int | None) -> None:
        self._label, self._total = label, total
        self._shown = 0
        self._is_live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def update(self, done: int, note: str = "", total: int | None = None) -> None:
        """Show how many are done, with a short note such as what is deferred."""
        self._total = total if total is not None else self._total
        if self._is_live:
            progress, task = self._open()
            progress.update(task, completed=done, total=self._total, note=note)
        elif done - self._shown >= _SHOWN_EVERY:
            self._shown = done
            typer.echo(f"{self._label} {done} of {self._total or '?'} {note}".rstrip(), err=True)

    def close(self) -> None:
        """Leave the bar as it is on the screen; a further step begins a new one."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def _open(self) -> tuple[Progress, TaskID]:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        if self._progress is None or self._task is None:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._progress = Progress(*columns, TextColumn("{task.fields[note]}"), console=Console(stderr=True))
            self._task = self._progress.add_task(self._label, total=self._total, note="")
            self._progress.start()
        return self._progress, self._task


@contextmanager
def progress(label: str, total: int | None = None) -> Iterator[Bar]:
    """A bar for the length of a step."""
    bar = Bar(label, total)
    try:
        yield bar
    finally:
        bar.close()
