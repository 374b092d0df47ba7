"""What an edition carries to whom, worked out from the stored facts: the plan that is shown, approved and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Connection

from digest.editions.content import VariantContent, build_content
from digest.editions.edition import Edition
from digest.editions.facts import ItemFacts, LogEvent, build_facts, build_roots
from digest.editions.selection import Rule, Selection, build_candidates, select
from digest.newsroom.log import Event
from digest.newsroom.public import Newsroom, build_newsroom
from digest.settings import ReaderList, Settings
from digest.store.editions import read_barred
from digest.store.planning import ReaderGroup, read_groups
from digest.store.releases import read_events

__all__ = ["Plan", "PlannedVariant", "build_log_event", "is_urgent_only", "plan_edition"]


@dataclass(frozen=True, slots=True)
class PlannedVariant:
    """One distinct content and the groups of readers who get it."""

    content: VariantContent
    groups: tuple[ReaderGroup, ...]

    @property
    def reader_count(self) -> int:
        """How many readers get it."""
        return sum(group.reader_count for group in self.groups)


@dataclass(frozen=True)
class Plan:
    """An edition with all it carries.

    `newsroom` is the newsroom at the horizon, `whole` the content of the web view and of the approval: every event that
    at least one reader gets, as a reader of everything would see it. `empty_count` counts readers who get nothing.
    """

    edition: Edition
    newsroom: Newsroom
    facts: Mapping[str, ItemFacts]
    variants: tuple[PlannedVariant, ...]
    empty_count: int

    @property
    def reader_count(self) -> int:
        """How many readers get a copy."""
        return sum(variant.reader_count for variant in self.variants)

    @cached_property
    def events(self) -> Selection:
        """Every event that at least one reader gets."""
        selections = [variant.content.selection for variant in self.variants]
        return Selection(
            new=tuple(sorted({pair for one in selections for pair in one.new})),
            corrected=tuple(sorted({pair for one in selections for pair in one.corrected})),
            withdrawn=tuple(sorted({item for one in selections for item in one.withdrawn})),
        )

    def whole(self, settings: Settings, language: str, form: str = "full") -> VariantContent:
        """The edition with all its events, for one language and form."""
        return self._content(self.events, {"*": 0}, settings, language, form)

    def readers_of(self, item: str) -> int:
        """How many readers get an item in whichever way."""
        return sum(variant.reader_count for variant in self.variants if item in variant.content.selection.items)

    def _content(
        self, selection: Selection, interest: Mapping[str, int], settings: Settings, language: str, form: str
    ) -> VariantContent:
        return _build_content(selection, interest, self.facts, self.newsroom, settings, self.edition, language, form)


def is_urgent_only(chosen: ReaderList, rhythm: str) -> bool:
    """Whether an edition of that list and rhythm carries only urgent items."""
    return rhythm == "at-once" and chosen.at_once == "urgent"


def plan_edition(connection: Connection, edition: Edition, settings: Settings) -> Plan:
    """Work out an edition from the facts as they are now, up to its horizon."""
    chosen = settings.lists[edition.list_id]
    events = list(read_events(connection))
    log = [build_log_event(event) for event in events]
    facts = build_facts(log, edition.horizon)
    urgent = is_urgent_only(chosen, edition.rhythm)
    rule = Rule(
        moment=edition.moment,
        max_age=chosen.max_age,
        excluded=frozenset(edition.choices.excluded),
        barred=read_barred(connection, edition.list_id),
        urgent_only=urgent,
        newsroom_language=settings.newsroom.language,
    )
    candidates = build_candidates(facts, build_roots(log), rule)
    newsroom = build_newsroom(event for event in events if event.number <= edition.horizon)
    grouped: dict[VariantContent, list[ReaderGroup]] = {}
    empty = 0
    for group in read_groups(connection, edition, urgent):
        selection = select(candidates, group.interest, group.language, group.had, group.claimed)
        if not selection:
            empty += group.reader_count
            continue
        content = _build_content(selection, group.interest, facts, newsroom, settings, edition, group.language, group.form)
        grouped.setdefault(content, []).append(group)
    variants = [PlannedVariant(content, tuple(groups)) for content, groups in grouped.items()]
    variants.sort(key=lambda variant: (-variant.reader_count, variant.content.text))
    return Plan(edition, newsroom, facts, tuple(variants), empty)


def build_log_event(event: Event) -> LogEvent:
    """The columns of an event that selection needs."""
    return LogEvent(
        number=event.number,
        type=event.type.value,
        item=event.item,
        root=event.content.root,
        language=event.content.language,
        topics=event.content.topics,
        entered=event.entered,
        at=event.at,
        urgent=event.content.urgent,
        backfill=event.backfill,
    )


def _build_content(
    selection: Selection,
    interest: Mapping[str, int],
    facts: Mapping[str, ItemFacts],
    newsroom: Newsroom,
    settings: Settings,
    edition: Edition,
    language: str,
    form: str,
) -> VariantContent:
    ranks = {item.id: place for place, item in enumerate(newsroom)}
    return build_content(
        selection,
        facts,
        interest,
        ranks,
        tuple(settings.topics),
        edition.choices,
        language,
        "discreet" if form == "discreet" else "full",
    )
