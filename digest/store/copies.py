"""The copies that one reader was to get, as the ledger has them."""

from __future__ import annotations

from digest.editions.content import VariantContent
from digest.editions.explaining import Copy
from digest.store.releases import from_seconds
from digest.store.sqlite import AnyConnection, driver

__all__ = ["read_copies"]

_COPIES = """
    SELECT d.edition_id, e.state, d.state, coalesce(d.outcome_at, d.next_at), d.code, d.reply, d.unknown_count, v.content
    FROM delivery d JOIN edition e ON e.id = d.edition_id JOIN variant v ON v.id = d.variant_id
    WHERE d.subscription_id = ? AND d.epoch = ? ORDER BY d.id DESC
"""


def read_copies(connection: AnyConnection, subscription: int, epoch: int, item: str) -> list[Copy]:
    """The deliveries to a subscription that hold an item, the newest first, as far as they are still kept one by one."""
    rows = driver(connection).execute(_COPIES, (subscription, epoch)).fetchall()
    return [
        Copy(name, edition_state, state, from_seconds(at), code, reply or "", unknown_count)
        for name, edition_state, state, at, code, reply, unknown_count, content in rows
        if item in VariantContent.parse(content).selection.items
    ]
