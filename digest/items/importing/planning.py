"""What an import would do with each entry, told against the item files that are there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from digest.errors import Problem
from digest.items.importing.entries import Entry, Skip
from digest.items.importing.mapping import Made, Mapper
from digest.items.importing.naming import Known, read_key

__all__ = ["STATES", "Outcome", "State", "count_states", "list_problems", "plan_entries"]

State = Literal["new", "changed", "unchanged", "skipped", "faulty"]
STATES: tuple[State, ...] = ("new", "changed", "unchanged", "skipped", "faulty")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of one entry.

    `file` is the item file that is to be written or is there, `why` the reason why nothing is written, `source` and `line`
    where the entry stands; `text` is what a new file holds.
    """

    state: State
    title: str
    source: str
    line: int = 0
    file: Path | None = None
    why: str = ""
    remarks: tuple[str, ...] = ()
    text: str = ""


def plan_entries(
    entries: Iterable[Entry | Skip],
    source: str,
    mapper: Mapper,
    known: Mapping[str, Known],
    into: Path,
    read: Callable[[Path], str | None],
    seen: set[str],
) -> Iterator[Outcome]:
    """The outcome of each entry, in the order of the source; nothing is written.

    Args:
        entries: as a reader of the source gives them.
        source: the name of the file or address, for messages.
        mapper: makes item files for this newsroom.
        known: the item files that are there, by id.
        into: where new ones would be written.
        read: the text of an item file; None when it cannot be read.
        seen: what tells entries apart, of all that came before in this run; added to.
    """
    for entry in entries:
        made = entry if isinstance(entry, Skip) else _make(entry, mapper, seen)
        if isinstance(made, Skip):
            yield Outcome("faulty" if made.is_fault else "skipped", made.title, source, made.line, why=made.why)
            continue
        there = known.get(made.id)
        if there is None:
            yield Outcome("new", made.title, source, made.line, into / made.file, "", made.remarks, made.text)
        elif _unify(read(there.path) or "") == made.text:
            yield Outcome("unchanged", made.title, source, made.line, there.path)
        else:
            why = "its file says something else, and is left alone"
            yield Outcome("changed", made.title, source, made.line, there.path, why)


def _make(entry: Entry, mapper: Mapper, seen: set[str]) -> Made | Skip:
    key = read_key(entry)
    if key in seen:
        return Skip(entry.title, "it came before in this run", entry.line)
    seen.add(key)
    return mapper.make(entry)


def _unify(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def count_states(outcomes: Iterable[Outcome]) -> dict[State, int]:
    """How many entries ended in each state."""
    counts = Counter(outcome.state for outcome in outcomes)
    return {state: counts[state] for state in STATES}


def list_problems(outcome: Outcome) -> Iterator[Problem]:
    """An entry's fault as an error, and its remarks as warnings."""
    name = f"{outcome.title[:59]}…" if len(outcome.title) > 60 else outcome.title
    field = repr(name) if name else ""
    if outcome.state == "faulty":
        yield Problem(outcome.source, outcome.line, field, outcome.why)
    for remark in outcome.remarks:
        yield Problem(outcome.source, outcome.line, field, remark, "warning")
