"""People at a small site: they ask on the web, get letters, and press the buttons behind the links in them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from digest.desk import asking, choosing, confirming, erasing, leaving
from digest.desk.workplace import Workplace
from digest.subscribers.requests import Wish
from digest.subscribers.tokens import build_unsubscribe

WORDS = "Yes, send me the digest to this address."


@dataclass(frozen=True)
class Mail:
    """A letter that was written: whom it goes to, its link, and what the ledger's fence would say of it."""

    number: int
    kind: str
    to: str
    link: str
    goes: bool

    @property
    def token(self) -> str:
        """The last part of the link."""
        return self.link.rpartition("/")[2]


class Visitors:
    """Everybody who visits the site. The clock is the workplace's."""

    def __init__(self, place: Workplace) -> None:
        self.place = place

    def ask(self, name: str, list_id: str = "supporters", *, network: str = "192.0.2.7", **wish: Any) -> None:
        """Somebody enters an address into the form of a list."""
        chosen = Wish(list_id, **{"rhythm": "weekly", "language": "en"} | wish)
        asked = asking.Asked("subscribe", address_of(name), chosen, chosen.language, WORDS, f"subscribe/{list_id}", network)
        asking.take_request(self.place, asked)

    def ask_for_link(self, name: str, *, network: str = "192.0.2.7", language: str = "en") -> None:
        """Somebody enters an address into the form that asks for the link to one's choices."""
        asking.take_request(
            self.place, asking.Asked("preferences", address_of(name), language=language, page="preferences", network=network)
        )

    def work(self) -> list[Mail]:
        """Let the site decide what is new; the letters that it wrote."""
        before = {one.number for one in self.mail()}
        while asking.work_on_requests(self.place):
            pass
        return [one for one in self.mail() if one.number not in before]

    def mail(self) -> list[Mail]:
        """All letters, the oldest first."""
        query = """
            SELECT d.id, l.kind, l.sealed, l.link, d.subscription_id, d.epoch, s.state, s.epoch,
                EXISTS (SELECT 1 FROM suppression x WHERE x.address_hash = l.address_hash)
            FROM letter l JOIN delivery d ON d.letter_id = l.id LEFT JOIN subscription s ON s.id = d.subscription_id
            WHERE d.state = 'queued' ORDER BY d.id
        """
        found = []
        for number, kind, sealed, link, reader, epoch, state, reader_epoch, suppressed in self.sql(query):
            is_nobodys = reader is None and epoch == 0
            goes = not suppressed and (is_nobodys or (state == "active" and reader_epoch == epoch))
            sealer = self.place.sealer
            found.append(Mail(number, kind, sealer.unseal(sealed), sealer.unseal_link(link) if link else "", goes))
        return found

    def subscribe(self, name: str, list_id: str = "supporters", **wish: Any) -> int:
        """Somebody asks, reads the letter and confirms; the number of the subscription."""
        self.ask(name, list_id, **wish)
        (letter,) = self.work()
        confirming.confirm(self.place, letter.token)
        return self.number(name, list_id)

    def link(self, name: str) -> str:
        """The token of the link to one's choices, as it came by letter."""
        self.ask_for_link(name)
        (letter,) = self.work()
        assert letter.goes
        return letter.token

    def number(self, name: str, list_id: str = "supporters") -> int:
        """The number of somebody's subscription, left or not."""
        hashed = self.place.sealer.index(address_of(name))
        ((number,),) = self.sql("SELECT id FROM subscription WHERE address_hash = ? AND list_id = ?", hashed, list_id)
        return int(number)

    def way_out(self, name: str, list_id: str = "supporters") -> str:
        """The token at the end of every letter."""
        return build_unsubscribe(self.place.keys, self.number(name, list_id))

    def standing(self, name: str) -> dict[str, Wish]:
        """What somebody gets now, by list."""
        hashed = self.place.sealer.index(address_of(name))
        with self.place.hot.reading() as connection:
            from digest.store.readers import read_person
            from digest.subscribers.requests import wish_of

            person = [one for one in read_person(connection, hashed) if one.is_active]
            return {one.subscription.list_id: wish_of(one.subscription) for one in person}

    def suppress(self, name: str) -> None:
        """Staff put an address on the list of those that are never mailed."""
        hashed = self.place.sealer.index(address_of(name))
        self.sql("INSERT INTO suppression VALUES (?, 'complaint', 0) ON CONFLICT DO NOTHING", hashed)

    def leave(self, name: str, list_id: str = "supporters", how: str = "page") -> leaving.Left:
        """Somebody presses the button behind the link of a letter."""
        return leaving.leave(self.place, self.way_out(name, list_id), how)  # type: ignore[arg-type]

    def erase(self, name: str, *, never_again: bool = False) -> None:
        """Somebody has everything erased."""
        erasing.erase(self.place, self.link(name), never_again)

    def look(self, token: str) -> choosing.Choices:
        """The page of one's choices."""
        return choosing.look(self.place, token)

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Look into the database, or set what a test cannot wait for."""
        with closing(sqlite3.connect(self.place.hot.file)) as connection, connection:
            connection.execute("PRAGMA foreign_keys = ON")
            return connection.execute(statement, values).fetchall()

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything in the database, but for the random octets of what is sealed."""
        tables = (
            "subscription",
            "consent",
            "request",
            "letter",
            "delivery",
            "suppression",
            "rate",
            "interest",
            "had",
            "fact",
        )
        return {table: self.sql(f"SELECT * FROM {table}") for table in tables}


def address_of(name: str) -> str:
    """Somebody's address."""
    return f"{name}@example.org"
