"""Importing: entries of WordPress exports and feeds become item files; what is there already is never touched."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Literal

from digest.errors import ContentError, UsageError
from digest.items.fields import ID
from digest.items.folder import make_folder, read_text, write_new
from digest.items.importing.entries import Entry, Skip
from digest.items.importing.feeds import read_feed
from digest.items.importing.json_feed import read_json_feed
from digest.items.importing.mapping import Mapper, choose_kind
from digest.items.importing.naming import Known, Names
from digest.items.importing.planning import Outcome, plan_entries
from digest.items.importing.rest import read_posts
from digest.items.importing.sources import is_json
from digest.items.importing.wordpress import read_export
from digest.settings import Site

__all__ = ["Form", "Source", "check_place", "import_entries", "open_file"]

Form = Literal["wordpress", "feed"]
_Reader = Callable[[BinaryIO, str], Iterator[Entry | Skip]]
_READERS: dict[tuple[Form, bool], _Reader] = {
    ("wordpress", False): read_export,
    ("wordpress", True): read_posts,
    ("feed", False): read_feed,
    ("feed", True): read_json_feed,
}
"""Which reader takes a file, by what was asked for and by whether it is JSON."""

_HEAD_SIZE = 8192
_ID_LINE = re.compile(r"""^id:[ \t]*["']?([a-z0-9-]{1,80})["']?[ \t]*(?:#.*)?$""", re.MULTILINE)
_URL_LINE = re.compile(r"""^url:[ \t]*["']?(https?://[^\s"']+)""", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Source:
    """What is imported: its name in messages, and how to open it, which raises a ContentError when that cannot be done."""

    name: str
    open: Callable[[], BinaryIO]


def import_entries(
    site: Site, form: Form, sources: Sequence[Source], into: Path, *, kind: str | None = None, dry_run: bool = False
) -> Iterator[Outcome]:
    """Write an item file for each entry that has none yet, and tell of every entry what became of it.

    Bad entries and sources never stop the others. Outcomes come without the texts of their files.

    Args:
        site: the newsroom's settings, and its items, among which an entry may be already.
        form: what the sources are.
        sources: what to read, in order; each is opened when its turn comes.
        into: the folder of items to write to.
        kind: the kind of entries whose categories name none.
        dry_run: write nothing.

    Raises:
        UsageError: there is no such kind, or one must be said; or `into` is a folder of the site that is not for items.
        ContentError: the folder cannot be made.
    """
    chosen = choose_kind(site.settings, kind)
    check_place(site, into)
    if not dry_run:
        make_folder(into)
    inside = into.resolve().is_relative_to(site.items.resolve())
    known = _find_known(site.items) | ({} if inside else _find_known(into))
    return _import(form, sources, into, Mapper(site.settings, chosen, Names(known)), known, dry_run=dry_run)


def check_place(site: Site, into: Path) -> None:
    """Refuse to put item files where the site keeps something else: in public/ they would be served.

    Raises:
        UsageError: the folder is one of the site's own, and not below items/.
    """
    if site.is_own(into) and not into.resolve().is_relative_to(site.items.resolve()):
        cause = "the site keeps other files there"
        raise UsageError(f"--into {into}", cause, "Name a folder below items/, or one outside the site.")


def _import(
    form: Form, sources: Sequence[Source], into: Path, mapper: Mapper, known: dict[str, Known], *, dry_run: bool
) -> Iterator[Outcome]:
    seen: set[str] = set()
    for source in sources:
        try:
            with source.open() as stream:
                entries = _READERS[form, is_json(stream)](stream, source.name)
                for outcome in plan_entries(entries, source.name, mapper, known, into, _read, seen):
                    yield replace(outcome if dry_run else _write(outcome), text="")
        except ContentError as error:
            name, _, line = error.subject.rpartition(":")
            where = int(line) if name and line.isdigit() else 0
            yield Outcome("faulty", "", source.name, where, why=f"{error.cause}. {error.remedy}")


def _write(outcome: Outcome) -> Outcome:
    """The outcome once its file, if it is a new one, is written."""
    if outcome.state != "new" or outcome.file is None:
        return outcome
    try:
        write_new(outcome.file, outcome.text)
    except ContentError as error:
        return replace(outcome, state="faulty", why=f"{error.subject}: {error.cause}. {error.remedy}")
    return outcome


def open_file(path: Path) -> BinaryIO:
    """A file to import.

    Raises:
        ContentError: it cannot be read, or is no plain file.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        stream = os.fdopen(handle, "rb")
    except OSError as error:
        raise ContentError(str(path), f"it cannot be read ({error.strerror})", "Name a file that you may read.") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        stream.close()
        raise ContentError(str(path), "it is no plain file", "Save it as a file first.")
    return stream


def _read(path: Path) -> str | None:
    try:
        return read_text(path)
    except (OSError, UnicodeDecodeError):
        return None


def _find_known(folder: Path) -> dict[str, Known]:
    """The item files of a folder by their ids, told from their first lines only: there may be many."""
    known: dict[str, Known] = {}
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(place, name)
            if name.endswith(".md") and not name.startswith(".") and not path.is_symlink():
                _note(path, known)
    return known


def _note(path: Path, known: dict[str, Known]) -> None:
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD_SIZE).decode("utf-8", "replace").replace("\r\n", "\n")
    except OSError:
        return
    front = head.partition("\n---")[0]
    claimed, page = _ID_LINE.search(front), _URL_LINE.search(front)
    name = claimed[1] if claimed else path.stem
    if ID.fullmatch(name):
        known.setdefault(name, Known(path, page[1] if page else ""))
