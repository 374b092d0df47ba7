"""Addresses: what is taken, in which form, and what is refused with which cause."""

from __future__ import annotations

import pytest

from digest.errors import SubscriberError
from digest.subscribers.addresses import Address, is_reserved, lookup_form, parse_address, redact


@pytest.mark.parametrize(
    ("text", "address", "domain"),
    [
        ("reader@example.org", "reader@example.org", "example.org"),
        ("  Jane.Doe+News@EXAMPLE.Org ", "Jane.Doe+News@example.org", "example.org"),
        ("o'neil@mail.example", "o'neil@mail.example", "mail.example"),
        ("POSTMASTER@example.org", "postmaster@example.org", "example.org"),
        ("a@sub.invalid", "a@sub.invalid", "sub.invalid"),
        ("a@catcher.test", "a@catcher.test", "catcher.test"),
        ("a@Localhost", "a@localhost", "localhost"),
        ("a@test", "a@test", "test"),
        ("a@example", "a@example", "example"),
        ("a@bücher.example", "a@xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("a@bücher.invalid", "a@xn--bcher-kva.invalid", "xn--bcher-kva.invalid"),
        ("a@XN--BCHER-KVA.example", "a@xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_an_address_has_one_form(text: str, address: str, domain: str) -> None:
    assert parse_address(text) == Address(address, domain)


def test_only_a_local_part_beyond_ascii_needs_smtputf8() -> None:
    assert parse_address("ві́ра@example.org").needs_smtputf8
    assert parse_address("jürgen@mail.localhost") == Address("jürgen@mail.localhost", "mail.localhost", True)
    assert not parse_address("vira@приклад.example").needs_smtputf8


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "@-sign"),
        ("reader", "have an @-sign"),
        ("reader.example", "have an @-sign"),
        ("reader＠example.org", "full-width"),
        ("@example.org", "before the @-sign"),
        ("reader@", "after the @-sign"),
        ("a@b@example.org", "after the @-sign"),
        ("reader@org", "period"),
        ("reader@127.0.0.1", "top-level"),
        ("reader@[127.0.0.1]", "bracketed"),
        ("reader@office.local", "special-use"),
        ("reader@.test", "period"),
        ("reader..x@example.org", "two periods"),
        ("reader@ab--c.org", "dashes"),
        ("Jane <jane@example.org>", "display name"),
        ('"jane doe"@example.org', "quoting"),
        ("jane doe@example.org", "invalid characters"),
        ("a@example.org,b@example.org", "invalid characters"),
        ("a@example.org\n", "control character"),
        ("a@example.org\r\nBcc: b@example.org", "control character"),
        ("a\0@example.org", "control character"),
        ("a\u2028b@example.org", "control character"),
        ("a\ud800@example.org", "control character"),
        ("a\u202eb@example.org", "unsafe"),
        ("a" * 65 + "@example.org", "before the @-sign"),
        ("ä" * 33 + "@example.org", "64 octets"),
        ("a@" + ".".join(["b" * 61] * 4) + ".example", "254 octets"),
        ("a" * 300, "254 octets"),
    ],
)
def test_what_cannot_be_mailed_is_refused_with_its_cause(text: str, cause: str) -> None:
    with pytest.raises(SubscriberError) as refusal:
        parse_address(text)
    assert cause in refusal.value.cause
    assert not refusal.value.cause.endswith(".")
    assert refusal.value.remedy


def test_a_refusal_never_repeats_a_part_of_the_address() -> None:
    with pytest.raises(SubscriberError) as refusal:
        parse_address("a@secretname·x.example")
    assert "secretname" not in str(refusal.value)


def test_a_representation_hides_the_address() -> None:
    assert "reader" not in repr(parse_address("reader@example.org"))
    assert "example" not in repr(parse_address("reader@example.org"))


def test_lookup_forms_stay_what_they_are_for_ever() -> None:
    """Hashes of them are stored; a change here would lose every reader."""
    assert lookup_form("Jane.Doe+News@Example.ORG") == "jane.doe+news@example.org"
    assert lookup_form("Straße@example.org") == "strasse@example.org"
    assert lookup_form("ΝΊΚΟΣ@example.org") == lookup_form("νίκος@example.org") == "νίκοσ@example.org"
    assert lookup_form("e\u0301@example.org") == lookup_form("É@example.org") == "é@example.org"


def test_real_domains_are_not_reserved() -> None:
    assert not any(is_reserved(domain) for domain in ("example.de", "myexample.org", "test.org", "localhost.com", "org", ""))


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("550 5.1.1 <jane@example.org>: Recipient address rejected", "550 5.1.1 <address>: Recipient address rejected"),
        ('550 <"jane doe"@example.org> unknown', "550 <address> unknown"),
        ("see https://example.net/why?for=jane%40example.org", "see https:<address>"),
        ("bounce+jane=40example.org refused", "<address> refused"),
        ("to=jane＠example.org,x", "<address>,x"),
        ("jane @ example.org", "<address>"),
        ("250 2.0.0 Ok: queued as 4F2A", "250 2.0.0 Ok: queued as 4F2A"),
        ("", ""),
    ],
)
def test_addresses_are_redacted(text: str, redacted: str) -> None:
    assert redact(text) == redacted


def test_the_local_part_of_the_reader_alone_is_redacted_too() -> None:
    reply = "550 User Jane.Doe unknown in jane.does"
    assert redact(reply, "jane.doe@example.org") == "550 User <address> unknown in jane.does"
    assert redact("no such <address>", "address@example.org") == "no such <address>"
    assert redact("550 x+y", "(+@example.org") == "550 x+y"


def test_the_domain_of_the_reader_alone_is_redacted_too() -> None:
    reply = "550 mx.Example.org: no such user at example.org, try example.organic"
    assert redact(reply, "jane.doe@example.org") == "550 mx.<domain>: no such user at <domain>, try example.organic"
    assert redact("550 Rejected by relay.example.net", "jane@example.org") == "550 Rejected by relay.example.net"


def test_redaction_takes_linear_time() -> None:
    assert redact("a." * 100_000 + "x.org", "b@x.org").endswith("a.<domain>")
    assert redact("a" * 200_000) == "a" * 200_000
    assert redact('"' * 100_000 + " " * 100_000).strip() == '"' * 100_000
