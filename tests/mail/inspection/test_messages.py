"""The message that will be handed over is read as receivers read it; a discreet one tells nobody whose letter it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.mail.compile import CompiledMessage
from digest.settings import Mailbox


def _has(sheet, expected, names=frozenset()):
    return any(expected in line for line in sheet.look(names))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            b"Precedence: bulk\r\n",
            b"",
            "error message: the header Precedence must stand in it once and stands in it 0 times",
        ),
        (b"Precedence: bulk\r\n", b"Precedence: bulk\r\nPrecedence: bulk\r\n", "and stands in it 2 times"),
        (b"Precedence: bulk", b"Precedence: list", "the header Precedence is “list” and should be “bulk”"),
        (b"Precedence: bulk", b"Precedence: bulk\r\nX-Mailer: digest 1", "the header X-Mailer must not stand in it"),
        (b"Precedence: bulk", b"Precedence: bulk\r\nReply-To: a@b.example", "the header Reply-To stands in it twice"),
        (b"List-Unsubscribe: <", b"List-Unsubscribe:\r\n <", "the header List-Unsubscribe is"),
        (b"One-Click", b"one-click", "the header List-Unsubscribe-Post is"),
        (b"auto-generated", b"auto-replied", "the header Auto-Submitted is"),
        (b"OOF, DR", b"All", "the header X-Auto-Response-Suppress is"),
        (b"Content-Language: en", b"Content-Language: fr", "the header Content-Language is “fr”"),
        (b"MIME-Version: 1.0", b"MIME-Version: 1.1", "the header MIME-Version is"),
        (b"Subject: Russia", b"Subject: Belarus", "its subject is read otherwise than it was written"),
        (b"From: The Newsroom ", b"From: ", "its sender needs a name"),
        (b"news@news", b"other@news", "its sender needs a name, and the address of newsroom.toml"),
        (b"List-Id: Supporters <", b"List-Id: Supporters ", "its List-Id is not a name and an id"),
        (b":supporters:", b":2022-w09-supporters:", "its Feedback-ID needs four different fields"),
        (b":supporters:", b":supporters:x:", "its Feedback-ID needs four different fields"),
        (b"+0000", b"+0100", "its date is not a moment in +0000"),
        (b"Date: Mon, 28 Feb", b"Date: Soon", "its date is not a moment"),
        (b"multipart/alternative", b"multipart/mixed", "it should be text alone, or multipart/alternative"),
        (b"Content-Type: text/plain", b"Content-Type: text/html", "with the text before the HTML"),
        (b"charset=utf-8", b"charset=latin-1", "its part text/plain does not say that it is UTF-8"),
        (b"Thousands", b"Hundreds", "its part text/plain arrives otherwise than it was rendered"),
        (b"Police break", b"x" * 90, "a line of its body is longer than 76 octets"),
        (b"Precedence: bulk", "Precedence: bulk\r\nX-Name: Наша".encode(), "its head holds octets that are not ASCII"),
        (b"--\r\n", b"\r\n", "it cannot be read without doubt: CloseBoundaryNotFoundDefect"),
        (b"Precedence: bulk\r\n", b"Precedence: bulk\n", "a line ends in something else than CR LF"),
        (b"Precedence: bulk\r\n", b"Precedence: bulk\r\n.X: y\r\n", "or starts with a full stop"),
        (b"Precedence: bulk\r\n", b"Precedence: bulk\r\nX: " + b"y" * 1000 + b"\r\n", "longer than 998 octets"),
    ],
)
def test_a_fault_of_the_message_is_found(sheet, old, new, expected):
    assert _has(sheet.patch(old, new), expected)


def test_the_message_id_is_the_one_of_the_copy(sheet):
    assert _has(sheet.patch(b"Message-ID: ", b"Message-ID: x"), "the header Message-ID is “x<aaa")


def test_a_boundary_inside_a_part_is_found(sheet):
    whole = b"".join(sheet.message.constants)
    boundary = whole.partition(b'boundary="')[2].partition(b'"')[0]

    assert _has(sheet.patch(b"Thousands", b"--" + boundary + b" "), "its boundary stands inside a part")


def test_a_discreet_letter_from_a_telling_domain_is_a_warning(press, make_letter):
    neutral = Mailbox("Letters", "mail@post.example.org")
    telling = Mailbox("Letters", "mail@the-newsroom.example.org")
    words = {"form": "discreet", "subject": "Your letter"}

    assert not _has(press(make_letter(3, sender=neutral, **words)), "names The Newsroom")
    found = "warning lists.supporters.discreet_sender: the domain the-newsroom.example.org names The Newsroom"
    assert _has(press(make_letter(3, sender=telling, **words)), found)


def test_a_message_without_places_is_found(sheet):
    assert sheet.message
    places = tuple(place for place in sheet.message.places if "-" not in place.kind or place.kind == "message-id")
    bare = replace(sheet, message=CompiledMessage((b"x",) * (len(places) + 1), places, 63))

    assert _has(bare, "error message: no part of it holds the link to leave")
    assert _has(
        replace(sheet, message=CompiledMessage((b"x",), (), 63)), "error message: the address, the Message-ID or the"
    )


def test_a_large_message_is_a_warning(sheet):
    assert _has(sheet.patch(b"Thousands", b"Thousands\r\n" * 10_000), "warning message: it has 2")


def test_a_leave_link_for_which_there_is_no_room_holds_nothing_up(sheet):
    assert sheet.message
    found = replace(sheet, message=replace(sheet.message, leave_length=5)).inspect()

    assert any("no copy of it can be made" in line for line in found)


@pytest.fixture
def discreet(press, make_letter):
    """A letter in discreet form under a neutral name."""
    subject = "Your letter of 28 February 2022"
    return press(make_letter(3, form="discreet", subject=subject, sender=Mailbox("Letters", "mail@news.example.org")))


def test_a_discreet_letter_under_a_neutral_name_is_in_order(discreet):
    assert discreet.look(frozenset({"ukraine", "mail-bombs", "m", "mail", "letter"})) == []


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        (Mailbox("Letters", "supporters@news.example.org"), "error lists.supporters.discreet_sender: supporters@news"),
        (Mailbox("Letters", "ukraine@news.example.org"), "names Ukraine to anybody who sees the list of letters"),
        (Mailbox("Letters", "ukraine-news@news.example.org"), "names Ukraine to anybody"),
        (Mailbox("Letters", "the.newsroom@news.example.org"), "names The Newsroom to anybody"),
        (Mailbox("The Newsroom", "mail@news.example.org"), "the sender's name “The Newsroom” names The Newsroom"),
    ],
)  # fmt: skip
def test_a_discreet_sender_names_nothing(press, discreet, sender, expected):
    assert _has(press(replace(discreet.letter, sender=sender)), expected, frozenset({"ukraine", "The Newsroom"}))


def test_a_discreet_subject_names_nothing(press, discreet):
    telling = press(replace(discreet.letter, subject="News of UKRAINE"))
    harmless = press(replace(discreet.letter, subject="Your letter"))

    assert _has(telling, "error subject: in discreet form it names Ukraine")
    assert not _has(harmless, "names", frozenset({"lette", "our"}))


@pytest.mark.parametrize("header", ["List-Id", "Feedback-ID", "Reply-To", "List-Archive"])
def test_no_header_of_a_discreet_letter_tells(discreet, header):
    telling = discreet.patch(b"Precedence: bulk", f"Precedence: bulk\r\n{header}: Russia <x>".encode())
    if header in ("List-Id", "Feedback-ID"):
        telling = discreet.patch(f"{header}: ".encode(), f"{header}: =?utf-8?q?Russi=61?= ".encode())

    assert _has(telling, f"error message: in discreet form the header {header} names Russia")


def test_a_discreet_letter_has_no_html(discreet, sheet):
    assert _has(replace(discreet, html=sheet.html, message=None), "error html: a letter in discreet form is text alone")
