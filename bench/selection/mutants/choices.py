"""Mutants of what is new, what is corrected or withdrawn, and which version a reader gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from bench.selection.editions import Edition, World
from bench.selection.mutants.registry import amended, noticed_by, select_otherwise
from bench.selection.readers import Reader
from digest.editions.facts import ItemFacts, build_facts, build_roots
from digest.editions.selection import Candidates, Rule, Selection, build_candidates, select


@noticed_by("withdrawn item sent")
class WithdrawnMayBeNew(World):
    """A withdrawn item is carried."""

    def candidates(self, edition: Edition) -> Candidates:
        facts = amended(self.facts(edition.horizon), withdrawn=False)
        return build_candidates(facts, build_roots(self.log), self.rule(edition))


@noticed_by("item too old")
class AgeIgnored(World):
    """A reader who was paused for long is mailed all of it."""

    def rule(self, edition: Edition) -> Rule:
        return replace(super().rule(edition), max_age=timedelta(days=9999))


@noticed_by("item missed")
class AgeCountsFromRelease(World):
    """An item given a topic late is held to be too old for it."""

    def facts(self, horizon: int) -> Mapping[str, ItemFacts]:
        return {
            name: replace(
                item, entered={topic: entry._replace(at=item.released_at) for topic, entry in item.entered.items()}
            )
            for name, item in super().facts(horizon).items()
        }


@noticed_by("item sent that staff left out")
class ExclusionsIgnored(World):
    """What staff left out this time is carried."""

    def rule(self, edition: Edition) -> Rule:
        return replace(super().rule(edition), excluded=frozenset())


@noticed_by("item sent that staff left out")
class BarsIgnored(World):
    """What staff ruled out for a list is carried."""

    def rule(self, edition: Edition) -> Rule:
        return replace(super().rule(edition), barred=frozenset())


@noticed_by("item missed")
class ExclusionsLast(World):
    """What staff left out once never comes."""

    def rule(self, edition: Edition) -> Rule:
        once = {item for other in self.editions if other.place == edition.place for item in other.excluded}
        return replace(super().rule(edition), excluded=frozenset(once))


@noticed_by("item at once that is not urgent")
class UrgencyIgnored(World):
    """An urgent edition carries everything."""

    def rule(self, edition: Edition) -> Rule:
        return replace(super().rule(edition), urgent_only=False)


@noticed_by("correction missed", "withdrawal missed")
class NotesGoByTopic(World):
    """Who no longer follows a topic is not told of the fault they read."""

    def selection(self, candidates: Candidates, reader: Reader) -> Selection:
        chosen = super().selection(candidates, reader)
        followed = {name for name, item in candidates.items.items() if not reader.interest.keys().isdisjoint(item.entered)}
        return replace(
            chosen,
            corrected=tuple((name, count) for name, count in chosen.corrected if name in followed),
            withdrawn=tuple(name for name in chosen.withdrawn if name in followed),
        )


@noticed_by("correction to one who never had the item")
class NotesGoToAll(World):
    """Corrections go to everyone, whether they had the item or not."""

    def selection(self, candidates: Candidates, reader: Reader) -> Selection:
        had = {**dict.fromkeys(candidates.revised, 0), **self.had(reader)}
        chosen = super().selection(candidates, reader)
        notes = select_otherwise(self, candidates, reader, had=had)
        return replace(chosen, corrected=notes.corrected)


@noticed_by("corrections miscounted")
class QuietCorrectionsAreTold(World):
    """A correction that is mailed to nobody is mailed."""

    def facts(self, horizon: int) -> Mapping[str, ItemFacts]:
        loud = [replace(event, backfill=event.backfill and event.type != "corrected") for event in self.log]
        return build_facts(loud, horizon)


@noticed_by("withdrawal told that is mailed to nobody")
class QuietWithdrawalsAreTold(World):
    """A withdrawal that is mailed to nobody is mailed."""

    def facts(self, horizon: int) -> Mapping[str, ItemFacts]:
        return {name: replace(item, notice=item.withdrawn) for name, item in super().facts(horizon).items()}


@noticed_by("note at once of an item that was never urgent")
class AllNotesAreUrgent(World):
    """An urgent edition carries corrections of items that could wait."""

    def facts(self, horizon: int) -> Mapping[str, ItemFacts]:
        return amended(super().facts(horizon), was_urgent=True)


@noticed_by("correction missed", "withdrawal missed")
class NotesAloneAreNothing(World):
    """A mail without a new item is not sent."""

    def selection(self, candidates: Candidates, reader: Reader) -> Selection:
        chosen = super().selection(candidates, reader)
        return chosen if chosen.new else Selection()


@noticed_by("new item with a correction")
class NewItemsCarryTheirCorrections(World):
    """An item comes for the first time, and its correction beside it."""

    def selection(self, candidates: Candidates, reader: Reader) -> Selection:
        chosen = super().selection(candidates, reader)
        return replace(chosen, corrected=(*chosen.corrected, *((name, n) for name, n in chosen.new if n)))


@noticed_by("two versions of an item", "two versions of an item in one mail", "version in the wrong language")
class VersionsAreItems(World):
    """Every version of an item is carried."""

    def candidates(self, edition: Edition) -> Candidates:
        roots = {name: name for name in build_roots(self.log)}
        return build_candidates(self.facts(edition.horizon), roots, self.rule(edition))


@noticed_by("version in the wrong language")
class LanguageIgnored(World):
    """Everyone is carried the newsroom's language."""

    def selection(self, candidates: Candidates, reader: Reader) -> Selection:
        return select(candidates, reader.interest, "en", self.had(reader), self.claimed(reader))


@noticed_by("version in the wrong language")
class OriginalBeforeNewsroom(World):
    """Who reads none of the languages is carried the original rather than the newsroom's version."""

    def rule(self, edition: Edition) -> Rule:
        return replace(super().rule(edition), newsroom_language="")


@noticed_by("two versions of an item")
class GroupsAreSeenFromTheHorizon(World):
    """An edition prepared early does not know the version that a later one carried before it."""

    def candidates(self, edition: Edition) -> Candidates:
        facts = self.facts(edition.horizon)
        return build_candidates(facts, {name: build_roots(self.log)[name] for name in facts}, self.rule(edition))


@noticed_by("two versions of an item")
class OriginsStandStill(World):
    """Where an original becomes a translation itself, its own translations are left behind."""

    def candidates(self, edition: Edition) -> Candidates:
        roots = {event.item: event.root for event in self.log}
        return build_candidates(self.facts(edition.horizon), roots, self.rule(edition))
