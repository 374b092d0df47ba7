"""From where a request comes and to whom: which names are this server's, whose form it was, and which network asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from digest.settings import Settings
from digest.settings.values import LOOPBACK

__all__ = ["find_client", "host_name", "is_own_form", "own_names"]

_PARTS = re.compile(r'for=(?:"([^"]*)"|([^;,\s]*))', re.IGNORECASE)
_ANY = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 (nothing is bound to it here)
_OWN = ("same-origin", "none")


def own_names(settings: Settings) -> frozenset[str]:
    """The host names by which this server may be asked: that of base_url, and where it listens."""
    host = settings.listen[0]
    names = {urlsplit(settings.newsroom.base_url).hostname or "", host}
    if host in LOOPBACK or host in _ANY:
        names |= LOOPBACK
    return frozenset(name.lower() for name in names - _ANY)


def host_name(host: str) -> str:
    """The name in a Host field or an Origin, in lower case and without its port; empty for what is none."""
    try:
        return urlsplit(host if "//" in host else f"//{host}").hostname or ""
    except ValueError:
        return ""


def is_own_form(headers: Mapping[str, str], names: frozenset[str]) -> bool:
    """Whether a form may have been sent from a page of ours, as far as the browser says.

    Our pages tell nobody where they are (Referrer-Policy: no-referrer), so browsers say `null` for their origin too (Fetch
    standard, "append a request Origin header"); then Sec-Fetch-Site decides. Programs that send neither are no browsers.
    """
    if headers.get("sec-fetch-site", "none") not in _OWN:
        return False
    origin = headers.get("origin", "null")
    return origin == "null" or host_name(origin) in names


def find_client(peer: str, headers: Mapping[str, str], trusted: Sequence[IPv4Network | IPv6Network]) -> str:
    """The address of whoever asked: the nearest one that is no trusted proxy (RFC 7239 section 5.2, X-Forwarded-For).

    Whatever stands behind that one was said by somebody who may lie; a part that is no address ends the way.
    """
    nearest = _read(peer)
    if nearest is None:
        return ""
    for named in _way(headers):
        if not any(nearest in network for network in trusted):
            break
        known = _read(named)
        if known is None:
            break
        nearest = known
    return str(nearest)


def _way(headers: Mapping[str, str]) -> Iterator[str]:
    """The addresses that proxies say they were asked from, the nearest first."""
    if "forwarded" in headers:
        return reversed([found[1] or found[2] or "" for found in _PARTS.finditer(headers["forwarded"])])
    return reversed([part.strip() for part in headers.get("x-forwarded-for", "").split(",") if part.strip()])


def _read(text: str) -> IPv4Address | IPv6Address | None:
    """An address, also with a port or in brackets; IPv4 in IPv6 is what it stands for."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found
