"""What the pages on which readers sign up, choose and leave are made of: plain values, in words of one language.

None of them holds an address, but for what a person has just typed and is shown again to mend.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, Protocol

from digest.pages.views import Link

__all__ = [
    "Act", "BlockView", "Done", "Entry", "Fault", "FaultView", "FieldsView", "OptionView", "RowView", "Standing", "StepView",
    "TitleView", "Wish",
]  # fmt: skip

Done = Literal["saved", "joined", "paused", "resumed", "left"]
"""What was just done on the page of choices; `left` is one list of several."""

Fault = Literal[
    "address-missing", "address-wrong", "address-letters", "topics-none", "choice", "day", "sure", "too-quick", "too-late",
    "trap",
]  # fmt: skip
"""Why a form is shown again:

address-missing   nothing was typed
address-wrong     what was typed is no address
address-letters   mail servers cannot take letters like these before the @ yet
topics-none       only some topics are wanted, and none was named
choice            a choice that is not offered (any more)
day               no day to pause until, or not one of the next twelve months
sure              erasing was not agreed to
too-quick         sent faster than people fill in forms
too-late          the form has been open for very long, or comes from elsewhere
trap              a field that people do not see was filled in
"""


class Wish(Protocol):
    """What a person asks for, or gets: ids of newsroom.toml. No topics means all there are, now and later."""

    @property
    def list_id(self) -> str: ...  # noqa: D102 (the class says what they are)
    @property
    def rhythm(self) -> str: ...  # noqa: D102
    @property
    def language(self) -> str: ...  # noqa: D102
    @property
    def topics(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def urgent(self) -> bool: ...  # noqa: D102
    @property
    def form(self) -> Literal["full", "discreet"]: ...  # noqa: D102


class Standing(Protocol):
    """A subscription as its reader sees it; `paused_until` and `confirmed_at` are aware UTC or None."""

    @property
    def wish(self) -> Wish: ...  # noqa: D102 (the class says what they are)
    @property
    def paused_until(self) -> datetime | None: ...  # noqa: D102
    @property
    def confirmed_at(self) -> datetime | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands in a form: as it was filled in, or before it was.

    `takes_all` says that all topics are wanted, whatever is ticked below. Empty rhythm and language stand for the first.
    """

    address: str = field(default="", repr=False)
    takes_all: bool = True
    topics: tuple[str, ...] = ()
    rhythm: str = ""
    urgent: bool = False
    language: str = ""
    form: str = "full"


@dataclass(frozen=True, slots=True)
class OptionView:
    """One thing that can be chosen: what the form says, what people read, and perhaps a line on what it means."""

    value: str
    title: str
    is_chosen: bool = False
    hint: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class FieldsView:
    """The choices of a list. `id` tells the fields of several forms on one page apart; `urgent` may not be offered."""

    id: str
    topics: tuple[OptionView, ...]
    takes_all: bool
    rhythms: tuple[OptionView, ...]
    urgent: OptionView | None
    languages: tuple[OptionView, ...]
    forms: tuple[OptionView, ...]


@dataclass(frozen=True, slots=True)
class FaultView:
    """Why a form is shown again, in words, and the id of the field to mend; empty when it is none."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class RowView:
    """One line of what somebody gets, such as Rhythm and Once a week."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Act:
    """A button that does one thing: where it posts to, under which name, and what it says. `is_main` makes it stand out."""

    action: str
    value: str
    label: str
    is_main: bool = True


@dataclass(frozen=True, slots=True)
class StepView:
    """A page with one thing to do, or one to know.

    `closing` stands below the button; `other` is another thing to do, introduced by `instead`; `link` leads on.
    """

    heading: str
    paragraphs: tuple[str, ...] = ()
    rows: tuple[RowView, ...] = ()
    act: Act | None = None
    closing: tuple[str, ...] = ()
    instead: str = ""
    other: Act | None = None
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class TitleView:
    """The title of an item, in its language."""

    title: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class BlockView:
    """One list on the page of choices: what its reader gets, or could get.

    `since` and `paused_until` are days on the newsroom's calendar; `words` is what somebody agrees to who joins.
    """

    list_id: str
    title: str
    fields: FieldsView
    rows: tuple[RowView, ...] = ()
    since: date | None = None
    paused_until: date | None = None
    words: str = ""
