"""The second factor: codes of six digits from an authenticator app, by RFC 6238 (HMAC-SHA1, steps of 30 seconds)."""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import b32encode
from datetime import datetime

import pyotp

__all__ = ["check_code", "new_key", "provisioning", "render_qr", "show_key"]

_STEP = 30
_KEY_OCTETS = 20  # RFC 4226 section 4, R6: 160 bits are recommended
_SHAPE = re.compile(r"[0-9]{6}")
_GROUP = 4


def new_key() -> bytes:
    """A fresh random key."""
    return secrets.token_bytes(_KEY_OCTETS)


def check_code(key: bytes, code: str, now: datetime, last_step: int | None) -> int | None:
    """The time step that a code is of; None when it is wrong, or counted before.

    The device's clock may be a step ahead or behind (RFC 6238 section 5.2). No code counts at or before the step of the last
    one that did: whoever saw one being typed cannot use it again.

    Args:
        code: as it was typed, blanks between its digits included.
        last_step: the step of the last code that counted; None when there was none.
    """
    digits = "".join(code.split())
    if not _SHAPE.fullmatch(digits):
        return None
    codes, present = pyotp.HOTP(_text(key)), int(now.timestamp()) // _STEP
    matching = [step for step in (present - 1, present, present + 1) if hmac.compare_digest(codes.at(step), digits)]
    step = max(matching, default=None)
    return step if step is not None and (last_step is None or step > last_step) else None


def provisioning(key: bytes, name: str, newsroom: str) -> str:
    """The otpauth address that an app reads from a picture."""
    return pyotp.TOTP(_text(key)).provisioning_uri(name=_plain(name), issuer_name=_plain(newsroom))


def show_key(key: bytes) -> str:
    """The key as a person types it who has no camera: base32 in groups of four."""
    text = _text(key)
    return " ".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def render_qr(uri: str) -> str:
    """An address as a QR code: SVG to stand in a page, dark on light, coloured by attributes, never by styles."""
    import segno

    picture = segno.make(uri, error="m", micro=False)
    return picture.svg_inline(scale=4, border=4, dark="#000", light="#fff", svgclass=None, lineclass=None, title="QR code")


def _text(key: bytes) -> str:
    return b32encode(key).decode().rstrip("=")


def _plain(text: str) -> str:
    """Without a colon, which in the label parts the issuer from the name."""
    return " ".join(text.replace(":", " ").split())
