"""The newsroom as it would be if everything in items/ were public, and an edition of it: made up, for looking at only.

Every item counts as released at its own moment, whether that has come or not, so a letter can be looked at before an embargo
ends. An edition's moment is that of the newest item: a letter looks the same tomorrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from digest.desk.previewing.choosing import Choice, list_topics
from digest.editions.content import VariantContent, build_content
from digest.editions.edition import Choices, Edition
from digest.editions.facts import EVERYTHING, LogEvent, build_facts, build_roots
from digest.editions.periods import edition_id, period_at
from digest.editions.selection import Rule, Selection, build_candidates, select
from digest.items.model import Content, Correction, Withdrawal
from digest.newsroom.log import ALL_TOPICS, Event, EventType, build_line
from digest.newsroom.public import Newsroom, build_newsroom
from digest.newsroom.releasing import entry_id
from digest.newsroom.topics import reach_topics
from digest.settings import Settings

__all__ = ["Imagined", "Material", "imagine_edition"]

MANY = 60
_FEW = 3
_NOTE = "An example: an earlier version gave the wrong day for the hearing. It is the fifteenth."
_REASON = "An example: the person on whose account it rested has asked us to take it back."


@dataclass(frozen=True, slots=True)
class Material:
    """One item file as the made-up newsroom takes it: `at` is the moment from which it may be public."""

    content: Content
    at: datetime
    file: str
    is_draft: bool = False


@dataclass(frozen=True, slots=True)
class Imagined:
    """A made-up edition: the newsroom it draws on, and what it carries to the reader that was chosen."""

    edition: Edition
    newsroom: Newsroom
    content: VariantContent


def imagine_edition(materials: Sequence[Material], choice: Choice, settings: Settings, now: datetime) -> Imagined:
    """What the reader that was chosen would get.

    Args:
        materials: the items; without any the edition is empty, and of this moment.
        now: the moment of an edition without items.
    """
    chosen = [one for one in materials if choice.drafts or not one.is_draft]
    if choice.carries == str(MANY):
        chosen = _repeat(chosen, MANY)
    if choice.carries in ("mixed", "notices"):
        chosen = [*chosen, *_example_notices(chosen)]
    moment = max((one.at for one in chosen), default=now)
    events = _build_events(chosen, settings, moment)
    newsroom = build_newsroom(events)
    edition = _build_edition(choice, settings, moment, newsroom.end)
    return Imagined(edition, newsroom, _build_content(events, newsroom, edition, choice, settings))


def _repeat(materials: Sequence[Material], wanted: int) -> list[Material]:
    """The items again and again under further ids, each with its translations, until there are so many."""
    root_count = len({one.content.root for one in materials if one.content.withdrawn is None})
    rounds = -(-wanted // root_count) if root_count else 0
    return [_rename(one, f"-{number}") if number else one for number in range(rounds) for one in materials]


def _rename(material: Material, ending: str) -> Material:
    content = material.content
    root = content.translation_of and f"{content.translation_of}{ending}"
    return _change(material, id=f"{content.id}{ending}", translation_of=root)


def _change(material: Material, **changes: Any) -> Material:
    return replace(material, content=Content.model_validate({**material.content.model_dump(), **changes}))


def _example_notices(materials: Sequence[Material]) -> list[Material]:
    """A correction and a withdrawal made from the newest items, each if no item has one."""
    sound = sorted((one for one in materials if one.content.withdrawn is None), key=_moment, reverse=True)
    found = []
    if sound and not any(one.content.corrections for one in materials):
        day = sound[0].content.date
        found.append(_change(_rename(sound[-1], "-corrected"), corrections=(Correction(date=day, note=_NOTE),)))
    if sound and not any(one.content.withdrawn for one in materials):
        day = sound[0].content.date
        found.append(_change(_rename(sound[-2:][0], "-withdrawn"), withdrawn=Withdrawal(date=day, reason=_REASON)))
    return found


def _moment(material: Material) -> tuple[datetime, str]:
    return material.at, material.content.id


def _build_events(materials: Iterable[Material], settings: Settings, moment: datetime) -> list[Event]:
    """A release log: every item released at its moment, then corrections and withdrawals at that of the edition."""
    releases, changes = [], []
    for one in sorted(materials, key=_moment):
        release = _release(one, settings)
        releases.append(release)
        content = one.content
        changed = replace(release, at=moment, updated_at=moment, entered=(), corrections=len(content.corrections))
        changes += [replace(changed, type=EventType.CORRECTED) for _ in content.corrections]
        if content.withdrawn is not None:
            changes.append(replace(changed, type=EventType.WITHDRAWN))
    return [replace(event, number=number) for number, event in enumerate([*releases, *changes], 1)]


def _release(material: Material, settings: Settings) -> Event:
    content = material.content
    return Event(
        type=EventType.RELEASED,
        item=content.id,
        at=material.at,
        entry_id=entry_id(content.id, settings.newsroom.tag_authority),
        content=content,
        published_at=material.at,
        updated_at=material.at,
        entered=(ALL_TOPICS, *reach_topics(content.topics, settings)),
        photo=content.photo.src if content.photo and not content.photo.is_remote else None,
    )


def _build_edition(choice: Choice, settings: Settings, moment: datetime, horizon: int) -> Edition:
    slot = settings.lists[choice.list_id].schedule.get(choice.rhythm)
    period = period_at(moment, choice.rhythm, slot, settings.zone)
    if choice.rhythm == "at-once":
        period = f"{period}-1"
    return Edition(
        id=edition_id(choice.list_id, choice.rhythm, period, part=1),
        list_id=choice.list_id,
        rhythm=choice.rhythm,
        period=period,
        moment=moment,
        horizon=horizon,
        changed_by="preview",
        changed_what="prepared",
        changed_at=moment,
    )


def _build_content(
    events: Sequence[Event], newsroom: Newsroom, edition: Edition, choice: Choice, settings: Settings
) -> VariantContent:
    log = [_build_log_event(event, settings) for event in events]
    facts = build_facts(log, edition.horizon)
    rule = Rule(
        moment=edition.moment,
        max_age=edition.moment - min((event.at for event in log), default=edition.moment) + timedelta(days=1),
        excluded=frozenset(),
        barred=frozenset(),
        urgent_only=False,
        newsroom_language=settings.newsroom.language,
    )
    interest = {choice.topic or EVERYTHING: 0}
    candidates = build_candidates(facts, build_roots(log), rule)
    told = dict.fromkeys(candidates.revised, 0) if choice.carries in ("mixed", "notices") else {}
    selection = _cut(select(candidates, interest, choice.language, told, frozenset()), choice, newsroom)
    return build_content(
        selection, facts, interest, newsroom.ranks, list_topics(settings), Choices(), choice.language, choice.form
    )


def _cut(selection: Selection, choice: Choice, newsroom: Newsroom) -> Selection:
    """So many of the newest items as were asked for."""
    limit = {"notices": 0, "mixed": _FEW}.get(choice.carries, int(choice.carries) if choice.carries.isdigit() else None)
    newest = sorted(selection.new, key=lambda pair: newsroom.ranks[pair[0]])
    return replace(selection, new=tuple(newest[:limit]))


def _build_log_event(event: Event, settings: Settings) -> LogEvent:
    line = build_line(event)
    return LogEvent(
        number=event.number,
        type=event.type.value,
        item=event.item,
        root=line.root,
        language=line.language,
        topics=reach_topics(event.content.topics, settings),
        entered=event.entered,
        at=event.at,
        urgent=bool(line.urgent),
        backfill=False,
    )
