"""What a WebSub hub is to be told after a publish: the addresses of the feeds that have changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.desk.workplace import Workplace
from digest.newsroom.addresses import FEED_FORMATS
from digest.settings import Settings
from digest.store.announcements import Announcement, drop_other_hubs, find_next_due, queue, read_announcements
from digest.store.facts import keep_fact, read_fact
from digest.store.sqlite import AnyConnection

__all__ = ["Waiting", "find_feed_paths", "list_waiting", "queue_announcements"]

_NEWEST = "announced"


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the hub has yet to be told, and when it is asked next (None when nothing waits)."""

    hub: str
    rows: Sequence[Announcement]
    next_at: datetime | None

    @property
    def error(self) -> str:
        """What was wrong last, in words; empty while nothing was."""
        return next((row.error for row in self.rows if row.error), "")


def find_feed_paths(paths: Iterable[str], settings: Settings) -> list[str]:
    """Those of the paths below public/ that are feeds which people subscribe to: no archive, page or list of feeds."""
    return sorted(path for path in set(paths) if _is_feed(path, settings))


def _is_feed(path: str, settings: Settings) -> bool:
    folder, _, file = path.rpartition("/")
    stem, _, form = file.rpartition(".")
    if folder != "feeds" or form not in FEED_FORMATS:
        return False
    name, _, language = stem.partition(".")
    words = settings.topics.keys() | settings.kinds.keys() | {"all"}
    return words.issuperset(name.split("+")) and (not language or language in settings.languages)


def queue_announcements(
    connection: AnyConnection,
    changed_paths: Iterable[str],
    settings: Settings,
    now: datetime,
    written: Iterable[tuple[str, int]] = (),
) -> int:
    """Note which feeds the hub of newsroom.toml is to be told of; how many. What another hub was to be told is forgotten.

    Args:
        connection: of a transaction that writes.
        changed_paths: paths below public/ that this run wrote.
        settings: the site's.
        now: the moment by the machine's clock, aware UTC.
        written: each feed in public/ with the second since 1970 in which its bytes last changed. So a run that was killed
            when its files were in place, but before it came here, is made up for by the next one.
    """
    hub = settings.feeds.hub
    drop_other_hubs(connection, hub)
    if not hub:
        return 0
    missed = _find_missed(connection, hub, dict(written))
    found = find_feed_paths([*changed_paths, *missed], settings)
    queue(connection, hub, [f"{settings.newsroom.base_url}/{path}" for path in found], now)
    return len(found)


def _find_missed(connection: AnyConnection, hub: str, written: Mapping[str, int]) -> list[str]:
    """The paths that were written after all that this hub was to be told of so far."""
    newest = max(written.values(), default=0)
    known_hub, known = json.loads(read_fact(connection, _NEWEST) or '["", 0]')
    if newest and (known_hub, known) != (hub, newest):
        keep_fact(connection, _NEWEST, json.dumps([hub, newest]))
    return [path for path, seconds in written.items() if known_hub == hub and seconds > known]


def list_waiting(place: Workplace) -> Waiting:
    """What the hub of newsroom.toml has yet to be told."""
    hub = place.site.settings.feeds.hub
    with place.hot.reading() as connection:
        return Waiting(hub, read_announcements(connection, hub), find_next_due(connection, hub))
