"""Asking on the web: the same row for everybody, one letter at most, and only its reader learns what an address gets."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from digest.desk import confirming
from digest.desk.asking import Asked, take_request, work_on_requests
from digest.desk.floods import drop_held, find_flood, read_held, release_held
from digest.desk.moving import ask_for_address
from digest.errors import SubscriberError, TemplateError
from digest.subscribers.requests import Wish

APPROVERS = 'approvers = ["Ada <ada@staff.example>", "Bob <bob@staff.example>"]\n'
NAMES = ("unknown", "pending", "confirmed", "left", "suppressed", "erased", "keptaway")


@pytest.fixture
def everybody(visitors, desk):
    """Somebody of each sort, long enough ago that no limit matters."""
    for name in ("confirmed", "left", "suppressed", "erased", "keptaway"):
        visitors.subscribe(name)
    visitors.leave("left")
    visitors.suppress("suppressed")
    visitors.erase("erased")
    visitors.erase("keptaway", never_again=True)
    desk.now = desk.place.now = desk.now + timedelta(days=40)
    visitors.ask("pending", network="198.51.100.1")
    visitors.work()
    desk.now = desk.place.now = desk.now + timedelta(days=2)
    return visitors


@pytest.mark.parametrize("kind", ["subscribe", "preferences"])
def test_taking_a_request_writes_one_row_and_looks_nothing_up(everybody, kind):
    """What is written while somebody waits for the answer differs in sealed octets alone."""
    for name in NAMES:
        before = everybody.rows()
        if kind == "subscribe":
            everybody.ask(name)
        else:
            everybody.ask_for_link(name)
        after = everybody.rows()

        assert {table for table in after if after[table] != before[table]} <= {"request", "fact"}
        (row,) = [row for row in after["request"] if row not in before["request"]]
        _id, found, state, sealed, hashed, network, wish, words, page, subscription, epoch, agreed, at = row
        assert (found, state, len(sealed), len(hashed), len(network)) == (kind, "new", 94, 32, 16)
        assert (subscription, epoch, agreed, at) == (None, 0, "", int(everybody.place.now.timestamp()))
        asked = '{"list":"supporters","rhythm":"weekly","language":"en","topics":[],"urgent":false,"form":"full"}'
        assert wish == (asked if kind == "subscribe" else asked.replace("supporters", "").replace("weekly", ""))
        assert page == ("subscribe/supporters" if kind == "subscribe" else "preferences")
        assert bool(words) == (kind == "subscribe")


@pytest.mark.parametrize("kind", ["subscribe", "preferences"])
def test_working_on_a_request_writes_the_same_rows_for_everybody(everybody, kind):
    written = {}
    for name in NAMES:
        before = everybody.rows()
        if kind == "subscribe":
            everybody.ask(name, network=f"203.0.113.{len(written)}")
        else:
            everybody.ask_for_link(name, network=f"203.0.113.{len(written)}")
        work_on_requests(everybody.place)
        after = everybody.rows()
        grown = {table: len(after[table]) - len(before[table]) for table in after}
        written[name] = {table: number for table, number in grown.items() if number and table not in ("fact", "rate")}

    assert written == {name: {"request": 1, "letter": 1, "delivery": 1} for name in NAMES}


def test_what_comes_of_a_request_is_told_by_letter_alone(everybody):
    kinds = {}
    for name in NAMES:
        everybody.ask(name, network=f"203.0.{len(kinds)}.1")
        (letter,) = everybody.work()
        kinds[name] = (letter.kind, letter.goes)

    assert kinds == {
        "unknown": ("confirmation", True),
        "pending": ("confirmation", True),
        "confirmed": ("present", True),
        "left": ("confirmation", True),
        "suppressed": ("present", False),
        "erased": ("confirmation", True),
        "keptaway": ("confirmation", False),
    }


def test_the_link_to_ones_choices_goes_to_readers_alone(everybody):
    goes = {}
    for name in NAMES:
        everybody.ask_for_link(name, network=f"203.0.{len(goes)}.1")
        (letter,) = everybody.work()
        assert letter.kind == "preferences"
        goes[name] = letter.goes

    assert [name for name, value in goes.items() if value] == ["confirmed"]


def test_what_is_no_address_is_refused_before_anything_is_kept(visitors):
    for wrong in ("", "nobody", "a@b.c\r\nBcc: x@y.z", "ві́ра@example.org", "a@" + "x" * 300 + ".org"):
        with pytest.raises(SubscriberError, match=r"^address"):
            take_request(visitors.place, Asked("subscribe", wrong, Wish("supporters", "weekly", "en")))

    assert visitors.sql("SELECT * FROM request") == []
    with pytest.raises(ValueError, match="wish"):
        take_request(visitors.place, Asked("subscribe", "ada@example.org"))


def test_nothing_typed_is_in_any_file_or_letter(visitors, desk):
    visitors.ask("canary")
    visitors.ask_for_link("canary")
    visitors.work()

    for path, data in desk.bytes_below("."):
        assert b"canary" not in data, path


def test_ten_thousand_requests_for_one_victim_from_five_hundred_networks_yield_one_letter(visitors):
    """From as many networks as you like, whatever is asked: one letter a day."""
    address = "victim@example.org"
    asked = Asked("subscribe", address, Wish("supporters", "weekly", "en"), "en", "words", "subscribe/supporters", "")
    take_request(visitors.place, asked)
    ((sealed, hashed, wish),) = visitors.sql("SELECT sealed, address_hash, wish FROM request")
    visitors.sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) "
        "INSERT INTO request (kind, state, sealed, address_hash, network, wish, words, page, epoch, agreed, at) "
        "SELECT 'subscribe', 'new', ?, ?, CAST(printf('network %08d', i % 500) AS BLOB), ?, '', '', 0, '', 0 FROM n",
        sealed, hashed, wish,
    )  # fmt: skip

    assert work_on_requests(visitors.place, 20_000) == 10_000
    letters = visitors.mail()

    assert [(letter.kind, letter.to) for letter in letters] == [("confirmation", address)]
    assert visitors.sql("SELECT count(*) FROM request WHERE state = 'new'") == [(0,)]
    assert visitors.sql("SELECT count(*) FROM request") == [(1,)]
    assert read_held(visitors.place).count == 0


def test_an_address_gets_one_question_a_day_and_three_a_month(visitors, desk):
    sent = []
    for day in range(65):
        desk.now = desk.place.now = desk.now + timedelta(days=1)
        for list_id in ("supporters", "press"):
            visitors.ask("ada", network=f"203.0.{day}.1", list_id=list_id)
        sent += [desk.now for _ in visitors.work()]

    assert len(sent) == 9
    for start in sent:
        assert len([one for one in sent if start <= one < start + timedelta(days=30)]) <= 3
        assert len([one for one in sent if start <= one < start + timedelta(days=1)]) == 1


def test_other_spellings_of_an_address_share_its_limit(visitors):
    visitors.ask("ada")
    visitors.ask("ADA")
    visitors.ask("Ada")

    assert len(visitors.work()) == 1


def test_a_network_has_twenty_requests_an_hour(visitors, desk):
    for number in range(30):
        visitors.ask(f"reader{number}", network=f"192.0.2.{number}")
        visitors.ask(f"sixth{number}", network=f"2001:db8:7:{number:x}::1")
    assert len(visitors.work()) == 40

    desk.now = desk.place.now = desk.now + timedelta(minutes=59)
    visitors.ask("late", network="192.0.2.200")
    assert visitors.work() == []

    desk.now = desk.place.now = desk.now + timedelta(minutes=10)
    visitors.ask("late", network="192.0.2.200")
    assert len(visitors.work()) == 1


def test_the_network_is_forgotten_once_judged_and_means_nothing_after_the_day(visitors, desk):
    visitors.ask("ada", network="192.0.2.7")
    ((today,),) = visitors.sql("SELECT network FROM request")
    visitors.work()
    assert visitors.sql("SELECT network FROM request") == [(b"",)]
    ((salt,),) = visitors.sql("SELECT value FROM fact WHERE name = 'network salt'")

    desk.now = desk.place.now = desk.now + timedelta(days=1)
    visitors.ask("bob", network="192.0.2.7")
    ((tomorrow,),) = visitors.sql("SELECT network FROM request WHERE state = 'new'")

    assert today != tomorrow
    assert visitors.sql("SELECT value FROM fact WHERE name = 'network salt'") != [(salt,)]
    for path, data in desk.bytes_below("var"):
        if path.suffix == ".db":
            assert salt.partition(" ")[2].encode() not in data


@pytest.fixture
def low_alarm(monkeypatch):
    """The alarm sounds at ten requests an hour: two hundred letters would take long."""
    monkeypatch.setattr("digest.subscribers.limits.LEAST_ALARM", 10)


def flood(visitors, number, start=0):
    for one in range(start, start + number):
        visitors.ask(f"reader{one}", network=f"10.{one // 250}.{one % 250}.1")


@pytest.mark.usefixtures("low_alarm")
def test_a_flood_is_held_and_told_once(visitors, desk):
    desk.settings("[lists.supporters]\n", f"[lists.supporters]\n{APPROVERS}")
    desk.settings("[lists.press]\n", f"[lists.press]\n{APPROVERS}")
    visitors.place = desk.place
    flood(visitors, 40)
    letters = visitors.work()

    assert len([one for one in letters if one.kind == "confirmation"]) == 10
    assert sorted(one.to for one in letters if one.kind == "requests-held") == ["ada@staff.example", "bob@staff.example"]
    held = read_held(desk.place)
    assert (held.count, dict(held.counts), held.since) == (30, {"supporters": 30}, desk.now)

    desk.now = desk.place.now = desk.now + timedelta(hours=1)
    flood(visitors, 5, 300)
    assert visitors.work() == []
    assert read_held(desk.place).count == 35


@pytest.mark.usefixtures("low_alarm")
def test_an_hour_that_is_calm_ends_the_alarm_and_what_was_held_still_waits(visitors, desk):
    flood(visitors, 13)
    visitors.work()
    desk.now = desk.place.now = desk.now + timedelta(hours=2)
    visitors.ask("calm")

    assert [one.to for one in visitors.work()] == ["calm@example.org"]
    assert read_held(desk.place).count == 3


@pytest.mark.usefixtures("low_alarm")
def test_released_requests_are_answered_and_none_is_held_for_a_day(visitors, desk):
    flood(visitors, 13)
    visitors.work()

    assert release_held(desk.place, actor="Ada") == 3
    assert read_held(desk.place).is_open
    flood(visitors, 2, 300)
    assert len(visitors.work()) == 5
    with desk.place.hot.reading() as connection:
        assert find_flood(connection) is None
    assert desk.journal("requests")[-1].action == "requests released"
    assert desk.journal("requests")[-1].detail == {"requests": 3}


@pytest.mark.usefixtures("low_alarm")
def test_dropped_requests_are_gone(visitors, desk):
    flood(visitors, 13)
    visitors.work()

    assert drop_held(desk.place, actor="Ada") == 3
    assert read_held(desk.place).count == 0
    assert visitors.work() == []
    assert desk.journal("requests")[-1].detail == {"requests": 3}
    flood(visitors, 1, 400)
    visitors.work()
    assert read_held(desk.place).count == 1


def test_requests_for_what_is_no_more_are_dropped(visitors, desk):
    visitors.ask("ada", "gone")
    visitors.ask("bob", topics=("nowhere",))

    assert visitors.work() == []
    assert visitors.sql("SELECT * FROM request") == []


def test_the_letters_link_works_for_what_was_asked_and_for_as_long_as_it_says(visitors, desk):
    visitors.ask("ada", topics=("ukraine",), form="discreet", language="uk")
    (letter,) = visitors.work()
    shown = confirming.look(desk.place, letter.token)

    assert shown.wish == Wish("supporters", "weekly", "uk", ("ukraine",), form="discreet")
    desk.now = desk.place.now = desk.now + timedelta(hours=72)
    with pytest.raises(SubscriberError, match=r"^link"):
        confirming.look(desk.place, letter.token)


@pytest.mark.usefixtures("low_alarm")
def test_a_request_that_was_held_is_good_for_three_days_from_its_letter(visitors, desk):
    flood(visitors, 11)
    visitors.work()
    desk.now = desk.place.now = desk.now + timedelta(hours=50)
    release_held(desk.place, actor="Ada")
    (letter,) = visitors.work()
    desk.now = desk.place.now = desk.now + timedelta(hours=71)

    assert not confirming.look(desk.place, letter.token).already


def test_the_letter_to_a_reader_goes_to_the_address_on_file_in_their_form(visitors):
    visitors.subscribe("ada", form="discreet")
    visitors.ask_for_link("ADA")
    (letter,) = visitors.work()
    ((message,),) = visitors.sql("SELECT message_hash FROM letter WHERE kind = 'preferences'")

    assert letter.to == "ada@example.org"
    path = visitors.place.site.var / "variants"
    text = b"".join(file.read_bytes() for file in path.rglob(f"{message}*"))
    assert b"Supporters" not in text and b"Test Newsroom" not in text


def test_broken_templates_let_requests_wait(visitors, desk):
    visitors.ask("ada")
    desk.write("templates/mail/single.html", "{% if %}")
    desk.reopen()
    visitors.place = desk.place
    with pytest.raises(TemplateError):
        work_on_requests(desk.place)
    assert visitors.sql("SELECT state FROM request") == [("new",)]
    assert visitors.sql("SELECT * FROM rate") == []

    desk.write(
        "templates/mail/single.html", "{% extends 'mail/_base.html' %}{% block content %}{{ link_url }}{% endblock %}"
    )
    desk.reopen()
    visitors.place = desk.place
    assert len(visitors.work()) == 1


def test_a_second_thought_about_another_address_is_not_worked_on_after_leaving(visitors):
    number = visitors.subscribe("ada")
    ask_for_address(visitors.place, visitors.link("ada"), "new@example.org")
    visitors.leave("ada")

    assert visitors.sql("SELECT count(*) FROM request WHERE kind = 'address'") == [(0,)]
    assert [one.kind for one in visitors.work()] == []
    assert number == visitors.number("ada")


def test_no_word_of_an_address_is_in_what_is_printed(visitors, capsys, caplog):
    visitors.ask("canary")
    visitors.work()

    out = capsys.readouterr()
    assert not re.search("canary", out.out + out.err + caplog.text)
