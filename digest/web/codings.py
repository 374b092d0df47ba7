"""Content codings: which one a reader prefers (RFC 9110 section 12.5.3), and the coding itself."""

from __future__ import annotations

import gzip
import re
from functools import lru_cache
from typing import Literal

__all__ = ["CODINGS", "Coding", "choose_coding", "encode"]

Coding = Literal["br", "gzip", "identity"]
CODINGS: tuple[Coding, ...] = ("br", "gzip", "identity")
"""All that are offered, the smallest first; it decides between codings that a reader likes equally."""

_MEMBER = re.compile(r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:;\s*[qQ]\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*)?")
_LONGEST = 300
_BROTLI_QUALITY = _GZIP_LEVEL = 6


@lru_cache(maxsize=512)
def choose_coding(accept_encoding: bytes | None) -> Coding:
    """The coding to answer with: of those that the reader accepts the one it likes best.

    Without the field, and where it excludes everything that is offered, the answer is sent as it is. A name that is not
    listed has the weight of `*`; `identity` is accepted unless it is excluded, but never liked better than what is listed.
    """
    if accept_encoding is None or len(accept_encoding) > _LONGEST:
        return "identity"
    weights = _read_weights(accept_encoding.decode("latin-1"))
    rest = weights.get("*", 0.0)
    liked = {coding: weights.get(coding, rest) for coding in CODINGS}
    if "identity" not in weights and "*" not in weights:
        liked["identity"] = 0.0001  # acceptable, and behind whatever was named
    best = max(CODINGS, key=lambda coding: liked[coding])
    return best if liked[best] > 0 else "identity"


def _read_weights(text: str) -> dict[str, float]:
    """Each listed coding's weight; a member that cannot be read does not count, of one listed twice the first does."""
    weights: dict[str, float] = {}
    for member in text.split(","):
        found = _MEMBER.fullmatch(member)
        if found:
            name = found[1].lower()
            weights.setdefault("gzip" if name == "x-gzip" else name, float(found[2] or 1))
    return weights


def encode(body: bytes, coding: Coding) -> bytes:
    """The body in that coding; equal bodies give equal bytes."""
    if coding == "br":
        import brotli

        return bytes(brotli.compress(body, mode=brotli.MODE_TEXT, quality=_BROTLI_QUALITY))
    return gzip.compress(body, _GZIP_LEVEL, mtime=0) if coding == "gzip" else body
