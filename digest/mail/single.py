"""The letters that are not editions, each to one person, with at most one link of that person's own.

Readers get two questions, two answers and a goodbye; accredited press the address of a private feed; staff who approve a
list's editions short notices about what waits for them.

Nothing that a person typed into a form is ever part of such a letter, and it has no field that could hold it: a form that
mails what anybody types to whomever they name is a spam cannon. Everything shown comes from newsroom.toml, the templates
and the sentences of the languages, in notices to staff also from what was released; the address stands in the To line alone.
Nor does a confirmation follow from what is known of the address: equal wishes make equal letters, whoever they go to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from digest.mail.letter import Form
from digest.settings import Mailbox

__all__ = ["Command", "LetterKind", "Notice", "NoticeKind", "Row", "SingleKind", "SingleLetter", "SingleSentences"]

SingleKind = Literal["confirmation", "present", "preferences", "move", "goodbye"]
"""What a single letter to a reader is about:

confirmation   somebody asked for a list: please confirm
present        somebody asked again for a list that this address already gets
preferences    the link to change one's choices, asked for on the page to unsubscribe
move           letters shall go to another address: may they?
goodbye        this address left a list; with a link to undo that, or without
"""

NoticeKind = Literal[
    "approval-wanted",
    "released-since",
    "slot-unapproved",
    "slot-missed",
    "approval-void",
    "edition-paused",
    "letters-held",
    "requests-held",
]
"""What a notice to those who approve a list's editions is about:

approval-wanted   a draft was made and waits for a person
released-since    something was released after an edition was approved
slot-unapproved   an edition's moment came and nobody had approved it
slot-missed       a moment lies more than a day back and nothing was sent
approval-void     a standing approval no longer fits
edition-paused    sending stopped by itself
letters-held      letters wait for a person's decision
requests-held     far more people than usual ask to subscribe, and wait
"""

LetterKind = Literal[SingleKind, NoticeKind, "press-feed"]
"""What any single letter is about; `press-feed` brings accredited press the address of a private feed."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of what was chosen, such as Rhythm and Once a week, in the letter's language."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Command:
    """What staff can do at a terminal: what it is for, and the words to type."""

    purpose: str
    words: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notice to staff is about: ids of newsroom.toml and of the edition (either may be empty).

    `listed` are titles of released items, what changed, or why, as the kind has it; `unlisted_count` says how many more
    there are. `moment` is a moment in words, `count` how many letters are held (0: not known).
    """

    list_id: str
    rhythm: str = ""
    edition: str = ""
    moment: str = ""
    listed: tuple[str, ...] = ()
    unlisted_count: int = 0
    count: int = 0


@dataclass(frozen=True, slots=True)
class SingleLetter:
    """A single letter, ready to be rendered: words of its reader's language, no personal data.

    Attributes:
        form: `full`, or `discreet`: text alone that names newsroom, list and topics nowhere.
        list_title: the list that it is about; empty when it is about none.
        rows: what was asked for (confirmation), what this address gets (present), or what a notice is about.
        link_hours: for how many hours its link works; 0 for a letter without one, and for one that works until revoked.
        kept_days: for how many days the address is kept after leaving; 0 in letters that are no goodbye.
        front_url: the newsroom's front page. `reply_to`: an address that is read, or empty.
        contact: whom accredited press can write to. `notice`: what a notice to staff is about, None in other letters.

    Raises:
        ValueError: another letter to a reader than a goodbye has no link.
    """

    kind: LetterKind
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
    contact: str = ""
    notice: Notice | None = None

    def __post_init__(self) -> None:
        if not self.has_link and self.kind != "goodbye" and self.notice is None:
            raise ValueError(f"a letter of kind {self.kind} needs a link")

    @property
    def is_discreet(self) -> bool:
        """Whether it goes out as text alone under a neutral name."""
        return self.form == "discreet"

    @property
    def has_link(self) -> bool:
        """Whether it has a link of its reader's own; only a goodbye and notices can do without."""
        return self.link_hours > 0 or self.kind == "press-feed"

    @property
    def period_line(self) -> str:
        """Nothing: the frame of all letters shows an edition's days here."""
        return ""


@dataclass(frozen=True, slots=True)
class SingleSentences:
    """What the templates get beside the letter. What a kind of letter does not need is empty.

    Attributes:
        opening, closing: paragraphs before and after the link.
        chosen: the heading of the rows, which can stand without. `lines`: each row as one line of text.
        button: what the link does. `copied`: what stands above the link written out.
        listed: the heading of what a notice lists. `unlisted`: that there is more.
        todo: the heading of the commands.
        again: how to come back without a link; the front page's address follows.
        reason: why this letter came. `pledge`: what is not noted of its reader, where that is less than nothing at all.
    """

    subject: str
    preheader: str = ""
    heading: str = ""
    opening: tuple[str, ...] = ()
    chosen: str = ""
    lines: tuple[str, ...] = ()
    button: str = ""
    copied: str = ""
    listed: str = ""
    unlisted: str = ""
    todo: str = ""
    commands: tuple[Command, ...] = ()
    closing: tuple[str, ...] = ()
    again: str = ""
    reason: str = ""
    pledge: str = ""
