"""Letters that are to go to another address: both addresses agree, by a letter each; then all lists of a person move."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from digest.desk.erasing import erase_rows, forget_traces
from digest.desk.letters import read_recipient
from digest.desk.links import find_asker, find_manager, stands_together
from digest.desk.workplace import Workplace
from digest.store.readers import StoredReader, move_reader, read_person, read_reader
from digest.store.requests import NewRequest, StoredRequest, add_request, finish_request, forget_moves, note_agreed
from digest.subscribers.addresses import parse_address
from digest.subscribers.requests import RequestKind, RequestState, Side, agree, parse_sides, wish_of
from digest.subscribers.subscriptions import Form
from digest.subscribers.tokens import Purpose, broken_link

__all__ = ["Move", "agree_side", "agree_to_move", "ask_for_address", "look_at_move", "look_at_side"]


@dataclass(frozen=True, slots=True)
class Move:
    """A change of address that waits for a word: in the language and form of its reader. `already`: it was given."""

    language: str
    form: Form
    already: bool = False


def ask_for_address(place: Workplace, token: str, address: str) -> None:
    """Ask, by the link to one's choices, that letters go to another address; both are asked by letter.

    One row is written, the same for every address; a request of before is void.

    Raises:
        SubscriberError: the link does not work, or it is no address that can be mailed.
    """
    typed = read_recipient(address)
    with place.hot.writing() as connection:
        reader = find_manager(place, connection, token)
        active = [one for one in stands_together(connection, reader) if one.is_active]
        if not active:
            raise broken_link()
        for one in active:
            forget_moves(connection, one.number)
        new = NewRequest(
            kind=RequestKind.ADDRESS,
            sealed=place.sealer.seal(typed.address),
            address_hash=place.sealer.index(typed.address),
            network=b"",
            wish=wish_of(active[0].subscription),
            words="",
            page="preferences",
            subscription=active[0].number,
            epoch=active[0].subscription.epoch,
        )
        add_request(connection, new, place.now)


def look_at_move(place: Workplace, token: str) -> Move:
    """What the address held so far is asked.

    Raises:
        SubscriberError: the link does not work.
    """
    with place.hot.reading() as connection:
        return look_at_side(connection, find_asker(place, connection, token, Purpose.MOVE), Side.OLD)


def agree_to_move(place: Workplace, token: str) -> Move:
    """Agree from the address held so far; once the new one has, too, the letters go there.

    Raises:
        SubscriberError: the link does not work.
    """
    with place.hot.writing() as connection:
        request = find_asker(place, connection, token, Purpose.MOVE)
        before = look_at_side(connection, request, Side.OLD)
        moved = agree_side(place, connection, request, Side.OLD)
    if moved:
        forget_traces(place)
    return before


def look_at_side(connection: sqlite3.Connection, request: StoredRequest, side: Side) -> Move:
    """How a change of address stands for one side.

    Raises:
        SubscriberError: it is void: its reader left meanwhile, or is erased.
    """
    if request.state is not RequestState.DONE:
        _find_mover(connection, request)
    wish = request.wish
    return Move(wish.language, wish.form, request.state is RequestState.DONE or side in request.sides)


def agree_side(place: Workplace, connection: sqlite3.Connection, request: StoredRequest, side: Side) -> bool:
    """Note that a side agrees, in the caller's transaction; move when both have. Whether they are moved by this.

    Raises:
        SubscriberError: it is void: its reader left meanwhile, or is erased.
    """
    if request.state is RequestState.DONE:
        return False
    mover = _find_mover(connection, request)
    agreed = agree(request.agreed, side)
    note_agreed(connection, request.number, agreed)
    if parse_sides(agreed) != frozenset(Side):
        return False
    finish_request(connection, request.number, subscription=mover.number, epoch=mover.subscription.epoch)
    _move(place, connection, mover, request)
    return True


def _find_mover(connection: sqlite3.Connection, request: StoredRequest) -> StoredReader:
    reader = None if request.subscription is None else read_reader(connection, request.subscription)
    if reader is None or not reader.is_active or reader.subscription.epoch != request.epoch:
        raise broken_link()
    return reader


def _move(place: Workplace, connection: sqlite3.Connection, mover: StoredReader, request: StoredRequest) -> None:
    """Let all lists of a person follow them. Where the other address gets a list already, that stays and theirs goes."""
    address = parse_address(place.sealer.unseal(request.sealed))
    domain_key = place.sealer.domain_key(address.domain)
    is_same = mover.address_hash == request.address_hash  # but for its spelling
    there = [] if is_same else read_person(connection, request.address_hash)
    others = {one.subscription.list_id: one for one in there}
    for reader in stands_together(connection, mover):
        other = others.get(reader.subscription.list_id)
        if not reader.sealed:  # its address is forgotten already
            continue
        if other is not None and other.is_active:
            erase_rows(place, connection, [reader])
            continue
        if other is not None:
            erase_rows(place, connection, [other])
        sealed = place.sealer.seal(address.address)
        move_reader(connection, reader.number, sealed, request.address_hash, domain_key)
