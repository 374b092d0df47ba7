"""Short names for addresses and files, made from titles."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Container
from datetime import date

from digest.items.fields import is_reserved

__all__ = ["SLUG_LIMIT", "name_file", "slug", "unique"]

SLUG_LIMIT = 60
_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "h", "ґ": "g", "д": "d", "е": "e", "є": "ie", "ё": "e", "ж": "zh", "з": "z", "и": "y",
    "і": "i", "ї": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t",
    "у": "u", "ў": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "",
    "э": "e", "ю": "iu", "я": "ia", "’": "", "ʼ": "",
}  # fmt: skip
_RUSSIAN_ONLY = frozenset("ёъыэ")
_OTHER_LATIN = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i"}


def slug(title: str, day: date) -> str:
    """A name of small letters, digits and hyphens, at most 60 characters, ending with a whole word.

    Accents are dropped and Cyrillic letters written in Latin ones (Ukrainian as in its passports, Russian with g and i). A
    title in another script, or one whose name is reserved, gives the day and a short hash.
    """
    small = unicodedata.normalize("NFC", title).lower()
    table = _CYRILLIC | _OTHER_LATIN
    if _RUSSIAN_ONLY & set(small):
        table |= {"г": "g", "и": "i"}
    latin = "".join(table.get(c, c) for c in small)
    plain = unicodedata.normalize("NFKD", latin).replace("'", "")
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    letters = sum(c.isalnum() for c in plain)
    known = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if letters == 0 or sum(c.isalnum() for c in known) * 2 < letters or is_reserved(known):
        return f"{day}-{hashlib.sha256(title.encode('utf-8', 'replace')).hexdigest()[:8]}"
    return _cut(known)


def _cut(name: str) -> str:
    if len(name) <= SLUG_LIMIT:
        return name
    head = name[: SLUG_LIMIT + 1].rpartition("-")[0]
    return head or name[:SLUG_LIMIT]


def unique(name: str, taken: Container[str]) -> str:
    """The name, or with the first number from 2 on that makes it differ from all taken ones."""
    number, chosen = 2, name
    while chosen in taken:
        chosen, number = f"{name}-{number}", number + 1
    return chosen


def name_file(day: str, name: str) -> str:
    """The file of an item: its day first, so that a folder is sorted by it, unless the id begins with it already."""
    return f"{name}.md" if name.startswith(day) else f"{day}-{name}.md"
