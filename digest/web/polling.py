"""A limit for clients that fetch one feed over and over without ever asking whether it has changed.

A courtesy to everybody else, no defence: it forgets everything with the process, and keeps and logs nothing. It leaves out
clients on this machine and whoever comes through a proxy, for behind a proxy many people look like one.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache

__all__ = ["ALLOWED", "WINDOW", "Pace"]

ALLOWED, WINDOW = 60, 600
"""So many full answers to unconditional requests for one feed in so many seconds."""
_MOST_CLIENTS = 10_000


class Pace:
    """Counts unconditional fetches, by the client's network and the feed's path."""

    def __init__(self, allowed: int = ALLOWED, window: int = WINDOW) -> None:
        self._allowed, self._window = allowed, window
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}

    def judge(self, host: str, path: str, now: float) -> int:
        """How many seconds the client is to wait before it asks again; 0 when it is answered, and then this one counts.

        Args:
            host: the client's address.
            now: seconds of a clock that never goes back.
        """
        network = find_network(host)
        if network is None:
            return 0
        began, count = self._seen.get((network, path), (now, 0))
        if now - began >= self._window:
            began, count = now, 0
        if count >= self._allowed:
            return int(began + self._window - now) + 1
        if len(self._seen) >= _MOST_CLIENTS:
            self._forget(now)
        self._seen[network, path] = (began, count + 1)
        return 0

    def _forget(self, now: float) -> None:
        """Make room: what is over goes, and everything if nothing is."""
        self._seen = {key: seen for key, seen in self._seen.items() if now - seen[0] < self._window}
        if len(self._seen) >= _MOST_CLIENTS:
            self._seen = {}


@lru_cache(maxsize=4096)
def find_network(host: str) -> str | None:
    """The network of an address: an IPv4 address itself, the first 64 bits of an IPv6 one; None on this machine."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return None if address.is_loopback else str(int(address) >> 64)
        address = address.ipv4_mapped
    return None if address.is_loopback else str(address)
