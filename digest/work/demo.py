"""The whole main job on the sample site: published, imported, prepared, approved, and delivered to a local catcher.

It can mail nobody: it ignores the environment, always sends to its own catcher, and refuses a site whose readers are not the
sample's. Repeated, it goes on where it stopped and sends nobody a second copy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

from digest.clock import parse_moment, real_now
from digest.desk.approving import approve
from digest.desk.editions import prepare
from digest.desk.publishing import PublishReport, publish
from digest.desk.readers import ImportReport, import_readers
from digest.desk.workplace import open_workplace
from digest.errors import SettingsError, SubscriberError
from digest.settings import Site
from digest.staff.members import Program
from digest.store.facts import keep_fact, read_fact
from digest.store.readers import audience_outside
from digest.store.releases import newest_moment
from digest.subscribers.decoding import decode_lines
from digest.subscribers.readers_file import Choices, ReaderRow, read_rows
from digest.work.catcher import catching
from digest.work.sending import SendReport, Watch, send

__all__ = ["LIST", "READERS", "Outcome", "run"]

LIST = "supporters"
READERS = "sample-readers.csv"
_FIRST = "2022-02-21"
_SECOND = "2022-02-28T18:00"
_ACTOR = Program("demo")
_EVIDENCE = "invented readers of the sample"
_FACT = "demonstration"
"""Stands in the database of a site that the demonstration made."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the demonstration did: the readers it brought in, the edition as sent, the letters caught, the site as of now."""

    readers: ImportReport
    sent: SendReport
    caught_count: int
    published: PublishReport


def run(site: Site, say: Callable[[str], None], watch: Watch) -> Outcome:
    """Do it all.

    Args:
        site: the sample site, opened without the environment.
        say: is told in a sentence what is being done.
        watch: is told how the sending goes on.

    Raises:
        SettingsError: it is not the sample site.
        SubscriberError: it has other readers than the sample's.
    """
    first, second = (parse_moment(text, site.settings.zone) for text in (_FIRST, _SECOND))
    data = _read_sample(site)
    _refuse_others(site, data)
    with catching(site.var / "caught") as catcher:
        ours = replace(site, smtp_url=catcher.url)
        _publish_as_of(ours, first, say)
        readers = _import(ours, data, say)
        _publish_as_of(ours, second, say)
        sent = _send(ours, second, say, watch)
        caught = catcher.caught_count
    with open_workplace(ours, real_now()) as place:
        with place.store.writing() as connection:
            keep_fact(connection, _FACT, "yes")
        say("Publishing as of now")
        return Outcome(readers, sent, caught, publish(place, actor=_ACTOR))


def _read_sample(site: Site) -> bytes:
    try:
        return (site.folder / READERS).read_bytes()
    except OSError:
        raise SettingsError(
            str(site.folder),
            f"it has no {READERS}",
            "The demonstration runs on the sample site, the folder that digest came in.",
        ) from None


def _refuse_others(site: Site, data: bytes) -> None:
    """Refuse a site that has readers of its own; who signed up while the demonstration was served is none."""
    with open_workplace(site, real_now()) as place:
        choices = Choices(
            frozenset(site.settings.topics), frozenset(site.settings.languages), ("weekly", "daily", "at-once"), "en"
        )
        rows = read_rows(decode_lines(data, READERS), choices, name=READERS)
        own = {place.sealer.index(row.address.address) for row in rows if isinstance(row, ReaderRow)}
        with place.store.reading() as connection:
            is_ours = read_fact(connection, _FACT) is not None
            others = audience_outside(connection, own, by_web=not is_ours)
    if others:
        raise SubscriberError(
            str(site.folder),
            f"it has {others} readers who are not the sample's, and the demonstration never touches a real list",
            "Use the commands of the README for a real site; for the demonstration take a fresh clone.",
        )


def _publish_as_of(site: Site, moment: datetime, say: Callable[[str], None]) -> None:
    with open_workplace(site, real_now()) as place:
        with place.store.reading() as connection:
            newest = newest_moment(connection)
        if newest is None or newest < moment:
            say(f"Publishing as of {moment.astimezone(site.settings.zone):%d %B %Y, %H:%M}")
            publish(place, at=moment, actor=_ACTOR)


def _import(site: Site, data: bytes, say: Callable[[str], None]) -> ImportReport:
    with open_workplace(site, real_now()) as place:
        say(f"Importing {READERS}")
        since = date.fromisoformat(_FIRST)
        return import_readers(place, LIST, data, READERS, evidence=_EVIDENCE, since=since, actor=_ACTOR)


def _send(site: Site, moment: datetime, say: Callable[[str], None], watch: Watch) -> SendReport:
    with open_workplace(site, real_now()) as place:
        edition = prepare(place, LIST, at=moment, actor=_ACTOR).edition
        if edition.state in ("draft", "approved"):
            say(f"Approving {edition.id}")
            approve(place, edition.id, actor=_ACTOR)
        say(f"Sending {edition.id} to a catcher on 127.0.0.1")
        return send(place, edition.id, actor=_ACTOR, watch=watch)
