"""Subscriptions, consent and suppression: found by keyed hash alone, kept sealed, counted by list."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from digest.errors import StoreError
from digest.store.database import open_store
from digest.store.dictionary import keep_had, keep_interest
from digest.store.readers import (
    NewReader,
    add_readers,
    audience_outside,
    count_readers,
    find_readers,
    has_readers,
    leave,
    read_readers,
    read_sealed,
    read_suppressed,
)
from digest.store.schema import consent, interest, subscription, suppression
from digest.subscribers.subscriptions import Consent, Subscription

NOW = datetime(2022, 2, 28, 18, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path):
    opened = open_store(tmp_path / "var")
    yield opened
    opened.close()


def hashed(name: str) -> bytes:
    return f"hash of {name}".encode()


@pytest.fixture
def add(store):
    """Adds readers of a list by name."""

    def add(*names: str, list_id: str = "supporters", number: int | None = None, **wish: object) -> None:
        topics = tuple(wish.get("topics", ()))
        values = {"rhythm": "weekly", "language": "en", "confirmed_at": NOW, "confirmed_position": 3}
        subscribed = Subscription(list_id, **values | wish)
        with store.writing() as connection:
            number_of_interest = keep_interest(connection, dict.fromkeys(topics, 3) or {"*": 3})
            had = keep_had(connection, {})
            readers = [
                NewReader(
                    f"sealed {name}".encode(), hashed(name), b"domain", subscribed, number_of_interest, had,
                    Consent("paper", "import", NOW, "en"), number,
                )
                for name in names
            ]  # fmt: skip
            add_readers(connection, readers, NOW)

    return add


def found(store, *names: str, list_id: str = "supporters"):
    with store.reading() as connection:
        return find_readers(connection, list_id, [hashed(name) for name in names])


def test_a_subscription_comes_back_as_it_was_wished(store, add):
    wish = {"topics": ("russia", "ukraine"), "language": "uk", "form": "discreet", "urgent": True, "rhythm": "at-once"}
    add("ada", **wish)
    row = found(store, "ada", "ben")[hashed("ada")]

    assert row.sealed == b"sealed ada"
    assert row.subscription == Subscription("supporters", confirmed_at=NOW, confirmed_position=3, **wish)
    assert found(store, "ada", list_id="press") == {}


def test_many_addresses_are_looked_up_at_once(store, add):
    names = [f"reader {number}" for number in range(1_203)]
    add(*names)
    assert found(store, *names, "nobody").keys() == {hashed(name) for name in names}


def test_an_address_has_one_subscription_to_a_list_but_may_have_several_lists(store, add):
    add("ada")
    add("ada", list_id="press")
    with pytest.raises(StoreError, match="UNIQUE"):
        add("ada")
    with store.reading() as connection:
        assert dict(count_readers(connection)) == {"supporters": 1, "press": 1}


def test_consent_is_kept_with_each_subscription(store, add):
    add("ada", "ben")
    with store.reading() as connection:
        rows = connection.execute(
            select(consent.c.subscription_id, consent.c.words, consent.c.form, consent.c.language)
        ).all()
    assert [tuple(row) for row in rows] == [(1, "paper", "import", "en"), (2, "paper", "import", "en")]


def test_a_row_that_was_never_confirmed_is_confirmed_in_its_place(store, add):
    add("ada")
    with store.writing() as connection:
        connection.execute(subscription.update().values(state="pending", confirmed_at=None))
    assert found(store, "ada")[hashed("ada")].subscription.confirmed_at is None
    add("ada", number=1, topics=("russia",))
    row = found(store, "ada")[hashed("ada")]
    assert (row.number, row.subscription.confirmed_at, row.subscription.topics) == (1, NOW, ("russia",))


def test_who_left_is_kept_but_counts_no_more(store, add):
    add("ada", "ben")
    with store.writing() as connection:
        leave(connection, 1, NOW + timedelta(days=1))
    assert found(store, "ada")[hashed("ada")].subscription.left_at == NOW + timedelta(days=1)
    with store.reading() as connection:
        assert dict(count_readers(connection)) == {"supporters": 1}
        assert list(read_sealed(connection, "supporters")) == [b"sealed ben"]
        assert [row.number for row in read_readers(connection, "supporters")] == [1, 2]


def test_suppressed_addresses_are_known_by_their_hash(store):
    with store.writing() as connection:
        rows = [{"address_hash": hashed(f"reader {n}"), "reason": "complaint", "at": 0} for n in range(700)]
        connection.execute(suppression.insert(), rows)
        asked = [hashed(f"reader {n}") for n in range(600, 1_400)]
        assert read_suppressed(connection, asked) == {hashed(f"reader {n}") for n in range(600, 700)}


def test_readers_who_are_none_of_some_are_counted(store, add):
    with store.reading() as connection:
        assert not has_readers(connection)
    add("ada", "ben")
    with store.reading() as connection:
        assert has_readers(connection)
        assert audience_outside(connection, {hashed("ada")}) == 1
        assert audience_outside(connection, {hashed("ada"), hashed("ben")}) == 0


def test_equal_interests_share_a_row(store, add):
    add("ada", topics=("russia", "ukraine"))
    add("ben", topics=("ukraine", "russia"))
    add("eve", topics=("ukraine",))
    with store.reading() as connection:
        assert len(connection.execute(select(interest)).all()) == 2
    one, other = (row.subscription for row in found(store, "ada", "ben").values())
    assert replace(one) == other
