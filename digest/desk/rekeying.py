"""Changing the site's keys while it works: a new sealing key and all addresses sealed anew, or a new key for links.

A key that was changed stays as long as anything may need it: backups made before hold addresses sealed under it. Once it is
older than any backup should be, and nothing in the database uses it, it is removed by itself.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest import clock
from digest.desk.authority import require
from digest.desk.backing_up import read_key
from digest.desk.erasing import forget_traces
from digest.desk.workplace import Workplace
from digest.errors import SubscriberError, UsageError
from digest.staff.roles import Right
from digest.store.erasures import KEPT
from digest.store.facts import drop_fact, keep_fact, read_fact
from digest.store.journal import write_journal
from digest.store.key_locks import changing, dropping
from digest.store.readers import has_readers
from digest.store.rekeying import PLACES, Place, count_sealed, read_older, write_resealed
from digest.store.releases import from_seconds, to_seconds
from digest.store.sqlite import AnyConnection, translate
from digest.store.staff import has_codes
from digest.subscribers.archive import BACKUP_KEY_FILE, mark_key
from digest.subscribers.keys import KEY_FILE, Keys, add_key, change_keys, drop_sealing, fingerprint, read_keys
from digest.subscribers.sealing import Sealer

__all__ = ["KeyReport", "Rotation", "drop_unused_keys", "look_at_keys", "rotate_sealing", "rotate_tokens"]

_MADE = "sealing keys"
_WANTED = "sealing key to come"
"""The fact that names the number of a new key from before it is made until everything is sealed with it."""

_LOT = 500
_AFTERMATH = 1.0
"""Seconds after which a page that was answered with a key just removed has been stored."""

_SUBJECT = "the keys"


@dataclass(frozen=True, slots=True)
class Rotation:
    """A change of the sealing key: its number, how many values were sealed anew, how many could not be read.

    `was_begun` says that one which was interrupted was carried to its end, and no further key made. The former keys stay
    until `kept_until`.
    """

    number: int
    resealed_count: int
    unreadable_count: int
    was_begun: bool
    kept_until: datetime


@dataclass(frozen=True, slots=True)
class KeyReport:
    """The keys of the site as they are: in which file, how many values each sealing key holds, which numbers sign links.

    `missing` are keys that are not there, though values are sealed with them. `mark` is how the index key is recognised;
    `backup_mark` that of backups, None while there is none.
    """

    file: Path
    mark: str
    sealed: Mapping[int, int]
    missing: Mapping[int, int]
    tokens: tuple[int, ...]
    backup_file: Path
    backup_mark: str | None


def look_at_keys(place: Workplace) -> KeyReport:
    """What keys there are and what uses them. None is made.

    Raises:
        SubscriberError: there are none yet, or they are missing, unreadable, or another site's.
    """
    keys = _read(place)
    with place.hot.reading() as connection:
        counts = count_sealed(connection)
    path = place.site.keys / BACKUP_KEY_FILE
    backup = read_key(path)
    return KeyReport(
        file=place.site.keys / KEY_FILE,
        mark=fingerprint(keys),
        sealed={number: counts.get(number, 0) for number in sorted(keys.sealing)},
        missing={number: count for number, count in counts.items() if number not in keys.sealing},
        tokens=tuple(sorted(keys.tokens)),
        backup_file=path,
        backup_mark=None if backup is None else mark_key(backup).hex(),
    )


def _read(place: Workplace) -> Keys:
    with place.hot.reading() as connection:
        sealed = has_readers(connection) or has_codes(connection)
    if sealed:
        _ = place.keys  # refuses those of another site
    return read_keys(place.site.keys)


def rotate_sealing(
    place: Workplace, *, actor: str, progress: Callable[[int, int], None] = lambda _done, _total: None
) -> Rotation:
    """Make a new sealing key and seal all that is sealed anew, in small lots, while servers and senders go on.

    Processes that run find the new key by themselves. What is interrupted is gone on with by the next call.

    Args:
        progress: is told how many values are done, of how many.

    Raises:
        SubscriberError: there are no keys, they cannot be read, or their file cannot be changed.
        UsageError: another process is at it.
    """
    require(place, actor, Right.OPERATE)
    before = _read(place)
    with translate(place.hot.file), changing(place.site.var) as is_alone:
        if not is_alone:
            raise UsageError("keys rotate", "the keys are being changed already", "Wait until that has ended.")
        keys, counts, was_begun = _make_key(place, before, actor)
        number, now = keys.sealing_number, clock.real_now()
        total = sum(count for one, count in counts.items() if one != number)
        done, unreadable = _reseal(place, keys, lambda count: progress(count, total))
        with place.hot.writing() as connection:
            drop_fact(connection, _WANTED)
    forget_traces(place)
    return Rotation(number, done, unreadable, was_begun, now + KEPT)


def _make_key(place: Workplace, before: Keys, actor: str) -> tuple[Keys, Mapping[int, int], bool]:
    """The keys with the new one; what each key seals; whether a call that was interrupted had begun this."""
    with place.hot.writing() as connection:
        counts = count_sealed(connection)
        wanted = read_fact(connection, _WANTED)
        number = int(wanted) if wanted else max(before.sealing_number, *counts, 0) + 1
        keep_fact(connection, _WANTED, str(number))
    try:
        keys = change_keys(place.site.keys, lambda present: _add_once(present, number))
    except SubscriberError:
        with place.hot.writing() as connection:
            drop_fact(connection, _WANTED)
        raise
    with place.hot.writing() as connection:
        made = _read_made(connection)
        if str(number) not in made:
            keep_fact(connection, _MADE, json.dumps({**made, str(number): to_seconds(clock.real_now())}))
            write_journal(connection, place.now, actor, "sealing key changed", _SUBJECT, place.via, number=number)
    return keys, counts, wanted is not None


def _add_once(present: Keys, number: int) -> Keys:
    return present if present.sealing_number >= number else add_key(present, "sealing", above=number - 1)


def _reseal(place: Workplace, keys: Keys, progress: Callable[[int], None]) -> tuple[int, int]:
    """Seal anew what is under older keys: how many were, and how many cannot be read."""
    sealer, done, unreadable = Sealer(keys), 0, 0
    for one in PLACES:
        after = 0
        while True:
            with place.hot.reading() as connection:
                rows = read_older(connection, one, keys.sealing_number, after, _LOT)
            if not rows:
                break
            after = rows[-1][0]
            changed = []
            for number, old in rows:
                try:
                    changed.append((_seal_anew(sealer, one, old), number, old))
                except SubscriberError:
                    unreadable += 1
            with place.hot.writing() as connection:
                done += write_resealed(connection, one, changed)
            progress(done)
    return done, unreadable


def _seal_anew(sealer: Sealer, place: Place, old: bytes) -> bytes:
    if place.sort == "secret":
        return sealer.seal_secret(sealer.unseal_secret(old))
    if place.sort == "link":
        return sealer.seal_link(sealer.unseal_link(old))
    return sealer.seal(sealer.unseal(old))


def rotate_tokens(place: Workplace, *, actor: str) -> int:
    """Make a new key for links; its number. Links to leave go on working for ever, all others mailed before end at once.

    Raises:
        SubscriberError: there are no keys, they cannot be read, or their file cannot be changed.
    """
    require(place, actor, Right.OPERATE)
    _read(place)
    number = change_keys(place.site.keys, lambda present: add_key(present, "tokens")).tokens_number
    with place.hot.writing() as connection:
        write_journal(connection, place.now, actor, "token key changed", _SUBJECT, place.via, number=number)
    return number


def drop_unused_keys(
    place: Workplace, now: datetime, *, at_once: bool = False, wait: Callable[[], object] = lambda: None
) -> tuple[str, ...]:
    """Remove former sealing keys that nothing needs any more, backups included; which, in words.

    Args:
        now: the machine's moment.
        at_once: whether backups made before need not be read any more. An import that seals with such a key is waited for.
        wait: called once before that.

    Raises:
        SubscriberError: the keys cannot be read; with `at_once` also: their file cannot be changed.
    """
    if not (place.site.keys / KEY_FILE).exists():
        return ()
    keys = read_keys(place.site.keys)
    if len(keys.sealing) == 1:
        return ()
    old = [number for number in keys.sealing if number != keys.sealing_number]
    due = old if at_once else _find_due(place, keys, old, now)
    if not due:
        return ()
    with translate(place.hot.file), dropping(place.site.var, wait if at_once else None) as is_alone:
        gone = _drop(place, keys, due, now, at_once) if is_alone else []
    if gone and at_once:
        time.sleep(_AFTERMATH)
        _reseal(place, keys, lambda _done: None)
    if gone:
        forget_traces(place)
    return tuple(f"sealing key {number}" for number in gone)


def _drop(place: Workplace, keys: Keys, due: Collection[int], now: datetime, at_once: bool) -> list[int]:
    """Remove those of the keys that nothing uses; which."""
    _reseal(place, keys, lambda _done: None)  # what a process that had not heard of the new key sealed meanwhile
    with place.hot.writing() as connection:  # nobody stores anything between the count and the removal
        used = count_sealed(connection)
        free = [number for number in due if not used.get(number)]
        kept = keys
        with suppress(*(() if at_once else (SubscriberError,))):  # handed over by a service manager, it can be read only
            kept = change_keys(place.site.keys, lambda present: drop_sealing(present, free))
        gone = [number for number in free if number not in kept.sealing]
        for number in gone:
            write_journal(connection, now, "digest", "sealing key removed", _SUBJECT, place.via, number=number)
    return gone


def _find_due(place: Workplace, keys: Keys, old: list[int], now: datetime) -> list[int]:
    """Those that were followed by another long enough ago; one that staff put in by hand counts from when it is seen."""
    with place.hot.writing() as connection:
        made = {str(number): to_seconds(now) for number in keys.sealing} | _read_made(connection)
        keep_fact(connection, _MADE, json.dumps(made))
    followed = {number: made[str(min(one for one in keys.sealing if one > number))] for number in old}
    return [number for number in old if from_seconds(followed[number]) <= now - KEPT]


def _read_made(connection: AnyConnection) -> dict[str, int]:
    """When each sealing key came into use, in seconds since 1970."""
    known: dict[str, int] = json.loads(read_fact(connection, _MADE) or "{}")
    return known
