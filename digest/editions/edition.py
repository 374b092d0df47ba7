"""An edition: one dated digest of one list and rhythm, what staff chose for it, and what may be done in each state.

draft -> approved -> frozen (delivery rows made) -> sending <-> paused -> finished | cancelled
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from digest.errors import EditionError

if TYPE_CHECKING:
    from digest.settings import Rhythm
    from digest.templates import Words

__all__ = ["Choices", "Edition", "State", "check_revision", "check_state", "edition_title", "find_way_back", "to_draft"]

State = Literal["draft", "approved", "frozen", "sending", "paused", "finished", "cancelled"]


@dataclass(frozen=True, slots=True)
class Choices:
    """What staff set; empty means that the edition decides by its rules.

    `order` lists items that come first, in this order; `excluded` are left out this time and stay due.
    """

    title: str = ""
    subject: str = ""
    preheader: str = ""
    introduction: str = ""
    lead: str | None = None
    order: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()

    def render(self) -> str:
        """As JSON text with sorted keys."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def parse(cls, text: str) -> Choices:
        """From the text that `render` made."""
        data: dict[str, Any] = json.loads(text)
        return cls().change({key: tuple(value) if isinstance(value, list) else value for key, value in data.items()})

    def change(self, changes: Mapping[str, Any]) -> Choices:
        """The same with some of them set anew."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition as stored. `horizon` is the log's end at its `moment`; every change by staff makes a new `revision`."""

    id: str
    list_id: str
    rhythm: Rhythm
    period: str
    moment: datetime
    horizon: int
    changed_by: str
    changed_what: str
    changed_at: datetime
    part: int = 1
    extra: bool = False
    state: State = "draft"
    revision: int = 1
    choices: Choices = field(default_factory=Choices)
    approved_hash: str | None = None
    approved_by: str | None = None
    approved_at: datetime | None = None
    manifest: Mapping[str, str] = field(default_factory=dict)
    frozen_hash: str | None = None
    earliest_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    paused_by: str | None = None
    paused_reason: str | None = None
    audience_count: int | None = None
    archive: Mapping[str, Any] | None = None
    edited_by: str | None = None


def to_draft(edition: Edition) -> Edition:
    """The edition as a draft: nothing of an approval is left, staff's choices stay."""
    return replace(
        edition,
        state="draft",
        approved_hash=None,
        approved_by=None,
        approved_at=None,
        manifest={},
        archive=None,
        earliest_at=None,
    )


def check_state(edition: Edition, allowed: tuple[State, ...], what: str, remedy: str) -> None:
    """Refuse a step that the edition's state does not allow.

    Raises:
        EditionError: it is in another state.
    """
    if edition.state not in allowed:
        if edition.state == "cancelled":
            remedy = f"To make one after all: {find_way_back(edition)}"
        raise EditionError(f"edition {edition.id}", f"it is {edition.state} and cannot be {what}", remedy)


def find_way_back(edition: Edition) -> str:
    """The command that makes a cancelled edition's like: the next part or the same draft again, or one more extra."""
    extra = " --extra" if edition.extra else ""
    return f"digest edition prepare {edition.list_id} --rhythm {edition.rhythm}{extra}"


def check_revision(edition: Edition, revision: int | None) -> None:
    """Refuse a change that was made on an older state of the edition than there is.

    Raises:
        EditionError: somebody changed it meanwhile; the message says who changed what.
    """
    if revision is not None and revision != edition.revision:
        raise EditionError(
            f"edition {edition.id}",
            f"revision {revision} is stale: {edition.changed_by} has changed it since ({edition.changed_what})",
            f"Look at revision {edition.revision} (digest edition show {edition.id}) and make your change on that.",
        )


def edition_title(edition: Edition, words: Words) -> str:
    """Staff's title, else what the rhythm is called in the reader's language."""
    gettext = words.gettext
    by_rhythm = {"weekly": gettext("The week"), "daily": gettext("The day"), "at-once": gettext("Just published")}
    return edition.choices.title or by_rhythm[edition.rhythm]
