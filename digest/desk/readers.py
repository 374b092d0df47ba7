"""Readers at the desk: import, list, remove, export. Addresses go in and out; nothing of them reaches journal or log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from digest.desk.authority import check_actor, require
from digest.desk.reader_import import ImportReport, import_readers, pick_list
from digest.desk.workplace import Workplace
from digest.errors import SubscriberError
from digest.staff.roles import Right
from digest.store.erasures import Farewell, note_word
from digest.store.journal import write_journal
from digest.store.readers import count_readers, find_readers, leave, read_readers, read_suppressed
from digest.subscribers.addresses import parse_address
from digest.subscribers.readers_file import ReaderRow, render_export
from digest.subscribers.subscriptions import Subscription

__all__ = [
    "ImportReport",
    "ReaderLine",
    "count",
    "export_readers",
    "import_readers",
    "list_readers",
    "pick_list",
    "remove_reader",
]


_UNREADABLE = "(cannot be read)"
"""Stands for an address that was damaged, or whose key is missing."""


@dataclass(frozen=True, slots=True)
class ReaderLine:
    """A subscription as staff with the right to see addresses see it; of one who left long ago the address is forgotten."""

    address: str
    subscription: Subscription
    is_suppressed: bool = False
    """Whether its address is never to be mailed, whatever the subscription says."""

    @property
    def is_mailed(self) -> bool:
        """Whether letters go to it, pauses aside."""
        return self.subscription.left_at is None and not self.is_suppressed


def list_readers(place: Workplace, list_id: str) -> list[ReaderLine]:
    """All subscriptions of a list with their addresses, those who left included.

    Raises:
        UsageError: there is no such list.
        SubscriberError: the keys are missing.
    """
    pick_list(place.site.settings, list_id)
    with place.store.reading() as connection:
        rows = list(read_readers(connection, list_id))
        suppressed = read_suppressed(connection, [row.address_hash for row in rows])
        return [
            ReaderLine(_show_address(place, row.sealed), row.subscription, row.address_hash in suppressed) for row in rows
        ]


def _show_address(place: Workplace, sealed: bytes) -> str:
    """The address, or why it cannot be shown: a damaged row must not hide all others."""
    if not sealed:
        return "(forgotten)"
    sealer = place.sealer
    try:
        return sealer.unseal(sealed)
    except SubscriberError:
        return _UNREADABLE


def export_readers(place: Workplace, list_id: str, *, actor: str) -> Iterator[str]:
    """The lines of a CSV file with all active readers of a list; `import_readers` reads it back. The journal names it.

    Whose address is never to be mailed is not among them: where the file is used next, nobody would know.

    Raises:
        UsageError: there is no such list.
        SubscriberError: the keys are missing, or some addresses cannot be read with them: nobody is left out unseen.
    """
    require(place, actor, Right.EXPORT)
    active = [line for line in list_readers(place, list_id) if line.is_mailed]
    if unreadable := sum(line.address == _UNREADABLE for line in active):
        cause = f"{unreadable} of its addresses cannot be read with the keys there are"
        raise SubscriberError(f"list {list_id}", cause, "What is missing: digest keys show. Whose: digest subscribers list")
    lines = [
        ReaderRow(
            parse_address(line.address), line.subscription.topics, line.subscription.language, line.subscription.rhythm
        )
        for line in active
    ]
    with place.store.writing() as connection:
        write_journal(connection, place.now, actor, "readers exported", f"list {list_id}", place.via, readers=len(lines))
    return render_export(lines)


def remove_reader(place: Workplace, list_id: str, address: str, *, actor: str) -> None:
    """End a subscription, as if the reader had left: nothing is sent from now on, and an import does not revive it.

    Raises:
        SubscriberError: it is no address, or the list has no such active reader.
    """
    hashed = place.sealer.index(parse_address(address).address)
    with place.store.writing() as connection:
        check_actor(place, connection, actor, Right.READERS)
        found = find_readers(connection, list_id, [hashed]).get(hashed)
        if found is None or found.subscription.left_at is not None:
            raise SubscriberError(
                f"list {list_id}",
                "it has no active reader of that address",
                "Look at: digest subscribers list --list " + list_id,
            )
        note_word(place.site.var, [Farewell(place.now, found.number)])
        leave(connection, found.number, place.now)
        detail = {"subscription": found.number}
        write_journal(connection, place.now, actor, "reader removed", f"list {list_id}", place.via, **detail)


def count(place: Workplace) -> dict[str, int]:
    """How many active readers each list of newsroom.toml has."""
    with place.store.reading() as connection:
        found = count_readers(connection)
    return {name: found.get(name, 0) for name in place.site.settings.lists}
