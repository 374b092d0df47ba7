"""An edition at the desk: looked at, changed, approved by another person, sent after the hold, stopped and watched."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from digest.work.sending import send

HERE = "/desk/editions/2024-w10-supporters"


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, page
    return found[1]


def _approve(browser: Any, do: str = "approve", count: str = "2") -> Any:
    page = browser.get(f"{HERE}/approve").text
    fields = {name: _hidden(page, name) for name in ("revision", "hash", "readers")}
    return browser.post(f"{HERE}/approve", {**fields, "count": count, "do": do})


def test_a_draft_shows_its_items_readers_and_letters(desk: Any) -> None:
    page = desk.browser("Wanda").get(HERE).text

    assert "Title of first" in page and "Title of second" in page
    assert "2</span> readers get it" in page
    assert "It waits for approval" in page
    assert 'name="lead"' not in page, "who may not change it gets no form"


def test_what_staff_set_is_in_the_letter(desk: Any) -> None:
    browser = desk.browser("Ed")
    page = browser.get(HERE).text

    answer = browser.post(
        f"{HERE}/set",
        {"revision": _hidden(page, "revision"), "title": "A hard week", "subject": "", "lead": "first", "exclude": "second",
         "introduction": "Dear friends,\r\n\r\nread this."},
    )  # fmt: skip

    shown = browser.follow(answer).text
    assert "Changed." in shown and "A hard week" in shown and "take in again: Title of second" in shown
    letter = browser.get(f"{HERE}/look?part=text").text
    assert "Dear friends" in letter and "Title of first" in letter and "Title of second" not in letter


def test_a_change_on_a_stale_page_is_refused_with_who_changed_what(desk: Any) -> None:
    one, other = desk.browser("Ed"), desk.browser("Boss")
    revision = _hidden(one.get(HERE).text, "revision")
    other.get(HERE)
    other.post(f"{HERE}/set", {"revision": revision, "title": "Mine"})

    answer = one.post(f"{HERE}/set", {"revision": revision, "title": "Yours"})

    assert answer.status == 409
    assert "Boss has changed it since" in answer.text
    assert "Mine" in one.get(HERE).text


def test_who_changed_it_last_does_not_approve_it(desk: Any) -> None:
    boss = desk.browser("Boss")
    page = boss.get(HERE).text
    boss.post(f"{HERE}/set", {"revision": _hidden(page, "revision"), "title": "Mine"})

    shown = boss.get(f"{HERE}/approve")
    assert "You changed this edition last" in shown.text
    draft = desk.browser("Ada").get(f"{HERE}/approve").text
    fields = {name: _hidden(draft, name) for name in ("revision", "hash", "readers")}
    boss.get("/desk/me")
    refused = boss.post(f"{HERE}/approve", {**fields, "count": "2", "do": "approve"})

    assert refused.status in (409, 422) and "approve" in refused.text
    assert _approve(desk.browser("Ada")).status == 303


def test_the_number_of_readers_must_be_typed(desk: Any) -> None:
    browser = desk.browser("Ada")

    assert _approve(browser, count="3").status == 422
    assert _approve(browser, count="").status == 422
    assert "It is approved" in browser.follow(_approve(browser, count="2")).text


def test_approving_wants_the_password_once_more_after_a_while(desk: Any) -> None:
    browser = desk.browser("Ada")
    cookie = dict(browser.cookies)
    desk.now += timedelta(minutes=30)
    page = browser.get(f"{HERE}/approve").text
    assert 'name="password"' in page
    fields = {name: _hidden(page, name) for name in ("revision", "hash", "readers")} | {"count": "2", "do": "approve"}

    assert browser.post(f"{HERE}/approve", {**fields, "password": "wrong"}).status == 422
    assert browser.post(f"{HERE}/approve", {**fields, "password": "seven grey herons at dusk"}).status == 303
    assert browser.cookies != cookie, "the session has another id now"
    assert "It is approved" in browser.get(HERE).text


def test_what_was_changed_after_the_look_is_not_approved(desk: Any) -> None:
    browser = desk.browser("Ada")
    page = browser.get(f"{HERE}/approve").text
    fields = {name: _hidden(page, name) for name in ("revision", "hash", "readers")}
    desk.item("third")
    desk.now += timedelta(minutes=1)
    desk.publish()
    other = desk.browser("Ed")
    other.get(HERE)
    assert other.post(f"{HERE}/move").status == 303

    answer = browser.post(f"{HERE}/approve", {**fields, "count": "2", "do": "send"})

    assert answer.status == 409 and "changed it since" in answer.text
    assert "Draft" in browser.get(HERE).text


def test_the_first_letter_waits_and_it_can_be_stopped_until_then(desk: Any) -> None:
    browser = desk.browser("Ada")

    page = browser.follow(_approve(browser, "send")).text
    assert "The first letter leaves in 5 minutes" in page and "You can still stop it" in page
    place = desk.place
    assert send(place, "2024-w10-supporters", actor="Ada", wait=timedelta(0)).counts == {"queued": 2}, (
        "nothing leaves before"
    )
    place.close()

    stopped = desk.browser("Ed")
    stopped.get(HERE)
    assert "Paused" in stopped.follow(stopped.post(f"{HERE}/steer", {"do": "pause"})).text
    assert stopped.post(f"{HERE}/steer", {"do": "resume"}).status == 409, "an editor stops, an approver goes on"


def test_progress_and_outcome_add_up(desk: Any) -> None:
    browser = desk.browser("Ada")
    browser.follow(_approve(browser, "send"))
    place = desk.place
    with place.hot.writing() as connection:  # senders go by the machine's clock
        connection.execute("UPDATE edition SET earliest_at = earliest_at - 600")
    send(place, "2024-w10-supporters", actor="Ada", wait=timedelta(0))
    place.close()

    page = browser.get(HERE).text
    numbers = browser.get(f"{HERE}/outcome.csv")

    assert "Sent" in page and "Outcome" in page
    assert numbers.header("content-type").startswith("text/csv")
    assert "2024-w10-supporters,total,2," in numbers.body.decode("utf-8-sig")
    assert "@" not in numbers.text, "no address leaves with the numbers"
    assert "2024-w10-supporters" in browser.get("/desk/editions").text


def test_a_cancelled_draft_is_over(desk: Any) -> None:
    browser = desk.browser("Ada")
    browser.get(HERE)

    page = browser.follow(browser.post(f"{HERE}/steer", {"do": "cancel"})).text

    assert "Cancelled" in page


def test_the_letter_is_shown_in_a_frame_that_can_do_nothing(desk: Any) -> None:
    browser = desk.browser("Wanda")

    shown = browser.get(f"{HERE}/look?width=phone&light=dark&pictures=blocked")
    letter = browser.get(f"{HERE}/letter?light=dark&pictures=blocked")
    message = browser.get(f"{HERE}/message.eml")

    assert 'class="w375"' in shown.text and 'class="w700"' not in shown.text
    assert "sandbox" in letter.header("content-security-policy")
    assert "img-src 'none'" in letter.header("content-security-policy")
    assert "script-src" not in letter.header("content-security-policy")
    assert b"Subject:" in message.body
    assert browser.get(f"{HERE}/letter?form=discreet").status == 404


@pytest.mark.parametrize("query", ["letter=x", "language=xx", "form=odd", "width=9", "letter=" + "0" * 64])
def test_an_odd_look_is_no_fault_of_the_server(query: str, desk: Any) -> None:
    assert desk.browser("Wanda").get(f"{HERE}/look?{query}").status in (200, 409)


def test_an_edition_is_prepared_from_the_list(desk: Any) -> None:
    browser = desk.browser("Ed")
    browser.get("/desk/editions")

    page = browser.follow(browser.post("/desk/editions", {"edition": "supporters weekly", "extra": "yes"})).text

    assert "2024-w10-extra-1-supporters" in page or "extra" in page
    assert browser.post("/desk/editions", {"edition": "nothing weekly"}).status == 409


def test_an_edition_that_is_not_there_is_said_so(desk: Any) -> None:
    answer = desk.browser("Ed").get("/desk/editions/2020-w01-nothing")

    assert answer.status == 409 and "there is no such edition" in answer.text
