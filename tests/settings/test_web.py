"""The table [web]: whose word on a visitor counts, and whether people sign up on the web."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from digest.errors import SettingsError
from digest.settings import Settings, build_settings


def read(root: Path, lines: str, **variables: str) -> Settings:
    text = (root / "newsroom.toml").read_text()
    return build_settings(f"{text}\n[web]\n{lines}\n", {f"DIGEST_WEB_{key}": value for key, value in variables.items()})


def test_this_machine_is_trusted_and_people_can_sign_up(root: Path) -> None:
    web = read(root, "").web

    assert web.sign_up
    assert web.trusted_proxies == (ip_network("127.0.0.0/8"), ip_network("::1"))


def test_proxies_are_addresses_or_networks(root: Path) -> None:
    named = read(root, 'trusted_proxies = ["10.0.0.5", "2001:db8::/64", "192.0.2.7/24"]').web.trusted_proxies

    assert [str(network) for network in named] == ["10.0.0.5/32", "2001:db8::/64", "192.0.2.0/24"]
    assert read(root, "", TRUSTED_PROXIES='["10.0.0.5"]').web.trusted_proxies == (ip_network("10.0.0.5"),)
    assert read(root, "trusted_proxies = []").web.trusted_proxies == ()


@pytest.mark.parametrize("value", ['"proxy"', "4711", '"10.0.0.0/99"', '""'])
def test_what_is_no_network_is_refused_with_its_place(value: str, root: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        read(root, f"trusted_proxies = [{value}]")
    assert caught.value.problems[0].field.startswith("web.trusted_proxies")


def test_pages_follow_from_sign_up_and_from_nothing_else_of_the_server(root: Path) -> None:
    """Whether pages say where to sign up is part of what they are made from; proxies and ports are not."""
    plain = read(root, "").fingerprint

    assert read(root, 'trusted_proxies = ["10.0.0.5"]\nlisten = "127.0.0.1:9"').fingerprint == plain
    assert read(root, "sign_up = false").fingerprint != plain
