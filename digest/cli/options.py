"""What may be typed before every command: `--site` and `--version`."""

from __future__ import annotations

import typer

__all__ = ["take_options"]


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"digest {version('newsroom-digest')}")
        raise typer.Exit


def take_options(
    context: typer.Context,
    site: str = typer.Option(
        "", "--site", metavar="DIR", help="The site's folder; else DIGEST_SITE, else the nearest upward."
    ),
    _version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Show the version."),
) -> None:
    """Keep the site's folder for the command."""
    context.obj = site
