"""Requests in the database: one row each, emptied of addresses as soon as nobody needs them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.store.hot import open_hot
from digest.store.readers import has_readers
from digest.store.requests import (
    NewRequest,
    add_request,
    ask,
    count_requests,
    drop_requests,
    finish_request,
    forget_request,
    forget_requests_of,
    has_new_requests,
    hold_request,
    note_agreed,
    read_request,
    read_requests,
    read_requests_of,
    release_requests,
)
from digest.subscribers.requests import RequestKind, RequestState, Side, Wish

NOW = datetime(2022, 2, 28, 18, tzinfo=UTC)
WISH = Wish("supporters", "weekly", "uk", ("ukraine",), form="discreet")


@pytest.fixture
def connection(tmp_path):
    with open_hot(tmp_path / "var").writing() as opened:
        yield opened


def new(hashed=b"ada", kind=RequestKind.SUBSCRIBE, list_id="supporters", **more):
    wish = Wish(list_id, "weekly", "uk", ("ukraine",), form="discreet")
    return NewRequest(kind, b"sealed", hashed, b"network", wish, "words", "subscribe/supporters", **more)


def test_a_request_is_kept_as_it_came(connection):
    add_request(connection, new(), NOW)
    (one,) = read_requests(connection, RequestState.NEW)

    assert (one.number, one.kind, one.state, one.wish, one.words, one.page) == (
        1, RequestKind.SUBSCRIBE, RequestState.NEW, WISH, "words", "subscribe/supporters"
    )  # fmt: skip
    assert (one.sealed, one.address_hash, one.network, one.at) == (b"sealed", b"ada", b"network", NOW)
    assert (one.subscription, one.epoch, one.sides) == (None, 0, frozenset())
    assert read_request(connection, 1) == one
    assert read_request(connection, 2) is None
    assert "sealed" not in repr(one) and "ada" not in repr(one)
    assert has_readers(connection)


def test_only_what_is_new_waits_to_be_decided_the_oldest_first(connection):
    for name in (b"a", b"b", b"c", b"d"):
        add_request(connection, new(name), NOW)
    hold_request(connection, 2)
    ask(connection, 1, NOW)

    assert [one.address_hash for one in read_requests(connection, RequestState.NEW)] == [b"c", b"d"]
    assert [one.address_hash for one in read_requests(connection, RequestState.NEW, 1)] == [b"c"]
    assert has_new_requests(connection)
    plan = connection.execute("EXPLAIN QUERY PLAN SELECT 1 FROM request WHERE state = 'new' LIMIT 1").fetchall()
    assert "request_new" in str(plan)


def test_asking_holding_and_finishing_forget_where_it_came_from(connection):
    for name in (b"a", b"b", b"c"):
        add_request(connection, new(name), NOW)
    later = NOW + timedelta(hours=2)
    ask(connection, 1, later)
    hold_request(connection, 2)
    finish_request(connection, 3)
    asked, held, done = (read_request(connection, number) for number in (1, 2, 3))

    assert (asked.state, asked.at, asked.sealed) == (RequestState.ASKED, later, b"sealed")
    assert (held.state, held.at, held.sealed) == (RequestState.HELD, NOW, b"sealed")
    assert (done.state, done.sealed) == (RequestState.DONE, b"")
    assert {asked.network, held.network, done.network} == {b""}
    assert not has_new_requests(connection)
    assert asked.mark() != asked.mark(NOW)


def test_held_ones_go_on_or_go(connection):
    for name in (b"a", b"b"):
        add_request(connection, new(name), NOW)
        hold_request(connection, count_requests(connection, RequestState.HELD) + 1)

    assert count_requests(connection, RequestState.HELD) == 2
    assert release_requests(connection) == 2
    assert drop_requests(connection) == 0
    hold_request(connection, 1)
    assert drop_requests(connection) == 1
    assert [one.number for one in read_requests(connection, RequestState.NEW)] == [2]


def test_requests_of_an_address_go_for_some_lists_or_altogether(connection):
    add_request(connection, new(), NOW)
    add_request(connection, new(list_id="press"), NOW)
    add_request(connection, new(b"bob"), NOW)
    add_request(connection, new(kind=RequestKind.PREFERENCES, list_id=""), NOW)
    add_request(connection, new(), NOW)
    forget_requests_of(connection, b"ada", lists=["supporters"], spare=5)
    assert [one.number for one in read_requests_of(connection, b"ada")] == [2, 4, 5]
    forget_requests_of(connection, b"ada")
    assert [one.number for one in read_requests(connection, RequestState.NEW)] == [3]
    forget_request(connection, 3)
    assert not has_readers(connection)


def test_sides_agree_one_by_one(connection):
    add_request(connection, new(kind=RequestKind.ADDRESS), NOW)
    note_agreed(connection, 1, "old")

    assert read_request(connection, 1).sides == {Side.OLD}
