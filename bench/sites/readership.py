"""A site with as many readers as are asked for, written by plain SQL: who they are is invented, what they had is not.

Each reader follows some of sixty topics, few follow the rare ones (Zipf), and had what the weekly editions of their time
carried to them. So a million readers have some 87,000 distinct interests. What they had before this half-year is forgotten,
as on a site that tidies its rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from random import Random

from bench.sites.history import LANGUAGES, MOMENT, POPULARITY, WEEKS, build_log, write_log
from bench.sites.items import TOPIC_COUNT
from bench.sites.ours import write_site
from digest.desk.workplace import Workplace
from digest.editions.content import CarriedItem, VariantContent
from digest.editions.interests import render_row, row_key, settled_position
from digest.editions.memories import Places, render_memory
from digest.newsroom.log import Event, EventType
from digest.settings import open_site
from digest.store.facts import keep_fact
from digest.store.sqlite import connect, transaction

__all__ = ["LIST", "open_place", "write_readership"]

LIST = "supporters"
_SETTINGS = f"""
[lists.{LIST}]
title = "Supporters"
sender = "The Newsroom <news@news.example.org>"
rhythms = ["weekly"]
"""
_TOPICS_EACH = (48, 26, 12, 7, 4, 2, 1)
"""How many of a hundred readers follow one topic, two, and so on."""
_EVERYTHING = 0.06
_YOUNG, _RECENT = 0.10, 0.02
"""How many joined within this half-year, and within the last weeks, whose floors still count."""
_MAX_AGE_WEEKS = 5
_LANGUAGE_SHARES = (85, 10, 5)
_DISCREET, _SUPPRESSED, _CLAIMING = 0.02, 0.002, 0.005
_CLAIMED = 20
_ADDRESSES, _DOMAINS = 1000, 500
_READER = (
    "INSERT INTO subscription (id, list_id, sealed, address_hash, domain_key, state, interest_id, had_id, rhythm, language, "
    "form, confirmed_at, confirmed_position, created_at) VALUES (?, ?, ?, ?, ?, 'active', ?, ?, 'weekly', ?, ?, ?, ?, ?)"
)
_BEFORE = "2022-w07-supporters"


def open_place(folder: Path) -> Workplace:
    """The site at the edition's moment."""
    return Workplace(open_site(folder, {}), MOMENT)


def write_readership(folder: Path, readers: int) -> None:
    """A site in a new folder: settings, log, readers, and the edition of the week before, all but a few letters settled."""
    write_site(folder, (), _SETTINGS)
    settings = folder / "newsroom.toml"
    languages = ", ".join(f'"{language}"' for language in LANGUAGES)
    settings.write_text(
        settings.read_text("utf-8").replace("[newsroom]", f"[newsroom]\nlanguages = [{languages}]", 1), "utf-8"
    )
    place = open_place(folder)
    with place.store.reading():
        pass
    sealed = [place.sealer.seal(f"reader-{number}@example.org") for number in range(_ADDRESSES)]
    place.close()
    log = build_log()
    with closing(connect(place.store.file)) as connection:
        connection.execute("PRAGMA synchronous = OFF")  # the site is made anew if this machine fails meanwhile
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("PRAGMA cache_size = -262144")
        with transaction(connection):
            write_log(connection, log)
            _write_readers(connection, _Crowd(log), readers, sealed)
            _write_edition_before(connection, log)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@dataclass
class _Crowd:
    """What readers follow and had, as numbers of rows; topics are bits of a mask, items bits of another."""

    log: list[Event]
    chance: Random = field(default_factory=lambda: Random(11))
    interests: dict[tuple[int, int], int] = field(default_factory=dict)
    memories: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places = Places.of({event.item: event.number for event in reversed(self.log)})
        self.ends = [
            max((event.number for event in self.log if event.at < _end_of(week)), default=0) for week in range(WEEKS)
        ]
        self.settled = settled_position(
            [event.at for event in self.log], _end_of(WEEKS - 2), timedelta(weeks=_MAX_AGE_WEEKS)
        )
        told = self.log[: self.ends[WEEKS - 2]]
        self.corrections = {event.item: event.corrections for event in told}
        self.released = [e for e in told if e.type is EventType.RELEASED and e.content.translation_of is None]
        self.of_topic = [
            sum(1 << bit for bit, event in enumerate(self.released) if f"topic-{topic}" in event.content.topics)
            for topic in range(TOPIC_COUNT)
        ]
        self.after = [sum(1 << bit for bit, event in enumerate(self.released) if event.number > end) for end in self.ends]

    def choose_topics(self, readers: int) -> Iterator[int]:
        """A mask a reader; 0 is everything."""
        counts = self.chance.choices(range(1, len(_TOPICS_EACH) + 1), _TOPICS_EACH, k=readers)
        bits = [1 << topic for topic in range(TOPIC_COUNT)]
        topics = iter(self.chance.choices(bits, cum_weights=POPULARITY, k=sum(counts)))
        for count in counts:
            mask = 0
            for _ in range(count):
                mask |= next(topics)
            yield 0 if self.chance.random() < _EVERYTHING else mask

    def choose_joining(self) -> int:
        """The log's end when a reader joined; 0 for those who have been there for longer."""
        chance = self.chance.random()
        if chance >= _YOUNG:
            return 0
        weeks = range(WEEKS - _MAX_AGE_WEEKS, WEEKS - 1) if chance < _RECENT else range(WEEKS - _MAX_AGE_WEEKS)
        return self.chance.choice(weeks)

    def interest_of(self, mask: int, week: int) -> int:
        """The number of the row of an interest."""
        floor = self.ends[week] if self.ends[week] > self.settled else 0
        return self.interests.setdefault((mask, floor), len(self.interests) + 1)

    def memory_of(self, mask: int, week: int) -> int:
        """The number of the row of what somebody had."""
        bits = 0 if mask else -1
        for topic in range(TOPIC_COUNT):
            if mask >> topic & 1:
                bits |= self.of_topic[topic]
        bits &= self.after[week]
        return self.memories.setdefault(bits, len(self.memories) + 1)

    def render_interest(self, mask: int, floor: int) -> str:
        """Its text."""
        topics = [f"topic-{topic}" for topic in range(TOPIC_COUNT) if mask >> topic & 1] or ["*"]
        return render_row(dict.fromkeys(topics, floor))

    def render_memory(self, bits: int) -> str:
        """Its text."""
        items = [event.item for bit, event in enumerate(self.released) if bits >> bit & 1]
        return render_memory({item: self.corrections[item] for item in items}, self.places)


def _end_of(week: int) -> datetime:
    return MOMENT - timedelta(weeks=WEEKS - 1 - week)


def _write_readers(connection: sqlite3.Connection, crowd: _Crowd, readers: int, sealed: list[bytes]) -> None:
    connection.executemany(_READER, _build_rows(crowd, readers, sealed))
    interests = ((number, *_shared(crowd.render_interest(*key))) for key, number in crowd.interests.items())
    connection.executemany("INSERT INTO interest (id, hash, floors) VALUES (?, ?, ?)", interests)
    memories = ((number, *_shared(crowd.render_memory(bits))) for bits, number in crowd.memories.items())
    connection.executemany("INSERT INTO had (id, hash, sent) VALUES (?, ?, ?)", memories)
    connection.execute(
        "INSERT INTO suppression SELECT address_hash, 'bounced', 0 FROM subscription WHERE id % ? = 0",
        (int(1 / _SUPPRESSED),),
    )
    keep_fact(connection, f"settled {LIST}", str(crowd.settled))


def _shared(text: str) -> tuple[str, str]:
    return row_key(text), text


def _build_rows(crowd: _Crowd, readers: int, sealed: list[bytes]) -> Iterator[tuple[object, ...]]:
    chance = crowd.chance
    languages = chance.choices(LANGUAGES, _LANGUAGE_SHARES, k=readers)
    domains = [sha256(b"domain %d" % number).digest()[:16] for number in range(_DOMAINS)]
    domain_weights = list(accumulate(1 / rank for rank in range(1, _DOMAINS + 1)))
    memories: dict[tuple[int, int], int] = {}
    for number, mask in enumerate(crowd.choose_topics(readers), 1):
        week = crowd.choose_joining()
        memory = memories.get((mask, week))
        if memory is None:
            memory = memories[mask, week] = crowd.memory_of(mask, week)
        yield (
            number,
            LIST,
            sealed[number % _ADDRESSES],
            sha256(number.to_bytes(8, "big")).digest(),
            chance.choices(domains, cum_weights=domain_weights)[0],
            crowd.interest_of(mask, week),
            memory,
            languages[number - 1],
            "discreet" if chance.random() < _DISCREET else "full",
            0,
            crowd.ends[week],
            0,
        )


def _write_edition_before(connection: sqlite3.Connection, log: list[Event]) -> None:
    """What was sent to everybody a week ago; a few readers wait for an answer of staff, with items of this week."""
    moment = int(_end_of(WEEKS - 2).timestamp())
    connection.execute(
        "INSERT INTO edition (id, list_id, rhythm, period, state, moment, horizon, changed_by, changed_what, changed_at, "
        "frozen_hash, approved_hash) VALUES (?, ?, 'weekly', '2022-w07', 'finished', ?, ?, 'bench', 'sent', ?, '', '')",
        (_BEFORE, LIST, moment, sum(event.at < _end_of(WEEKS - 2) for event in log), moment),
    )
    new = [event for event in log if event.at > _end_of(WEEKS - 2) and event.type is EventType.RELEASED][:_CLAIMED]
    for number, event in enumerate(new, 1):
        carried = (CarriedItem(event.item, 0, event.content.topics[0]),)
        content = VariantContent(LANGUAGES[0], "full", carried, (), ())
        connection.execute(
            "INSERT INTO variant (id, edition_id, hash, content, language, form, message_hash) "
            "VALUES (?, ?, ?, ?, ?, ?, '')",
            (number, _BEFORE, content.hash, content.text, content.language, content.form),
        )
    connection.execute(
        "INSERT INTO delivery (subject, edition_id, variant_id, subscription_id, epoch, domain_key, state, settled, "
        "next_at, created_at) SELECT 'edition', ?, 1 + id % ?, id, 1, domain_key, iif(id % ?, 'sent', 'held'), "
        "id % ? > 0, ?, ? FROM subscription ORDER BY id",
        (_BEFORE, len(new), int(1 / _CLAIMING), int(1 / _CLAIMING), moment, moment),
    )
