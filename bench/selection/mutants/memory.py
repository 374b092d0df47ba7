"""Mutants of what readers had and what their open deliveries claim."""

# ruff: noqa: ARG002 - a mutant overlooks what the world looks at
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bench.selection.editions import Delivery, Edition, World
from bench.selection.mutants.registry import amended, noticed_by
from bench.selection.readers import Reader
from digest.editions.facts import build_roots
from digest.editions.selection import Candidates, Selection, build_candidates


@noticed_by("same item twice", "sent again while a doubt is open", "two versions of an item")
class NothingIsClaimed(World):
    """Two open editions carry the same item to one reader."""

    def claimed(self, reader: Reader) -> frozenset[str]:
        return frozenset()


@noticed_by("sent again while a doubt is open")
class HeldIsNotClaimed(World):
    """What may have arrived already is sent again before anybody decided."""

    def claims(self, delivery: Delivery) -> bool:
        return delivery.state in ("queued", "inflight")


@noticed_by("correction to one who never had the item", "withdrawal told to one who never had the item")
class ClaimedCountsAsHad(World):
    """A correction overtakes its item, which then fails."""

    def had(self, reader: Reader) -> Mapping[str, int]:
        had = super().had(reader)
        for delivery in reader.deliveries:
            if self.claims(delivery):
                had = self.added(had, delivery.selection)
        return had

    def claimed(self, reader: Reader) -> frozenset[str]:
        return frozenset()


@noticed_by("same item twice", "two versions of an item")
class UnsettledDoesNotCount(World):
    """Between sending and settling an item comes twice."""

    def had(self, reader: Reader) -> Mapping[str, int]:
        return reader.had


@noticed_by("item missed")
class EndedCountsAsHad(World):
    """What failed or was cancelled never comes."""

    def adds_to_had(self, delivery: Delivery) -> bool:
        return delivery.state in ("sent", "failed", "cancelled")


@noticed_by("same item twice", "two versions of an item")
class NothingIsHad(World):
    """Every edition carries everything again."""

    def had(self, reader: Reader) -> Mapping[str, int]:
        return {}


@noticed_by("item missed", "correction to one who never had the item")
class HadOutlivesLeaving(World):
    """A returning reader is taken for the one who left."""

    def returned(self, old: Reader) -> Reader:
        reader = super().returned(old)
        reader.had = self.had(old)
        return reader


@noticed_by("same withdrawal twice")
class ToldIsForgotten(World):
    """A withdrawal is told again and again."""

    def added(self, had: Mapping[str, int], selection: Selection) -> Mapping[str, int]:
        return super().added(had, replace(selection, withdrawn=()))


@noticed_by("same correction twice")
class CorrectionsAreForgotten(World):
    """A correction is told again and again."""

    def added(self, had: Mapping[str, int], selection: Selection) -> Mapping[str, int]:
        return super().added(had, replace(selection, corrected=()))


@noticed_by("same item twice", "correction missed", "withdrawal missed")
class HadForgetsTooSoon(World):
    """`had` reaches back no further than `max_age`."""

    def forgotten(self) -> frozenset[str]:
        oldest = self.grows_old_at() - self.max_age
        return frozenset(name for name, item in self.facts(len(self.log)).items() if item.changed_at < oldest)


@noticed_by("same item twice")
class OldItemsMayBeNew(World):
    """An item that nobody remembers is given one more topic and comes twice."""

    def candidates(self, edition: Edition) -> Candidates:
        facts = amended(self.facts(edition.horizon), released_at=edition.moment)
        return build_candidates(facts, build_roots(self.log), self.rule(edition))
