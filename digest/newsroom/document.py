"""A file of the public site before it is made: where it goes, what it depends on, and how it is rendered.

Whoever builds outputs (feeds, pages, photos) hands them over as documents in groups. A document's key is a fingerprint of
all that its bytes follow from, so that an output whose facts have not changed need not be rendered again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

__all__ = ["Document", "Group", "fingerprint"]


@dataclass(frozen=True, slots=True)
class Document:
    """One file below public/.

    `path` has no leading slash; `key` is a fingerprint: with an equal key the bytes are equal too; `render` makes the bytes
    and may raise a DigestError. A server answers with `status`: 200, 410 for the notice of what was taken back (RFC 9110
    section 15.5.11), or 301 to the address `location`; on a static host the bytes alone say so.
    """

    path: str
    key: str
    render: Callable[[], bytes]
    status: int = 200
    location: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Documents that change together, such as the items of a month: with an equal key none of them has changed.

    `list` gives all documents of the group; no path is in two groups.
    """

    name: str
    key: str
    list: Callable[[], Iterable[Document]]


def fingerprint(*facts: object) -> str:
    """32 hexadecimal digits for plain values (texts, numbers, None, tuples of them): equal facts, equal digits."""
    return hashlib.blake2b(repr(facts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
