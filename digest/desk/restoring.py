"""Restoring a backup: into an empty place, all or nothing; who was erased or left stays so, and the site stands still.

What is unpacked lies aside until it was found genuine to its last octet; only then it is moved to its place.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest import clock
from digest.delivery.site_fence import Cause, SiteFence
from digest.desk.backing_up import read_key
from digest.errors import StoreError, UsageError
from digest.store.backup import DATABASE, TOPS, read_backup
from digest.store.database import open_store
from digest.store.erasures import Record, note_record, read_record, record_file
from digest.store.forgetting import leap_numbers
from digest.store.journal import write_journal
from digest.store.letters import read_newest
from digest.store.replaying import Replayed, replay
from digest.store.requests import drop_requests
from digest.store.site_fence import keep_fence, write_work
from digest.store.sqlite import connect, transaction, translate
from digest.store.staff_sessions import drop_access
from digest.subscribers.archive import BACKUP_KEY_FILE, Opening
from digest.subscribers.requests import RequestState

__all__ = ["Restored", "restore"]

_SUBJECT = "this site"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored: the moment of the backup, how many files, and what was done again as it stood on record.

    `had_record` says whether there was a record at all.
    """

    made_at: datetime
    member_count: int
    replayed: Replayed
    had_record: bool


def restore(
    file: Path, into: Path, *, key_file: Path | None = None, keys: Path | None = None, erasures: Path | None = None,
    actor: str = "staff",
) -> Restored:  # fmt: skip
    """Make a site of a backup.

    Args:
        into: the folder of the site; but for keys/ and var/erasures nothing of a site may lie there.
        key_file: the backup's key; None for the one in the folder of keys.
        keys: the folder of keys; None for keys/ in `into`.
        erasures: the lost site's record of who was erased or left; None for var/erasures in `into`.

    Raises:
        UsageError: a site lies there already, or the record of erasures that was named is not there.
        StoreError: the backup cannot be read, was changed, or is another key's; or the place cannot be written.
        SubscriberError: the key cannot be read.
    """
    _refuse_site(into)
    if erasures is not None and not erasures.is_file():
        raise UsageError(str(erasures), "there is no such file", "Name the lost site's var/erasures, or leave it out.")
    key_path = key_file or (keys or into / "keys") / BACKUP_KEY_FILE
    key = read_key(key_path)
    if key is None:
        raise StoreError(
            str(key_path), "the key of the backup is not there", f"Bring {BACKUP_KEY_FILE} there, or name it: --key FILE"
        )
    record = erasures or record_file(into / "var")
    known, had_record = read_record(record), record.exists()
    with translate(into / DATABASE):
        into.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".restoring-", dir=into) as folder:
            staged = Path(folder)
            made_at, count = _unpack(file, key, staged)
            replayed = _prepare(staged / "var", made_at, known, actor)
            _move(staged, into)
        _note_anew(into / "var", known)
    return Restored(made_at, count, replayed, had_record)


def _refuse_site(into: Path) -> None:
    for name in (*TOPS, DATABASE, f"{DATABASE}-wal", "var/work", "public"):
        if (into / name).exists():
            raise UsageError(
                str(into / name), "it is there already, and nothing is overwritten", "Name an empty folder, or move it away."
            )


def _unpack(file: Path, key: bytes, staged: Path) -> tuple[datetime, int]:
    try:
        source = file.open("rb")
    except OSError as error:
        raise StoreError(str(file), f"it cannot be read ({error.strerror})", "Name a backup that you may read.") from error
    with source:
        sums = read_backup(Opening(key, source, str(file)), str(file), staged)
    about = staged / "about.json"
    made_at = clock.parse_utc(json.loads(about.read_text("utf-8"))["made_at"])
    about.unlink()
    return made_at, len(sums)


def _prepare(var: Path, made_at: datetime, known: list[Record], actor: str) -> Replayed:
    """Bring the restored database up to date, fence it in, and do again what is on record; what that was."""
    open_store(var).close()
    now = clock.real_now()
    words = f"it was restored from a backup of {clock.format_utc(made_at)}"
    with closing(connect(var / "digest.db")) as connection:
        with transaction(connection):
            keep_fence(connection, SiteFence(Cause.RESTORED, words, now, read_newest(connection)))
            replayed = replay(connection, known, now)
            drop_requests(connection, RequestState.NEW)  # the lost site has answered them within seconds
            drop_access(connection)  # whoever had it then may have lost it since
            leap_numbers(connection, now)
            backup = clock.format_utc(made_at)
            write_journal(connection, now, actor, "site restored", _SUBJECT, "cli", backup=backup, **replayed.counts)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    write_work(var / "digest.db", 0)
    return replayed


def _move(staged: Path, into: Path) -> None:
    """Put each part in its place; the database, without which there is no site, last."""
    (into / "var").mkdir(exist_ok=True, mode=0o700)
    for name in (*TOPS, "var/work", DATABASE):
        if (staged / name).exists():
            (staged / name).rename(into / name)


def _note_anew(var: Path, known: list[Record]) -> None:
    """Keep the record with the site: the same backup may have to be restored once more."""
    present = set(read_record(record_file(var)))
    note_record(var, [one for one in known if one not in present])
