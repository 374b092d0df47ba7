"""Signatures that a program of other people verifies, and that break as soon as anything is changed or added."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.delivery.signing_keys import build_record
from digest.errors import DeliveryError
from digest.items.characters import find_first_forbidden, is_visible
from digest.mail.compile import CompiledMessage, compile_message, splice
from digest.mail.dkim import SIGNED, Signer, SigningKey
from digest.mail.letter import Letter
from digest.mail.pieces import Inliner
from digest.mail.text import render_text
from digest.settings import Mailbox
from digest.templates import Templates

AT = datetime(2022, 2, 28, 18, 0, tzinfo=UTC)
LEAVE = b"https://news.example.org/u/" + b"A" * 36
DOMAIN = "news.example.org"
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")).filter(lambda c: not find_first_forbidden(c)),
    max_size=120,
)
RSA = SigningKey("r202202", DOMAIN, rsa.generate_private_key(public_exponent=65537, key_size=2048))
ED25519 = SigningKey("e202202", DOMAIN, ed25519.Ed25519PrivateKey.generate())
RECORDS = {f"{key.selector}._domainkey.{key.domain}.".encode(): build_record(key).encode() for key in (RSA, ED25519)}
SIGNER = Signer((ED25519, RSA))


def _compile(letter: Letter, inliner: Inliner, templates: Templates) -> CompiledMessage:
    html = None if letter.is_discreet else inliner.render(letter)
    return compile_message(letter, html, render_text(letter, templates), AT, len(LEAVE))


def _splice(message: CompiledMessage) -> bytes:
    return splice(message, to=b"reader@example.org", message_id=b"<" + b"a" * 26 + b"@news.example.org>", leave_url=LEAVE)


def _verify(signed: bytes) -> list[bool]:
    """Whether each signature of a letter holds, the upper one first."""
    count = len(re.findall(rb"(?m)^DKIM-Signature:", signed.partition(b"\r\n\r\n")[0]))
    return [_holds(signed, number) for number in range(count)]


def _holds(signed: bytes, number: int) -> bool:
    try:
        return bool(dkim.DKIM(signed).verify(number, dnsfunc=lambda name, timeout=5: RECORDS[name]))
    except dkim.ValidationError:
        return False


@pytest.fixture
def signed(warm: Inliner, templates: Templates, make_letter: Callable[..., Letter]) -> bytes:
    """A copy of five items, signed."""
    return SIGNER.sign(_splice(_compile(make_letter(5), warm, templates)))


def test_both_signatures_of_every_letter_hold(letter: Letter, warm: Inliner, templates: Templates) -> None:
    """Quoted-printable and base64, with HTML and without, in all scripts."""
    copy = _splice(_compile(letter, warm, templates))

    assert _verify(SIGNER.sign(copy)) == [True, True]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(subject=WORDS, sender=WORDS.filter(is_visible), title=WORDS, form=st.sampled_from(["full", "discreet"]))
def test_signatures_hold_whatever_the_texts_are(
    subject: str,
    sender: str,
    title: str,
    form: str,
    warm: Inliner,
    templates: Templates,
    make_letter: Callable[..., Letter],
) -> None:
    letter = make_letter(1, subject=subject, sender=Mailbox(sender, f"news@{DOMAIN}"), list_title=title, form=form)

    assert _verify(SIGNER.sign(_splice(_compile(letter, warm, templates)))) == [True, True]


def test_signatures_stand_in_front_rsa_first(signed: bytes, warm: Inliner, templates: Templates, make_letter) -> None:  # type: ignore[no-untyped-def]
    copy = _splice(_compile(make_letter(5), warm, templates))
    added = signed.removesuffix(copy)

    assert signed.endswith(copy)
    assert re.findall(rb"a=([a-z0-9-]+);", added) == [b"rsa-sha256", b"ed25519-sha256"]
    assert re.findall(rb"s=([a-z0-9]+);", added) == [b"r202202", b"e202202"]
    assert added.count(b" c=relaxed/relaxed; d=news.example.org;") == 2
    assert not re.search(rb"[ ;](l|x|i|q)=", added)
    assert added.isascii()
    assert max(map(len, added.split(b"\r\n"))) <= 78
    assert all(line.startswith((b"DKIM-Signature: ", b" ")) for line in added.split(b"\r\n")[:-1])


def test_the_moment_of_a_signature_is_the_letters_own(signed: bytes) -> None:
    assert re.findall(rb" t=(\d+);", signed) == [str(int(AT.timestamp())).encode()] * 2


def test_every_header_of_a_letter_is_signed(letter: Letter, warm: Inliner, templates: Templates) -> None:
    head = _splice(_compile(letter, warm, templates)).partition(b"\r\n\r\n")[0]
    names = re.findall(rb"(?m)^([A-Za-z-]+):", head)

    assert {name.decode() for name in names} <= set(SIGNED)
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Subject: Russia", b"Subject: Belarus"),
        (b"From: The Newsroom", b"From: The Newsdesk"),
        (b"To: reader@", b"To: writer@"),
        (b"Date: Mon, 28", b"Date: Mon, 21"),
        (b"Reply-To: desk@", b"Reply-To: disk@"),
        (b"/u/AAAA", b"/u/BAAA"),
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=Two-Click"),
        (b"Auto-Submitted: auto-generated", b"Auto-Submitted: no"),
        (b"boundary=\"=_", b"boundary=\"=-"),
        (b"Content-Type: text/html", b"Content-Type: text/fine"),
        (b"marches", b"parades"),
    ],
)  # fmt: skip
def test_a_change_breaks_both(signed: bytes, old: bytes, new: bytes) -> None:
    assert old in signed
    assert _verify(signed.replace(old, new, 1)) == [False, False]


def test_a_change_in_the_body_breaks_both(signed: bytes) -> None:
    head, gap, body = signed.partition(b"\r\n\r\n")

    for changed in (body.replace(b"a", b"e", 1), body + b"More.\r\n", body[:-20]):
        assert _verify(head + gap + changed) == [False, False]
    assert _verify(head + gap + body + b"\r\n\r\n") == [True, True]  # empty lines at the end are nobody's


@pytest.mark.parametrize(
    "line",
    [
        b"From: Somebody Else <thief@example.net>",
        b"Subject: Another subject",
        b"To: another@example.net",
        b"Cc: another@example.net",
        b"Date: Tue, 01 Mar 2022 18:00:00 +0000",
        b"Reply-To: thief@example.net",
        b"Content-Type: text/plain",
        b"Content-Transfer-Encoding: base64",
        b"List-Unsubscribe: <https://thief.example.net/>",
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click",
    ],
)
@pytest.mark.parametrize("form", ["full", "discreet"])
def test_nobody_can_add_a_header(
    line: bytes, form: str, warm: Inliner, templates: Templates, make_letter: Callable[..., Letter]
) -> None:
    """Neither above the present one nor below it, nor where a letter has none."""
    signed = SIGNER.sign(_splice(_compile(make_letter(2, form=form), warm, templates)))
    head, _, body = signed.partition(b"\r\n\r\n")

    assert _verify(line + b"\r\n" + signed)[-2:] == [False, False]
    assert _verify(head + b"\r\n" + line + b"\r\n\r\n" + body) == [False, False]


def test_what_a_relay_may_do_breaks_nothing(signed: bytes) -> None:
    """A line of its own in front, other folding and other blanks in headers."""
    passed = b"Received: from a by b; Mon, 28 Feb 2022 18:00:01 +0000\r\nReturn-Path: <x@y.z>\r\n" + signed
    passed = passed.replace(b"Subject: Russia: ", b"subject:Russia:\r\n\t ", 1)

    assert _verify(passed) == [True, True]


def test_a_copy_signed_again_is_the_same(signed: bytes, warm: Inliner, templates: Templates, make_letter) -> None:  # type: ignore[no-untyped-def]
    copy = _splice(_compile(make_letter(5), warm, templates))

    assert Signer((RSA, ED25519)).sign(copy) == signed
    assert Signer((RSA, ED25519)).sign(copy, relaxed=True) == signed
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(SIGNER.sign, [copy] * 40)) == {signed}


def test_a_letter_that_is_not_ours_is_signed_too(templates: Templates) -> None:
    """With untidy blanks, an empty body, and headers of which half are missing."""
    head = b"From: A <a@news.example.org>\r\nSubject:  x \t y\r\nDate: Mon, 28 Feb 2022 18:00:00 +0000\r\n\r\n"

    for body in (b"", b"\r\n", b" a  b \t\r\n\r\n\r\n", b"no end"):
        assert _verify(SIGNER.sign(head + body)) == [True, True]


@pytest.mark.parametrize("head", [b"From: a@b.c\r\n", b"From: a@b.c\r\nDate: tomorrow\r\n", b"Date: \xff\r\n"])
def test_a_letter_without_a_date_is_refused(head: bytes) -> None:
    with pytest.raises(DeliveryError, match="no date"):
        SIGNER.sign(head + b"\r\nBody.\r\n")


def test_keys_are_never_shown() -> None:
    assert "PrivateKey" not in repr(RSA)
    assert SIGNER.selectors == ("r202202", "e202202")


def test_later_letters_have_later_signatures(
    warm: Inliner, templates: Templates, make_letter: Callable[..., Letter]
) -> None:
    letter = make_letter(1)
    later = compile_message(letter, warm.render(letter), render_text(letter, templates), AT + timedelta(days=7), len(LEAVE))
    signed = SIGNER.sign(_splice(later))

    assert b" t=1646676000;" in signed
    assert _verify(signed) == [True, True]


def test_two_signatures_cost_little_more_than_the_keys_own_work(
    warm: Inliner, templates: Templates, make_letter: Callable[..., Letter]
) -> None:
    """What we add to the library's own work is a part of it; the bound leaves room for slow machines."""
    copy = _splice(_compile(make_letter(12), warm, templates))
    bare = min(_time(lambda: RSA.sign(b"\0" * 32)) for _ in range(3))
    whole = min(_time(lambda: SIGNER.sign(copy, relaxed=True)) for _ in range(3))

    assert whole < 3 * bare


def _time(act: Callable[[], object]) -> float:
    start = time.process_time()
    for _ in range(60):
        act()
    return time.process_time() - start
