"""The terminal: parse, call one function of the desk, print. Nothing is decided here.

`main` is the entry of the command `digest`. A refusal becomes a few plain lines on standard error and the exit status of its
class; nobody sees a traceback for something that can be foreseen. Heavy imports stay inside the commands that need them, and
of this folder only the module is loaded that has the command which was typed. This very file loads nothing heavy at all: a
signal that comes while the rest is loaded meets `main`.
"""

from __future__ import annotations

import os
import sys

from digest.cli.interrupting import Interruption

TYPE_CHECKING = False  # of `typing`, which takes its time
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import typer

__all__ = ["MODULES", "build_app", "main"]

MODULES: Mapping[str, tuple[str, ...]] = {
    "content": ("check", "new", "init"),
    "importing": ("import",),
    "publishing": ("publish", "serve", "journal"),
    "correcting": ("correct", "withdraw"),
    "press": ("press",),
    "feeds": ("feeds",),
    "readers": ("subscribers",),
    "requests": ("requests",),
    "editions": ("edition",),
    "lists": ("lists",),
    "preview": ("preview",),
    "deliveries": ("send", "deliveries"),
    "staff": ("staff",),
    "keys": ("keys",),
    "fence": ("fence",),
    "backup": ("backup", "restore"),
    "demo": ("demo",),
}
"""The modules of this folder that have commands, in the order in which `--help` lists them."""

_INTERRUPTED = 130
"""What a command line that was interrupted answers."""


def build_app(modules: Iterable[str] = MODULES) -> typer.Typer:
    """The command line with the commands of these modules."""
    from importlib import import_module

    import typer

    from digest.cli.options import take_options

    app = typer.Typer(
        name="digest",
        help="Publish a newsroom: feeds, pages, and a mail digest that misses no one.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(take_options)
    for name in modules:
        import_module(f"digest.cli.{name}").register(app)
    return app


def _find_modules(words: Sequence[str]) -> Iterable[str]:
    """The module that has the typed command, or all of them when the words do not tell."""
    rest = list(words)
    if rest[:1] == ["--site"]:
        rest = rest[2:]
    elif rest and rest[0].startswith("--site="):
        rest = rest[1:]
    found = [module for module, commands in MODULES.items() if rest and rest[0] in commands]
    return found or MODULES


def main() -> None:
    """Run the command line and exit.

    Ctrl-C and SIGTERM end every command with one line and status 5, but for those that know of a better end, such as `send`.
    """
    interruption, status = Interruption(), _INTERRUPTED
    try:
        interruption.await_it()
        status = _run(sys.argv[1:])
    except KeyboardInterrupt:
        pass
    except Exception:
        if not interruption.has_come:
            raise
    if status == _INTERRUPTED:
        interruption.take_leave()
    interruption.close(status)
    sys.exit(status)


def _run(words: Sequence[str]) -> int:
    """Run the command line; its exit status."""
    import gc

    from digest.errors import DigestError, Status

    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for plugins takes longer than most commands
    gc.set_threshold(50_000, 20, 20)  # a command makes many objects that stay, and ends soon
    try:
        _check_words(words)
        if (status := _repeat(words)) is not None:
            return status
        build_app(_find_modules(words))(standalone_mode=True)
    except DigestError as error:
        from digest.cli.screen import print_error

        print_error(error)
        return error.status
    except BrokenPipeError:  # the reader of our output has gone, for example `head`
        sys.stderr.close()
        return Status.REFUSED
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


def _check_words(words: Sequence[str]) -> None:
    """Octets that are no text could neither be looked for nor shown.

    Raises:
        UsageError: a word holds some.
    """
    from digest.errors import UsageError

    for word in words:
        if not word.isprintable() and any("\ud800" <= sign <= "\udfff" for sign in word):
            shown = word.encode("utf-8", "backslashreplace").decode()
            raise UsageError(shown, "it is not UTF-8 text", "Type it anew, or set the terminal to UTF-8.")


def _repeat(words: Sequence[str]) -> int | None:
    """The answer of a plain `digest publish` when nothing has changed since the last one; else None."""
    if words != ["publish"]:
        return None
    import typer

    from digest.publishing.unchanged import find_report

    report = find_report()
    if report is None:
        return None
    for line in report.remarks:
        typer.echo(line, err=True)
    for line in report.lines:
        typer.echo(line)
    return report.status
