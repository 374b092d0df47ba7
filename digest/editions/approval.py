"""What an approval signs: a manifest of everything that decides what readers get, and one SHA-256 over it.

The manifest names each piece (the page in each language and form as rendered, each item version, the order, subject, sender,
audience rule, moment and earliest moment, templates and settings) with its own hash, so that a refusal can say what changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

__all__ = ["build_hash", "describe_changes", "hash_value", "sign"]


def hash_value(value: Any) -> str:
    """The SHA-256 (hexadecimal) of a plain value as canonical JSON, or of bytes as they are."""
    if not isinstance(value, bytes):
        value = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return hashlib.sha256(value).hexdigest()


def build_hash(manifest: Mapping[str, str]) -> str:
    """The hash that an approval stands for."""
    return hash_value(dict(manifest))


def sign(parts: Mapping[str, Any]) -> dict[str, str]:
    """A manifest of plain values: each part's name with the hash of its value."""
    return {name: hash_value(value) for name, value in sorted(parts.items())}


def describe_changes(approved: Mapping[str, str], present: Mapping[str, str]) -> tuple[str, ...]:
    """What differs between what was approved and what there is now, in words; nothing when they are equal.

    The rendered pages differ whenever something else does, so they are named only when nothing else was found.
    """
    changed = []
    for name in sorted(approved.keys() | present.keys()):
        if approved.get(name) == present.get(name):
            continue
        how = "is new" if name not in approved else "is gone" if name not in present else "has changed"
        changed.append(f"{name} {how}")
    causes = tuple(change for change in changed if not change.startswith("page "))
    return causes or tuple(changed)
