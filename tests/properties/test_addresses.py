"""The quick judgement of plain addresses is the judgement of email-validator, and nothing that is accepted can do harm."""

from __future__ import annotations

import email_validator
import pytest
from email_validator import validate_email
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest.errors import SubscriberError
from digest.subscribers import addresses
from digest.subscribers.addresses import ADDRESS_OCTETS, Address, is_reserved, lookup_form, parse_address, redact

ATOMS = st.text("aZz09.+-_'!#%=~{", min_size=1, max_size=70)
ROLES = st.sampled_from(["Info", "POSTMASTER", "news", "www", "Security", "uucp", "infos", "Abuse.", "ftp", "Hostmaster"])
LABELS = st.one_of(st.text("aZ0-", min_size=1, max_size=66), st.sampled_from(["xn--bcher-kva", "ab--c", "a", "com", "3com"]))
LAST = st.sampled_from(
    ["org", "COM", "co", "o1", "1a", "local", "arpa", "onion", "test", "invalid", "localhost", "example", "x-y"]
)
DOMAINS = st.builds(lambda labels, last: ".".join([*labels, last]), st.lists(LABELS, max_size=3), LAST)
NEARLY = st.builds("{}@{}".format, st.one_of(ATOMS, ROLES), DOMAINS)


@pytest.fixture(scope="module", autouse=True)
def _reserved_names_are_names() -> object:
    """email-validator lets its list of special names be changed; ours differs from it in the names for tests alone."""
    before = list(email_validator.SPECIAL_USE_DOMAIN_NAMES)
    email_validator.SPECIAL_USE_DOMAIN_NAMES[:] = ["arpa", "local", "onion"]
    yield
    email_validator.SPECIAL_USE_DOMAIN_NAMES[:] = before


@settings(max_examples=600, deadline=None)
@given(NEARLY)
@example("Info@Example.ORG")
@example("a@b-.org")
@example("a@x.o-")
@example("a" * 65 + "@example.org")
@example("a@" + "b" * 64 + ".org")
@example("a@xn--a.org")
@example("a@ab--c.org")
@example("a@x.ab--c")
@example("a@x." + "b" * 64)
@example("a@example.local")
@example("a@ſ.org")
@example("a@K.org")
def test_what_the_pattern_accepts_email_validator_accepts_in_the_same_form(text: str) -> None:
    quick = addresses._parse_plain(text)
    if quick is None or len(text) > ADDRESS_OCTETS:
        return
    slow = validate_email(text, check_deliverability=False, test_environment=True, strict=True)
    assert quick == Address(slow.normalized, slow.ascii_domain, slow.smtputf8)


@settings(max_examples=300, deadline=None)
@given(st.builds("{}@{}".format, st.from_regex(r"[a-z0-9]{1,9}([.+_-][a-z0-9]{1,9}){0,2}", fullmatch=True),
                 st.from_regex(r"([a-z0-9]{1,9}\.){1,2}(org|com|net|de|test|invalid)", fullmatch=True)))  # fmt: skip
def test_ordinary_addresses_take_the_quick_way(text: str) -> None:
    assert addresses._parse_plain(text) == parse_address(text) == Address(text, text.partition("@")[2])


@settings(max_examples=400, deadline=None)
@given(NEARLY)
@example("a@localhost")
@example("ä@mail.invalid")
@example("a@.test")
@example("a@127.0.0.1")
def test_both_ways_agree_on_any_nearly_plain_address(text: str) -> None:
    """The slow way alone gives the same answer as both together, so the pattern changes no verdict."""
    if len(text) <= ADDRESS_OCTETS - len("example"):
        assert _outcome(addresses._parse_any, text) == _outcome(parse_address, text)


def _outcome(parse: object, text: str) -> Address | None:
    try:
        return parse(text)  # type: ignore[operator]
    except SubscriberError:
        return None


SIGNS = st.sampled_from("a@.\"<>,;: \r\n\t\0()[]\\%ä＠\u202e\u2028\u0301'ß日")
HOSTILE = st.text(st.one_of(SIGNS, st.characters()), max_size=40)


@settings(max_examples=600, deadline=None)
@given(st.one_of(HOSTILE, st.builds("{}@{}".format, HOSTILE, st.one_of(HOSTILE, DOMAINS))))
def test_an_accepted_address_is_one_plain_mailbox_and_a_refusal_does_not_repeat_it(text: str) -> None:
    try:
        found = parse_address(text)
    except SubscriberError as refusal:
        assert len(text) < 9 or "@" not in text or text not in refusal.cause
        return
    assert parse_address(found.address) == found
    local, _, domain = found.address.rpartition("@")
    assert domain == found.domain == domain.lower()
    assert domain.isascii()
    assert found.needs_smtputf8 is not local.isascii()
    assert len(found.address.encode()) <= ADDRESS_OCTETS
    assert not set(found.address) & set('\r\n\0\t <>()[],;:\\"')
    assert found.address.isprintable()
    assert found.address.count("@") == 1


@settings(max_examples=200, deadline=None)
@given(st.one_of(NEARLY, HOSTILE.map(lambda local: f"{local}@example.org")))
def test_the_lookup_form_is_one_for_all_spellings(text: str) -> None:
    found = _outcome(parse_address, text)
    if found is None:
        return
    form = lookup_form(found.address)
    assert lookup_form(form) == form
    local, _, domain = found.address.rpartition("@")
    if local.isascii():
        assert lookup_form(f"{local.upper()}@{domain.upper()}") == lookup_form(f"{local.lower()}@{domain}") == form


@settings(max_examples=200, deadline=None)
@given(
    st.from_regex(r"q9[a-z0-9]{0,9}([.+=_-][a-z0-9]{1,9}){0,2}@(w8[a-z0-9]{0,9}\.){1,2}org", fullmatch=True),
    st.sampled_from(
        ["<{}>", "550 5.1.1 <{}>: no", "mailto:{}", '"{}"', "to={};", "[{}]", "user {} unknown", "({}).", "y;{}"]
    ),
)
def test_no_address_survives_redaction(address: str, frame: str) -> None:
    text = redact(frame.format(address))
    assert "<address>" in text
    assert not any(part in text for part in ("q9", "w8", "@"))


@given(
    st.sampled_from(["example", "test", "invalid", "localhost", "example.org", "EXAMPLE.com", "example.net."]),
    st.sampled_from(["", "a.", "a.b."]),
)
def test_all_below_a_reserved_name_is_reserved(name: str, below: str) -> None:
    assert is_reserved(below + name)
    assert not is_reserved(f"{below}x{name}")
    assert not is_reserved(f"{below}{name.removesuffix('.')}.de")
