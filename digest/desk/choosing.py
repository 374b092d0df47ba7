"""What readers choose by the link to their choices, which is mailed to them and works for an hour.

The link stands for a person: all subscriptions of the same address, to whichever list. No page behind it shows that address.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.desk.disclosing import export
from digest.desk.enrolling import enrol, set_choices
from digest.desk.erasing import erase
from digest.desk.leaving import Left, end_subscriptions
from digest.desk.links import find_manager, stands_together
from digest.desk.moving import Move, agree_to_move, ask_for_address, look_at_move
from digest.desk.workplace import Workplace
from digest.errors import SubscriberError
from digest.store.erasures import Farewell, note_word
from digest.store.letters import is_suppressed
from digest.store.readers import StoredReader, come_back, pause_reader
from digest.store.requests import forget_requests_of
from digest.subscribers.requests import Wish, mend_wish, wish_of
from digest.subscribers.subscriptions import Consent, Form

__all__ = [
    "LONGEST_PAUSE", "Choices", "Move", "OneChoice", "agree_to_move", "ask_for_address", "change", "erase", "export", "join",
    "leave_lists", "look", "look_at_move", "pause",
]  # fmt: skip

LONGEST_PAUSE = timedelta(days=366)
"""How long letters can stay away."""


@dataclass(frozen=True, slots=True)
class OneChoice:
    """What a reader gets of one list, which is its key; moments are aware UTC."""

    wish: Wish
    paused_until: datetime | None = None
    confirmed_at: datetime | None = None

    @property
    def list_id(self) -> str:
        """The list."""
        return self.wish.list_id


@dataclass(frozen=True, slots=True)
class Choices:
    """What one person gets, and the lists that they could join; in the language and form of the link's subscription."""

    standing: tuple[OneChoice, ...]
    joinable: tuple[str, ...]
    language: str
    form: Form


def look(place: Workplace, token: str) -> Choices:
    """What the person who holds the link gets. A list that newsroom.toml no longer has is not shown; it brings nothing.

    Raises:
        SubscriberError: the link does not work.
    """
    with place.hot.reading() as connection:
        reader = find_manager(place, connection, token)
        active = _find_active(place, connection, reader)
        lists = [one.subscription.list_id for one in active]
        may_join = not is_suppressed(connection, reader.address_hash)
    about = reader.subscription
    return Choices(
        standing=tuple(_describe(one, place.now) for one in active),
        joinable=tuple(name for name in place.site.settings.lists if may_join and name not in lists),
        language=about.language,
        form=about.form,
    )


def change(place: Workplace, token: str, list_id: str, wish: Wish) -> None:
    """Give a reader of a list what they choose now. What is dropped and taken up again brings nothing twice.

    Raises:
        SubscriberError: the link does not work, the person does not get that list, or the list has nothing of the kind.
    """
    with place.hot.writing() as connection:
        reader = _find_on(place, connection, token, list_id)
        mended = mend_wish(replace(wish, list_id=list_id), place.site.settings, kept=reader.subscription.topics)
        if mended is None:
            raise _refuse_choice()
        set_choices(place, connection, reader, mended)


def join(place: Workplace, token: str, wish: Wish, words: str) -> None:
    """Subscribe the person to one more list, which needs no further letter: the link came to their address.

    Who left the list that the link came for, and joins it again, goes on as if they had not left.

    Args:
        words: what they were shown and agreed to.

    Raises:
        SubscriberError: the link does not work, the address is never to be mailed, or the list has nothing of the kind.
    """
    with place.hot.writing() as connection:
        reader = find_manager(place, connection, token)
        mended = mend_wish(wish, place.site.settings)
        if mended is None or is_suppressed(connection, reader.address_hash):
            raise _refuse_choice()
        if mended.list_id == reader.subscription.list_id:
            if not reader.is_active:
                note_word(place.site.var, [Farewell(place.now, reader.number, came_back=True)])
            come_back(connection, reader.number)  # in the same epoch, or this very link would be worth nothing now
        consent = Consent(words, "preferences", place.now, mended.language)
        enrol(place, connection, mended, reader.sealed, consent)
        forget_requests_of(connection, reader.address_hash, lists=[mended.list_id])


def pause(place: Workplace, token: str, list_id: str, until: datetime | None) -> None:
    """Let a list's letters stay away until a moment, or come again at once (None).

    Editions until then leave the reader out; the first one after brings what is not too old for the list by then.

    Raises:
        SubscriberError: the link does not work, the person does not get that list, or the moment lies behind or too far.
    """
    if until is not None and not place.now < until <= place.now + LONGEST_PAUSE:
        raise SubscriberError("pause", "it must end after now, and within a year", "Choose another day.")
    with place.hot.writing() as connection:
        pause_reader(connection, _find_on(place, connection, token, list_id).number, until)


def leave_lists(place: Workplace, token: str, list_ids: Sequence[str]) -> Left:
    """Leave these lists in one act, with one way back for all of them; those that the person does not get are passed over.

    Raises:
        SubscriberError: the link does not work.
    """
    with place.hot.writing() as connection:
        reader = find_manager(place, connection, token)
        active = [one for one in stands_together(connection, reader) if one.is_active]
        leaving = [one for one in active if one.subscription.list_id in list_ids]
        if leaving:
            return end_subscriptions(place, connection, leaving, says_goodbye=True)
    about = reader.subscription
    return Left(about.list_id, about.language, about.form)


def _find_active(place: Workplace, connection: sqlite3.Connection, reader: StoredReader) -> list[StoredReader]:
    lists = place.site.settings.lists
    together = stands_together(connection, reader)
    return [one for one in together if one.is_active and one.subscription.list_id in lists]


def _find_on(place: Workplace, connection: sqlite3.Connection, token: str, list_id: str) -> StoredReader:
    reader = find_manager(place, connection, token)
    active = _find_active(place, connection, reader)
    found = next((one for one in active if one.subscription.list_id == list_id), None)
    if found is None:
        raise _refuse_choice()
    return found


def _describe(reader: StoredReader, now: datetime) -> OneChoice:
    about = reader.subscription
    paused = about.paused_until if about.paused_until is not None and about.paused_until > now else None
    return OneChoice(wish_of(about), paused, about.confirmed_at)


def _refuse_choice() -> SubscriberError:
    return SubscriberError("choice", "this list or topic cannot be had, or not any more", "Look at the page anew.")
