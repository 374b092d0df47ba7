"""What people ask for on the web, and what is done about it: decided purely, the same way whoever they are.

A request is to subscribe, to get the link to one's choices, or to have letters sent to another address. It waits in a row of
its own; nobody is subscribed, and nothing changes, before the person who reads the letters of an address has agreed there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from digest.settings import Settings
from digest.subscribers.subscriptions import AT_ONCE, Form, Subscription

__all__ = [
    "Answer", "RequestKind", "RequestState", "Side", "Sides", "Wish", "agree", "build_mark", "choose_answer", "mend_wish",
    "next_epoch", "parse_sides", "parse_wish", "render_wish", "wish_of",
]  # fmt: skip


class RequestKind(StrEnum):
    """What is asked for."""

    SUBSCRIBE = "subscribe"
    PREFERENCES = "preferences"
    ADDRESS = "address"
    """That letters go to another address, asked for by the link to one's choices."""


class RequestState(StrEnum):
    """How far a request is. One that is refused is not kept."""

    NEW = "new"
    HELD = "held"
    """It waits for staff, because far more people ask than usual."""
    ASKED = "asked"
    """A letter asks to confirm it."""
    DONE = "done"


class Answer(StrEnum):
    """The letter that answers a request. Exactly one is written for each, and the same rows with it."""

    CONFIRMATION = "confirmation"
    PRESENT = "present"
    LINK = "preferences"
    NOBODY = "nobody"
    """As `LINK`, but to an address that gets nothing: written, and never sent."""


class Side(StrEnum):
    """Whose word counts when letters are to go to another address."""

    OLD = "old"
    NEW = "new"


Sides = frozenset[Side]
"""Those who have agreed."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of a list: ids of newsroom.toml and choices, never words of their own.

    No topics means all there are, now and later; `urgent` says that urgent items come at once, beside the rhythm.
    """

    list_id: str
    rhythm: str
    language: str
    topics: tuple[str, ...] = ()
    urgent: bool = False
    form: Form = "full"


def wish_of(subscription: Subscription) -> Wish:
    """What a subscription gets."""
    one = subscription
    return Wish(one.list_id, one.rhythm, one.language, one.topics, one.urgent, one.form)


def render_wish(wish: Wish) -> str:
    """A wish as the text that is kept: JSON, always with the same names."""
    values = {
        "list": wish.list_id,
        "rhythm": wish.rhythm,
        "language": wish.language,
        "topics": list(wish.topics),
        "urgent": wish.urgent,
        "form": wish.form,
    }
    return json.dumps(values, separators=(",", ":"))


def parse_wish(text: str) -> Wish:
    """The wish that `render_wish` made a text of."""
    values = json.loads(text)
    form: Form = "discreet" if values["form"] == "discreet" else "full"
    return Wish(values["list"], values["rhythm"], values["language"], tuple(values["topics"]), bool(values["urgent"]), form)


def mend_wish(wish: Wish, settings: Settings, kept: Collection[str] = ()) -> Wish | None:
    """The wish as newsroom.toml can fulfil it now; None when nothing of it is left.

    Newsrooms change between the form and the answer. A topic that moved becomes the one it goes on in; one that ended stays,
    and brings what is still to come of it; one that is no longer there goes. Who wanted some topics never gets all for that.
    A rhythm that the list gave up becomes its first, a language that the newsroom gave up its own.

    Args:
        wish: what was asked for.
        settings: newsroom.toml.
        kept: topics that the person follows already; they stay as they are.
    """
    chosen = settings.lists.get(wish.list_id)
    if chosen is None:
        return None
    topics = _mend_topics(wish.topics, settings, kept)
    if wish.topics and not topics:
        return None
    rhythm = wish.rhythm if wish.rhythm in chosen.rhythms else chosen.rhythms[0]
    return replace(
        wish,
        rhythm=rhythm,
        language=wish.language if wish.language in settings.newsroom.languages else settings.newsroom.language,
        topics=topics,
        urgent=wish.urgent and rhythm != AT_ONCE,
    )


def _mend_topics(topics: Iterable[str], settings: Settings, kept: Collection[str]) -> tuple[str, ...]:
    mended = {topic if topic in kept else settings.find_topic(topic) or topic for topic in topics}
    return tuple(sorted(topic for topic in mended if topic in kept or topic in settings.topics))


def choose_answer(kind: RequestKind, subscription: Subscription | None) -> Answer:
    """Which letter answers a request.

    Args:
        kind: what is asked for.
        subscription: the one that the address has: to the list that is asked for, or when the link to one's choices is, to
            any. None when it has none, or left.
    """
    if kind is RequestKind.PREFERENCES:
        return Answer.NOBODY if subscription is None else Answer.LINK
    if kind is RequestKind.SUBSCRIBE and subscription is not None:
        return Answer.PRESENT
    return Answer.CONFIRMATION


def next_epoch(subscription: Subscription | None) -> int:
    """The epoch of a subscription that somebody has just confirmed, given the one that they had to this list."""
    if subscription is None:
        return 1
    return subscription.epoch + (subscription.left_at is not None)


def build_mark(kind: RequestKind, address_hash: bytes, wish: str, at: int) -> int:
    """The number, of 32 bits, that stands in a request's tokens in place of an epoch.

    A request's own number may be given again once it is gone. With the mark, its link is worth nothing for another one.

    Args:
        kind: what is asked for.
        address_hash: of the address that it is about.
        wish: the text that is kept.
        at: when the letter was made, in seconds since 1970.
    """
    told = "\0".join((kind, address_hash.hex(), wish, str(at)))
    return int.from_bytes(hashlib.sha256(told.encode()).digest()[:4], "big")


def parse_sides(text: str) -> Sides:
    """Who has agreed, from the text that is kept: the sides with a blank between them."""
    return frozenset(Side(word) for word in text.split())


def agree(agreed: str, side: Side) -> str:
    """The text that is kept once one more side has agreed."""
    return " ".join(sorted(parse_sides(agreed) | {side}))
