"""Mutants of how items enter topics and from where on a reader's topics count."""

# ruff: noqa: ARG002 - a mutant overlooks what the world looks at
from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from bench.selection.editions import Edition, World
from bench.selection.mutants.registry import noticed_by, select_otherwise
from bench.selection.readers import Reader
from digest.editions.facts import EVERYTHING, ItemFacts, build_facts, build_roots
from digest.editions.interests import age_floors
from digest.editions.selection import Candidates, Selection, build_candidates


@noticed_by("item missed")
class OnlyReleasesEnter(World):
    """An item that is given a topic later never comes to those who follow it."""

    def facts(self, horizon: int) -> Mapping[str, ItemFacts]:
        facts = super().facts(horizon)
        return {
            name: replace(item, entered={t: e for t, e in item.entered.items() if e.number == item.released})
            for name, item in facts.items()
        }


@noticed_by("item from before the topic was chosen", "item from before sign-up")
class EverythingIsEnteredAgain(World):
    """A topic given later makes an old item new to readers of everything."""

    def facts(self, horizon: int) -> Mapping[str, ItemFacts]:
        return {
            name: replace(item, entered=dict.fromkeys(item.entered, max(item.entered.values())) if item.entered else {})
            for name, item in super().facts(horizon).items()
        }


@noticed_by("item in no topic of the reader, or mailed to nobody")
class LostTopicsCount(World):
    """Readers of a topic are mailed an item that has lost it."""

    def facts(self, horizon: int) -> Mapping[str, ItemFacts]:
        facts = super().facts(horizon)
        for name, item in facts.items():
            past = [build_facts(self.log, event.number)[name].entered for event in self.items[name].history]
            ever = {topic: entry for entered in past for topic, entry in entered.items() if entry.number <= horizon}
            facts = {**facts, name: replace(item, entered=ever)}
        return facts


@noticed_by("item in no topic of the reader, or mailed to nobody")
class BackfillsAreMailed(World):
    """What was published quietly is mailed all the same."""

    def facts(self, horizon: int) -> Mapping[str, ItemFacts]:
        return build_facts([replace(event, backfill=False) for event in self.log], horizon)


@noticed_by("item sent that was not out when the edition was prepared", "corrections miscounted")
class HorizonIgnored(World):
    """An edition carries what came after it was approved."""

    def candidates(self, edition: Edition) -> Candidates:
        return build_candidates(self.facts(len(self.log)), build_roots(self.log), self.rule(edition))


@noticed_by("item from before the topic was chosen", "item from before sign-up")
class FloorsIgnored(World):
    """A new reader is mailed what came before them."""

    def selection(self, candidates: Candidates, reader: Reader) -> Selection:
        interest = dict.fromkeys(reader.interest, 0)
        return select_otherwise(self, candidates, reader, interest=interest)


@noticed_by("item from before the topic was chosen")
class OneFloorForAllTopics(World):
    """A topic added later counts from sign-up."""

    def selection(self, candidates: Candidates, reader: Reader) -> Selection:
        interest = dict.fromkeys(reader.interest, min(reader.interest.values()))
        return select_otherwise(self, candidates, reader, interest=interest)


@noticed_by("item missed")
class AddedTopicsCountFromNow(World):
    """A change of mind loses the running week."""

    def changed_interest(self, reader: Reader, topics: Collection[str]) -> Mapping[str, int]:
        changed = super().changed_interest(reader, topics)
        known = reader.interest.keys() | ({*changed} if EVERYTHING in reader.interest else set())
        return {topic: floor if topic in known else len(self.log) for topic, floor in changed.items()}


@noticed_by("item missed")
class ChangesStartAnew(World):
    """Topics kept lose what is still due in them when others are chosen."""

    def changed_interest(self, reader: Reader, topics: Collection[str]) -> Mapping[str, int]:
        return dict.fromkeys(topics or (EVERYTHING,), max(reader.confirmed, self.served(reader) or 0))


@noticed_by("item missed")
class NarrowingStartsAnew(World):
    """Who narrows everything to some topics loses what is still due in these."""

    def changed_interest(self, reader: Reader, topics: Collection[str]) -> Mapping[str, int]:
        if EVERYTHING in reader.interest and topics:
            return dict.fromkeys(topics, max(reader.confirmed, self.served(reader) or 0))
        return super().changed_interest(reader, topics)


@noticed_by("item missed")
class WideningForgetsTopics(World):
    """Who widens some topics to everything loses what is still due in these."""

    def changed_interest(self, reader: Reader, topics: Collection[str]) -> Mapping[str, int]:
        changed = super().changed_interest(reader, topics)
        return {EVERYTHING: changed[EVERYTHING]} if EVERYTHING in changed else changed


@noticed_by("item from before the topic was chosen", "item from before sign-up")
class WideningKeepsLowestFloor(World):
    """Who widens some topics to everything is mailed old items of all the others."""

    def changed_interest(self, reader: Reader, topics: Collection[str]) -> Mapping[str, int]:
        if not topics and EVERYTHING not in reader.interest:
            return {EVERYTHING: min(reader.interest.values())}
        return super().changed_interest(reader, topics)


@noticed_by("item missed")
class EveryEditionCountsAsServed(World):
    """A part or extra edition, which not everyone had, raises the floor of topics added later."""

    def moves_floors(self, edition: Edition) -> bool:
        return True


@noticed_by("item from before the topic was chosen", "item from before sign-up")
class FloorsAgeTooSoon(World):
    """Floors that still matter are set to 0."""

    def aged(self, reader: Reader) -> Mapping[str, int]:
        return age_floors(reader.interest, len(self.log))


@noticed_by("item from before the topic was chosen", "item from before sign-up")
class AgesCountToNow(World):
    """Floors are set to 0 that still matter to an edition prepared a while ago."""

    def grows_old_at(self) -> datetime:
        return self.now
