"""The link in a letter that asks to confirm: what it would do, and doing it, once.

The link names the request, so what is confirmed is what was asked, whatever others have asked for the same address since.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime

from digest.desk.enrolling import enrol, find_coming
from digest.desk.erasing import forget_traces
from digest.desk.links import find_asker
from digest.desk.moving import agree_side, look_at_side
from digest.desk.workplace import Workplace
from digest.editions.periods import next_strike
from digest.store.edition_rows import last_finished
from digest.store.readers import StoredReader, read_reader
from digest.store.requests import StoredRequest, finish_request, forget_requests_of
from digest.store.sqlite import AnyConnection
from digest.subscribers.requests import RequestKind, RequestState, Side, Wish, mend_wish, wish_of
from digest.subscribers.subscriptions import Consent, Form
from digest.subscribers.tokens import Purpose, broken_link

__all__ = ["Asked4Confirm", "Title", "Welcome", "confirm", "look"]


@dataclass(frozen=True, slots=True)
class Asked4Confirm:
    """What a link would confirm, in the language and form of its reader. `wish` is None when it is about an address.

    `already`: it was confirmed before.
    """

    wish: Wish | None
    language: str
    form: Form
    already: bool = False


@dataclass(frozen=True, slots=True)
class Title:
    """The title of an item, in its language."""

    title: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Welcome:
    """What was confirmed, and what comes of it; of another address nothing but language and form.

    Attributes:
        wish: what the reader gets now; None when the link is about an address.
        first_at: when the next digest leaves by the list's schedule; None when it has none.
        last_edition: the id of the newest finished edition of that list and rhythm; empty when there is none.
        titles: what the next digest would bring if it left now, the newest first.
    """

    wish: Wish | None
    language: str
    form: Form
    first_at: datetime | None = None
    last_edition: str = ""
    titles: tuple[Title, ...] = ()


def look(place: Workplace, token: str) -> Asked4Confirm:
    """What a link would confirm.

    Raises:
        SubscriberError: it does not work; or no longer, because its reader left since or nothing of the wish is left.
    """
    with place.hot.reading() as connection:
        request = find_asker(place, connection, token, Purpose.CONFIRM)
        if request.kind is RequestKind.ADDRESS:
            move = look_at_side(connection, request, Side.NEW)
            return Asked4Confirm(None, move.language, move.form, move.already)
        if request.state is RequestState.DONE:
            wish = wish_of(_find_subscribed(connection, request).subscription)
            return Asked4Confirm(wish, wish.language, wish.form, already=True)
        wish = _find_wish(place, request)
        return Asked4Confirm(wish, wish.language, wish.form)


def confirm(place: Workplace, token: str) -> Welcome:
    """Do what a link confirms; a second time nothing changes and the answer is the same.

    Raises:
        SubscriberError: it does not work; or no longer, because its reader left since or nothing of the wish is left.
    """
    moved = False
    with place.hot.writing() as connection:
        request = find_asker(place, connection, token, Purpose.CONFIRM)
        if request.kind is RequestKind.ADDRESS:
            moved = agree_side(place, connection, request, Side.NEW)
            welcome = Welcome(None, request.wish.language, request.wish.form)
        else:
            if request.state is not RequestState.DONE:
                request = _subscribe(place, connection, request)
            welcome = _welcome(place, connection, _find_subscribed(connection, request))
    if moved:
        forget_traces(place)
    return welcome


def _subscribe(place: Workplace, connection: sqlite3.Connection, request: StoredRequest) -> StoredRequest:
    """Subscribe whoever asked; all else that the address asked of this list is void."""
    wish = _find_wish(place, request)
    consent = Consent(request.words, request.page, place.now, wish.language)
    number, epoch = enrol(place, connection, wish, request.sealed, consent)
    finish_request(connection, request.number, subscription=number, epoch=epoch)
    forget_requests_of(connection, request.address_hash, lists=[wish.list_id], spare=request.number)
    return replace(request, state=RequestState.DONE, subscription=number, epoch=epoch)


def _find_wish(place: Workplace, request: StoredRequest) -> Wish:
    wish = mend_wish(request.wish, place.site.settings)
    if wish is None:
        raise broken_link()
    return wish


def _find_subscribed(connection: AnyConnection, request: StoredRequest) -> StoredReader:
    """The subscription that came of a request, as long as it stands: its reader has not left since."""
    reader = None if request.subscription is None else read_reader(connection, request.subscription)
    if reader is None or not reader.is_active or reader.subscription.epoch != request.epoch:
        raise broken_link()
    return reader


def _welcome(place: Workplace, connection: sqlite3.Connection, reader: StoredReader) -> Welcome:
    wish, settings = wish_of(reader.subscription), place.site.settings
    chosen = settings.lists.get(wish.list_id)
    if chosen is None:
        raise broken_link()
    slots = ((rhythm, slot) for rhythm, slot in chosen.schedule.items() if rhythm == wish.rhythm)
    strikes = (next_strike(place.now, rhythm, slot, settings.zone) for rhythm, slot in slots)
    return Welcome(
        wish=wish,
        language=wish.language,
        form=wish.form,
        first_at=next((strike.at for strike in strikes), None),
        last_edition=last_finished(connection, wish.list_id, wish.rhythm),
        titles=tuple(Title(*one) for one in find_coming(place, connection, reader)),
    )
