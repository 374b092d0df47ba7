"""Addresses that items may carry: web addresses in full, and where pictures may load from. Nothing here ever fetches one."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

__all__ = ["build_link", "is_shown", "read_picture_address", "read_web_address"]

_LINK_SCHEMES = frozenset({"http", "https", "mailto"})
_PUBLIC_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z](?:[a-z0-9-]*[a-z0-9])")
_PRIVATE = frozenset({"localhost", "local", "internal", "localdomain", "home", "lan", "intranet"})
_PLAIN = re.compile(
    r"https?://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}(?:/[A-Za-z0-9/._~%-]*)?(?:\?[A-Za-z0-9=&/._~%+-]+)?"
)
"""Addresses that are written as `read_web_address` would write them."""
_KEEP = "/:?#[]@!$&'()*+,;=%~-._"


def read_web_address(text: str) -> str:
    """An absolute http or https address in ASCII (RFC 3986); other characters are percent-encoded, the host by IDNA.

    Raises:
        ValueError: it is no such address, or names a user; the message says what to write.
    """
    if re.search(r"[\s<>\"\\^`{|}]", text):
        raise ValueError("a web address holds no blanks, quotation marks, brackets or backslashes; mend it")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("it is not a web address; mend it") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError("write it in full, beginning with https://")
    if "@" in parts.netloc:
        raise ValueError("an address must not name a user or password; remove the part before the @")
    place = f"[{host}]" if ":" in host else _encode_host(host)
    netloc = place if port is None else f"{place}:{port}"
    rest = (quote(part, safe=_KEEP) for part in (parts.path, parts.query, parts.fragment))
    return urlunsplit((parts.scheme, netloc, *rest))


def _encode_host(host: str) -> str:
    try:
        plain = unquote(host, errors="strict").encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise ValueError("its host name cannot exist; mend it") from None
    if not re.fullmatch(r"[a-z0-9._-]+", plain):
        raise ValueError("its host name cannot exist; mend it")
    return plain


def read_picture_address(text: str) -> str:
    """An https address of a picture on a public host: no user, no port, no IP address, no name of a private network.

    Raises:
        ValueError: it is none; the message says what to write.
    """
    address = read_web_address(text)
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme != "https":
        raise ValueError("pictures come by https only; write https://, or put the file below items/photos/")
    if parts.port is not None:
        raise ValueError("a picture's address must not name a port; remove it")
    if not _PUBLIC_HOST.fullmatch(host) or host.rpartition(".")[2] in _PRIVATE:
        raise ValueError("its host must be a public name, not an IP address or localhost; or put it below items/photos/")
    return address


def is_shown(address: str, hosts: Collection[str]) -> bool:
    """Whether a remote picture may load in pages and mails: its host is one of newsroom.toml's `[pictures] hosts`."""
    return (urlsplit(address).hostname or "") in {name.lower() for name in hosts}


def build_link(address: str, base_url: str) -> str | None:
    """A link of a body made absolute against the page it stands on; None for what must not be a link."""
    if _PLAIN.fullmatch(address):
        return address
    try:
        joined = urljoin(base_url, address) if address else ""
        scheme = urlsplit(joined).scheme
        if scheme not in _LINK_SCHEMES:
            return None
        return joined if scheme == "mailto" else read_web_address(joined)
    except ValueError:
        return None
