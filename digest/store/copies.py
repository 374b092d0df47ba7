"""The copies that one reader was to get, as the ledger has them."""

from __future__ import annotations

from typing import Literal

from digest.editions.content import VariantContent
from digest.editions.explaining import Copy
from digest.store.releases import from_seconds
from digest.store.sqlite import AnyConnection, driver

__all__ = ["read_copies"]

_COPIES = """
    SELECT d.edition_id, e.state, d.state, coalesce(d.outcome_at, d.next_at), d.code, d.reply, d.unknown_count, v.content
    FROM delivery d JOIN edition e ON e.id = d.edition_id JOIN variant v ON v.id = d.variant_id
    WHERE d.subscription_id = ? AND (d.epoch = ? OR d.state = 'sent') ORDER BY d.id DESC
"""
"""Of what was on its way before somebody left and came back, only what arrived says anything about now."""


def read_copies(connection: AnyConnection, subscription: int, epoch: int, item: str) -> list[Copy]:
    """The deliveries to a subscription that hold an item, the newest first, as far as they are still kept one by one."""
    rows = driver(connection).execute(_COPIES, (subscription, epoch)).fetchall()
    found = []
    for name, edition_state, state, at, code, reply, unknown_count, text in rows:
        part = _find_part(VariantContent.parse(text), item)
        if part is not None:
            found.append(Copy(name, edition_state, state, from_seconds(at), code, reply or "", unknown_count, part))
    return found


def _find_part(content: VariantContent, item: str) -> Literal["new", "corrected", "withdrawn"] | None:
    if any(carried.item == item for carried in content.new):
        return "new"
    if any(name == item for name, _ in content.corrected):
        return "corrected"
    return "withdrawn" if item in content.withdrawn else None
