"""The letters that are not editions: a question, two answers and a goodbye, each with at most one link of its reader's own.

Nothing that a person typed into a form is ever part of such a letter, and it has no field that could hold it: a form that
mails what anybody types to whomever they name is a spam cannon. Everything shown comes from newsroom.toml, the templates
and the sentences of the languages; the address stands in the To line alone. Nor does a confirmation follow from what is
known of the address: equal wishes make equal letters, whoever they go to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from digest.mail.letter import Form
from digest.settings import Mailbox

__all__ = ["Row", "SingleKind", "SingleLetter"]

SingleKind = Literal["confirmation", "present", "preferences", "goodbye"]
"""What a single letter is about:

confirmation   somebody asked for a list: please confirm
present        somebody asked again for a list that this address already gets
preferences    the link to change one's choices, asked for on the page to unsubscribe
goodbye        this address left a list; with a link to undo that, or without
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of what was chosen, such as Rhythm and Once a week, in the letter's language."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class SingleLetter:
    """A single letter, ready to be rendered: words of its reader's language, no personal data.

    Attributes:
        form: `full`, or `discreet`: text alone that names newsroom, list and topics nowhere.
        rows: what was asked for (confirmation), or what this address gets (present).
        link_hours: for how many hours its link works; 0 for a letter without one.
        kept_days: for how many days the address is kept after leaving; 0 in letters that are no goodbye.
        front_url: the newsroom's front page. `reply_to`: an address that is read, or empty.

    Raises:
        ValueError: another letter than a goodbye has no link.
    """

    kind: SingleKind
    language: str
    form: Form
    newsroom: str
    list_title: str
    subject: str
    sender: Mailbox
    reply_to: str
    postal_address: str
    front_url: str
    rows: tuple[Row, ...] = ()
    link_hours: int = 0
    kept_days: int = 0

    def __post_init__(self) -> None:
        if not self.has_link and self.kind != "goodbye":
            raise ValueError(f"a letter of kind {self.kind} needs a link")

    @property
    def is_discreet(self) -> bool:
        """Whether it goes out as text alone under a neutral name."""
        return self.form == "discreet"

    @property
    def has_link(self) -> bool:
        """Whether it has a link of its reader's own; only a goodbye can do without."""
        return self.link_hours > 0

    @property
    def period_line(self) -> str:
        """Nothing: the frame of all letters shows an edition's days here."""
        return ""
