"""The terminal: parse, call one function of the desk, print. Nothing is decided here.

`main` is the entry of the command `digest`. A refusal becomes a few plain lines on standard error and the exit status of its
class; nobody sees a traceback for something that can be foreseen. Heavy imports stay inside the commands that need them.
"""

from __future__ import annotations

import sys
from importlib.metadata import version

import typer

from digest.cli import content, deliveries, demo, editions, publishing, readers
from digest.cli.screen import print_error
from digest.errors import DigestError, Status

__all__ = ["app", "main"]

app = typer.Typer(
    name="digest",
    help="Publish a newsroom: feeds, pages, and a mail digest that misses no one.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
content.register(app)
publishing.register(app)
readers.register(app)
editions.register(app)
deliveries.register(app)
demo.register(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"digest {version('newsroom-digest')}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    site: str = typer.Option(
        "", "--site", metavar="DIR", help="The site's folder; else DIGEST_SITE, else the nearest upward."
    ),
    _version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Show the version."),
) -> None:
    context.obj = site


def main() -> None:
    """Run the command line and exit."""
    try:
        app(standalone_mode=True)
    except DigestError as error:
        print_error(error)
        sys.exit(error.status)
    except BrokenPipeError:  # the reader of our output has gone, for example `head`
        sys.stderr.close()
        sys.exit(Status.REFUSED)
    except KeyboardInterrupt:
        sys.exit(130)
