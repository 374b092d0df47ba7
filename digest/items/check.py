"""What `digest check` says: each problem, and how many items are in which state at a moment."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from digest.clock import format_utc
from digest.items.folder import Folder
from digest.items.model import Item
from digest.items.moments import describe_moment
from digest.settings import Settings

__all__ = ["Listing", "State", "build_listing", "judge_state"]

State = Literal["due", "later", "embargoed", "draft"]
_WORDS: tuple[tuple[State, str], ...] = (
    ("due", "due"),
    ("later", "dated later"),
    ("embargoed", "under embargo"),
    ("draft", "draft"),
)


def judge_state(item: Item, now: datetime) -> State:
    """Where an item stands: a draft, held by its embargo, dated later, or due."""
    if item.status == "draft":
        return "draft"
    if item.embargo_at is not None and item.embargo_at > now:
        return "embargoed"
    return "due" if item.is_due(now) else "later"


@dataclass(frozen=True)
class Listing:
    """The answer of a check: lines for people, data for machines.

    `has_errors` is what decides the exit status; warnings never do.
    """

    lines: tuple[str, ...]
    data: dict[str, Any]
    has_errors: bool


def build_listing(folder: Folder, settings: Settings, now: datetime, *, verbose: bool = False) -> Listing:
    """Problems first, then what a person must still look at, then counts.

    Args:
        folder: the items as read.
        settings: for the newsroom's zone.
        now: the moment at which items are due or not.
        verbose: read every item's times back in words, local and UTC.
    """
    states = {item.id: judge_state(item, now) for item in folder.items}
    counts = Counter(states.values())
    counts["draft"] += folder.faulty_draft_count
    in_review = [item for item in folder.items if item.review]
    errors = sum(problem.severity == "error" for problem in folder.problems)
    lines = [str(problem) for problem in folder.problems]
    lines += [f"{item.file}: to review: {', '.join(item.review)}" for item in in_review]
    if verbose:
        lines += [_read_back(item, states[item.id], settings) for item in folder.items]
    lines += _render_counts(folder, counts, len(in_review), errors)
    data: dict[str, Any] = {
        "problems": [asdict(problem) for problem in folder.problems],
        "counts": {
            "files": folder.file_count,
            **{state: counts[state] for state, _ in _WORDS},
            "in_review": len(in_review),
            "with_errors": _count_unusable(folder),
            "skipped": folder.skipped_count,
            "errors": errors,
            "warnings": len(folder.problems) - errors,
        },
        "items": [_describe(item, states[item.id]) for item in folder.items],
    }
    return Listing(tuple(lines), data, errors > 0)


def _render_counts(folder: Folder, counts: Counter[State], review_count: int, error_count: int) -> list[str]:
    named = [f"{counts[state]} {words}" for state, words in _WORDS if counts[state]]
    without = _count_unusable(folder)
    named += [f"{without} with errors"] if without else []
    lines = [f"{_count(folder.file_count, 'item file')}: {', '.join(named) or 'none yet'}"]
    if review_count:
        lines.append(f"{_count(review_count, 'item')} to review")
    if folder.skipped_count:
        lines.append(f"{_count(folder.skipped_count, 'other file')} left aside (hidden, backups, other endings)")
    warnings = len(folder.problems) - error_count
    lines.append(f"{_count(error_count, 'error')}, {_count(warnings, 'warning')}" if folder.problems else "no problems")
    return lines


def _count_unusable(folder: Folder) -> int:
    return folder.file_count - len(folder.items) - folder.faulty_draft_count


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _read_back(item: Item, state: State, settings: Settings) -> str:
    zone = settings.zone
    says = [f"{item.file}: {state}, dated {describe_moment(item.content.date_at, zone)}"]
    if item.embargo_at is not None:
        says.append(f"embargo until {describe_moment(item.embargo_at, zone)}")
    if item.content.updated_at is not None:
        says.append(f"updated {describe_moment(item.content.updated_at, zone)}")
    return "; ".join(says)


def _describe(item: Item, state: State) -> dict[str, Any]:
    return {
        "id": item.id,
        "file": item.file,
        "state": state,
        "due_at": format_utc(item.due_at),
        "embargo_at": format_utc(item.embargo_at) if item.embargo_at else None,
        "review": list(item.review),
    }
