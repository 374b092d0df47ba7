"""Accredited press: whom staff gave a private feed.

The token in its address is all that opens a feed. It is shown once, to whoever made it; what is kept is its SHA-256, which
is enough to know it again: nobody can try out 256 random bits.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import TYPE_CHECKING

from digest.clock import real_now
from digest.desk.authority import check_actor
from digest.desk.workplace import Workplace
from digest.errors import UsageError
from digest.items.characters import find_first_forbidden, fold, is_visible, normalise
from digest.newsroom.addresses import FEED_FORMATS
from digest.staff.roles import Right
from digest.store.journal import write_journal
from digest.store.letters import StoredLetter, cancel_letter, find_letter
from digest.store.press_feeds import PressFeed, keep_press_feed, read_press_feeds, revoke
from digest.store.sqlite import AnyConnection
from digest.subscribers.addresses import redact

if TYPE_CHECKING:
    from digest.desk.press_mailing import PressMailing

__all__ = [
    "NAME_LENGTH", "add_press_feed", "hash_token", "list_press_feeds", "list_press_letters", "press_stem",
    "revoke_press_feed",
]  # fmt: skip

NAME_LENGTH = 80
"""The longest name in characters."""
_TOKEN_BYTES = 32


def hash_token(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def press_stem(place: Workplace, token: str) -> str:
    """The address of a private feed up to its format."""
    return f"{place.addresses.front}press/{token}"


def add_press_feed(place: Workplace, name: str, *, actor: str, to: str | None = None, language: str = "") -> tuple[str, ...]:
    """Give somebody a private feed: its addresses, one a format. They are known to nobody else, and shown only now.

    A name that was revoked may be given again; its old address stays dead.

    Args:
        name: the medium and the person; no mail address.
        actor: who does it.
        to: the mail address to which the feed's address is sent, by a letter that is queued together with it; None when
            staff tell it themselves. Nothing keeps it beside the letter, which forgets it once it has left.
        language: in which one of the newsroom's languages; else in its own.

    Raises:
        UsageError: the name is no name, or has a feed already; the newsroom has no such language.
        SubscriberError: the mail address cannot be mailed, or must not be. Nothing was made.
        TemplateError: the letter cannot be made.
    """
    plain = _judge_name(name)
    mailing = None if to is None else _plan_mailing(place, to, language)
    token = base64.b32encode(secrets.token_bytes(_TOKEN_BYTES)).decode().rstrip("=").lower()
    addresses = tuple(f"{press_stem(place, token)}.{form}" for form in FEED_FORMATS)
    with place.hot.writing() as connection:
        check_actor(place, connection, actor, Right.OPERATE)
        known = _find(connection, plain)
        if known is not None and known.revoked_at is None:
            raise UsageError(
                f"press feed {known.name}",
                "there is one of this name, and its address cannot be shown again",
                f'For a new address revoke the old one first: digest press revoke "{known.name}"',
            )
        kept = known.name if known else plain
        keep_press_feed(connection, kept, hash_token(token), place.now)
        if mailing is not None:
            mailing.queue(place, connection, addresses[0], _name_occasion(hash_token(token)))
        detail = {"by": "mail"} if mailing else {}
        write_journal(connection, place.now, actor, "press feed added", f"press feed {kept}", place.via, **detail)
    return addresses


def list_press_feeds(place: Workplace) -> list[PressFeed]:
    """All private feeds by name, revoked ones too."""
    with place.hot.reading() as connection:
        return read_press_feeds(connection)


def list_press_letters(place: Workplace) -> dict[int, StoredLetter]:
    """The letters with which feeds were given in the last weeks, by the number of the feed."""
    with place.hot.reading() as connection:
        found = (
            (feed.number, find_letter(connection, _name_occasion(feed.token_hash))) for feed in read_press_feeds(connection)
        )
        return {number: letter for number, letter in found if letter is not None}


def revoke_press_feed(place: Workplace, name: str, *, actor: str) -> PressFeed:
    """Close a private feed: from now on its address opens nothing. A letter with it that has not left does not leave.

    Raises:
        UsageError: there is none of this name, or it was revoked before.
    """
    with place.hot.writing() as connection:
        check_actor(place, connection, actor, Right.OPERATE)
        known = _find(connection, name)
        if known is None or known.revoked_at is not None:
            cause = "there is none of this name" if known is None else "it was revoked before"
            raise UsageError(f"press feed {name}", cause, "Look at them: digest press list")
        revoke(connection, known.number, place.now)
        cancel_letter(connection, _name_occasion(known.token_hash), real_now())
        write_journal(connection, place.now, actor, "press feed revoked", f"press feed {known.name}", place.via)
    return known


def _judge_name(name: str) -> str:
    plain = normalise(fold(name))
    if not is_visible(plain) or find_first_forbidden(plain) or len(plain) > NAME_LENGTH:
        cause = f"the name is empty, longer than {NAME_LENGTH} characters, or holds what cannot be shown"
        raise UsageError("press add", cause, 'Name who gets it: digest press add "Example Daily, A. Writer"')
    if redact(plain) != plain:
        raise UsageError("press add", "the name looks like an e-mail address", "Name the person or the medium instead.")
    return plain


def _plan_mailing(place: Workplace, to: str, language: str) -> PressMailing:
    from digest.desk.press_mailing import plan_mailing  # a server that answers for the feeds needs no mail

    return plan_mailing(place, to, language)


def _name_occasion(token_hash: bytes) -> str:
    """What the letter with a feed's address is known by."""
    return f"press feed {token_hash.hex()}"


def _find(connection: AnyConnection, name: str) -> PressFeed | None:
    """The feed of that name, whatever its letters' case."""
    wanted = normalise(fold(name)).casefold()
    return next((feed for feed in read_press_feeds(connection) if feed.name.casefold() == wanted), None)
