"""From the path of a request to a file of the public site; everything that could lead elsewhere leads nowhere."""

from __future__ import annotations

import re

__all__ = ["FEED", "find_file", "find_folder"]

FEED = re.compile(r"feeds/(?P<name>[^/]+)\.(?P<form>atom|rss|json|html)")
"""A feed's document, or its page for people, by its path below public/."""

_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\\ufffd]|(?:^|/)\.(?!well-known/)|(?<=.)/\.|//")
"""Control characters, backslashes, bytes that were no UTF-8, names with a leading dot, empty steps.

Of all names with a leading dot only `.well-known` at the top is served (RFC 8615).
"""
_LONGEST = 1000


def find_file(path: str) -> str | None:
    """The file that a request's path (decoded, with its leading slash) means, below public/; None for what can mean none.

    An address that ends with a slash means the `index.html` of that folder.
    """
    below = path[1:]
    if not path.startswith("/") or len(path) > _LONGEST or _UNSAFE.search(below) or below.startswith("/"):
        return None
    return f"{below}index.html" if not below or below.endswith("/") else below


def find_folder(file: str) -> str | None:
    """The index of the folder that a file's path would mean with a slash at its end; None where it has one already."""
    return f"{file}/index.html" if file and file.rpartition("/")[2] != "index.html" else None
