"""`digest backup` and `digest restore`: one encrypted file out, and a site out of such a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from digest.cli.screen import count, print_table, site_of
from digest.clock import format_utc

__all__ = ["register"]

As = Annotated[str, typer.Option("--as", metavar="NAME", help="Who does this; it stands in the journal.")]
_KEY = Annotated[
    Path | None, typer.Option("--key", metavar="FILE", help="The key of backups; else backup.key among the keys.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("backup")(backup)
    app.command("restore")(restore)


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The new file to write, best on another disk.")],
    key: _KEY = None,
    actor: As = "staff",
) -> None:
    """Write one encrypted file with all that the site cannot make again; servers and senders go on meanwhile."""
    from digest.desk.backing_up import back_up
    from digest.desk.workplace import open_workplace

    with open_workplace(site_of(context)) as place:
        made = back_up(place, file, key_file=key, actor=actor)
    typer.echo(f"Wrote {file} and read it back: {count(made.member_count, 'file')}, {made.size:,} octets.")
    if made.is_key_new:
        typer.echo(f"\nIts key was made now: {made.key_file}. Without this key nobody can open a backup, and it is in none.")
        typer.echo("Keep a copy of it and of digest.keys, which is in no backup either, where no backups are: a stick in a")
        typer.echo("safe, or the line in the file on paper. Without digest.keys no address in a backup can be read.")
    else:
        typer.echo(f"It opens with {made.key_file} (mark {made.mark}), which is not in it, nor are the site's other keys.")
    typer.echo("Not in it: the outbox and caught letters, which are plain; public/, which `digest publish` makes again.")
    if made.links:
        shown = ", ".join(made.links[:5]) + (" and others" if len(made.links) > 5 else "")
        typer.echo(f"Not in it either, for they are links to other places: {shown}.", err=True)


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `digest backup` has written.")],
    into: Annotated[
        Path, typer.Option("--into", metavar="DIR", help="The site's new folder; nothing in it is overwritten.")
    ],
    key: _KEY = None,
    erasures: Annotated[
        Path | None,
        typer.Option("--erasures", metavar="FILE", help="var/erasures of the lost site, from wherever it was saved."),
    ] = None,
    actor: As = "staff",
) -> None:
    """Make a site of a backup. It stands still until somebody lifts the fence; who was erased or left since stays so."""
    from digest.cli.fence import describe_replayed
    from digest.desk.restoring import restore as bring_back

    keys = os.environ.get("DIGEST_KEYS", "")
    folder = Path(keys) if keys else None
    done = bring_back(file, into, key_file=key, keys=folder, erasures=erasures, actor=actor)
    typer.echo(f"Restored {into} as it was at {format_utc(done.made_at)}: {count(done.member_count, 'file')}.")
    if done.had_record:
        typer.echo(f"Done again, as it stood on record since the backup: {describe_replayed(done.replayed)}.")
    else:
        typer.echo("No record of erasures was found, so nobody was erased again, and whoever left since would get letters.")
        typer.echo("If var/erasures of the lost site is somewhere, begin anew with --erasures FILE.")
    typer.echo("Before anything is sent:")
    steps = (
        "bring digest.keys of the lost site to keys/, if it is not there; no address can be read without it",
        "digest publish",
        "digest fence status, which says what would leave",
        "digest fence lift --as NAME",
    )
    print_table([(f"{number}.", step) for number, step in enumerate(steps, start=1)])
