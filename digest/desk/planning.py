"""What an edition carries to whom, worked out from the stored facts: the plan that is shown, approved and frozen."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, cached_property

from sqlalchemy import Connection

from digest.editions.content import Form, VariantContent, build_content, open_arranger
from digest.editions.edition import Edition
from digest.editions.facts import EVERYTHING, ItemFacts, LogEvent, build_facts, build_roots
from digest.editions.narrowing import Likeness, Narrowing
from digest.editions.selection import Candidates, Rule, Selection, build_candidates, could_carry
from digest.errors import EditionError
from digest.newsroom.log import EventType, from_seconds, parse_topics
from digest.newsroom.public import Newsroom
from digest.newsroom.topics import reach_topics, topics_into
from digest.settings import ReaderList, Settings
from digest.store.dictionary import read_places
from digest.store.editions import read_barred
from digest.store.planning import ReaderGroup, read_audience
from digest.store.releases import read_lines, read_newsroom
from digest.store.tidying import settled_position_of
from digest.store.topic_moves import read_moves

__all__ = [
    "Plan",
    "PlannedVariant",
    "build_rule",
    "find_candidates",
    "find_overtaken",
    "is_urgent_only",
    "list_of",
    "plan_edition",
    "read_log",
]


@dataclass(frozen=True, slots=True)
class PlannedVariant:
    """One distinct content and the groups of readers who get it."""

    content: VariantContent
    groups: tuple[ReaderGroup, ...]
    reader_count: int

    @classmethod
    def of(cls, content: VariantContent, groups: Sequence[ReaderGroup]) -> PlannedVariant:
        """The variant that these groups get."""
        return cls(content, tuple(groups), sum(group.reader_count for group in groups))


@dataclass(frozen=True)
class Plan:
    """An edition with all it carries.

    `newsroom` is the newsroom at the horizon, `whole` the content of the web view and of the approval: every event that
    at least one reader gets, as a reader of everything would see it. `empty_count` counts readers who get nothing, `barred`
    are the items kept off the list for good, `approved` the events that an approval covers, None without one.
    """

    edition: Edition
    newsroom: Newsroom
    facts: Mapping[str, ItemFacts]
    variants: tuple[PlannedVariant, ...]
    empty_count: int
    barred: frozenset[str] = frozenset()
    approved: Selection | None = None

    @property
    def reader_count(self) -> int:
        """How many readers get a copy."""
        return sum(variant.reader_count for variant in self.variants)

    @cached_property
    def events(self) -> Selection:
        """Every event that at least one reader gets; those of the approval as long as readers get nothing beyond them.

        So an approval holds when a reader leaves who alone was to get an item: what is sent is a part of what was approved.
        """
        selections = [variant.content.selection for variant in self.variants]
        present = Selection(
            new=tuple(sorted({pair for one in selections for pair in one.new})),
            corrected=tuple(sorted({pair for one in selections for pair in one.corrected})),
            withdrawn=tuple(sorted({item for one in selections for item in one.withdrawn})),
        )
        return self.approved if self.approved and present and _is_part(present, self.approved) else present

    def whole(self, settings: Settings, language: str, form: str = "full") -> VariantContent:
        """The edition with all its events, for one language and form."""
        interest, order, choices = {EVERYTHING: 0}, _order_topics(settings), self.edition.choices
        ranks = self.newsroom.ranks
        return build_content(self.events, self.facts, interest, ranks, order, choices, language, _name_form(form))

    def readers_of(self, item: str) -> int:
        """How many readers get an item in whichever way."""
        return sum(variant.reader_count for variant in self.variants if item in variant.content.selection.items)


def is_urgent_only(chosen: ReaderList, rhythm: str) -> bool:
    """Whether an edition of that list and rhythm carries only urgent items."""
    return rhythm == "at-once" and chosen.at_once == "urgent"


def list_of(edition: Edition, settings: Settings) -> ReaderList:
    """The list of an edition.

    Raises:
        EditionError: newsroom.toml no longer has it.
    """
    chosen = settings.lists.get(edition.list_id)
    if chosen is None:
        raise EditionError(
            f"edition {edition.id}",
            f"newsroom.toml no longer has its list {edition.list_id}",
            f"Put the table [lists.{edition.list_id}] back, or end the edition: digest edition cancel {edition.id}",
        )
    return chosen


def build_rule(
    connection: Connection,
    settings: Settings,
    list_id: str,
    rhythm: str,
    moment: datetime,
    excluded: Sequence[str] = (),
) -> Rule:
    """What selection needs to know of an edition of that list, rhythm and moment."""
    chosen = settings.lists[list_id]
    return Rule(
        moment=moment,
        max_age=chosen.max_age,
        excluded=frozenset(excluded),
        barred=read_barred(connection, list_id),
        urgent_only=is_urgent_only(chosen, rhythm),
        newsroom_language=settings.newsroom.language,
    )


def find_candidates(
    connection: Connection, list_id: str, log: Sequence[LogEvent], facts: Mapping[str, ItemFacts], rule: Rule
) -> Candidates:
    """What an edition by that rule could carry to anyone; nothing from before the floors that the list keeps."""
    found = build_candidates(facts, build_roots(log), rule)
    settled = settled_position_of(connection, list_id)
    fresh = {topic: [entry for entry in entries if entry[0] > settled] for topic, entries in found.entries.items()}
    return replace(found, entries=fresh)


def find_overtaken(log: Sequence[LogEvent], horizon: int, rule: Rule) -> list[LogEvent]:
    """The changes behind a horizon of items that an edition by this rule could carry: it would say what is wrong by now."""
    facts = build_facts(log, horizon)
    return [
        event
        for event in log
        if event.number > horizon
        and event.type != EventType.RELEASED
        and event.item in facts
        and could_carry(facts[event.item], rule)
    ]


def plan_edition(connection: Connection, edition: Edition, settings: Settings) -> Plan:
    """Work out an edition from the facts as they are now, up to its horizon.

    Raises:
        EditionError: newsroom.toml no longer has its list.
    """
    urgent = is_urgent_only(list_of(edition, settings), edition.rhythm)
    log = read_log(connection, settings)
    facts = build_facts(log, edition.horizon)
    rule = build_rule(connection, settings, edition.list_id, edition.rhythm, edition.moment, edition.choices.excluded)
    candidates = find_candidates(connection, edition.list_id, log, facts, rule)
    newsroom = read_newsroom(connection, edition.horizon)
    narrowing = Narrowing(candidates, read_moves(connection), read_places(connection), _order_topics(settings))
    arrange = open_arranger(newsroom.ranks, edition.choices)

    @cache
    def carry(likeness: Likeness, language: str, form: str) -> VariantContent | None:
        new, corrected, withdrawn = narrowing.pick(likeness, language)
        if not (new or corrected or withdrawn):
            return None
        return VariantContent(language, _name_form(form), arrange(new), corrected, withdrawn)

    empty = 0
    grouped: dict[VariantContent, list[ReaderGroup]] = {}
    with _uncollected():
        for group in read_audience(connection, edition, urgent, narrowing):
            content = carry(group.likeness, group.language, group.form)
            if content is None:
                empty += group.reader_count
            else:
                grouped.setdefault(content, []).append(group)
    variants = [PlannedVariant.of(content, groups) for content, groups in grouped.items()]
    variants.sort(key=_rank)
    return Plan(edition, newsroom, facts, tuple(variants), empty, rule.barred, _approved_events(edition))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Meanwhile no cycles are looked for: among a hundred thousand values that all stay there are none to be found."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _rank(variant: PlannedVariant) -> tuple[object, ...]:
    """Most readers first; among equals any order will do, if it is always the same."""
    content = variant.content
    return -variant.reader_count, content.language, content.form, content.new, content.corrected, content.withdrawn


def _approved_events(edition: Edition) -> Selection | None:
    """The events of the whole that was approved; its web view holds them, the same in every language."""
    texts = list((edition.archive or {}).values()) if edition.state == "approved" else []
    return VariantContent.parse(texts[0]).selection if texts else None


def _is_part(one: Selection, other: Selection) -> bool:
    parts = ((one.new, other.new), (one.corrected, other.corrected), (one.withdrawn, other.withdrawn))
    return all(set(ours) <= set(theirs) for ours, theirs in parts)


def read_log(connection: Connection, settings: Settings) -> list[LogEvent]:
    """The release log with the columns that selection needs.

    An item stands in the topics that it names and in those where they go on; and it stays in a topic that it entered when
    its file names in its stead the one where that goes on.
    """
    stood: dict[str, tuple[str, ...]] = {}
    lines = list(read_lines(connection))
    for line in lines:
        if line.topics not in stood:
            stood[line.topics] = _kin(parse_topics(line.topics), settings)
    return [
        LogEvent(
            number=line.number,
            type=line.type,
            item=line.item,
            root=line.root,
            language=line.language,
            topics=stood[line.topics],
            entered=parse_topics(line.entered),
            at=from_seconds(line.at),
            urgent=bool(line.urgent),
            backfill=bool(line.backfill),
        )
        for line in lines
    ]


def _kin(named: Sequence[str], settings: Settings) -> tuple[str, ...]:
    reached = reach_topics(named, settings)
    return tuple(dict.fromkeys((*reached, *(other for topic in reached for other in topics_into(topic, settings)))))


def _order_topics(settings: Settings) -> tuple[str, ...]:
    return tuple(name for name, topic in settings.topics.items() if topic.moved_to is None)


def _name_form(form: str) -> Form:
    return "discreet" if form == "discreet" else "full"
