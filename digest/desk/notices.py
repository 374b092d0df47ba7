"""Notices by mail to those who approve a list's editions: what waits for them, each told once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime

from digest.desk.letters import queue_single, read_recipient
from digest.desk.workplace import Workplace
from digest.errors import SubscriberError
from digest.mail.single import NoticeKind
from digest.mail.single_notices import fill_notice
from digest.settings import Mailbox
from digest.store.edition_rows import read_rhythm
from digest.store.letters import has_letter
from digest.store.sqlite import AnyConnection
from digest.subscribers.addresses import Address, redact

__all__ = ["notify_approvers"]


def notify_approvers(
    place: Workplace,
    connection: AnyConnection,
    list_id: str,
    kind: NoticeKind,
    *,
    occasion: str,
    edition: str = "",
    titles: Sequence[str] = (),
    at: datetime | None = None,
    count: int = 0,
    rhythm: str = "",
) -> int:
    """Queue one letter for each approver of a list, in the caller's transaction; how many there are.

    0 when all were told of this occasion before, or the list has no approvers, or is gone. An approver whose address cannot
    be mailed is left out.

    Args:
        connection: a transaction that writes.
        occasion: names what is told, such as an edition and what became of it; each approver is told of it once in 30 days.
        edition: the edition that it is about.
        titles: what is listed: titles of released items, never of embargoed ones; for approval-void what changed, for
            edition-paused why, from which what looks like an address is taken out.
        at: the moment that it is about, such as the one at which the edition is to leave.
        count: how many letters are held.
        rhythm: of the standing approval or missed slot; an edition's own is known.

    Raises:
        TemplateError: the notice cannot be made with the site's templates.
        SubscriberError: the keys are missing, or another site's.
    """
    chosen = place.site.settings.lists.get(list_id)
    if chosen is None or not chosen.approvers:
        return 0
    place.open_keys(connection)
    unaware = [
        (address, said)
        for address in _read_addresses(chosen.approvers)
        if not has_letter(connection, said := f"{occasion} {place.sealer.index(address.address).hex()[:16]}")
    ]
    if not unaware:
        return 0
    letter = fill_notice(
        kind,
        list_id,
        place.site.settings,
        edition=edition,
        rhythm=rhythm or read_rhythm(connection, edition),
        listed=[redact(line) for line in titles] if kind == "edition-paused" else titles,
        at=at,
        count=count,
    )
    queued = [queue_single(place, connection, letter, address, occasion=said) for address, said in unaware]
    return sum(number is not None for number in queued)


def _read_addresses(approvers: Iterable[Mailbox]) -> Iterator[Address]:
    """Their addresses, but for those that cannot be mailed."""
    for approver in approvers:
        with suppress(SubscriberError):
            yield read_recipient(approver.address)
