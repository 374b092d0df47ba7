"""The head of a letter, line by line; no line says more than it may, none can be forged by a text."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.errors import EditionError
from digest.items.characters import find_first_forbidden, is_visible
from digest.mail.encoding import Kind, Place
from digest.mail.headers import build_head, fold, sender_id
from digest.mail.letter import Letter
from digest.settings import Mailbox

AT = datetime(2022, 2, 28, 18, 0, tzinfo=UTC)
VALUES = {
    Kind.TO: b"reader@example.org",
    Kind.MESSAGE_ID: b"<abcdefghijklmnopqrstuvwxyz@news.example.org>",
    Kind.LEAVE: b"https://news.example.org/u/" + b"A" * 200,
}
SIGNS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")).filter(
    lambda c: not find_first_forbidden(c)
)
WORDS = st.text(SIGNS, max_size=200)
NAMES = st.one_of(
    WORDS,
    st.text(st.sampled_from('abc "\\,.;:<>()[]@=?_éя中🕯'), max_size=60),
    st.sampled_from(
        [
            "=?utf-8?q?x?=",
            "O'Brien, Ann",
            'The "Desk"',
            "  two  blanks  ",
            '"' * 70,
            "\\" * 72,
            "x" * 200,
            "غرفة الأخبار" * 9,
        ]
    ),
)


def _head(letter: Letter) -> bytes:
    return b"".join(VALUES[segment.kind] if isinstance(segment, Place) else segment for segment in build_head(letter, AT))


def _parse(head: bytes) -> email.message.EmailMessage:
    return email.message_from_bytes(head + b"\r\n", policy=email.policy.default)  # type: ignore[return-value]


def _decode_mailbox(head: bytes, name: str) -> tuple[str, str]:
    """Read by the library's older parser: its newer one puts blanks between the encoded words of a name."""
    raw = email.message_from_bytes(head)[name].replace("\r\n", "")
    phrase, address = parseaddr(raw)
    return str(make_header(decode_header(phrase))), address


def test_the_head_of_a_letter(make_letter: Callable[..., Letter]) -> None:
    letter = make_letter(2)

    assert _head(letter).decode().replace("A" * 200, "TOKEN").split("\r\n") == [
        "From: The Newsroom <news@news.example.org>",
        "Reply-To: desk@example.org",
        "To: reader@example.org",
        "Subject: Russia: Police break up marches while censors order silence",
        "Date: Mon, 28 Feb 2022 18:00:00 +0000",
        "Message-ID: <abcdefghijklmnopqrstuvwxyz@news.example.org>",
        "List-Id: Supporters <supporters.news.example.org>",
        "List-Unsubscribe: <https://news.example.org/u/TOKEN>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "List-Archive: <https://news.example.org/editions/2022-w09-supporters/>",
        "Auto-Submitted: auto-generated",
        "Precedence: bulk",
        "X-Auto-Response-Suppress: OOF, DR, RN, NRN, AutoReply",
        f"Feedback-ID: 2022-w09-supporters:supporters:digest_mail:{sender_id('news.example.org')}",
        "Content-Language: en",
        "MIME-Version: 1.0",
        "",
    ]


def test_a_discreet_letter_names_nothing(make_letter: Callable[..., Letter]) -> None:
    letter = make_letter(
        5,
        form="discreet",
        subject="Your letter of 28 February 2022",
        sender=Mailbox("Letters", "mail@letters.example"),
        web_url="https://letters.example/editions/2022-w09-supporters/",
        reply_to="supporters-desk@example.org",
    )

    head = _head(letter).decode().lower()

    for word in ("supporters", "newsroom", "russia", "ukraine", "w09", "edition", "digest", "desk"):
        assert word not in head
    assert "list-id: <mail.letters.example>" in head
    assert "list-archive" not in head
    assert "list-unsubscribe-post: list-unsubscribe=one-click" in head


@pytest.mark.parametrize("changes", [{}, {"list_id": "digest"}, {"form": "discreet"}])
def test_the_feedback_id_has_four_fields_and_no_reader(changes: dict[str, str], make_letter: Callable[..., Letter]) -> None:
    """As Google asks: none twice, the last one 5 to 15 characters that stay the same."""
    fields = str(_parse(_head(make_letter(2, **changes)))["Feedback-ID"]).split(":")

    assert len(fields) == len(set(fields)) == 4
    assert all(field.isascii() and field and " " not in field for field in fields)
    assert fields[-1] == sender_id("news.example.org")
    assert 5 <= len(fields[-1]) <= 15


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(subject=NAMES, sender=NAMES.filter(is_visible), title=NAMES.filter(str.strip))
def test_what_is_written_is_what_is_read(subject: str, sender: str, title: str, make_letter: Callable[..., Letter]) -> None:
    """RFC 5322 and RFC 2047, read by the standard library, whatever stands in the texts."""
    letter = make_letter(1, subject=subject, sender=Mailbox(sender, "news@news.example.org"), list_title=title)

    head = _head(letter)
    parsed = _parse(head)

    assert parsed.defects == []
    assert str(parsed["Subject"]) == subject
    assert _decode_mailbox(head, "From") == (" ".join(filter(None, sender.split(" "))), "news@news.example.org")
    assert _decode_mailbox(head, "List-Id")[0] == " ".join(filter(None, title.split(" ")))
    assert parsed["From"].addresses[0].addr_spec == "news@news.example.org"
    assert len(parsed.keys()) == 16
    for line in head.split(b"\r\n"):
        assert len(line) <= (998 if line.startswith(b"List-Unsubscribe: ") else 78)
        assert line.isascii()
        assert b"\n" not in line and b"\r" not in line


def test_encoded_words_hold_whole_characters(make_letter: Callable[..., Letter]) -> None:
    """RFC 2047 section 5: each word can be decoded alone, and has at most 75 characters."""
    head = _head(make_letter(1, subject="Права людини — огляд тижня: " * 6))
    subject = head.split(b"Subject: ")[1].split(b"\r\nDate")[0].decode()

    words = subject.split("\r\n ")

    assert len(words) > 5
    assert all(len(word) <= 75 for word in words)
    for word in words:
        decode_header(word)[0][0].decode()  # type: ignore[union-attr]


@pytest.mark.parametrize("field", ["subject", "list_title", "web_url"])
@pytest.mark.parametrize("sign", ["\r", "\n", "\0", "\x85", "\u2028", "\x1b"])
def test_control_characters_are_refused(field: str, sign: str, make_letter: Callable[..., Letter]) -> None:
    letter = replace(make_letter(1), **{field: f"a{sign}Bcc: thief@example.net"})

    with pytest.raises(EditionError, match="control character"):
        build_head(letter, AT)


@pytest.mark.parametrize("sign", ["\N{RIGHT-TO-LEFT OVERRIDE}", "\N{LEFT-TO-RIGHT ISOLATE}", "\ufffe"])
def test_a_text_that_reads_other_than_it_is_written_is_refused(sign: str, make_letter: Callable[..., Letter]) -> None:
    with pytest.raises(EditionError, match=f"subject holds a control character, U\\+{ord(sign):04X}"):
        build_head(make_letter(1, subject=f"News{sign}gpj.exe"), AT)


@pytest.mark.parametrize("name", ["", "  ", "\u200b"])
def test_a_sender_without_a_name_is_refused(name: str, make_letter: Callable[..., Letter]) -> None:
    with pytest.raises(EditionError, match="no name"):
        build_head(make_letter(1, sender=Mailbox(name, "news@news.example.org")), AT)


def test_a_name_cannot_add_a_header(make_letter: Callable[..., Letter]) -> None:
    with pytest.raises(EditionError, match="control character"):
        build_head(make_letter(1, sender=Mailbox("x\r\nBcc: a@b.c", "news@example.org")), AT)


@pytest.mark.parametrize("address", ["новини@example.org", "a b@example.org", "nobody", "a@b@example.org", "<a@b.c>"])
def test_an_address_that_cannot_be_mailed_is_refused(address: str, make_letter: Callable[..., Letter]) -> None:
    with pytest.raises(EditionError, match="plain mail address"):
        build_head(make_letter(1, sender=Mailbox("News", address)), AT)
    with pytest.raises(EditionError, match=r"plain mail address|control"):
        build_head(make_letter(1, reply_to=f"Desk <{address}>"), AT)


def test_a_name_for_replies_is_kept(make_letter: Callable[..., Letter]) -> None:
    parsed = _parse(_head(make_letter(1, reply_to="Прес-служба <desk@example.org>")))

    assert parsed["Reply-To"].addresses[0].display_name == "Прес-служба"


def test_a_list_without_an_address_for_replies_has_no_such_line(make_letter: Callable[..., Letter]) -> None:
    assert b"Reply-To" not in _head(make_letter(1, reply_to=""))


def test_a_long_plain_subject_is_folded_and_stays_readable() -> None:
    line = fold("Subject", "word " * 30 + "end")

    assert "=?" not in line
    assert max(map(len, line.split("\r\n"))) <= 78
