"""Which way letters go: through the relays that DIGEST_SMTP_URL names, or into the local outbox. Pure.

    smtp://127.0.0.1:25                            a relay on this machine, in clear
    smtp+starttls://user:password@host:587         STARTTLS required, certificate verified
    smtps://user:password@host:465                 TLS from the first byte, certificate verified

Several of them stand with blanks or line ends between them, the preferred one first. Options follow as `?ca=FILE` (a
certificate authority of your own), `cert=FILE` and `key=FILE` (a client certificate) and, for a relay in a network that you
trust, `tls=none`, without which smtp:// is refused for any host but this machine. `connections=`, `letters=` (for each
connection), `per_second=` and `per_hour=` are for this relay what the keys of `[delivery]` are for all.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NoReturn
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from digest.errors import DeliveryError, Problem
from digest.subscribers.addresses import is_reserved

__all__ = ["VARIABLE", "Encryption", "Outbox", "Relay", "Relays", "Way", "choose_way", "parse_smtp_url", "parse_smtp_urls"]

VARIABLE = "DIGEST_SMTP_URL"
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_FILES = frozenset({"ca", "cert", "key"})
_LIMITS = {"connections": range(1, 201), "letters": range(10**9), "per_second": range(10**9), "per_hour": range(10**9)}
_HOST = re.compile(r"(?!-)[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?")
_CODED = "is a special character in the password not %-coded?"
_EXAMPLE = "Write it like smtp+starttls://user:password@mail.example.org:587, with %-codes for special characters."


class Encryption(StrEnum):
    """How a connection is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


_ENCRYPTIONS = {"smtp": Encryption.NONE, "smtp+starttls": Encryption.STARTTLS, "smtps": Encryption.TLS}


@dataclass(frozen=True, slots=True)
class Relay:
    """A mail server that takes our letters. Its text form holds neither user nor password.

    `connections`, `letters` (for each connection, 0 = any number), `per_second` and `per_hour` (0 = no limit) are None where
    `[delivery]` says it.
    """

    host: str
    port: int
    encryption: Encryption
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    authority_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    connections: int | None = None
    letters: int | None = None
    per_second: int | None = None
    per_hour: int | None = None

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Relays:
    """One relay or more, the preferred one first; each of the others takes over when those before it fail."""

    chosen: tuple[Relay, ...]

    def __str__(self) -> str:
        return ", else ".join(map(str, self.chosen))


@dataclass(frozen=True, slots=True)
class Outbox:
    """Letters stay on this machine, as files of a Maildir."""


Way = Relays | Outbox
"""Where letters go."""


def choose_way(smtp_url: str, *, outbox: bool, domains: Iterable[str]) -> Way:
    """Where letters go.

    Args:
        smtp_url: the value of DIGEST_SMTP_URL, empty when there is none.
        outbox: `[delivery] outbox` or `send --outbox`; it wins over the relay.
        domains: of all addresses that are to be mailed; looked at only when neither a relay nor the outbox is named.

    Raises:
        DeliveryError: a URL does not fit, or there is none and some address is a real one.
    """
    if outbox:
        return Outbox()
    if smtp_url.strip():
        return parse_smtp_urls(smtp_url)
    if all(is_reserved(domain) for domain in domains):
        return Outbox()
    raise DeliveryError(
        "sending",
        "no relay is named and there are real addresses to be mailed",
        f"Set {VARIABLE} to your mail server, or keep the letters on this machine with --outbox.",
    )


def parse_smtp_urls(text: str) -> Relays:
    """The relays that one URL or several name, with blanks or line ends between them.

    Raises:
        DeliveryError: some of them do not fit; all faults at once, and never a password.
    """
    words = text.split()
    readings = [_read(word) for word in words]
    relays = tuple(relay for relay, _ in readings if relay is not None)
    problems = [
        Problem(VARIABLE, 0, f"URL {number}", f"{fault.cause}. {fault.remedy}")
        for number, (_, faults) in enumerate(readings, 1)
        for fault in faults
    ]
    if len(words) == 1 and problems:
        _refuse(readings[0][1])
    twice = {str(relay) for relay in relays if list(map(str, relays)).count(str(relay)) > 1}
    problems += [Problem(VARIABLE, 0, f"{name} is named twice", "name each relay once") for name in sorted(twice)]
    if problems or not relays:
        cause = f"{len(problems)} things do not fit in its {len(words)} URLs" if words else "it names no relay"
        raise DeliveryError(VARIABLE, cause, "Mend them:" if words else _EXAMPLE, tuple(problems))
    return Relays(relays)


def parse_smtp_url(text: str) -> Relay:
    """The relay that a single URL names.

    Raises:
        DeliveryError: it is no such URL, or would send letters or a password in clear. The message never holds the password.
    """
    relay, faults = _read(text)
    if relay is None:
        _refuse(faults)
    return relay


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name or number (RFC 6761 section 6.3, RFC 1122, RFC 4291)."""
    if host.lower().removesuffix(".").split(".")[-1] == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is wrong with a URL, without a full stop, and what to do."""

    cause: str
    remedy: str = _EXAMPLE


def _read(text: str) -> tuple[Relay | None, list[_Fault]]:
    """The relay that a URL names, or all that is wrong with it; how it is built comes first, and hides the rest."""
    parts = _split(text)
    if isinstance(parts, _Fault):
        return None, [parts]
    options = _read_options(parts.query)
    if isinstance(options, _Fault):
        return None, [options]
    limits, faults = _read_limits(options)
    relay = Relay(
        host=parts.hostname or "",
        port=parts.port or _PORTS[parts.scheme],
        encryption=_ENCRYPTIONS[parts.scheme],
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        authority_file=options.get("ca"),
        certificate_file=options.get("cert"),
        key_file=options.get("key"),
        **limits,
    )
    faults += [fault for holds, fault in _list_contradictions(relay, options.get("tls")) if holds]
    return (None, faults) if faults else (relay, [])


def _split(text: str) -> SplitResult | _Fault:
    if any(ord(c) <= 32 or ord(c) == 127 for c in text):
        return _Fault("it holds a blank or a control character")
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return _Fault("it cannot be read as a URL")
    if parts.scheme not in _PORTS:
        return _Fault("it does not start with smtp://, smtp+starttls:// or smtps://")
    if not host:
        return _Fault("it names no host")
    if ":" not in host and not _HOST.fullmatch(host):
        return _Fault(f"the host is not a name or number of a machine; {_CODED}")
    if parts.path not in ("", "/") or parts.fragment:
        return _Fault(f"something follows the host and port; {_CODED}")
    try:
        has_port = parts.port != 0
    except ValueError:
        has_port = False
    return parts if has_port else _Fault(f"the port is not a number from 1 to 65535; {_CODED}")


def _read_options(query: str) -> dict[str, str] | _Fault:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        return _Fault(f"what follows the question mark cannot be read; {_CODED}")
    options = dict(pairs)
    if set(options) - _FILES - set(_LIMITS) - {"tls"} or len(options) < len(pairs) or not all(options.values()):
        return _Fault(
            "the options after the question mark are ca=FILE, cert=FILE, key=FILE, tls=none, connections=, letters=, "
            "per_second= and per_hour=, each once"
        )
    return options


def _read_limits(options: dict[str, str]) -> tuple[dict[str, int], list[_Fault]]:
    limits, faults = {}, []
    for name, allowed in _LIMITS.items():
        text = options.get(name, "")
        if text and not (re.fullmatch("[0-9]{1,9}", text) and int(text) in allowed):
            faults.append(_Fault(f"{name}= takes a number from {allowed[0]} to {allowed[-1]}", "Mend it, or leave it out."))
        elif text:
            limits[name] = int(text)
    return limits, faults


def _list_contradictions(relay: Relay, tls: str | None) -> Iterable[tuple[bool, _Fault]]:
    clear, here = relay.encryption is Encryption.NONE, is_loopback(relay.host)
    tls_fits = tls is None or (tls == "none" and clear)
    yield not tls_fits, _Fault("tls=none belongs to smtp:// alone and is the only value of tls")
    yield (
        clear and not here and tls is None,
        _Fault(
            "smtp:// would send letters to another machine in clear",
            "Write smtp+starttls:// or smtps://; or, in a network that you trust, add ?tls=none.",
        ),
    )
    yield relay.user is None and relay.password is not None, _Fault("it has a password and no user")
    yield relay.user is not None and relay.password is None, _Fault("it has a user and no password")
    yield (
        relay.user is not None and relay.password is not None and clear and not here,
        _Fault("a password is never sent in clear", "Write smtp+starttls:// or smtps://."),
    )
    yield bool(relay.key_file and not relay.certificate_file), _Fault("key=FILE needs cert=FILE")
    yield (
        bool(clear and (relay.authority_file or relay.certificate_file)),
        _Fault("certificates need smtp+starttls:// or smtps://"),
    )


def _refuse(faults: Sequence[_Fault]) -> NoReturn:
    if len(faults) == 1:
        raise DeliveryError(VARIABLE, faults[0].cause, faults[0].remedy)
    problems = tuple(Problem(VARIABLE, 0, "", f"{fault.cause}. {fault.remedy}") for fault in faults)
    raise DeliveryError(VARIABLE, f"{len(faults)} things do not fit in it", "Mend them:", problems)
