"""A draft or approved edition as staff look at it: its items per topic, who gets what, what is wrong, who is left out.

Working that out for a million readers takes a second, and rendering every variant longer, so a `DraftBook` keeps what it
worked out: a page shows the newest that is there with its moment, and a newer one is made behind it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from digest.desk.inspecting import inspect_edition
from digest.desk.planning import Plan
from digest.desk.press import Press
from digest.desk.workplace import Workplace
from digest.editions.approval import build_hash
from digest.editions.content import VariantContent
from digest.editions.edition import Edition
from digest.newsroom.public import Newsroom
from digest.settings import Settings
from digest.store.edition_heads import EditionHead, read_last_head
from digest.store.releases import read_newsroom

__all__ = ["DraftBook", "DraftView", "ItemLine", "Section", "VariantLine", "build_draft_view"]

_FRESH = timedelta(seconds=30)
"""How old what is kept may be before a newer one is made behind the page."""
_MOST_KEPT = 20


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One item of an edition: how many readers get it, and in which way (`new`, `correction`, `withdrawal`)."""

    id: str
    title: str
    kind: str
    way: str
    reader_count: int
    is_lead: bool = False
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """The items that stand below one topic's heading; the title is empty for what belongs to none."""

    title: str
    items: tuple[ItemLine, ...]


@dataclass(frozen=True, slots=True)
class VariantLine:
    """One distinct letter: its number on the page, how many readers get it, and what it holds."""

    number: int
    hash: str
    language: str
    form: str
    reader_count: int
    item_count: int
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DraftView:
    """An edition as it would leave now.

    `hash` covers all that decides what readers get, and is what an approval of this view names. `left_out` are the items
    that staff left out this time, `barred` those kept off the list for good, `released_since` what was released after an
    approved edition's horizon. `empty_count` readers get nothing because there is nothing new for them. `plan` is what all
    this was read from, without the groups of readers, which are many.
    """

    edition: Edition
    counted_at: datetime
    hash: str
    reader_count: int
    empty_count: int
    sections: tuple[Section, ...]
    left_out: tuple[ItemLine, ...]
    barred: tuple[ItemLine, ...]
    released_since: tuple[ItemLine, ...]
    variants: tuple[VariantLine, ...]
    errors: tuple[str, ...]
    warnings: tuple[str, ...]
    last: EditionHead | None
    plan: Plan = field(repr=False)

    @property
    def item_count(self) -> int:
        """How many items it carries in whichever way."""
        return sum(len(section.items) for section in self.sections)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that readers get it in."""
        return tuple(dict.fromkeys(variant.language for variant in self.variants))


def build_draft_view(place: Workplace, name: str) -> DraftView:
    """What an edition would carry to whom if it left now.

    Raises:
        EditionError: there is no such edition, or newsroom.toml no longer has its list.
        TemplateError: letters cannot be made with the site's templates.
    """
    settings = place.site.settings
    with place.store.reading() as connection:
        press = Press.open(place, connection, name)
        newest = read_newsroom(connection)
        last = read_last_head(connection, press.edition)
    plan, edition = press.plan, press.edition
    errors, warnings = _inspect(place, press)
    whole = plan.whole(settings, settings.newsroom.language)
    since = [one for one in newest.items if one.number > edition.horizon]
    return DraftView(
        edition=edition,
        counted_at=place.now,
        hash=build_hash(press.manifest()) if plan.variants else "",
        reader_count=plan.reader_count,
        empty_count=plan.empty_count,
        sections=tuple(_build_sections(plan, whole, settings)),
        left_out=_list_items(edition.choices.excluded, plan.newsroom, settings),
        barred=_list_items(sorted(plan.barred), plan.newsroom, settings)[:50],
        released_since=_list_items([one.id for one in since], newest, settings)[:50],
        variants=tuple(_build_variants(plan, settings)),
        errors=errors,
        warnings=warnings,
        last=last,
        plan=replace(plan, variants=tuple(replace(one, groups=()) for one in plan.variants)),
    )


def _inspect(place: Workplace, press: Press) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not press.plan.variants:
        return (), ()
    found = inspect_edition(place, press.edition.id)
    errors, warnings = ([f"{one.field}: {one.text}" for one in part] for part in (found.errors, found.warnings))
    return tuple(errors), tuple(warnings)


def _build_sections(plan: Plan, whole: VariantContent, settings: Settings) -> list[Section]:
    lead = whole.new[0].item if whole.new else ""
    grouped: dict[str, list[ItemLine]] = {topic: [] for topic in (*settings.topics, "")}
    for carried in whole.new:
        line = _build_line(carried.item, plan.newsroom, settings, "new", plan.readers_of(carried.item), carried.item == lead)
        grouped.setdefault(carried.section, []).append(line)
    sections = [Section(_title(topic, settings), tuple(lines)) for topic, lines in grouped.items() if lines]
    corrected = [item for item, _ in whole.corrected]
    for title, way, names in (("Corrections", "correction", corrected), ("Withdrawn", "withdrawal", whole.withdrawn)):
        lines = [_build_line(item, plan.newsroom, settings, way, plan.readers_of(item)) for item in names]
        sections += [Section(title, tuple(lines))] if lines else []
    return sections


def _build_line(
    item: str, newsroom: Newsroom, settings: Settings, way: str, readers: int, is_lead: bool = False
) -> ItemLine:
    content = newsroom.by_id[item].content
    kind = settings.kinds[content.kind].title if content.kind in settings.kinds else content.kind
    return ItemLine(item, content.title, kind, way, readers, is_lead, content.urgent)


def _list_items(names: Sequence[str], newsroom: Newsroom, settings: Settings) -> tuple[ItemLine, ...]:
    return tuple(_build_line(name, newsroom, settings, "new", 0) for name in names if name in newsroom.by_id)


def _build_variants(plan: Plan, settings: Settings) -> list[VariantLine]:
    ordered = sorted(plan.variants, key=lambda one: (-one.reader_count, one.content.hash))
    lines = []
    for number, variant in enumerate(ordered, 1):
        content = variant.content
        sections = dict.fromkeys(carried.section for carried in content.new)
        topics = tuple(_title(topic, settings) for topic in sections if topic)
        items = len(content.selection.items)
        lines.append(VariantLine(number, content.hash, content.language, content.form, variant.reader_count, items, topics))
    return lines


def _title(topic: str, settings: Settings) -> str:
    return settings.topics[topic].title if topic in settings.topics else topic


class DraftBook:
    """Keeps the views of drafts, for any thread.

    Args:
        build: makes a view; `build_draft_view` but in tests.
    """

    def __init__(self, build: Callable[[Workplace, str], DraftView] = build_draft_view) -> None:
        self._build = build
        self._kept: dict[str, DraftView] = {}
        self._making: dict[str, Future[None]] = {}
        self._thread = ThreadPoolExecutor(1, "drafts")
        self._lock = threading.Lock()

    def look(self, place: Workplace, edition: Edition) -> DraftView:
        """The view of an edition in its present revision; made now if there is none, else renewed behind the page.

        Raises:
            EditionError: newsroom.toml no longer has its list.
            TemplateError: letters cannot be made with the site's templates.
        """
        with self._lock:
            kept = self._kept.get(edition.id)
        if kept is None or kept.edition.revision != edition.revision or kept.edition.state != edition.state:
            return self._keep(self._build(place, edition.id))
        if not kept.counted_at <= place.now < kept.counted_at + _FRESH:
            self._renew(place, edition.id)
        return kept

    def forget(self, name: str) -> None:
        """Drop what is kept of an edition."""
        with self._lock:
            self._kept.pop(name, None)

    def clear(self) -> None:
        """Drop all that is kept."""
        with self._lock:
            self._kept.clear()

    def _keep(self, view: DraftView) -> DraftView:
        with self._lock:
            self._kept.pop(view.edition.id, None)
            self._kept[view.edition.id] = view
            while len(self._kept) > _MOST_KEPT:
                self._kept.pop(next(iter(self._kept)))
        return view

    def _renew(self, place: Workplace, name: str) -> None:
        with self._lock:
            if name in self._making and not self._making[name].done():
                return
            own = place.at(place.now)
            self._making[name] = self._thread.submit(self._make, own, name)

    def _make(self, place: Workplace, name: str) -> None:
        try:
            self._keep(self._build(place, name))
        except Exception:  # noqa: BLE001 (the next page makes it anew and says what is wrong)
            self.forget(name)
        finally:
            place.close()
