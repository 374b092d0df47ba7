"""Ledgers with one rule taken away. Each must break a promise in some small world, or the model could not see that rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from unittest.mock import patch

from bench.ledger_model.database import Database
from digest.delivery.ledger import Outcome
from digest.delivery.transitions import Change, Ending, Facts, State, after_attempt
from digest.store import admission, outcomes, picking
from digest.store.admission import Admission
from digest.store.delivery_rows import DeliveryRow, DeliveryRows
from digest.store.outcomes import Outcomes
from digest.store.slots import Slot

__all__ = ["MUTANTS"]

Mutant = Callable[[], Any]


def _without_intent() -> Any:
    """That a body left is not known behind a crash: what was in flight seems to have been picked only."""

    def forget(facts: Facts, **_: Any) -> Change:
        return Change(State.QUEUED, facts.unknown_count)

    return patch.object(outcomes, "after_crash", forget)


def _without_fence() -> Any:
    """Whatever is picked may go."""

    def admit(self: Admission, going: Sequence[admission.Going], _now: int) -> dict[int, admission.Refused]:
        self._connection.executemany(admission._GO, [(picked.id,) for picked, _ in going])
        return {}

    return patch.object(Admission, "admit", admit)


def _without_a_fence_for_groups() -> Any:
    """One by one the fence holds; where all are let go at once it does not ask for the reader."""
    everybody = admission._GO_IF_PLAIN.replace("AND s.state = 'active'", "")
    return patch.object(admission, "_go_if_plain", lambda count: everybody.format(", ".join("?" * count)))


def _without_lock() -> Any:
    """Whoever asks gets the place of a sender that lives."""
    return patch.object(Database, "try_slot", lambda _self, _var, number: Slot(number, -1))


def _without_guard() -> Any:
    """How a letter ended is written whatever has become of it meanwhile, and whoever has it."""

    def record(self: Outcomes, outcome: Outcome, row: DeliveryRow, now: int) -> State | None:
        seeming = row if row.state == "inflight" else row._replace(state="picked")
        change = after_attempt(seeming.facts, outcome.ending, max_unknown=1)
        self._rows.change(row.id, row.letter, change, row.attempt_count, now)
        return change.state

    return patch.object(Outcomes, "_record_other", record)


def _without_taking_back() -> Any:
    """What a dead sender had picked stays picked."""
    real = DeliveryRows.read_of_sender

    def read(self: DeliveryRows, sender: int) -> list[DeliveryRow]:
        return [row for row in real(self, sender) if row.state == "inflight"]

    return patch.object(DeliveryRows, "read_of_sender", read)


def _without_a_claim() -> Any:
    """A letter is picked whoever has picked it before."""
    everybody = picking._PICK.replace("AND state = 'queued'", "AND state IN ('queued', 'picked', 'inflight')")
    ahead = {
        name: getattr(picking, name).replace("d.state = 'queued'", "d.state IN ('queued', 'picked', 'inflight')")
        for name in ("_AHEAD_OF_EDITION", "_AHEAD_OF_LETTERS", "_EDITIONS", "_REST")
    }
    ahead = {name: query.replace("INDEXED BY delivery_due", "") for name, query in ahead.items()}
    return patch.multiple(picking, _pick=lambda count: everybody.format(", ".join("?" * count)), **ahead)


def _without_a_cap() -> Any:
    """Doubt is noted, and the letter is sent again however often."""

    def go_on(facts: Facts, *args: Any, **options: Any) -> Change:
        change = after_attempt(facts, *args, **options)
        return Change(State.QUEUED, change.unknown_count) if change.state is State.HELD else change

    return patch.multiple(outcomes, after_attempt=go_on, after_crash=lambda facts, **_: _crash(facts, go_on))


def _crash(facts: Facts, attempt: Callable[..., Change]) -> Change:
    ending = Ending.RETURNED if facts.state is State.PICKED else Ending.UNKNOWN
    return attempt(facts, ending, max_unknown=1)


MUTANTS: Mapping[str, Mutant] = {
    "without the intent": _without_intent,
    "without the fence": _without_fence,
    "without the fence for groups": _without_a_fence_for_groups,
    "without the lock": _without_lock,
    "without the guard of outcomes": _without_guard,
    "without taking back what was picked": _without_taking_back,
    "without a claim": _without_a_claim,
    "without the cap": _without_a_cap,
}
"""Each is entered for as long as it is to hold."""
