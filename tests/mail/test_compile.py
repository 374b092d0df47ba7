"""A copy is exact, quick to make, and equal but for its three values."""

from __future__ import annotations

import email
import email.policy
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.errors import DeliveryError, StoreError
from digest.items.characters import find_first_forbidden, is_visible
from digest.mail.canonical import relax_body
from digest.mail.compile import CompiledMessage, compile_message, read_file, render_file, splice
from digest.mail.letter import Letter
from digest.mail.pieces import Inliner
from digest.mail.text import render_text
from digest.settings import Mailbox
from digest.templates import Templates

AT = datetime(2022, 2, 28, 18, 0, tzinfo=UTC)
TO = b"reader@example.org"
ID = b"<" + b"a" * 26 + b"@news.example.org>"
LEAVE = b"https://news.example.org/u/" + b"A" * 36
SIGNS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"))
WORDS = st.text(SIGNS.filter(lambda sign: not find_first_forbidden(sign)), max_size=120)


def _compile(letter: Letter, inliner: Inliner, templates: Templates, leave: bytes = LEAVE) -> CompiledMessage:
    html = None if letter.is_discreet else inliner.render(letter)
    return compile_message(letter, html, render_text(letter, templates), AT, len(leave))


def _splice(message: CompiledMessage, **values: bytes) -> bytes:
    return splice(message, **{"to": TO, "message_id": ID, "leave_url": LEAVE, **values})


def _parse(data: bytes) -> EmailMessage:
    return email.message_from_bytes(data, policy=email.policy.default)  # type: ignore[return-value]


def _bodies(message: EmailMessage) -> dict[str, str]:
    return {
        part.get_content_type(): part.get_content().replace("\r\n", "\n")
        for part in message.walk()
        if not part.is_multipart()
    }


@pytest.fixture
def message(letter: Letter, warm: Inliner, templates: Templates) -> CompiledMessage:
    """Each sample letter, compiled."""
    return _compile(letter, warm, templates)


def test_a_copy_holds_what_was_rendered(
    letter: Letter, message: CompiledMessage, warm: Inliner, templates: Templates
) -> None:
    parsed = _parse(_splice(message))
    bodies = _bodies(parsed)

    assert bodies["text/plain"] == LEAVE.decode().join(render_text(letter, templates))
    if letter.is_discreet:
        assert list(bodies) == ["text/plain"]
    else:
        assert list(bodies) == ["text/plain", "text/html"]  # the plainest first (RFC 2046 section 5.1.4)
        assert parsed.get_content_type() == "multipart/alternative"
        assert bodies["text/html"] == LEAVE.decode().join(warm.render(letter))


def test_a_copy_goes_to_the_socket_as_it_is(message: CompiledMessage) -> None:
    """Only CRLF, no line that SMTP must stuff (RFC 5321 section 4.5.2), lines within RFC 5322 section 2.1.1."""
    copy = _splice(message)
    head, _, body = copy.partition(b"\r\n\r\n")

    assert copy.isascii()
    assert copy.endswith(b"\r\n")
    assert b"\n" not in copy.replace(b"\r\n", b"") and b"\r" not in copy.replace(b"\r\n", b"")
    for line in copy.split(b"\r\n"):
        assert not line.startswith((b".", b"From "))
        assert len(line) <= 998
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))
    assert all(len(line) <= 78 for line in head.split(b"\r\n") if not line.startswith(b"List-"))


def test_copies_differ_in_their_three_values_only(message: CompiledMessage) -> None:
    other = _splice(message, to=b"x@y.example", message_id=b"<" + b"b" * 26 + b"@e.org>", leave_url=LEAVE[:-1] + b"B")

    first, second = _parse(_splice(message)), _parse(other)

    changed = {name for name, value in first.items() if second[name] != value}
    assert changed == {"To", "Message-ID", "List-Unsubscribe"}
    for kind, body in _bodies(first).items():
        assert body.replace(LEAVE.decode(), LEAVE.decode()[:-1] + "B") == _bodies(second)[kind]


def test_the_one_click_line_is_never_encoded_or_folded(letter: Letter, warm: Inliner, templates: Templates) -> None:
    """RFC 8058: a value that begins with a line break or an encoded word is no link to any mailbox service."""
    leave = b"https://a-very-long-name-of-a-host.news.example.org/under/a/path/u/" + b"A" * 120
    copy = _splice(_compile(letter, warm, templates, leave), leave_url=leave)

    assert b"\r\nList-Unsubscribe: <" + leave + b">\r\n" in copy
    assert str(_parse(copy)["List-Unsubscribe"]) == f"<{leave.decode()}>"
    assert leave.decode() in _bodies(_parse(copy))["text/plain"]
    assert max(len(line) for line in copy.partition(b"\r\n\r\n")[2].split(b"\r\n")) <= 76


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=WORDS, subject=WORDS, sender=WORDS.filter(is_visible), token=st.integers(16, 130))
def test_a_copy_reads_like_one_that_the_standard_library_built(
    title: str,
    subject: str,
    sender: str,
    token: int,
    warm: Inliner,
    templates: Templates,
    make_letter: Callable[..., Letter],
) -> None:
    leave = b"https://news.example.org/u/" + b"k" * token
    letter = make_letter(2, subject=subject, sender=Mailbox(sender, "news@news.example.org"), title=title)
    html, text = warm.render(letter), render_text(letter, templates)
    built = EmailMessage(policy=email.policy.SMTP.clone(max_line_length=998))
    built["From"] = email.headerregistry.Address(sender, addr_spec="news@news.example.org")
    built["To"], built["Subject"], built["Message-ID"] = TO.decode(), subject, ID.decode()
    built["List-Unsubscribe"] = f"<{leave.decode()}>"
    built.set_content(leave.decode().join(text), cte="base64")
    built.add_alternative(leave.decode().join(html), subtype="html", cte="base64")

    ours = _parse(_splice(_compile(letter, warm, templates, leave), leave_url=leave))
    theirs = _parse(built.as_bytes())

    assert [part.defects for part in ours.walk()] == [[], [], []]
    assert _bodies(ours) == _bodies(theirs)
    for name in ("To", "Message-ID", "List-Unsubscribe"):
        assert ours[name] == theirs[name]
    assert ours["From"].addresses[0].addr_spec == theirs["From"].addresses[0].addr_spec
    assert str(ours["Subject"]) == subject  # the library itself loses blanks at the ends of long ones
    assert [part.get_content_type() for part in ours.walk()] == [part.get_content_type() for part in theirs.walk()]


def test_equal_letters_compile_to_equal_octets(letter: Letter, templates: Templates) -> None:
    """No clock, no chance: a copy can be made again years later and compared."""
    first = _compile(letter, Inliner(templates), templates)
    second = _compile(letter, Inliner(Templates()), Templates())

    assert first == second
    assert first.hash == second.hash


def test_the_boundary_follows_from_the_content(
    warm: Inliner, templates: Templates, make_letter: Callable[..., Letter]
) -> None:
    letter = make_letter(2)
    boundaries = {
        _parse(_splice(_compile(one, warm, templates))).get_boundary()
        for one in (letter, replace(letter, title="Another"), replace(letter, subject="Another"))
    }

    assert len(boundaries) == 3
    assert all(boundary and boundary.startswith("=_") for boundary in boundaries)


def test_a_message_is_read_from_its_file_as_it_was(message: CompiledMessage) -> None:
    data = render_file(message)

    assert read_file(data) == message
    assert read_file(data).hash == message.hash
    assert render_file(read_file(data)) == data


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 3000), add=st.binary(max_size=3))
def test_a_damaged_file_is_refused(
    cut: int, add: bytes, warm: Inliner, templates: Templates, make_letter: Callable[..., Letter]
) -> None:
    data = render_file(_compile(make_letter(1), warm, templates))
    damaged = data[:cut] + add

    with pytest.raises(StoreError, match="damaged"):
        read_file(damaged)


def test_the_envelope_has_the_sender_of_the_letter(letter: Letter, message: CompiledMessage) -> None:
    assert message.sender == letter.sender.address
    assert message.sender == _parse(_splice(message))["From"].addresses[0].addr_spec


@pytest.mark.parametrize("name", ["A <b@c.d> B", "Ї" * 120, 'The "Desk"\\', "x" * 200])
def test_the_sender_is_found_behind_any_name(
    name: str, warm: Inliner, templates: Templates, make_letter: Callable[..., Letter]
) -> None:
    letter = make_letter(1, sender=Mailbox(name, "news@news.example.org"))

    assert _compile(letter, warm, templates).sender == "news@news.example.org"


def test_a_message_without_a_sender_is_refused() -> None:
    with pytest.raises(StoreError, match="no sender"):
        _ = CompiledMessage((b"To: ", b"\r\nFrom: A <a@b.c>\r\n"), (), 36).sender


def test_bodies_are_their_own_relaxed_form(message: CompiledMessage) -> None:
    """So that no signature needs to look for blanks in each copy."""
    body = _splice(message).partition(b"\r\n\r\n")[2]

    assert message.is_relaxed
    assert relax_body(body) is body


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"digest-message 2\n{}\n", b"digest-message 1\n[]\n", b'digest-message 1\n{"a":1}\n']
)
def test_another_file_is_refused(data: bytes) -> None:
    with pytest.raises(StoreError, match="damaged"):
        read_file(data)


@pytest.mark.parametrize(
    "values",
    [
        {"to": b"a@b.c\r\nBcc: d@e.f"},
        {"to": b"a@b.c, d@e.f"},
        {"to": b"Name <a@b.c>"},
        {"to": "ї@example.org".encode()},
        {"to": b""},
        {"message_id": b"<x@y>"},
        {"message_id": ID + b"\r\nX: y"},
        {"leave_url": LEAVE[:-1]},
        {"leave_url": LEAVE.replace(b"https", b"httpx")},
        {"leave_url": b"http" + LEAVE[5:] + b"A"},
        {"leave_url": LEAVE[:-3] + b'">x'},
        {"leave_url": LEAVE[:-3] + b"?a&"},
        {"leave_url": LEAVE[:-2] + b"\r\n"},
    ],
)
def test_a_value_that_could_break_a_message_is_refused(
    values: dict[str, bytes], warm: Inliner, templates: Templates, make_letter: Callable[..., Letter]
) -> None:
    message = _compile(make_letter(1), warm, templates)

    with pytest.raises(DeliveryError) as refused:
        _splice(message, **values)

    assert all(value.decode(errors="replace") not in str(refused.value) for value in values.values() if value)


def test_the_loopback_may_be_plain_http(warm: Inliner, templates: Templates, make_letter: Callable[..., Letter]) -> None:
    leave = b"http://127.0.0.1:8080/u/" + b"A" * 36

    assert leave in _splice(_compile(make_letter(1), warm, templates, leave), leave_url=leave)


def test_a_copy_costs_microseconds(warm: Inliner, templates: Templates, make_letter: Callable[..., Letter]) -> None:
    """Far below 30 microseconds of CPU; the bound leaves room for slow machines. Base64 parts cost the most."""
    message = _compile(make_letter(12, language="uk"), warm, templates)
    best = min(_time_copies(message) for _ in range(5))

    assert best < 30e-6


def _time_copies(message: CompiledMessage) -> float:
    start = time.process_time()
    for _ in range(2000):
        _splice(message)
    return (time.process_time() - start) / 2000
