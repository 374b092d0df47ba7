"""DIGEST_SMTP_URL, and which way letters go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.relay import Encryption, Outbox, Relay, choose_way, parse_smtp_url
from digest.errors import DeliveryError


@pytest.mark.parametrize(
    ("text", "relay"),
    [
        ("smtp://127.0.0.1", Relay("127.0.0.1", 25, Encryption.NONE)),
        ("smtp://localhost:1025/", Relay("localhost", 1025, Encryption.NONE)),
        ("smtp://[::1]:1025", Relay("::1", 1025, Encryption.NONE)),
        ("smtp://u:p@127.0.0.1", Relay("127.0.0.1", 25, Encryption.NONE, "u", "p")),
        ("smtp://mail.lan?tls=none", Relay("mail.lan", 25, Encryption.NONE)),
        ("smtp+starttls://mail.example.org", Relay("mail.example.org", 587, Encryption.STARTTLS)),
        (
            "smtp+starttls://news%40example.org:p%40ss%3A%2F@mail.example.org:2587",
            Relay("mail.example.org", 2587, Encryption.STARTTLS, "news@example.org", "p@ss:/"),
        ),
        ("SMTPS://mail.example.org", Relay("mail.example.org", 465, Encryption.TLS)),
        (
            "smtps://mail.example.org?ca=/etc/ca.pem&cert=c.pem&key=k.pem",
            Relay("mail.example.org", 465, Encryption.TLS, None, None, "/etc/ca.pem", "c.pem", "k.pem"),
        ),
    ],
)
def test_a_url_names_a_relay(text: str, relay: Relay) -> None:
    assert parse_smtp_url(text) == relay


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("mail.example.org", "does not start with"),
        ("http://mail.example.org", "does not start with"),
        ("smtp://", "names no host"),
        ("smtp://mail.example.org", "in clear"),
        ("smtp://10.0.0.1", "in clear"),
        ("smtp://u:hunter2@mail.lan?tls=none", "never sent in clear"),
        ("smtp+starttls://mail.example.org?tls=none", "belongs to smtp://"),
        ("smtp://127.0.0.1?tls=off", "only value"),
        ("smtp+starttls://u:hunt#er2@mail.example.org", "%-coded"),
        ("smtp+starttls://u:hunt/er2@mail.example.org", "%-coded"),
        ("smtp+starttls://u:hunt?er2@mail.example.org", "%-coded"),
        ("smtp+starttls://u@mail.example.org", "no password"),
        ("smtp+starttls://:hunter2@mail.example.org", "no user"),
        ("smtp+starttls://mail.example.org:0", "port"),
        ("smtp+starttls://mail.example.org:99999", "port"),
        ("smtp+starttls://mail.example.org/path", "follows the host"),
        ("smtp+starttls://mail.example.org?verify=no", "options"),
        ("smtp+starttls://mail.example.org?ca=a&ca=b", "options"),
        ("smtp+starttls://mail.example.org?key=k.pem", "needs cert"),
        ("smtp://127.0.0.1?ca=a.pem", "certificates need"),
        ("smtp+starttls://mail.example.org\r\nRCPT", "control character"),
        ("smtp+starttls://mail example.org", "blank"),
        ("smtp+starttls://[::1", "cannot be read"),
        ("smtp+starttls://ma<il.example.org", "not a name"),
    ],
)
def test_a_url_that_cannot_be_meant_is_refused_with_the_reason(text: str, cause: str) -> None:
    with pytest.raises(DeliveryError, match=cause) as caught:
        parse_smtp_url(text)

    assert caught.value.subject == "DIGEST_SMTP_URL"
    assert caught.value.remedy
    assert "hunt" not in str(caught.value)


def test_a_relay_never_shows_its_user_or_password() -> None:
    relay = parse_smtp_url("smtps://someone:secret@mail.example.org")

    for shown in (str(relay), repr(relay)):
        assert "secret" not in shown and "someone" not in shown
    assert str(relay) == "mail.example.org:465"


@given(st.text(max_size=30))
def test_any_other_text_is_refused_and_never_repeated(text: str) -> None:
    with pytest.raises(DeliveryError):
        parse_smtp_url(f"smtp+starttls://u:p@{text}@[")


def test_a_named_relay_takes_the_letters() -> None:
    assert choose_way("smtp://127.0.0.1", outbox=False, domains=["example.org"]) == parse_smtp_url("smtp://127.0.0.1")


def test_the_outbox_takes_them_when_it_is_asked_for() -> None:
    assert choose_way("smtp://127.0.0.1", outbox=True, domains=["real.net"]) == Outbox()


def test_the_outbox_takes_them_when_no_address_is_a_real_one() -> None:
    assert choose_way("", outbox=False, domains=["example.org", "a.test"]) == Outbox()


def test_without_a_relay_nothing_happens_to_real_addresses() -> None:
    with pytest.raises(DeliveryError, match="DIGEST_SMTP_URL"):
        choose_way("", outbox=False, domains=["example.org", "real.net"])
