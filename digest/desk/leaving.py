"""Leaving by the link in each letter, and coming back within 30 days.

A letter's own link works for ever and can do nothing but end that one subscription; a letter that was passed on gives away
no more. Who ends it by that link gets the way back on the page, and in a letter of goodbye; who finds it ended already gets
none, or the link could bring back somebody who left by themselves.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from digest.desk.links import build_undo, find_leaver, find_returner, stands_together
from digest.desk.reader_letters import queue_goodbye
from digest.desk.workplace import Workplace
from digest.store.erasures import Farewell, note_word
from digest.store.readers import StoredReader, come_back
from digest.store.readers import leave as end
from digest.store.requests import NewRequest, add_request, forget_moves, forget_requests_of
from digest.subscribers.requests import RequestKind, wish_of
from digest.subscribers.subscriptions import Form

__all__ = [
    "Leaving", "Left", "Returned", "ask_for_choices", "end_subscriptions", "leave", "look", "look_at_undo", "undo",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Leaving:
    """A subscription that a link can end, or bring back. `list_id` is empty when it is erased; then it is gone, too."""

    list_id: str
    language: str
    form: Form
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """A subscription that was ended; `undo_token` brings it back, and is empty when it was ended before."""

    list_id: str
    language: str
    form: Form
    undo_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Returned:
    """A subscription that goes on as before."""

    list_id: str
    language: str
    form: Form


def look(place: Workplace, token: str) -> Leaving:
    """What the link of a letter can end.

    Raises:
        SubscriberError: the link does not work.
    """
    with place.hot.reading() as connection:
        return _describe(place, find_leaver(place, connection, token))


def leave(place: Workplace, token: str, how: Literal["page", "one-click"]) -> Left:
    """End the subscription that a letter's link names; a second time nothing changes.

    Args:
        token: of the link.
        how: by our page, which is followed by a letter of goodbye; or by a mail program (RFC 8058), whose user has said all
            there is to say with one click and wants no further letter.

    Raises:
        SubscriberError: the link does not work.
    """
    with place.hot.writing() as connection:
        reader = find_leaver(place, connection, token)
        about = _describe(place, reader)
        if reader is None or not reader.is_active:
            return Left(about.list_id, about.language, about.form)
        return end_subscriptions(place, connection, [reader], says_goodbye=how == "page")


def end_subscriptions(
    place: Workplace, connection: sqlite3.Connection, readers: Sequence[StoredReader], *, says_goodbye: bool
) -> Left:
    """End active subscriptions of one person in the caller's transaction; one way back for all, and at most one letter."""
    first = readers[0]
    note_word(place.site.var, [Farewell(place.now, reader.number) for reader in readers])
    for reader in readers:
        end(connection, reader.number, place.now)
        forget_moves(connection, reader.number)
    lists = [reader.subscription.list_id for reader in readers]
    forget_requests_of(connection, first.address_hash, lists=lists)
    if says_goodbye and first.subscription.list_id in place.site.settings.lists:
        queue_goodbye(place, connection, first, place.now)
    about = first.subscription
    return Left(about.list_id, about.language, about.form, build_undo(place, first, place.now))


def look_at_undo(place: Workplace, token: str) -> Leaving:
    """What the way back would bring back; `is_gone` as long as it has not.

    Raises:
        SubscriberError: the link does not work, or no longer.
    """
    with place.hot.reading() as connection:
        return _describe(place, find_returner(place, connection, token))


def undo(place: Workplace, token: str) -> Returned:
    """Let what was ended in one act go on as before; a second time nothing changes.

    Raises:
        SubscriberError: the link does not work, or no longer.
    """
    with place.hot.writing() as connection:
        reader = find_returner(place, connection, token)
        left_at = reader.subscription.left_at
        if left_at is not None:
            back = [one.number for one in stands_together(connection, reader) if one.subscription.left_at == left_at]
            note_word(place.site.var, [Farewell(place.now, number, came_back=True) for number in back])
            for number in back:
                come_back(connection, number)
        about = reader.subscription
        return Returned(about.list_id, about.language, about.form)


def ask_for_choices(place: Workplace, token: str) -> None:
    """Ask, by the link of a letter, for the link to one's choices: it is mailed to the address that gets the letters.

    Raises:
        SubscriberError: the link does not work.
    """
    with place.hot.writing() as connection:
        reader = find_leaver(place, connection, token)
        if reader is None or not reader.is_active:
            return
        new = NewRequest(
            kind=RequestKind.PREFERENCES,
            sealed=reader.sealed,
            address_hash=reader.address_hash,
            network=b"",
            wish=wish_of(reader.subscription),
            words="",
            page="u",
            subscription=reader.number,
            epoch=reader.subscription.epoch,
        )
        add_request(connection, new, place.now)


def _describe(place: Workplace, reader: StoredReader | None) -> Leaving:
    if reader is None:
        return Leaving("", place.site.settings.newsroom.language, "full", is_gone=True)
    about = reader.subscription
    return Leaving(about.list_id, about.language, about.form, is_gone=not reader.is_active)
