"""What a correction, withdrawal or refile does to editions that exist, in the transaction that logs it.

Drafts and approved editions that could carry the item become drafts with a new horizon. In open editions a correction or
withdrawal stops just the variants that hold the item; the readers concerned get a follow-up part, made here as a draft.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from digest.desk.planning import build_rule, find_overtaken, read_log
from digest.desk.workplace import Workplace
from digest.editions.edition import Edition, to_draft
from digest.editions.facts import LogEvent
from digest.editions.periods import edition_id
from digest.newsroom.log import EventType, Line
from digest.store.deliveries import stop_variants
from digest.store.editions import (
    find_edition,
    insert_edition,
    read_editions,
    read_finished_with_held,
    read_variants,
    write_edition,
)
from digest.store.journal import write_journal

__all__ = ["Stopped", "stop_for"]

_STOPPING = (EventType.CORRECTED, EventType.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Stopped:
    """What happened to one edition: returned to draft, or copies stopped and the part that will follow."""

    edition: str
    copies: int = 0
    part: str | None = None


def stop_for(place: Workplace, connection: Connection, lines: Sequence[Line], actor: str) -> list[Stopped]:
    """Apply new events to the editions that exist."""
    changes = [line for line in lines if line.type != EventType.RELEASED]
    if not changes:
        return []
    log = read_log(connection, place.site.settings)
    stopped = [_return(place, connection, edition, log, actor) for edition in read_editions(connection, "draft", "approved")]
    stopping = {line.item for line in changes if line.type in _STOPPING}
    if stopping:
        frozen = [*read_editions(connection, "frozen", "sending", "paused"), *read_finished_with_held(connection)]
        stopped += [_stop(place, connection, edition, stopping, log[-1], actor) for edition in frozen]
    return [one for one in stopped if one is not None]


def _return(
    place: Workplace, connection: Connection, edition: Edition, log: Sequence[LogEvent], actor: str
) -> Stopped | None:
    """The edition as a draft with a new horizon, if it could carry one of the items changed."""
    settings = place.site.settings
    if edition.list_id not in settings.lists:
        return None
    rule = build_rule(connection, settings, edition.list_id, edition.rhythm, edition.moment)
    overtaken = find_overtaken(log, edition.horizon, rule)
    if not overtaken:
        return None
    what = "; ".join(f"item {event.item} was {event.type}" for event in overtaken)
    write_edition(connection, replace(to_draft(edition), horizon=log[-1].number), actor, what, place.now)
    write_journal(connection, place.now, actor, "edition returned to draft", edition.id, place.via, why=what)
    return Stopped(edition.id)


def _stop(
    place: Workplace, connection: Connection, edition: Edition, items: set[str], newest: LogEvent, actor: str
) -> Stopped | None:
    """Stop the variants of an open edition that hold one of the items, and make the part for their readers."""
    holding = [
        variant.number
        for variant in read_variants(connection, edition.id)
        if not variant.stopped and not items.isdisjoint(variant.content.selection.items)
    ]
    if not holding:
        return None
    found = stop_variants(connection, edition.id, holding, place.now)
    copies = found.cancelled_count + found.inflight_count
    part = _make_part(place, connection, edition, newest, actor) if copies else None
    detail = {"items": sorted(items), "copies": copies, "part": part}
    write_journal(connection, place.now, actor, "copies stopped", edition.id, place.via, **detail)
    return Stopped(edition.id, copies, part)


def _make_part(place: Workplace, connection: Connection, edition: Edition, newest: LogEvent, actor: str) -> str:
    """A draft for the readers whose copy was stopped; one that is still a draft serves again."""
    present = find_edition(connection, edition.list_id, edition.rhythm, edition.period) or edition
    if present.state == "draft":
        return present.id
    part = present.part + 1
    new = Edition(
        id=edition_id(edition.list_id, edition.rhythm, edition.period, part),
        list_id=edition.list_id,
        rhythm=edition.rhythm,
        period=edition.period,
        part=part,
        extra=edition.extra,
        moment=max(edition.moment, newest.at),
        horizon=newest.number,
        choices=edition.choices,
        changed_by=actor,
        changed_what=f"made for readers whose copy of {edition.id} was stopped",
        changed_at=place.now,
        edited_by=edition.edited_by,
    )
    insert_edition(connection, new)
    return new.id
