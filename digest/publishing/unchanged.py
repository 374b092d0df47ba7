"""The last publish's report, for a publish that finds nothing changed: known before anything heavy is loaded.

What a publish does follows from the item files, newsroom.toml, the environment, templates, code, the release log and the
clock. A run keeps its report with a signature of all these but the clock, and the moment until which time alone changes
nothing; the next run with that signature answers with the same report and touches no file. Only the standard library is
used, and whatever cannot be read counts as changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from digest import shipped
from digest.errors import SettingsError
from digest.items.scanning import Scan, scan_items
from digest.settings.finding import NAME, find_site

__all__ = ["Look", "Report", "find_report", "find_scan", "keep_report", "look_at"]

_FORMAT = 1
_STORED = """
    SELECT (SELECT max(number) FROM event), (SELECT count(*) FROM edition WHERE started_at IS NOT NULL),
           (SELECT max(started_at) FROM edition)
"""
_SPOTS = ("index.html", "feeds/all.atom", "sitemap.xml")
"""Files of the public site that are looked at: if they are gone or were touched, the whole site is looked at."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a publish said: lines for standard output, remarks for standard error, and its exit status."""

    lines: Sequence[str]
    remarks: Sequence[str]
    status: int


@dataclass(frozen=True, slots=True)
class Look:
    """The inputs of a publish before it reads them: a signature, empty while not to be relied on, and the items folder."""

    signature: str
    scan: Scan


_looks: dict[Path, Look] = {}
"""What this process has looked at, by the site's folder."""


def look_at(folder: Path) -> Look:
    """The inputs of the site in that folder, as they were when this process first looked at them."""
    if folder not in _looks:
        _looks[folder] = _look_at(folder)
    return _looks[folder]


def _look_at(folder: Path) -> Look:
    scan = scan_items(folder / "items")
    signature = scan.sign()
    if signature:
        try:
            signature = hashlib.sha256(repr([_FORMAT, signature, *_sign_others(folder)]).encode()).hexdigest()
        except OSError:
            signature = ""
    return Look(signature, scan)


def _sign_others(folder: Path) -> Iterator[object]:
    yield (folder / NAME).read_bytes()
    yield sorted((name, value) for name, value in os.environ.items() if name.startswith("DIGEST_"))
    yield shipped.fingerprint()
    for place in (folder / "templates", shipped.folder("templates")):
        yield sorted(_stamps(str(place))) if place.is_dir() else None


def _stamps(folder: str) -> Iterator[tuple[object, ...]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _stamps(entry.path)
            else:
                facts = entry.stat()
                yield entry.path, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino


def _read_stored(var: Path) -> list[int | None]:
    """What publishes depend on in the database: the log's end, and the editions whose web views are public."""
    with closing(sqlite3.connect(f"{(var / 'digest.db').absolute().as_uri()}?mode=ro", uri=True)) as connection:
        return list(connection.execute(_STORED).fetchone())


def find_scan(folder: Path) -> Scan | None:
    """The items folder as this process has looked at it, if it did."""
    return _looks[folder].scan if folder in _looks else None


def find_report() -> Report | None:
    """The report of a plain `digest publish` in this folder if it would say and do the same as the last one."""
    if "DIGEST_NOW" in os.environ:
        return None
    try:
        folder = find_site()
        signature = look_at(folder).signature
        kept = json.loads(_file(folder).read_text("utf-8"))
        same = (
            time.time() < kept["until"]
            and kept["spots"] == _look_at_spots(folder / "public")
            and kept["signature"] == signature
            and kept["stored"] == _read_stored(folder / "var")
        )
        return Report(**kept["report"]) if same else None
    except (OSError, ValueError, TypeError, LookupError, SettingsError, sqlite3.Error):
        return None


def keep_report(folder: Path, end: int, until: datetime | None, report: Report) -> None:
    """Keep what a plain publish said, if its inputs were looked at (`look_at`) before it read them.

    Args:
        folder: the site.
        end: the log's end that the site was built from; if another command has moved it on, nothing is kept.
        until: the next moment at which time alone changes something; None when none is known.
        report: said again until anything changes.
    """
    if folder not in _looks:
        return
    signature, file = _looks[folder].signature, _file(folder)
    try:
        stored = _read_stored(folder / "var")
        if not signature or stored[0] != end:
            file.unlink(missing_ok=True)
            return
        kept = {
            "signature": signature,
            "stored": stored,
            "until": until.timestamp() if until else time.time() + 366 * 86400,
            "spots": _look_at_spots(folder / "public"),
            "report": asdict(report),
        }
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps(kept, ensure_ascii=False), "utf-8")
        fresh.replace(file)
    except (OSError, sqlite3.Error):
        return  # it only saves time


def _file(folder: Path) -> Path:
    return folder / "var" / "output" / "last-publish.json"


def _look_at_spots(public: Path) -> list[list[int] | None]:
    return [_look_at_spot(public / name) for name in _SPOTS]


def _look_at_spot(file: Path) -> list[int] | None:
    try:
        facts = file.lstat()
    except OSError:
        return None
    return [facts.st_size, facts.st_mtime_ns, facts.st_ino] if stat.S_ISREG(facts.st_mode) else None
