"""What was sent is read with limits and judged by what the site offers."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.pages.reader_views import Entry
from digest.settings import Settings, build_settings
from digest.subscribers.requests import Wish
from digest.web.readers.forms import (
    BODY_LIMIT,
    FormError,
    is_one_click,
    judge_address,
    judge_day,
    judge_entry,
    read_entry,
    read_fields,
    read_query,
)
from digest.web.readers.stamps import LONGEST, QUICKEST, Stamps

FORM = "application/x-www-form-urlencoded"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def site(door: Any) -> Settings:
    return build_settings(door.settings, {})


def test_fields_are_read_as_browsers_send_them() -> None:
    assert read_fields(b"a=1&a=2&b=%C3%A9+x&c=", f"{FORM}; charset=UTF-8") == {"a": ["1", "2"], "b": ["é x"], "c": [""]}


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b"a=1", "application/json", 415),
        (b"a=1", "", 415),
        (b"a=" + b"x" * BODY_LIMIT, FORM, 413),
        (b"a=" + b"x" * 1001, FORM, 400),
        (b"&".join([b"a=1"] * 300), FORM, 400),
        (b"a=%ff", FORM, 400),
        (b"a=\xff", FORM, 400),
    ],
)
def test_what_is_no_form_of_ours_is_refused(body: bytes, media_type: str, status: int) -> None:
    with pytest.raises(FormError) as caught:
        read_fields(body, media_type)
    assert caught.value.status == status


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([FORM, "multipart/form-data; boundary=x", "text/plain", "é"]))
def test_whatever_is_sent_is_read_or_refused(body: bytes, media_type: str) -> None:
    is_one_click(body, media_type)
    read_query(body)
    with suppress(FormError):
        read_entry(read_fields(body, media_type))


MULTIPART = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'


@pytest.mark.parametrize(
    ("body", "media_type", "is_so"),
    [
        (b"List-Unsubscribe=One-Click", FORM, True),
        (b"List-Unsubscribe=One-Click\r\n", "", True),
        (MULTIPART, "multipart/form-data; boundary=x", True),
        (MULTIPART, "multipart/form-data; boundary=y", False),
        (MULTIPART.replace(b"One-Click", b"Other"), "multipart/form-data; boundary=x", False),
        (b"List-Unsubscribe=One-Click&act=erase", FORM, False),
        (b"list-unsubscribe=one-click", FORM, False),
        (b"act=leave", FORM, False),
        (b"", FORM, False),
    ],
)
def test_one_click_is_that_and_nothing_else(body: bytes, media_type: str, is_so: bool) -> None:
    assert is_one_click(body, media_type) is is_so


def test_a_choice_is_made_of_what_is_offered(site: Settings) -> None:
    entry = Entry(
        takes_all=False, topics=("ukraine", "russia"), rhythm="weekly", urgent=True, language="uk", form="discreet"
    )

    assert judge_entry("supporters", entry, site) == Wish(
        "supporters", "weekly", "uk", ("russia", "ukraine"), True, "discreet"
    )
    assert judge_entry("supporters", Entry(), site) == Wish("supporters", "weekly", "en")


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        (Entry(takes_all=False), "topics-none"),
        (Entry(takes_all=False, topics=("nowhere",)), "choice"),
        (Entry(takes_all=False, topics=("over",)), "choice"),
        (Entry(rhythm="daily"), "choice"),
        (Entry(language="xx"), "choice"),
    ],
)
def test_what_is_not_offered_cannot_be_had(entry: Entry, fault: str, site: Settings) -> None:
    assert judge_entry("supporters", entry, site) == fault


def test_all_topics_win_over_what_is_ticked_below(site: Settings) -> None:
    wish = judge_entry("supporters", Entry(topics=("ukraine",)), site)

    assert isinstance(wish, Wish) and wish.topics == ()


def test_a_topic_that_ended_can_be_kept(site: Settings) -> None:
    wish = judge_entry("supporters", Entry(takes_all=False, topics=("over",)), site, kept=("over",))

    assert isinstance(wish, Wish) and wish.topics == ("over",)


def test_urgent_news_beside_the_rhythm_is_for_lists_that_offer_it(site: Settings) -> None:
    at_once = judge_entry("supporters", Entry(rhythm="at-once", urgent=True), site)
    press = judge_entry("press", Entry(rhythm="daily", urgent=True), site)

    assert isinstance(at_once, Wish) and not at_once.urgent
    assert isinstance(press, Wish) and not press.urgent


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("reader@example.org", None),
        (" reader@example.org ", None),
        ("", "address-missing"),
        ("   ", "address-missing"),
        ("reader", "address-wrong"),
        ("a@b@c", "address-wrong"),
        ("reader@example.org\nBcc: x@example.org", "address-wrong"),
        ("ридер@example.org", "address-letters"),
    ],
)
def test_an_address_is_judged_by_its_form_alone(text: str, fault: str | None) -> None:
    assert judge_address(text) == fault


@pytest.mark.parametrize(
    ("day", "until"),
    [
        ("2026-11-24", datetime(2026, 11, 24, tzinfo=UTC)),
        ("2027-07-01", datetime(2027, 6, 30, 23, tzinfo=UTC)),
        ("2026-11-23", None),
        ("2028-01-01", None),
        ("9999-12-31", None),
        ("0001-01-01", None),
        ("tomorrow", None),
        ("", None),
    ],
)
def test_a_pause_ends_at_the_beginning_of_a_day_in_the_newsroom(day: str, until: datetime | None, site: Settings) -> None:
    assert judge_day({"until": [day]}, site, NOW) == until


def test_a_stamp_tells_how_long_a_form_was_open() -> None:
    stamps = Stamps()
    stamp = stamps.make(NOW)

    assert stamps.judge(stamp, NOW + QUICKEST - timedelta(seconds=1)) == "too-quick"
    assert stamps.judge(stamp, NOW + QUICKEST) is None
    assert stamps.judge(stamp, NOW + LONGEST) is None
    assert stamps.judge(stamp, NOW + LONGEST + timedelta(seconds=1)) == "too-late"
    assert stamps.judge(stamps.renew(NOW), NOW) is None


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60))
def test_a_stamp_cannot_be_made_up(text: str) -> None:
    stamps = Stamps(b"one")
    good = stamps.make(NOW - timedelta(minutes=1))

    assert stamps.judge(text, NOW) == "too-late"
    assert stamps.judge(good[:9] + ("1" if good[9] != "1" else "2") + good[10:], NOW) == "too-late"
    assert Stamps(b"other").judge(good, NOW) == "too-late"
