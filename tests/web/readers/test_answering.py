"""What is behind the links of letters: each takes a button, does one thing, and does it once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

FORM = "application/x-www-form-urlencoded"
ONE_CLICK = b"List-Unsubscribe=One-Click"


def test_confirming_takes_a_button_and_is_the_same_twice(door: Any, forms: Any) -> None:
    door.sign_up(scope="some", topic="ukraine")
    (link,) = door.links("confirm")
    before = door.dump()
    assert forms(door.ask(link)) == [link]
    assert door.dump() == before and door.person() == []

    first, again = door.post(link, act="confirm"), door.post(link, act="confirm")

    assert first == again and first.status == 200
    assert "27 November 2026, 14:00 GMT" in first.text
    (reader,) = door.person()
    assert reader.is_active and reader.subscription.topics == ("ukraine",)
    assert "You have confirmed already" in door.ask(link).text and forms(door.ask(link)) == []


def test_leaving_takes_a_button_and_can_be_undone(door: Any, forms: Any) -> None:
    link = f"/u/{door.leave_token(door.enrol())}"
    assert forms(door.ask(link)) == [link, link]
    assert door.person()[0].is_active

    (undo,) = forms(door.post(link, act="leave"))
    assert not door.person()[0].is_active
    assert forms(door.ask(link)) == [] and forms(door.post(link, act="leave")) == []
    assert forms(door.ask(undo)) == [undo]
    assert not door.person()[0].is_active

    assert "Welcome back" in door.post(undo, act="return").text
    assert door.person()[0].is_active
    assert "Welcome back" in door.ask(undo).text


def test_a_way_back_ends_after_thirty_days(door: Any, forms: Any) -> None:
    (undo,) = forms(door.post(f"/u/{door.leave_token(door.enrol())}", act="leave"))
    door.now += timedelta(days=30)

    assert door.ask(undo).status == door.post(undo, act="return").status == 404


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"}, {"Cookie": "a=b"}]
)
def test_one_click_needs_nothing_but_its_body(headers: dict[str, str], door: Any) -> None:
    token = door.leave_token(door.enrol())
    sent = {"Content-Type": FORM, **headers}
    answers = [door.ask(f"/u/{token}", "POST", sent, ONE_CLICK) for _ in range(3)]

    assert {(one.status, one.body) for one in answers} == {(200, b"Unsubscribed.\n")}
    assert not door.person()[0].is_active
    assert door.links("undo") == [], "a mail program's user wants no further letter"
    assert door.ask("/u/other", "POST", sent, ONE_CLICK).status == 404


def test_the_link_of_a_letter_can_mail_the_link_to_choices(door: Any, forms: Any) -> None:
    token = door.leave_token(door.enrol())
    answer = door.post(f"/u/{token}", act="choices")
    (link,) = door.links("preferences")

    assert answer.status == 200 and door.person()[0].is_active
    assert set(forms(door.ask(link))) == {link}
    door.now += timedelta(hours=1)
    assert door.ask(link).status == 404


def test_letters_go_elsewhere_once_both_addresses_agree(door: Any, forms: Any) -> None:
    link = f"/preferences/{door.choices_token(door.enrol())}"
    assert door.post(link, act="move", address="new@example.org").status == 200
    (move,), (confirm,) = door.links("address"), door.links("confirm")
    assert forms(door.ask(move)) == [move] and forms(door.ask(confirm)) == [confirm]

    assert door.post(move, act="agree").status == 200
    assert door.person("new@example.org") == [] and len(door.person()) == 1
    assert forms(door.ask(move)) == []
    assert door.post(confirm, act="confirm").status == 200
    assert len(door.person("new@example.org")) == 1 and door.person() == []


@pytest.mark.parametrize("form", ["full", "discreet"])
def test_the_pages_are_in_the_language_and_form_of_the_reader(form: str, door: Any) -> None:
    token = door.leave_token(door.enrol(language="ar", form=form))
    page = door.ask(f"/u/{token}", headers={"Accept-Language": "en"}).text

    assert '<html lang="ar" dir="rtl">' in page
    assert ("Example Watch" in page) is (form == "full") and "Supporters" not in page.partition("</title>")[0]


def test_a_token_opens_its_own_door_alone(door: Any) -> None:
    number = door.enrol()
    leave, choices = door.leave_token(number), door.choices_token(number)
    before = door.dump()
    for step, act in (
        ("confirm", "confirm"),
        ("address", "agree"),
        ("undo", "return"),
        ("preferences", "erase"),
        ("u", "leave"),
    ):
        for token in (leave, choices):
            if (step, token) not in (("u", leave), ("preferences", choices)):
                assert door.ask(f"/{step}/{token}").status == 404
                assert door.post(f"/{step}/{token}", act=act, sure="yes").status == 404
    assert door.dump() == before
