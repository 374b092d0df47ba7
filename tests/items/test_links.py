"""Addresses are complete, harmless and ASCII; pictures come from public hosts by https."""

from __future__ import annotations

import pytest

from digest.items.links import build_link, is_shown, read_picture_address, read_web_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        ("http://EXAMPLE.org:8080/Ä", "http://example.org:8080/%C3%84"),
        ("https://приклад.укр/ш", "https://xn--80aikifvh.xn--j1amh/%D1%88"),
        ("https://[2001:db8::1]/", "https://[2001:db8::1]/"),
        ("https://example.org/100%25", "https://example.org/100%25"),
    ],
)
def test_a_web_address_becomes_ascii(text: str, address: str) -> None:
    assert read_web_address(text) == address
    assert read_web_address(address) == address


@pytest.mark.parametrize(
    "text",
    [
        "example.org",
        "//example.org",
        "/x",
        "ftp://example.org",
        "javascript:alert(1)",
        "https://",
        "https://u:p@example.org/",
        "https://example.org/a b",
        "https://example.org\\@evil.example",
        "https://[::1",
        "https://e.org:99999/",
        "https://a..b/",
        "https://exa\u00admple .org",
        "mailto:a@example.org",
        "https://ex%00ample.org/",
    ],
)
def test_what_is_no_web_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"mend it|https://|remove"):
        read_web_address(text)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "[::1]",
        "2130706433",
        "0x7f.0.0.1",
        "0x7f000001",
        "017700000001",
        "127.1",
        "localhost",
        "x.localhost",
        "printer.local",
        "db.internal",
        "intranet",
        "localhost.",
        "169.254.169.254",
        "a@b.example",
        "b.example:444",
    ],
)
def test_a_picture_never_comes_from_an_inner_host(host: str) -> None:
    with pytest.raises(ValueError, match=r"public name|user|port"):
        read_picture_address(f"https://{host}/x.jpg")


def test_a_picture_comes_by_https_only() -> None:
    with pytest.raises(ValueError, match="https only"):
        read_picture_address("http://pictures.example.org/x.jpg")


def test_a_picture_is_shown_from_named_hosts_only() -> None:
    assert is_shown("https://pictures.example.org/x.jpg", ["Pictures.example.org"])
    assert not is_shown("https://pictures.example.org.evil.example/x.jpg", ["pictures.example.org"])


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("/about", "https://n.example/about"),
        ("#note", "https://n.example/items/x/#note"),
        ("other", "https://n.example/items/x/other"),
        ("//cdn.example/x", "https://cdn.example/x"),
        ("mailto:a@example.org", "mailto:a@example.org"),
        ("javascript:alert(1)", None),
        ("JAVASCRIPT:alert(1)", None),
        ("data:text/html,x", None),
        ("https://user@bank.example/", None),
        ("http://[", None),
        ("", None),
    ],
)
def test_links_are_absolute_or_none(address: str, link: str | None) -> None:
    assert build_link(address, "https://n.example/items/x/") == link
