"""DIGEST_SMTP_URL, and which way letters go."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.relay import (
    Encryption,
    Outbox,
    Relay,
    Relays,
    choose_way,
    is_loopback,
    parse_smtp_url,
    parse_smtp_urls,
)
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


# -- any relay that can be written


names = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,4})?(\.[a-z]{2,6}){0,2}", fullmatch=True)
hosts = (
    names
    | st.ip_addresses(v=4).map(str)
    | st.ip_addresses(v=6).map(str)
    | st.sampled_from(["localhost", "127.0.0.1", "::1"])
)
secrets = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=["Cs"]), min_size=8, max_size=20)
limits = st.fixed_dictionaries(
    {},
    optional={
        "connections": st.integers(1, 200), "letters": st.integers(0, 10**9 - 1),
        "per_second": st.integers(0, 10**9 - 1), "per_hour": st.integers(0, 10**9 - 1),
    },
)  # fmt: skip


@st.composite
def relays(draw: st.DrawFn) -> Relay:
    """A relay that may be named: no password, certificate or letter leaves in clear for another machine."""
    host, encryption = draw(hosts), draw(st.sampled_from(Encryption))
    may_log_in = encryption is not Encryption.NONE or is_loopback(host)
    user, password = draw(st.tuples(secrets, secrets)) if may_log_in and draw(st.booleans()) else (None, None)
    files = [draw(st.none() | names) for _ in range(3)] if encryption is not Encryption.NONE else [None] * 3
    key = files[2] if files[1] else None
    return Relay(host, draw(st.integers(1, 65535)), encryption, user, password, files[0], files[1], key, **draw(limits))


def write(relay: Relay) -> str:
    """The URL that names a relay."""
    schemes = {Encryption.NONE: "smtp", Encryption.STARTTLS: "smtp+starttls", Encryption.TLS: "smtps"}
    login = "" if relay.user is None else f"{quote(relay.user, safe='')}:{quote(relay.password or '', safe='')}@"
    host = f"[{relay.host}]" if ":" in relay.host else relay.host
    options = {"ca": relay.authority_file, "cert": relay.certificate_file, "key": relay.key_file} | {
        name: getattr(relay, name) for name in ("connections", "letters", "per_second", "per_hour")
    }
    options["tls"] = "none" if relay.encryption is Encryption.NONE and not is_loopback(relay.host) else None
    query = urlencode({name: value for name, value in options.items() if value is not None})
    return f"{schemes[relay.encryption]}://{login}{host}:{relay.port}{'?' if query else ''}{query}"


@given(relays())
def test_what_is_written_of_a_relay_is_read_again(relay: Relay) -> None:
    assert parse_smtp_url(write(relay)) == relay


@given(st.lists(relays(), min_size=1, max_size=4, unique_by=str), st.sampled_from([" ", "\n", "  \n\t"]))
def test_several_relays_are_read_in_the_order_in_which_they_are_preferred(chosen: list[Relay], between: str) -> None:
    read = parse_smtp_urls(f" {between.join(map(write, chosen))}\n")

    assert read == Relays(tuple(chosen))
    assert str(read) == ", else ".join(map(str, chosen))


@given(relays(), st.lists(relays(), max_size=2), st.sampled_from(["?verify=no", "/path", "#part", ":70000"]))
def test_a_fault_in_one_of_several_names_that_one_and_no_password(relay: Relay, others: list[Relay], fault: str) -> None:
    bad = f"smtp+starttls://user:hunter2-and-more@mail.example.org{fault}"
    with pytest.raises(DeliveryError) as caught:
        parse_smtp_urls(" ".join([write(relay), bad, *map(write, others)]))

    said = " ".join(map(str, (caught.value, *caught.value.problems)))
    assert "DIGEST_SMTP_URL" in said and "URL 2" in said and "URL 1:" not in said
    for secret in ("hunter2", *(one.password for one in (relay, *others) if one.password)):
        assert secret not in said


def test_all_faults_of_all_relays_come_at_once() -> None:
    with pytest.raises(DeliveryError) as caught:
        parse_smtp_urls(
            "smtp://mail.example.org?connections=0&letters=x smtp://127.0.0.1 http://b.example.org smtp://127.0.0.1"
        )

    assert [(problem.field, problem.text.partition(".")[0]) for problem in caught.value.problems] == [
        ("URL 1", "connections= takes a number from 1 to 200"),
        ("URL 1", "letters= takes a number from 0 to 999999999"),
        ("URL 1", "smtp:// would send letters to another machine in clear"),
        ("URL 3", "it does not start with smtp://, smtp+starttls:// or smtps://"),
        ("127.0.0.1:25 is named twice", "name each relay once"),
    ]


@pytest.mark.parametrize(
    "option", ["connections=0", "connections=201", "per_hour=-1", "per_second=1.5", "letters=ten", "letters="]
)
def test_a_limit_that_is_no_number_is_refused(option: str) -> None:
    with pytest.raises(DeliveryError, match=r"takes a number|the options after"):
        parse_smtp_url(f"smtps://mail.example.org?{option}")


def test_nothing_but_blanks_names_no_relay() -> None:
    with pytest.raises(DeliveryError, match="names no relay"):
        parse_smtp_urls(" \n ")


# -- which way


def test_a_named_relay_takes_the_letters() -> None:
    way = choose_way("smtp://127.0.0.1 smtps://mail.example.org", outbox=False, domains=["example.org"])

    assert way == Relays((parse_smtp_url("smtp://127.0.0.1"), parse_smtp_url("smtps://mail.example.org")))


def test_the_outbox_takes_them_when_it_is_asked_for() -> None:
    assert choose_way("smtp://127.0.0.1", outbox=True, domains=["real.net"]) == Outbox()


def test_the_outbox_takes_them_when_no_address_is_a_real_one() -> None:
    assert choose_way("", outbox=False, domains=["example.org", "a.test"]) == Outbox()


def test_without_a_relay_nothing_happens_to_real_addresses() -> None:
    with pytest.raises(DeliveryError, match="DIGEST_SMTP_URL"):
        choose_way("", outbox=False, domains=["example.org", "real.net"])
