"""Whose word counts on who asked, which names are ours, and which forms came from our pages."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.settings import build_settings
from digest.web.readers.guarding import find_client, host_name, is_own_form, own_names

TRUSTED = (ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8"), ip_network("::1/128"))


@pytest.mark.parametrize(
    ("peer", "headers", "client"),
    [
        ("192.0.2.7", {}, "192.0.2.7"),
        ("192.0.2.7", {"x-forwarded-for": "198.51.100.1"}, "192.0.2.7"),
        ("127.0.0.1", {}, "127.0.0.1"),
        ("127.0.0.1", {"x-forwarded-for": "198.51.100.1"}, "198.51.100.1"),
        ("127.0.0.1", {"x-forwarded-for": "203.0.113.9, 198.51.100.1"}, "198.51.100.1"),
        ("127.0.0.1", {"x-forwarded-for": "203.0.113.9, 198.51.100.1, 10.1.2.3"}, "198.51.100.1"),
        ("127.0.0.1", {"x-forwarded-for": "not an address"}, "127.0.0.1"),
        ("127.0.0.1", {"x-forwarded-for": "203.0.113.9, nonsense, 10.1.2.3"}, "10.1.2.3"),
        ("::ffff:127.0.0.1", {"x-forwarded-for": "198.51.100.1:4711"}, "198.51.100.1"),
        ("::1", {"forwarded": 'for="[2001:db8::7]:4711";proto=https'}, "2001:db8::7"),
        ("::1", {"forwarded": "for=192.0.2.60;proto=http;by=203.0.113.43, for=10.0.0.1"}, "192.0.2.60"),
        ("::1", {"forwarded": "for=unknown"}, "::1"),
        ("::1", {"forwarded": "for=192.0.2.60", "x-forwarded-for": "198.51.100.1"}, "192.0.2.60"),
        ("not an address", {"x-forwarded-for": "198.51.100.1"}, ""),
    ],
)
def test_only_what_a_trusted_proxy_says_counts(peer: str, headers: dict[str, str], client: str) -> None:
    assert find_client(peer, headers, TRUSTED) == client


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_nothing_that_is_said_can_change_whom_a_stranger_is(forwarded: str, said: str) -> None:
    assert find_client("192.0.2.7", {"forwarded": forwarded, "x-forwarded-for": said}, TRUSTED) == "192.0.2.7"
    assert isinstance(find_client("127.0.0.1", {"forwarded": forwarded, "x-forwarded-for": said}, TRUSTED), str)


def test_the_names_are_those_of_the_site_and_of_where_it_listens() -> None:
    text = """
[newsroom]
name = "E"
title = "E"
zone = "UTC"
base_url = "BASE"
postal_address = "1 E"
tag_authority = "example.org,2026"
[kinds.update]
title = "Update"
"""
    remote = build_settings(text.replace("BASE", "https://News.example.org:8443/press"), {})
    open_to_all = build_settings(text.replace("BASE", "https://news.example.org") + '[web]\nlisten = "0.0.0.0:80"\n', {})
    elsewhere = build_settings(text.replace("BASE", "https://news.example.org") + '[web]\nlisten = "10.0.0.5:80"\n', {})

    assert own_names(remote) == {"news.example.org", "127.0.0.1", "localhost", "::1"}
    assert own_names(open_to_all) == {"news.example.org", "127.0.0.1", "localhost", "::1"}
    assert own_names(elsewhere) == {"news.example.org", "10.0.0.5"}


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("news.example.org", "news.example.org"),
        ("NEWS.example.org:443", "news.example.org"),
        ("[::1]:8080", "::1"),
        ("https://news.example.org", "news.example.org"),
        ("evil.org/news.example.org", "evil.org"),
        ("news.example.org@evil.org", "evil.org"),
        ("", ""),
        ("[", ""),
        ("//", ""),
    ],
)
def test_a_host_is_compared_by_its_name(host: str, name: str) -> None:
    assert host_name(host) == name


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({}, True),
        ({"origin": "null"}, True),
        ({"origin": "https://news.example.org"}, True),
        ({"origin": "null", "sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"origin": "https://evil.org"}, False),
        ({"origin": "https://news.example.org.evil.org"}, False),
        ({"origin": "null", "sec-fetch-site": "cross-site"}, False),
        ({"origin": "https://news.example.org", "sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "nonsense"}, False),
    ],
)
def test_a_form_of_another_site_is_known_by_what_browsers_say(headers: dict[str, str], own: bool) -> None:
    assert is_own_form(headers, frozenset({"news.example.org"})) is own
