"""Signing up, and asking for the link to one's choices: the same answer for everybody, and nothing dropped in silence."""

from __future__ import annotations

from typing import Any

import pytest

from digest.store.requests import read_requests
from digest.subscribers.requests import RequestState


@pytest.fixture
def waiting(door: Any) -> Any:
    """The requests that wait to be decided."""

    def read() -> list[Any]:
        with door.place.hot.reading() as connection:
            return read_requests(connection, RequestState.NEW)

    return read


def test_a_request_is_kept_with_the_words_that_were_shown(door: Any, waiting: Any) -> None:
    page = door.ask("/subscribe/supporters?language=uk").text
    answer = door.sign_up(
        path="/subscribe/supporters?language=uk", scope="some", topic=["ukraine", "russia"], urgent="yes", form="discreet"
    )
    (request,) = waiting()
    wish = request.wish

    assert answer.status == 200
    assert (request.kind, request.page) == ("subscribe", "subscribe/supporters")
    assert (wish.list_id, wish.rhythm, wish.topics, wish.urgent, wish.form, wish.language) == (
        "supporters", "weekly", ("russia", "ukraine"), True, "discreet", "en",
    )  # fmt: skip
    assert request.words in page and "Example Watch" in request.words


def test_the_network_is_the_one_that_the_trusted_proxy_names(door: Any, waiting: Any) -> None:
    door.settings += '[web]\ntrusted_proxies = ["192.0.2.0/24"]\n'
    for last in ("198.51.100.4", "198.51.100.99", "203.0.113.1"):
        door.sign_up(headers={"X-Forwarded-For": f"203.0.113.9, {last}"})
    one, two, three = (request.network for request in waiting())

    assert one == two != three


def test_the_answer_is_the_same_whoever_the_address_is(door: Any) -> None:
    """Known, unknown, asked before, gone: in every class the same bytes, and one row of the same kind."""
    known, left = door.enrol("known@example.org"), door.enrol("left@example.org")
    door.post(f"/u/{door.leave_token(left)}", act="leave")
    assert known != left
    door.sign_up("asked@example.org")
    for path in ("/subscribe/supporters", "/preferences/"):
        answers = []
        for address in ("unknown@example.org", "known@example.org", "left@example.org", "asked@example.org"):
            before = door.dump()
            answers.append(door.sign_up(address, path))
            new = [line for line in door.dump() if line not in before]
            assert len(new) == 1 and new[0].startswith('INSERT INTO "request"'), path
        assert len({(one.status, tuple(one.headers.items()), one.body) for one in answers}) == 1


def test_the_link_to_choices_is_asked_for_by_address(door: Any, waiting: Any) -> None:
    answer = door.sign_up(path="/preferences/?language=ar")
    (request,) = waiting()

    assert (answer.status, request.kind, request.wish.language) == (200, "preferences", "ar")
    assert 'dir="rtl"' in answer.text


def test_a_form_that_came_too_quickly_comes_back_as_it_was_and_can_be_sent_at_once(door: Any, waiting: Any) -> None:
    quick = door.sign_up(opened=door.stamps.make(door.now), topic="russia", scope="some")
    stamp = quick.text.partition('name="opened" value="')[2].partition('"')[0]

    assert quick.status == 422 and "quicker than people" in quick.text and waiting() == []
    assert 'value="reader@example.org"' in quick.text and 'value="russia" checked' in quick.text
    assert door.sign_up(opened=stamp).status == 200


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"website": "https://spam.example"}, "should stay empty"),
        ({"opened": "made up"}, "open for a long time"),
        ({"opened": ""}, "open for a long time"),
        ({"address": ""}, "type your e-mail address"),
        ({"address": "reader"}, "does not look like"),
        ({"address": "ридер@example.org"}, "Mail servers cannot take"),
        ({"scope": "some"}, "at least one topic"),
        ({"scope": "some", "topic": "over"}, "not offered any more"),
        ({"rhythm": "daily"}, "not offered any more"),
    ],
)
def test_what_is_to_be_mended_is_said_and_never_silently_dropped(
    sent: dict[str, str], said: str, door: Any, waiting: Any
) -> None:
    answer = door.sign_up(**sent)

    assert answer.status == 422 and said in answer.text and 'role="alert"' in answer.text
    assert waiting() == []


def test_what_was_typed_is_shown_as_text(door: Any) -> None:
    answer = door.sign_up(address='"><script>alert(1)</script>@x')

    assert answer.status == 422 and "<script" not in answer.text


def test_the_topic_of_a_link_is_chosen_already(door: Any) -> None:
    page = door.ask("/subscribe/supporters?topic=ukraine&topic=over&topic=nothing&kind=update").text

    assert 'value="ukraine" checked' in page and 'value="russia" checked' not in page and 'value="over"' not in page
    assert "/subscribe/press?language=en&amp;topic=ukraine" in door.ask("/subscribe/?topic=ukraine").text


def test_a_site_without_sign_up_still_lets_people_leave(door: Any, waiting: Any) -> None:
    door.settings += "[web]\nsign_up = false\n"
    token = door.leave_token(door.enrol())

    assert door.ask("/subscribe/").status == door.ask("/subscribe/supporters").status == 404
    assert door.sign_up().status == 404 and waiting() == []
    assert door.post(f"/u/{token}", act="leave").status == 200


def test_a_site_with_one_list_shows_its_form_at_once(door: Any, forms: Any) -> None:
    door.settings = door.settings.partition("[lists.press]")[0]

    assert forms(door.ask("/subscribe/")) == ["/subscribe/supporters?language=en"]
