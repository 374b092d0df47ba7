"""Fetching one file by its address, from the public web only.

An address that a person was given may lead anywhere: to this machine, to others behind the same router, to the service that
hands out a cloud machine's keys. So only https is spoken, on its own port; a name is looked up once, every address that it
has must be public, and the connection goes to the very address that was judged, whatever the name says a moment later.
Redirects are judged like what was typed. No cookie, no credentials and no proxy are used, and nothing is kept.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from digest.errors import ContentError
from digest.items.links import build_link, read_web_address

if TYPE_CHECKING:
    from httpx2 import Response

__all__ = ["Fetcher", "is_public", "look_up"]

_CLOSED = tuple(map(ip_network, ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "3fff::/20")))
"""What passes for public and is not: a cloud's own services, protocol assignments, a dead relay, addresses for documents."""

_TRANSLATED = IPv6Network("64:ff9b::/96")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_USER_AGENT = "newsroom-digest"
_Address = IPv4Address | IPv6Address


def is_public(address: _Address) -> bool:
    """Whether an address belongs to the public internet, by the registries of RFC 6890.

    An IPv4 address inside an IPv6 one (mapped, RFC 4291; translated, RFC 6052) is judged as what it is; tunnels (6to4,
    Teredo) are not public.
    """
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped
        if inner is None and address in _TRANSLATED:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.sixtofour is not None or address.teredo is not None or address.is_site_local:
            return False
    special = address.is_multicast or address.is_reserved or address.is_loopback or address.is_link_local
    return address.is_global and not special and not any(address in network for network in _CLOSED)


async def look_up(host: str) -> Sequence[_Address]:
    """All addresses of a host, as this machine's resolver gives them.

    Raises:
        OSError: there are none.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(ip_address(str(place[0]).partition("%")[0]) for *_, place in found))


@dataclass(frozen=True)
class Fetcher:
    """Fetches files within limits: bytes, seconds for everything together, and redirects."""

    max_size: int = 10 * 1024 * 1024
    seconds: float = 20
    max_redirects: int = 3
    port: int = 443
    look_up: Callable[[str], Awaitable[Sequence[_Address]]] = look_up
    is_allowed: Callable[[_Address], bool] = is_public
    context: ssl.SSLContext | None = None

    def fetch(self, address: str) -> bytes:
        """What an address answers with.

        Raises:
            ContentError: it is no public https address, answers with something else than a file, too slowly or too much, or
                not at all.
        """
        try:
            return asyncio.run(self._fetch_in_time(address))
        except TimeoutError:
            raise ContentError(
                address, f"it took longer than {self.seconds:g} seconds", "Save the file, and import that."
            ) from None

    async def _fetch_in_time(self, address: str) -> bytes:
        async with asyncio.timeout(self.seconds):
            for _ in range(self.max_redirects + 1):
                found = await self._ask(address)
                if isinstance(found, bytes):
                    return found
                address = found
        raise ContentError(address, f"it redirects more than {self.max_redirects} times", "Name the file's own address.")

    async def _ask(self, address: str) -> bytes | str:
        """The bytes of the answer, or the address that it redirects to."""
        address, host = self._judge(address)
        import httpx2

        trouble: Exception | None = None
        for place in await self._find_places(address, host):
            try:
                return await self._ask_at(place, address, host)
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                trouble = error
            except httpx2.HTTPError as error:
                trouble = error
                break
        why = str(trouble) or type(trouble).__name__
        raise ContentError(address, f"it cannot be fetched ({why})", "Try again later, or save the file, and import that.")

    def _judge(self, address: str) -> tuple[str, str]:
        """The address in full ASCII, and its host; only https on its own port is spoken."""
        try:
            clean = read_web_address(address)
            parts = urlsplit(clean)
            right = parts.scheme == "https" and parts.port in (None, self.port)
        except ValueError as error:
            raise ContentError(address, str(error), "Name a public https address.") from None
        if not right:
            raise ContentError(address, "only https addresses without a port are fetched", "Save the file, and import that.")
        return clean.partition("#")[0], parts.hostname or ""

    async def _find_places(self, address: str, host: str) -> Sequence[_Address]:
        """The host's addresses, when all of them may be asked."""
        try:
            places = await self.look_up(host)
        except (OSError, UnicodeError, ValueError):
            places = ()
        if not places:
            raise ContentError(address, f"there is no host {host}", "Mend the address.")
        if not all(self.is_allowed(place) for place in places):
            raise ContentError(address, f"{host} is not on the public internet", "Save the file, and import that.")
        return places[:2]

    async def _ask_at(self, place: _Address, address: str, host: str) -> bytes | str:
        """Ask one machine. The name stands in the request and in the handshake, the connection goes to the number."""
        import httpx2

        number = f"[{place}]" if place.version == 6 else str(place)
        parts = urlsplit(address)
        url = httpx2.URL(parts._replace(netloc=f"{number}:{self.port}").geturl())
        headers = {"Host": parts.netloc, "User-Agent": _USER_AGENT, "Accept-Encoding": "identity", "Accept": "*/*"}
        async with (
            httpx2.AsyncClient(verify=self.context or True, trust_env=False, timeout=self.seconds) as client,
            client.stream("GET", url, headers=headers, extensions={"sni_hostname": host}) as response,
        ):
            if response.status_code in _REDIRECTS and "location" in response.headers:
                return build_link(response.headers["location"], address) or ""
            return await self._read(response, address)

    async def _read(self, response: Response, address: str) -> bytes:
        if response.status_code != 200:
            raise ContentError(address, f"it answers with status {response.status_code}", "Open it in a browser to see why.")
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise ContentError(address, "it answers compressed, unasked", "Save the file, and import that.")
        gathered = bytearray()
        async for chunk in response.aiter_raw():
            gathered += chunk
            if len(gathered) > self.max_size:
                cause = f"it is larger than {self.max_size // 1024**2} MB"
                raise ContentError(address, cause, "Save the file, and import that.")
        return bytes(gathered)
