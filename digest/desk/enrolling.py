"""Subscribing somebody who has agreed, and giving a reader what they chose: what both need to know of log and editions.

All of it is part of the caller's transaction, which writes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from digest.desk.planning import build_rule, find_candidates, is_urgent_only, read_log
from digest.desk.workplace import Workplace
from digest.editions.facts import build_facts
from digest.editions.interests import build_interest, change_topics
from digest.editions.moves import follow_moves
from digest.editions.selection import select
from digest.store.database import widen
from digest.store.dictionary import keep_had, keep_interest, read_had
from digest.store.editions import last_frozen
from digest.store.erasures import Farewell, note_word
from digest.store.readers import NewReader, StoredReader, add_consent, add_reader, change_choices, read_person
from digest.store.releases import log_end, read_newsroom
from digest.store.settling import settle
from digest.store.topic_moves import read_moves
from digest.subscribers.addresses import parse_address
from digest.subscribers.requests import Wish, next_epoch
from digest.subscribers.subscriptions import AT_ONCE, Consent, Subscription

__all__ = ["enrol", "find_coming", "find_on_list", "set_choices"]

_UNSETTLED = """
    SELECT 1 FROM delivery WHERE subscription_id = ? AND epoch = ? AND settled = 0 AND state = 'sent' LIMIT 1
"""


def find_on_list(connection: sqlite3.Connection, address_hash: bytes, list_id: str) -> StoredReader | None:
    """The subscription of an address to a list, whether it was left or not."""
    person = read_person(connection, address_hash)
    return next((one for one in person if one.subscription.list_id == list_id), None)


def enrol(place: Workplace, connection: sqlite3.Connection, wish: Wish, sealed: bytes, consent: Consent) -> tuple[int, int]:
    """Subscribe an address to a list by its own consent; the number of its subscription, and the epoch.

    News count from the log's end. Who comes back keeps the memory of what they were sent, so nothing comes twice, and gets
    a new epoch, so links of the time before are worth nothing. Who has the list already gets it as they wish now.

    Args:
        wish: what they agreed to; newsroom.toml has its list.
        sealed: the address.
        consent: how it is known that they did.
    """
    address = parse_address(place.sealer.unseal(sealed))
    hashed = place.sealer.index(address.address)
    known = find_on_list(connection, hashed, wish.list_id)
    if known is not None and known.is_active:
        set_choices(place, connection, known, wish)
        add_consent(connection, known.number, known.subscription.epoch, consent)
        return known.number, known.subscription.epoch
    if known is not None:
        note_word(place.site.var, [Farewell(place.now, known.number, came_back=True)])
    end, epoch = log_end(connection), next_epoch(known.subscription if known else None)
    reader = NewReader(
        sealed=place.sealer.seal(address.address),
        address_hash=hashed,
        domain_key=place.sealer.domain_key(address.domain),
        subscription=Subscription(
            list_id=wish.list_id,
            rhythm=wish.rhythm,
            language=wish.language,
            topics=wish.topics,
            urgent=wish.urgent,
            form=wish.form,
            confirmed_at=place.now,
            confirmed_position=end,
            epoch=epoch,
        ),
        interest_id=keep_interest(connection, build_interest(wish.topics, end)),
        had_id=keep_had(connection, {}) if known is None else _find_had(connection, known),
        consent=consent,
        number=None if known is None else known.number,
    )
    return add_reader(connection, reader, place.now), epoch


def _find_had(connection: sqlite3.Connection, known: StoredReader) -> int:
    """What somebody was sent before they left, the last letters included, which count for that epoch alone."""
    if connection.execute(_UNSETTLED, (known.number, known.subscription.epoch)).fetchone() is None:
        return known.had_id
    settle(connection)
    return int(connection.execute("SELECT had_id FROM subscription WHERE id = ?", (known.number,)).fetchone()[0])


def set_choices(place: Workplace, connection: sqlite3.Connection, reader: StoredReader, wish: Wish) -> None:
    """Give a reader what they choose now. Topics added count from the last edition that they could have had."""
    chosen = place.site.settings.lists[wish.list_id]
    with widen(connection) as wide:
        urgent_only = is_urgent_only(chosen, wish.rhythm)
        frozen = last_frozen(wide, wish.list_id, wish.rhythm, urgent_only=urgent_only)
    floors = reader.floors
    if wish.topics != reader.subscription.topics:
        confirmed = reader.subscription.confirmed_position
        floors = change_topics(floors, wish.topics, confirmed=confirmed, last_frozen=frozen)
    change_choices(connection, reader.number, wish, keep_interest(connection, floors))


def find_coming(place: Workplace, connection: sqlite3.Connection, reader: StoredReader) -> tuple[tuple[str, str], ...]:
    """What the next edition would bring a reader as news if it left now: title and language of each item, newest first."""
    subscription = reader.subscription
    if subscription.rhythm == AT_ONCE or not _is_behind(reader.floors, log_end(connection)):
        return ()
    with widen(connection) as wide:
        settings = place.site.settings
        log = read_log(wide, settings)
        rule = build_rule(wide, settings, subscription.list_id, subscription.rhythm, place.now)
        candidates = find_candidates(wide, subscription.list_id, log, build_facts(log, len(log)), rule)
    interest = follow_moves(reader.floors, read_moves(connection))
    found = select(candidates, interest, subscription.language, read_had(connection, reader.had_id), frozenset())
    items = {item.id: item.content for item in read_newsroom(connection)}
    return tuple((items[name].title, items[name].language or "") for name, _ in found.new if name in items)


def _is_behind(floors: Mapping[str, int], end: int) -> bool:
    return any(floor < end for floor in floors.values())
