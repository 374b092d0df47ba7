"""Which events a publish appends to the release log: facts and now in, events and remarks out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal

from digest.errors import Problem
from digest.items.model import Content, Item
from digest.newsroom.log import ALL_TOPICS, Event, EventType
from digest.newsroom.public import Newsroom, Published
from digest.settings import Settings

__all__ = ["BACKFILL_AGE", "ReleasePlan", "entry_id", "plan_release"]

BACKFILL_AGE = timedelta(days=14)
"""An item older than this is history when it comes with the very first publish, and mailed to nobody."""


@dataclass(frozen=True, slots=True)
class ReleasePlan:
    """The events to append, oldest item first, and what staff should know about items that keep their published state."""

    events: tuple[Event, ...]
    remarks: tuple[Problem, ...]


def entry_id(item: str, tag_authority: str) -> str:
    """The tag: URI (RFC 4151) of an item, made once at its release and kept."""
    return f"tag:{tag_authority}:items/{item}"


def plan_release(
    items: Iterable[Item],
    newsroom: Newsroom,
    photos: Mapping[str, str],
    settings: Settings,
    now: datetime,
    *,
    backfill: bool = False,
    broken: Collection[str] = (),
) -> ReleasePlan:
    """Compare the item files with what is public and decide the events.

    Args:
        items: the valid item files.
        photos: the SHA-256 of each photo file by its `src`; a photo without one is published without picture.
        now: the moment of the publish.
        backfill: everything released now is history.
        broken: ids of released items whose files are at fault now; they keep their published state.
    """
    by_id = {item.id: item for item in items}
    gone = [entry for entry in newsroom if entry.id not in by_id and not entry.is_withdrawn]
    planner = _Planner(newsroom, photos, settings, now, backfill)
    planner.lost = {(entry.content.title, entry.content.date): entry.id for entry in gone if entry.id not in broken}
    events = [event for item in by_id.values() if (event := planner.plan(item)) is not None]
    events.sort(key=lambda event: (event.content.date_at, event.item))
    remarks = planner.remarks + [_gone(entry, broken) for entry in gone]
    return ReleasePlan(tuple(events), tuple(sorted(remarks)))


class _Planner:
    """One publish: the facts that every decision needs, and the remarks on the way."""

    def __init__(
        self, newsroom: Newsroom, photos: Mapping[str, str], settings: Settings, now: datetime, backfill: bool
    ) -> None:
        self.newsroom, self.photos, self.settings, self.now, self.backfill = newsroom, photos, settings, now, backfill
        self.remarks: list[Problem] = []
        self.lost: Mapping[tuple[str, date], str] = {}
        """The ids of the published items whose files are gone, by title and day."""

    def plan(self, item: Item) -> Event | None:
        present = self.newsroom.by_id.get(item.id)
        if present is None:
            return self._release(item) if item.is_due(self.now) and item.content.withdrawn is None else None
        return self._change(item, present)

    def _release(self, item: Item) -> Event | None:
        content = item.content
        if twin := self.lost.get((content.title, content.date)):
            text = (
                f"it has the title and day of the published item {twin}, whose file is gone; "
                f"write `id: {twin}` into it if it is that item, or change the title"
            )
            self._remark(item, "", text, "error")
            return None
        if self._waits(item, None):
            return None
        published = self._published_at(item)
        return Event(
            type=EventType.RELEASED,
            item=item.id,
            at=self.now,
            entry_id=entry_id(item.id, self.settings.newsroom.tag_authority),
            content=content,
            published_at=published,
            updated_at=max(published, content.updated_at or published),
            entered=(ALL_TOPICS, *content.topics),
            photo=self._photo(content),
            backfill=self.backfill or (self.newsroom.end == 0 and content.date_at < self.now - BACKFILL_AGE),
        )

    def _published_at(self, item: Item) -> datetime:
        """A bare date stands for the moment of release on that day, later for 00:00 of the day; a moment for itself."""
        content = item.content
        if content.precise:
            return item.due_at
        return self.now if self.now.astimezone(self.settings.zone).date() == content.date else content.date_at

    def _change(self, item: Item, present: Published) -> Event | None:
        content, before = item.content, present.content
        if item.status == "draft" or item.due_at > self.now:
            what = "is a draft again" if item.status == "draft" else "claims a later moment"
            self._remark(item, "", f"it is published but {what}; it keeps its published state. Undo that, or use: withdrawn")
            return None
        if present.is_withdrawn and content.withdrawn is None:
            self._remark(item, "withdrawn", "a withdrawal cannot be undone; publish it as a new item with a new id")
            return None
        photo = self._photo(content)
        if content.version == before.version and photo == present.event.photo:
            return None
        if self._waits(item, before):
            return None
        kind = _judge_change(content, before)
        if kind is not EventType.WITHDRAWN and len(content.corrections) < len(before.corrections):
            self._remark(item, "corrections", "a published correction was removed; its label is gone from the item")
        moved = kind in (EventType.CORRECTED, EventType.WITHDRAWN)
        return Event(
            type=kind,
            item=item.id,
            at=self.now,
            entry_id=present.entry_id,
            content=content,
            published_at=present.published_at,
            updated_at=self._updated_at(kind, content, present) if moved else present.updated_at,
            entered=tuple(topic for topic in content.topics if topic not in before.topics),
            corrections=present.event.corrections + (kind is EventType.CORRECTED),
            photo=photo,
            backfill=self.backfill,
        )

    def _updated_at(self, kind: EventType, content: Content, present: Published) -> datetime:
        """The moment that the file names if it moves forward and has come, else now; never back, never the same."""
        wanted = content.updated_at if kind is EventType.CORRECTED and content.updated_at else self.now
        if not present.updated_at < wanted <= self.now:
            wanted = self.now
        return max(wanted, present.updated_at + timedelta(seconds=1))

    def _photo(self, content: Content) -> str | None:
        return self.photos.get(content.photo.src) if content.photo and not content.photo.is_remote else None

    def _waits(self, item: Item, before: Content | None) -> bool:
        """Whether the file says something that holds only later; if so, a remark names what is dated furthest ahead."""
        ahead = list(_dated_ahead(item.content, before, self.now, self.settings.zone))
        if not ahead:
            return False
        when, field = max(ahead)
        until = "moment" if field == "updated" else "day"
        what = "is not published before" if before is None else "keeps its published state until"
        self._remark(item, field, f"it is dated ahead ({when}); the item {what} that {until}")
        return True

    def _remark(self, item: Item, field: str, text: str, severity: Literal["error", "warning"] = "warning") -> None:
        self.remarks.append(Problem(item.file, 0, field, text, severity))


def _judge_change(content: Content, before: Content) -> EventType:
    """A new corrections entry or a later `updated` makes a correction; everything else is a silent fix.

    What is withdrawn stays so: a change of its notice is one more withdrawal.
    """
    if content.withdrawn is not None:
        return EventType.WITHDRAWN
    moved = content.updated_at is not None and (before.updated_at is None or content.updated_at > before.updated_at)
    noted = len(content.corrections) > len(before.corrections)
    return EventType.CORRECTED if moved or noted else EventType.REFILED


def _dated_ahead(content: Content, before: Content | None, now: datetime, zone: tzinfo) -> Iterator[tuple[str, str]]:
    """The dates (ISO 8601, on the newsroom's clock) of changes that hold only later, each with its field.

    What is public already is left out, for nothing is gained by holding it back.
    """
    today, withdrawn, updated = now.astimezone(zone).date(), content.withdrawn, content.updated_at
    for place, correction in enumerate(content.corrections):
        if correction.date > today and (before is None or correction not in before.corrections):
            yield correction.date.isoformat(), f"corrections[{place}].date"
    if withdrawn is not None and withdrawn.date > today and (before is None or withdrawn != before.withdrawn):
        yield withdrawn.date.isoformat(), "withdrawn.date"
    if updated is not None and updated > now and (before is None or updated != before.updated_at):
        yield f"{updated.astimezone(zone):%Y-%m-%d %H:%M}", "updated"


def _gone(entry: Published, broken: Collection[str]) -> Problem:
    if entry.id in broken:
        text = "its file is at fault; the item keeps its published state until the file is mended"
    else:
        text = (
            "it is published but its file is gone; it keeps its published state. Restore the file, "
            f"write `id: {entry.id}` in the renamed file, or withdraw it with `withdrawn:` in the file"
        )
    return Problem(f"item {entry.id}", 0, "", text, "warning")
