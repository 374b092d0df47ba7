"""What an address is: one judgement of what people type, one form to compare by, one way to keep it out of logs.

Plain ASCII addresses, nearly all there are, are judged by one pattern that accepts less than email-validator and agrees
with it on everything it accepts; the rest goes to email-validator itself. Nothing is looked up in the DNS.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from digest.errors import SubscriberError

__all__ = ["ADDRESS_OCTETS", "LOCAL_OCTETS", "Address", "is_reserved", "lookup_form", "parse_address", "redact"]

ADDRESS_OCTETS = 254
"""The longest address: RFC 5321 section 4.5.3.1.3, less the two angle brackets."""

LOCAL_OCTETS = 64
"""The longest part before the @-sign: RFC 5321 section 4.5.3.1.1."""

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"(?!..--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LAST_LABEL = r"(?!..--)(?:[A-Za-z0-9][A-Za-z0-9-]{0,61})?[A-Za-z]"
_PLAIN = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@((?:{_LABEL}\.)+{_LAST_LABEL})")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

# RFC 2142: these mailboxes mean the same in any case, so their one form is lower case.
_ROLES = frozenset({
    "abuse", "ftp", "hostmaster", "info", "marketing", "news", "noc", "postmaster", "sales", "security", "support", "usenet",
    "uucp", "webmaster", "www",
})  # fmt: skip
_NOT_FOR_MAIL = (".arpa", ".local", ".onion")
_RESERVED_LAST = frozenset({"example", "test", "invalid", "localhost"})
_RESERVED_SECOND = frozenset({"example.com", "example.net", "example.org"})

_QUOTED_LOCAL = re.compile(r'"[^"]*"@')
_SPACED_AT = re.compile(r"[ \t]{0,3}@[ \t]{0,3}")
_PIECE = re.compile(r"""[^\s<>()\[\],;:"]+""")
_AT_SIGN = re.compile(r"[@＠﹫]|[%=+]40")


@dataclass(frozen=True, slots=True)
class Address:
    """An address that can be mailed.

    Its `repr` hides it, so that it cannot reach a log by accident.
    """

    address: str = field(repr=False)
    """The one form that is sealed and mailed: as it was typed before the @-sign, then the domain in lower case and ASCII."""
    domain: str = field(repr=False)
    """The domain alone, in lower case, internationalised names as A-labels (RFC 5890)."""
    needs_smtputf8: bool = False
    """Whether only a relay that offers SMTPUTF8 (RFC 6531) can take it: the part before the @-sign is not ASCII."""


def parse_address(text: str) -> Address:
    """The address in what somebody typed; blanks around it are dropped.

    Domains reserved for tests and examples are addresses too; see `is_reserved`.

    Raises:
        SubscriberError: it cannot be mailed. The message never holds the address.
    """
    text = text.strip(" ")
    if _CONTROL.search(text):
        raise _refusal("it holds a line break or another control character")
    if len(text) > ADDRESS_OCTETS or len(text.encode()) > ADDRESS_OCTETS:
        raise _refusal(f"it is longer than {ADDRESS_OCTETS} octets")
    return _parse_plain(text) or _parse_any(text)


def _parse_plain(text: str) -> Address | None:
    found = _PLAIN.fullmatch(text)
    if not found:
        return None
    local, domain = found[1], found[2].lower()
    if len(local) > LOCAL_OCTETS or domain.endswith(_NOT_FOR_MAIL):
        return None
    if local.lower() in _ROLES:
        local = local.lower()
    return Address(f"{local}@{domain}", domain)


def _parse_any(text: str) -> Address:
    from email_validator import EmailNotValidError, validate_email

    local, at, rest = text.rpartition("@")
    head, dot, last = rest.rpartition(".")
    reserved = bool(at) and last.lower() in _RESERVED_LAST
    # email-validator refuses most reserved names; the name `example`, which it takes, stands in for them.
    asked = f"{local}@{head}{dot or 'stand-in.'}example" if reserved else text
    try:
        found = validate_email(asked, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise _refusal(_plain_cause(str(error))) from None
    domain = found.ascii_domain
    if reserved:
        domain = (domain.removesuffix("example") if dot else "") + last.lower()
    if len(found.local_part.encode()) > LOCAL_OCTETS:
        raise _refusal(f"the part before the @-sign is longer than {LOCAL_OCTETS} octets")
    address = f"{found.local_part}@{domain}"
    if len(address.encode()) > ADDRESS_OCTETS:
        raise _refusal(f"it is longer than {ADDRESS_OCTETS} octets")
    return Address(address, domain, not found.local_part.isascii())


def _plain_cause(message: str) -> str:
    # What follows in parentheses may quote a part of the address, unless it starts with a count.
    cause = re.sub(r" \((?!\d).*\)", "", message).strip().removesuffix(".")
    return cause[:1].lower() + cause[1:]


def _refusal(cause: str) -> SubscriberError:
    return SubscriberError("address", cause, "Write one address alone, such as reader@example.org.")


def lookup_form(address: str) -> str:
    """The form under which an address is compared and hashed: two spellings with one lookup form are one reader.

    The part before the @-sign is case-folded too (in canonical caseless form, Unicode section 3.13, when it is not ASCII).
    What is derived from it is stored for good, so this rule cannot change.
    """
    local, at, domain = address.rpartition("@")
    if local.isascii():
        return f"{local.lower()}{at}{domain.lower()}"
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFD", local).casefold())
    return f"{folded}{at}{domain.lower()}"


def is_reserved(domain: str) -> bool:
    """Whether no real mail can ever reach that domain: RFC 2606 sections 2 and 3, RFC 6761 section 6, and all below them."""
    labels = domain.lower().removesuffix(".").split(".")
    return labels[-1] in _RESERVED_LAST or ".".join(labels[-2:]) in _RESERVED_SECOND


def redact(text: str, address: str = "") -> str:
    """The text with `<address>` in place of all that looks like an address: for logs and for what relays answer.

    Quoted, encoded (`%40`, `=40`, `+40`) and internationalised ones are found too; rather too much goes than too little.

    Args:
        text: what a relay said, or another text from outside.
        address: the reader it is about; replies often name the part before the @-sign or the domain alone, so those go too.
    """
    if _AT_SIGN.search(text):
        text = _SPACED_AT.sub("@", _QUOTED_LOCAL.sub("x@", text))
        text = _PIECE.sub(lambda piece: "<address>" if _AT_SIGN.search(piece[0]) else piece[0], text)
    local, _, domain = address.rpartition("@")
    if domain and domain.casefold() in text.casefold():
        text = re.sub(rf"(?<!\w){re.escape(domain)}(?!\w)", "<domain>", text, flags=re.IGNORECASE)
    if local and local.casefold() in text.casefold():  # hardly ever, and a pattern costs more than all the rest of a letter
        text = re.sub(rf"(?<!\w){re.escape(local)}(?!\w)", "<address>", text, flags=re.IGNORECASE)
    return text.replace("<<address>>", "<address>")
