"""All moments that a world can come to, each looked at once; depth first, so that a fault is told with its story."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from bench.ledger_model.database import Database
from bench.ledger_model.oracle import BrokenPromiseError, check_end
from bench.ledger_model.states import Moment
from bench.ledger_model.steps import World, Worlds
from digest.delivery.pace import Rules

__all__ = ["Explored", "explore"]


@dataclass(frozen=True, slots=True)
class Explored:
    """What came of it: how many moments there are and steps between them; `fault` is empty when every promise holds.

    `story` are the steps that lead to the fault. `most_copies` is the most that any letter was taken, `states` are all that
    any delivery was in.
    """

    moments: int
    steps: int
    most_copies: int
    states: frozenset[str]
    fault: str = ""
    story: tuple[str, ...] = field(default=())


def explore(world: World) -> Explored:
    """Look at every moment that a world can come to, until a promise breaks."""
    database = Database(world.letters, letters=world.single, rules=Rules(max_unknown=world.max_unknown))
    with database.opened():
        return _Search(Worlds(world, database)).run()


class _Search:
    def __init__(self, worlds: Worlds) -> None:
        self._worlds = worlds
        self._seen: set[Moment] = set()
        self._story: list[str] = []
        self._steps = 0
        self._most_copies = 0
        self._states: set[str] = set()

    def run(self) -> Explored:
        try:
            self._search(self._worlds.begin())
        except (BrokenPromiseError, ValueError) as error:
            return self._tell(str(error))
        return self._tell("")

    def _tell(self, fault: str) -> Explored:
        story = tuple(self._story) if fault else ()
        return Explored(len(self._seen), self._steps, self._most_copies, frozenset(self._states), fault, story)

    def _search(self, first: Moment) -> None:
        self._seen.add(first)
        paths: list[Iterator[tuple[str, Moment]]] = [self._find_new(first)]
        while paths:
            step = next(paths[-1], None)
            if step is None:
                paths.pop()
                del self._story[-1:]
            else:
                self._story.append(step[0])
                paths.append(self._find_new(step[1]))

    def _find_new(self, moment: Moment) -> Iterator[tuple[str, Moment]]:
        """The steps from a moment to those that were not seen before."""
        is_end = True
        for name, after, chance in self._worlds.find_steps(moment):
            self._steps += 1
            is_end = is_end and (chance or after == moment)
            if after not in self._seen:
                self._seen.add(after)
                self._most_copies = max(self._most_copies, *(copies.taken for copies in after.copies), 0)
                self._states.update(row.state for row in after.rows.deliveries)
                yield name, after
        if is_end:
            check_end(moment)
