"""Requests of people on the web: taken in one step that is the same for everybody, and worked on after the answer.

While somebody waits for an answer nothing is looked up: one row is written, whoever the address belongs to. What becomes of
it is decided later, by one path that ends in the same rows whether the address is unknown, asked already, subscribed,
suppressed or erased: places that are taken, the request decided, one letter with its delivery. Who is suppressed is refused
by the ledger's fence, as always. Only the person who reads the letters of an address learns what it gets.
"""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from digest.desk.enrolling import find_on_list
from digest.desk.fencing import note_home_in
from digest.desk.floods import is_held_back, note_flood
from digest.desk.letters import read_recipient
from digest.desk.reader_letters import (
    find_places,
    queue_confirmation,
    queue_link,
    queue_move,
    queue_nothing,
    queue_present,
)
from digest.desk.workplace import Workplace
from digest.errors import DeliveryError
from digest.store.facts import keep_fact, read_fact
from digest.store.rates import add_counts, read_counts
from digest.store.readers import StoredReader, read_person, read_reader
from digest.store.requests import (
    NewRequest,
    StoredRequest,
    add_request,
    ask,
    finish_request,
    forget_request,
    hold_request,
    read_requests,
)
from digest.subscribers.limits import (
    CONFIRMATIONS,
    LINKS,
    NETWORK_LIMIT,
    Count,
    hash_network,
    network_count,
    network_names,
)
from digest.subscribers.requests import Answer, RequestKind, RequestState, Wish, choose_answer, mend_wish, wish_of

__all__ = ["Asked", "take_request", "work_on_requests"]

_SALT = "network salt"
_LETTERS = 5
"""So many letters are made in one transaction at most: others write to the database as well."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for who names an address.

    Attributes:
        kind: to subscribe, or the link to one's choices.
        address: as it was typed.
        wish: what they chose; None when they ask for the link.
        language: of the page.
        words: what they were shown and agreed to; `page` names where, such as `subscribe/supporters`.
        network: the IP address that asked; only a hash that changes daily is kept, for as long as limits need it.
    """

    kind: Literal["subscribe", "preferences"]
    address: str = field(repr=False)
    wish: Wish | None = None
    language: str = ""
    words: str = ""
    page: str = ""
    network: str = field(default="", repr=False)


def take_request(place: Workplace, asked: Asked) -> None:
    """Keep what somebody asks for: one row, the same for every address.

    Raises:
        SubscriberError: it is no address that can be mailed; or the keys are missing.
        ValueError: a request to subscribe says nothing of what is wished for.
    """
    kind = RequestKind(asked.kind)
    if (asked.wish is None) is (kind is RequestKind.SUBSCRIBE):
        raise ValueError(f"a request of kind {kind} with the wish {asked.wish}")
    address = read_recipient(asked.address)
    with place.hot.writing() as connection:
        place.open_keys(connection)
        new = NewRequest(
            kind=kind,
            sealed=place.sealer.seal(address.address),
            address_hash=place.sealer.index(address.address),
            network=hash_network(place.keys.index, _find_salt(connection, place.now), asked.network),
            wish=asked.wish or Wish("", "", asked.language),
            words=asked.words,
            page=asked.page,
        )
        note_home_in(connection, place.hot.file)
        add_request(connection, new, place.now)


def _find_salt(connection: sqlite3.Connection, now: datetime) -> bytes:
    """Random octets of this day (UTC); those of the day before are gone for good once new ones are made."""
    today, known = now.date().isoformat(), read_fact(connection, _SALT) or ""
    if not known.startswith(today):
        known = f"{today} {secrets.token_hex(16)}"
        keep_fact(connection, _SALT, known)
    return bytes.fromhex(known.partition(" ")[2])


def work_on_requests(place: Workplace, limit: int = 100) -> int:
    """Decide on requests that are new, the oldest first; how many were decided, refused or held.

    Args:
        place: its `now` is the machine's clock.
        limit: how many at most.

    Raises:
        TemplateError: a letter cannot be made with the site's templates; its request waits.
        SubscriberError: the keys are missing, or another site's.
    """
    done = 0
    while done < limit:
        worked = _work_on_some(place, limit - done)
        if not worked:
            break
        done += worked
    return done


def _work_on_some(place: Workplace, most: int) -> int:
    with place.hot.writing() as connection:
        place.open_keys(connection)
        done, some = 0, _Round(place, connection)
        for request in read_requests(connection, RequestState.NEW, most):
            some.decide(request)
            done += 1
            if some.letters >= _LETTERS:
                break
        return done


class _Round:
    """Some requests that are decided in one transaction."""

    def __init__(self, place: Workplace, connection: sqlite3.Connection) -> None:
        self.place, self.connection, self.now = place, connection, place.now
        self.letters = 0

    def decide(self, request: StoredRequest) -> None:
        """Refuse a request, hold it, or answer it by a letter. What is refused is not kept."""
        wish = self._find_wish(request)
        if wish is None or not self._let_network_pass(request.network):
            forget_request(self.connection, request.number)
            return
        places = self._find_places(request)
        if places is None:
            forget_request(self.connection, request.number)
        elif request.network and is_held_back(self.connection, self.now):
            hold_request(self.connection, request.number)
            note_flood(self.place, self.connection)
        else:
            self._answer(request, wish, places)

    def _find_wish(self, request: StoredRequest) -> Wish | None:
        """What can be fulfilled of the wish; for the link to one's choices, what the letter follows when nobody has any."""
        settings = self.place.site.settings
        if request.kind is RequestKind.SUBSCRIBE:
            return mend_wish(request.wish, settings)
        first = next(iter(settings.lists), None)
        return None if first is None else Wish(first, settings.lists[first].rhythms[0], request.wish.language)

    def _let_network_pass(self, network: bytes) -> bool:
        """Count a request of a network, unless it has had its share; none for what staff or readers themselves let pass."""
        if not network:
            return True
        counted = read_counts(self.connection, network_names(network, self.now), self.now)
        if sum(counted.values()) >= NETWORK_LIMIT:
            return False
        add_counts(self.connection, [network_count(network, self.now)], self.now)
        return True

    def _find_places(self, request: StoredRequest) -> list[Count] | None:
        """The places of the address for one more letter, and of the present one when letters are to go to another."""
        budget = LINKS if request.kind is RequestKind.PREFERENCES else CONFIRMATIONS
        places = find_places(self.connection, budget, request.address_hash, self.now)
        if request.kind is RequestKind.ADDRESS and places is not None:
            mover = self._find_mover(request)
            more = None if mover is None else find_places(self.connection, LINKS, mover.address_hash, self.now)
            return None if more is None else [*places, *more]
        return places

    def _find_mover(self, request: StoredRequest) -> StoredReader | None:
        """The reader who asks for another address, if they have not left since."""
        reader = None if request.subscription is None else read_reader(self.connection, request.subscription)
        if reader is None or not reader.is_active or reader.subscription.epoch != request.epoch:
            return None
        return reader

    def _answer(self, request: StoredRequest, wish: Wish, places: list[Count]) -> None:
        add_counts(self.connection, places, self.now)
        try:
            self._queue(request, wish)
            self.letters += 1
        except DeliveryError:  # an address that no letter can hold
            forget_request(self.connection, request.number)

    def _queue(self, request: StoredRequest, wish: Wish) -> None:
        if request.kind is RequestKind.ADDRESS:
            self._queue_move(request)
            return
        reader = self._find_reader(request)
        answer = choose_answer(request.kind, reader.subscription if reader else None)
        if answer is Answer.CONFIRMATION:
            queue_confirmation(self.place, self.connection, request, wish)
            ask(self.connection, request.number, self.now)
            return
        if reader is None:
            queue_nothing(self.place, self.connection, request, wish)
        elif answer is Answer.PRESENT:
            queue_present(self.place, self.connection, reader)
        else:
            queue_link(self.place, self.connection, reader)
        finish_request(self.connection, request.number)

    def _queue_move(self, request: StoredRequest) -> None:
        mover = self._find_mover(request)
        assert mover is not None  # else there were no places
        queue_confirmation(self.place, self.connection, request, wish_of(mover.subscription))
        queue_move(self.place, self.connection, request, mover)
        ask(self.connection, request.number, self.now)

    def _find_reader(self, request: StoredRequest) -> StoredReader | None:
        """The active subscription that a request is about; for the link to one's choices a discreet one, if there is any."""
        if request.kind is RequestKind.SUBSCRIBE:
            known = find_on_list(self.connection, request.address_hash, request.wish.list_id)
            return known if known is not None and known.is_active else None
        lists = self.place.site.settings.lists
        person = [one for one in read_person(self.connection, request.address_hash) if one.is_active]
        known_lists = [one for one in person if one.subscription.list_id in lists]
        return min(known_lists, key=lambda one: one.subscription.form != "discreet", default=None)
