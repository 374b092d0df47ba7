"""Which events a publish appends to the release log: facts and now in, events and remarks out.

Ten thousand items that have not changed cost next to nothing: an item's version is compared with the public one before
anything of its content is touched.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal

from digest.errors import Problem
from digest.items.model import Content, Item, Withdrawal
from digest.newsroom.log import ALL_TOPICS, ContentSource, Event, EventType, Line, build_event, build_line
from digest.newsroom.public import Newsroom, Published
from digest.newsroom.topics import reach_topics
from digest.settings import Settings

__all__ = ["BACKFILL_AGE", "ReleasePlan", "entry_id", "find_missed", "next_due", "plan_release", "plan_withdrawal"]

BACKFILL_AGE = timedelta(days=14)
"""An item older than this is history when it comes with the very first publish, and mailed to nobody."""


@dataclass(frozen=True, slots=True)
class ReleasePlan:
    """The lines to append to the log, oldest item first, and what staff should know about items that keep their state.

    The lines are numbered from the end of the newsroom that they were planned for; `contents` finds their contents, read
    again from the items, so that a plan of a hundred thousand events holds none.
    """

    lines: tuple[Line, ...]
    contents: ContentSource
    remarks: tuple[Problem, ...]

    @property
    def events(self) -> tuple[Event, ...]:
        """The events with their contents."""
        return tuple(build_event(line, self.contents(line.version)) for line in self.lines)


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
    only: Collection[str] | None = None,
    timed: bool = False,
) -> ReleasePlan:
    """Compare the item files with what is public and decide the events.

    Args:
        items: the valid item files.
        newsroom: what is public, up to the log's end.
        photos: the SHA-256 of each photo file by its `src`; a photo without one is published without picture.
        now: the moment of the publish.
        backfill: everything released now is history.
        broken: ids of released items whose files are at fault now; they keep their published state.
        only: ids of the items to publish; all others stay as they are, and nothing is said of them.
        timed: the clock asks for this, not a person: only what the passing of time alone has made due is released. What was
            edited after its moment had come, and every change of what is public, waits for a person.
    """
    by_id = {item.id: item for item in items}
    chosen = [item for item in by_id.values() if only is None or item.id in only]
    if timed:
        chosen = [item for item in chosen if _ripens(item, newsroom)]
    gone = [entry for entry in newsroom if entry.id not in by_id and not entry.is_withdrawn]
    lost = [entry for entry in gone if entry.id not in broken]
    planner = _Planner(newsroom, photos, settings, now, backfill, lost)
    planned = [
        (event.content.date_at, item.id, build_line(event), item)
        for item in chosen
        if (event := planner.plan(item)) is not None
    ]
    planned.sort(key=lambda one: one[:2])
    missed = [] if timed else [entry for entry in gone if only is None or entry.id in only]
    sources = {line.version: item for _, _, line, item in planned}
    return ReleasePlan(
        tuple(line._replace(number=number) for number, (_, _, line, _) in enumerate(planned, newsroom.end + 1)),
        lambda version: sources[version].content,
        tuple(sorted([*planner.remarks, *(_gone(entry, broken) for entry in missed)])),
    )


def plan_withdrawal(item: str, withdrawn: Withdrawal, now: datetime, newsroom: Newsroom) -> ReleasePlan:
    """Take back a public item without its file; nothing if it was withdrawn before.

    Raises:
        KeyError: the item is not public.
    """
    present = newsroom.by_id[item]
    if present.is_withdrawn:
        return ReleasePlan((), present.contents, ())
    content = Content.model_validate({**present.content.model_dump(), "withdrawn": withdrawn})
    event = Event(
        type=EventType.WITHDRAWN,
        item=item,
        at=now,
        entry_id=present.entry_id,
        content=content,
        published_at=present.published_at,
        updated_at=max(now, present.updated_at + timedelta(seconds=1)),
        corrections=present.corrections,
        photo=present.photo,
    )
    line = build_line(event)._replace(number=newsroom.end + 1)
    return ReleasePlan((line,), lambda _: content, ())


def next_due(items: Iterable[Item], newsroom: Newsroom, after: datetime) -> datetime | None:
    """The next moment after another at which a timed publish has something to release; None when nothing waits for one."""
    return min((item.due_at for item in items if _ripens(item, newsroom) and item.due_at > after), default=None)


def find_missed(items: Iterable[Item], newsroom: Newsroom, now: datetime) -> list[Item]:
    """Items whose embargo is over and that no timed publish releases: their files were saved after that moment."""
    return [
        item
        for item in items
        if item.embargo_at is not None and item.is_due(now) and item.id not in newsroom.by_id and not _ripens(item, newsroom)
    ]


def _ripens(item: Item, newsroom: Newsroom) -> bool:
    """Whether the passing of time alone releases it."""
    if item.status != "ready" or item.id in newsroom.by_id:
        return False
    return item.changed_at is None or item.changed_at <= item.due_at


class _Planner:
    """One publish: the facts that every decision needs, and the remarks on the way."""

    def __init__(
        self,
        newsroom: Newsroom,
        photos: Mapping[str, str],
        settings: Settings,
        now: datetime,
        backfill: bool,
        lost: Iterable[Published],
    ) -> None:
        self.newsroom, self.photos, self.settings, self.now, self.backfill = newsroom, photos, settings, now, backfill
        self.remarks: list[Problem] = []
        self.lost: dict[date, list[Published]] = {}
        """The published items whose files are gone, by their days."""
        for entry in lost:
            self.lost.setdefault(entry.day, []).append(entry)

    def plan(self, item: Item) -> Event | None:
        present = self.newsroom.by_id.get(item.id)
        if present is not None:
            return self._change(item, present)
        return self._release(item) if item.is_due(self.now) and item.content.withdrawn is None else None

    def _release(self, item: Item) -> Event | None:
        content = item.content
        if twin := self._find_twin(content):
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
            entered=(ALL_TOPICS, *reach_topics(content.topics, self.settings)),
            photo=self._photo(item),
            backfill=self.backfill or (self.newsroom.end == 0 and content.date_at < self.now - BACKFILL_AGE),
        )

    def _find_twin(self, content: Content) -> str | None:
        same_day = self.lost.get(content.date, ())
        return next((entry.id for entry in same_day if entry.content.title == content.title), None)

    def _published_at(self, item: Item) -> datetime:
        """A bare date stands for the moment of release on that day, later for 00:00 of the day; a moment for itself.

        Under an embargo nothing was published before its end, so neither says anything earlier.
        """
        content = item.content
        if content.precise:
            return item.due_at
        return self.now if self.now.astimezone(self.settings.zone).date() == content.date else item.due_at

    def _change(self, item: Item, present: Published) -> Event | None:
        if not item.is_due(self.now) and present.is_withdrawn:
            return None
        if not item.is_due(self.now):
            what = "is a draft again" if item.status == "draft" else "claims a later moment"
            self._remark(item, "", f"it is published but {what}; it keeps its published state. Undo that, or use: withdrawn")
            return None
        photo = self._photo(item)
        if item.version == present.version and photo == present.photo:
            return None
        content, before = item.content, present.content
        if present.is_withdrawn and content.withdrawn is None:
            day, reason = _tell_withdrawal(before)
            text = f"a withdrawal cannot be undone; write `withdrawn: {{date: {day}, reason: {reason}}}` into the file"
            self._remark(item, "withdrawn", text)
            return None
        if self._waits(item, before):
            return None
        kind = _judge_change(content, before)
        if kind is not EventType.WITHDRAWN and len(content.corrections) < len(before.corrections):
            self._remark(item, "corrections", "a published correction was removed; its label is gone from the item")
        moved = kind in (EventType.CORRECTED, EventType.WITHDRAWN)
        stood = reach_topics(before.topics, self.settings)
        return Event(
            type=kind,
            item=item.id,
            at=self.now,
            entry_id=present.entry_id,
            content=content,
            published_at=present.published_at,
            updated_at=self._updated_at(kind, content, present) if moved else present.updated_at,
            entered=tuple(topic for topic in reach_topics(content.topics, self.settings) if topic not in stood),
            corrections=present.corrections + (kind is EventType.CORRECTED),
            photo=photo,
            backfill=self.backfill,
        )

    def _updated_at(self, kind: EventType, content: Content, present: Published) -> datetime:
        """The moment that the file names if it moves forward and has come, else now; never back, never the same."""
        wanted = content.updated_at if kind is EventType.CORRECTED and content.updated_at else self.now
        if not present.updated_at < wanted <= self.now:
            wanted = self.now
        return max(wanted, present.updated_at + timedelta(seconds=1))

    def _photo(self, item: Item) -> str | None:
        return self.photos.get(item.photo_src) if item.photo_src else None

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


def _tell_withdrawal(content: Content) -> tuple[date, str]:
    """The day and the reason of a withdrawal, the latter as YAML that means just these words."""
    assert content.withdrawn is not None
    return content.withdrawn.date, json.dumps(content.withdrawn.reason, ensure_ascii=False)


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
