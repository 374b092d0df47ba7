"""Mutants of what happens when a text proves wrong, an answer is lost or a reader leaves."""

# ruff: noqa: ARG002 - a mutant overlooks what the world looks at
from __future__ import annotations

from bench.selection.editions import Delivery, Edition, World
from bench.selection.mutants.registry import noticed_by
from bench.selection.newsroom import Item


@noticed_by("text known to be wrong sent", "withdrawn item sent")
class NothingIsRecalled(World):
    """An approved or open edition goes on with a text that is known to be wrong."""

    def recall(self, edition: Edition, item: Item) -> None:
        pass


@noticed_by("text known to be wrong sent", "withdrawn item sent")
class DraftsAreNotReturned(World):
    """An approved edition is frozen with a text that is known to be wrong."""

    def is_concerned(self, edition: Edition, item: Item) -> bool:
        return False


@noticed_by("text known to be wrong sent", "withdrawn item sent")
class ExcludedItemsAreNotMinded(World):
    """An exclusion is lifted after a correction, and the edition carries the text from before it."""

    def is_concerned(self, edition: Edition, item: Item) -> bool:
        return item.name not in edition.excluded and super().is_concerned(edition, item)


@noticed_by("text known to be wrong sent", "withdrawn item sent")
class CopiesAreNotStopped(World):
    """The remaining copies of an open edition leave with a text that is known to be wrong."""

    def is_stale(self, delivery: Delivery, item: Item) -> bool:
        return False


@noticed_by("text known to be wrong sent", "withdrawn item sent")
class InflightIsNotMarked(World):
    """A copy under way is refused for now, and tried again with a text that is known to be wrong."""

    def stop_late(self, delivery: Delivery) -> None:
        pass


@noticed_by("same item twice", "sent again while a doubt is open", "item missed", "two versions of an item")
class DoubtIsDropped(World):
    """What may have arrived is taken for what did not."""

    def ended(self, delivery: Delivery, wanted: str) -> str:
        return wanted


@noticed_by("mailed after leaving")
class LeavingIsIgnored(World):
    """Who left is mailed."""

    def may_leave(self, delivery: Delivery) -> bool:
        return True


@noticed_by("mailed after leaving")
class EpochsAreIgnored(World):
    """Who left and returned is mailed what was meant for them before."""

    def may_leave(self, delivery: Delivery) -> bool:
        return delivery.reader.active or delivery.reader not in self.readers
