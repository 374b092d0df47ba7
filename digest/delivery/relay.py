"""Which way letters go: through the relay that DIGEST_SMTP_URL names, or into the local outbox. Pure.

    smtp://127.0.0.1:25                            a relay on this machine, in clear
    smtp+starttls://user:password@host:587         STARTTLS required, certificate verified
    smtps://user:password@host:465                 TLS from the first byte, certificate verified

Options follow as `?ca=FILE` (a certificate authority of your own), `cert=FILE` and `key=FILE` (a client certificate) and,
for a relay in a network that you trust, `tls=none`, without which smtp:// is refused for any host but this machine.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NoReturn
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from digest.errors import DeliveryError
from digest.subscribers.addresses import is_reserved

__all__ = ["VARIABLE", "Encryption", "Outbox", "Relay", "choose_way", "parse_smtp_url"]

VARIABLE = "DIGEST_SMTP_URL"
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_OPTIONS = frozenset({"ca", "cert", "key", "tls"})
_HOST = re.compile(r"(?!-)[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?")
_EXAMPLE = "Write it like smtp+starttls://user:password@mail.example.org:587, with %-codes for special characters."


class Encryption(StrEnum):
    """How a connection is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class Relay:
    """A mail server that takes our letters. Its text form holds neither user nor password."""

    host: str
    port: int
    encryption: Encryption
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    authority_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Outbox:
    """Letters stay on this machine, as files of a Maildir."""


def choose_way(smtp_url: str, *, outbox: bool, domains: Iterable[str]) -> Relay | Outbox:
    """Where letters go.

    Args:
        smtp_url: the value of DIGEST_SMTP_URL, empty when there is none.
        outbox: `[delivery] outbox` or `send --outbox`; it wins over the relay.
        domains: of all addresses that are to be mailed; looked at only when neither a relay nor the outbox is named.

    Raises:
        DeliveryError: the URL does not fit, or there is none and some address is a real one.
    """
    if outbox:
        return Outbox()
    if smtp_url:
        return parse_smtp_url(smtp_url)
    if all(is_reserved(domain) for domain in domains):
        return Outbox()
    raise DeliveryError(
        "sending",
        "no relay is named and there are real addresses to be mailed",
        f"Set {VARIABLE} to your mail server, or keep the letters on this machine with --outbox.",
    )


def parse_smtp_url(text: str) -> Relay:
    """The relay that a URL names.

    Raises:
        DeliveryError: it is no such URL, or would send letters or a password in clear. The message never holds the password.
    """
    parts = _split(text)
    host = parts.hostname or ""
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    options = _read_options(parts.query)
    encryption = {"smtp": Encryption.NONE, "smtp+starttls": Encryption.STARTTLS, "smtps": Encryption.TLS}[parts.scheme]
    relay = Relay(
        host=host,
        port=_port(parts),
        encryption=encryption,
        user=user,
        password=password,
        authority_file=options.get("ca"),
        certificate_file=options.get("cert"),
        key_file=options.get("key"),
    )
    _judge(relay, options)
    return relay


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name or number (RFC 6761 section 6.3, RFC 1122, RFC 4291)."""
    if host.lower().removesuffix(".").split(".")[-1] == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(text: str) -> SplitResult:
    if any(ord(c) <= 32 or ord(c) == 127 for c in text):
        _refuse("it holds a blank or a control character")
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        _refuse("it cannot be read as a URL")
    if parts.scheme not in _PORTS:
        _refuse("it does not start with smtp://, smtp+starttls:// or smtps://")
    if not host:
        _refuse("it names no host")
    if ":" not in host and not _HOST.fullmatch(host):
        _refuse("the host is not a name or number of a machine; is a special character in the password not %-coded?")
    if parts.path not in ("", "/") or parts.fragment:
        _refuse("something follows the host and port; is a special character in the password not %-coded?")
    return parts


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        _refuse("the port is not a number from 1 to 65535; is a special character in the password not %-coded?")
    return port or _PORTS[parts.scheme]


def _read_options(query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        _refuse("what follows the question mark cannot be read; is a special character in the password not %-coded?")
    options = dict(pairs)
    if set(options) - _OPTIONS or len(options) < len(pairs) or not all(options.values()):
        _refuse("the options after the question mark are ca=FILE, cert=FILE, key=FILE and tls=none, each once")
    return options


def _judge(relay: Relay, options: dict[str, str]) -> None:
    clear = relay.encryption is Encryption.NONE
    if options.get("tls", "none") != "none" or ("tls" in options and not clear):
        _refuse("tls=none belongs to smtp:// alone and is the only value of tls")
    if clear and not is_loopback(relay.host) and "tls" not in options:
        _refuse(
            "smtp:// would send letters to another machine in clear",
            "Write smtp+starttls:// or smtps://; or, in a network that you trust, add ?tls=none.",
        )
    if relay.user is None and relay.password is not None:
        _refuse("it has a password and no user")
    if relay.user is not None and relay.password is None:
        _refuse("it has a user and no password")
    if relay.user is not None and clear and not is_loopback(relay.host):
        _refuse("a password is never sent in clear", "Write smtp+starttls:// or smtps://.")
    if relay.key_file and not relay.certificate_file:
        _refuse("key=FILE needs cert=FILE")
    if clear and (relay.authority_file or relay.certificate_file):
        _refuse("certificates need smtp+starttls:// or smtps://")


def _refuse(cause: str, remedy: str = _EXAMPLE) -> NoReturn:
    raise DeliveryError(VARIABLE, cause, remedy)
