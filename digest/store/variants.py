"""Variants in the database, for what handles many of them at once."""

from __future__ import annotations

from collections.abc import Iterable

from digest.editions.content import VariantContent
from digest.store.sqlite import AnyConnection, driver

__all__ = ["insert_variant", "read_contents"]

_INSERT = (
    "INSERT INTO variant (edition_id, hash, content, language, form, message_hash) VALUES (?, ?, ?, ?, ?, ?) RETURNING id"
)


def insert_variant(connection: AnyConnection, edition: str, content: VariantContent, message_hash: str) -> int:
    """Store a variant of an edition; its number."""
    values = (edition, content.hash, content.text, content.language, content.form, message_hash)
    return int(driver(connection).execute(_INSERT, values).fetchone()[0])


def read_contents(connection: AnyConnection, numbers: Iterable[int]) -> dict[int, VariantContent]:
    """What the variants of these numbers carry."""
    query, plain = "SELECT content FROM variant WHERE id = ?", driver(connection)
    return {number: VariantContent.parse(plain.execute(query, (number,)).fetchone()[0]) for number in numbers}
