"""Addresses as they stand in a page, whatever somebody wrote there."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from digest.settings.values import LOOPBACK

__all__ = ["Address", "read_address"]


class Address(NamedTuple):
    """The parts of an address that matter: all empty when it cannot be read. The host is in lower case."""

    scheme: str = ""
    host: str = ""
    path: str = ""
    parameters: tuple[str, ...] = ()

    @property
    def is_safe(self) -> bool:
        """Whether it is reached by https, or lies on this very machine."""
        return self.scheme == "https" or (self.scheme == "http" and self.host in LOOPBACK)

    @property
    def is_local(self) -> bool:
        """Whether it lies on this very machine."""
        return self.host in LOOPBACK

    @property
    def name(self) -> str:
        """The host without www."""
        return self.host.removeprefix("www.")


def read_address(text: str) -> Address:
    """An address of any scheme."""
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return Address()
    names = tuple(name for name, _ in parse_qsl(parts.query, keep_blank_values=True))
    return Address(parts.scheme, host, parts.path, names)
