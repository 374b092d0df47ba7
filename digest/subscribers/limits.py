"""How often what: against floods of requests, whether they aim at one address, come from one network, or are just many.

Everything is counted under names that stand until a moment. What a name stands for is hashed: addresses under the site's
key, networks under one that also changes daily, so that after the day nobody can tell any more who asked. An address has a
number of places for each sort of letter, and a place that was taken is free again after its span: so in no span of that
length, wherever one begins to look, there are more letters.
"""

from __future__ import annotations

import hmac
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from statistics import median

__all__ = [
    "CONFIRMATIONS", "GOODBYES", "LEAST_ALARM", "LINKS", "NETWORK_LIMIT", "OPEN_FOR", "WEEK_HOURS", "Budget", "Count",
    "Hours", "Span", "find_network", "hash_network", "hour_count", "hour_names", "is_flood", "network_count",
    "network_names", "place_names", "read_hours", "take_places",
]  # fmt: skip

NETWORK_LIMIT = 20
"""How many requests a network (/24 of IPv4, /48 of IPv6) has in any hour."""

LEAST_ALARM = 200
"""The alarm never sounds at fewer requests an hour."""

WEEK_HOURS = 168
"""Over how many hours the usual number is counted."""

OPEN_FOR = timedelta(hours=24)
"""For how long nothing is held once staff have said that a flood is none."""

_TIMES_USUAL = 10
_HOUR = 3600
_SLICE = 300


@dataclass(frozen=True, slots=True)
class Span:
    """No more than `count` in any time of that length."""

    count: int
    length: timedelta


@dataclass(frozen=True, slots=True)
class Budget:
    """How many letters of a sort an address gets, whoever asks for them."""

    name: str
    spans: tuple[Span, ...]


_DAY, _MONTH = timedelta(days=1), timedelta(days=30)

CONFIRMATIONS = Budget("confirmation", (Span(1, _DAY), Span(3, _MONTH)))
"""Letters that ask to confirm, or say that there is nothing to confirm."""

LINKS = Budget("link", (Span(3, _DAY), Span(10, _MONTH)))
"""Letters with the link to one's choices, which lasts an hour."""

GOODBYES = Budget("goodbye", (Span(1, _DAY), Span(3, _MONTH)))


@dataclass(frozen=True, slots=True)
class Count:
    """One more under a name that stands until a moment."""

    name: str
    until: datetime


def place_names(budget: Budget, address_hash: bytes) -> Sequence[Sequence[str]]:
    """The names of the places that an address has, for each span of a budget."""
    start = f"letter {address_hash.hex()} {budget.name}"
    return [[f"{start} {span.length.days} {place}" for place in range(span.count)] for span in budget.spans]


def take_places(budget: Budget, address_hash: bytes, taken: Container[str], now: datetime) -> Sequence[Count] | None:
    """What to count for one more letter to an address; None when it has had as many as it may.

    Args:
        taken: the names of the places that are taken now.
    """
    counts = []
    for span, names in zip(budget.spans, place_names(budget, address_hash), strict=True):
        free = next((name for name in names if name not in taken), None)
        if free is None:
            return None
        counts.append(Count(free, now + span.length))
    return counts


def find_network(address: str) -> str:
    """The network of an IP address, such as `192.0.2.0/24`; empty for what is no address: those are one network too."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    return str(ip_network((found, 48 if isinstance(found, IPv6Address) else 24), strict=False))


def hash_network(key: bytes, salt: bytes, address: str) -> bytes:
    """The 16 octets that stand for the network of an IP address today.

    Args:
        key: the site's index key.
        salt: random octets that are made anew each day and kept no longer; without them not even the key tells anything.
        address: where the request came from.
    """
    today = hmac.digest(key, b"digest network\0" + salt, "sha256")
    return hmac.digest(today, find_network(address).encode(), "sha256")[:16]


def network_names(network: bytes, now: datetime) -> Sequence[str]:
    """Under which names a network's requests of the last hour are counted, five minutes each; the first one's is now."""
    present = int(now.timestamp()) // _SLICE
    return [f"network {network.hex()} {present - back}" for back in range(_HOUR // _SLICE + 1)]


def network_count(network: bytes, now: datetime) -> Count:
    """What to count for one more request of a network."""
    return Count(network_names(network, now)[0], now + timedelta(seconds=_HOUR + _SLICE))


def hour_names(now: datetime) -> tuple[str, str]:
    """Under which names requests are counted hour by hour: from the first to the last one that matters now."""
    hour = _hour_of(now)
    return _hour_name(hour - WEEK_HOURS), _hour_name(hour)


def hour_count(now: datetime) -> Count:
    """What to count for one more request, whoever asks."""
    return Count(hour_names(now)[1], now + timedelta(hours=WEEK_HOURS + 1))


@dataclass(frozen=True, slots=True)
class Hours:
    """How many requests came in this hour so far, in the last one, and in each of a week's hours before this one."""

    present: int
    last: int
    week: tuple[int, ...]


def read_hours(counts: Mapping[str, int], now: datetime) -> Hours:
    """The hours from what was counted, by name."""
    hour = _hour_of(now)
    week = tuple(counts.get(_hour_name(hour - back), 0) for back in range(1, WEEK_HOURS + 1))
    return Hours(counts.get(_hour_name(hour), 0), week[0], week)


def is_flood(hours: Hours) -> bool:
    """Whether far more is asked than usual: the next request is to wait for staff.

    The alarm sounds when an hour has more than ten times the median of the last week's hours, and more than 200; it goes on
    for the rest of this hour and through the next one, and ends by itself after an hour that is calm.
    """
    limit = max(LEAST_ALARM, _TIMES_USUAL * median(hours.week))
    return hours.present >= limit or hours.last > limit


def _hour_of(now: datetime) -> int:
    return int(now.timestamp()) // _HOUR


def _hour_name(hour: int) -> str:
    return f"requests {hour:010}"
