"""What somebody wants to look at, and how: read from the query of an address, so that a look can be shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar, cast, get_args

from digest.mail.single import LetterKind, SingleKind
from digest.settings import Rhythm, Settings

__all__ = [
    "EXTENTS",
    "LETTER",
    "TOPIC",
    "Choice",
    "Form",
    "Light",
    "Part",
    "PictureMode",
    "Width",
    "list_topics",
    "read_choice",
]

Form = Literal["full", "discreet"]
PictureMode = Literal["shown", "blocked", "none"]
Width = Literal["both", "desktop", "phone"]
Light = Literal["light", "dark", "both"]
Part = Literal["html", "text", "source"]

EXTENTS = ("5", "1", "12", "all", "60", "mixed", "notices")
"""What an edition may carry: so many of the newest items, all, sixty (items repeated), three with notices, notices alone."""
TOPIC = "topic:"
"""Stands before the id of a topic: what a reader of that topic gets."""
LETTER = "letter:"
"""Stands before the kind of a single letter."""
SINGLE_KINDS: tuple[LetterKind, ...] = (*get_args(SingleKind), "press-feed", "approval-wanted")

_FORMS: tuple[Form, ...] = ("full", "discreet")
_PICTURES: tuple[PictureMode, ...] = ("shown", "blocked", "none")
_WIDTHS: tuple[Width, ...] = ("both", "phone", "desktop")
_LIGHTS: tuple[Light, ...] = ("light", "dark", "both")
_PARTS: tuple[Part, ...] = ("html", "text", "source")
_Value = TypeVar("_Value", bound=str)


@dataclass(frozen=True, slots=True)
class Choice:
    """One look.

    `carries` is one of `EXTENTS`, a topic's id behind `TOPIC`, or the kind of a single letter behind `LETTER`. `pictures`
    tells whether they are shown, blocked as many mail programs do, or left out as if no item had one; `drafts` whether items
    count that are not ready yet. The letter follows from these and from list, rhythm, language and form; the rest is how it
    is shown.
    """

    list_id: str
    rhythm: Rhythm = "weekly"
    carries: str = "5"
    language: str = "en"
    form: Form = "full"
    pictures: PictureMode = "shown"
    drafts: bool = False
    width: Width = "both"
    light: Light = "light"
    part: Part = "html"

    @property
    def topic(self) -> str | None:
        """The topic whose reader gets it; None for a reader of everything."""
        return self.carries.removeprefix(TOPIC) if self.carries.startswith(TOPIC) else None

    @property
    def single(self) -> LetterKind | None:
        """The kind of a single letter; None for an edition."""
        kind = self.carries.removeprefix(LETTER)
        return cast("LetterKind", kind) if self.carries.startswith(LETTER) else None

    @property
    def content(self) -> tuple[object, ...]:
        """All that the letter follows from: equal contents, equal letters."""
        return self.list_id, self.rhythm, self.carries, self.language, self.form, self.pictures == "none", self.drafts


def list_topics(settings: Settings) -> tuple[str, ...]:
    """The topics that an edition has sections for, in their order."""
    return tuple(name for name, topic in settings.topics.items() if topic.moved_to is None)


def read_choice(query: Mapping[str, str], settings: Settings) -> Choice:
    """The look that a query names; whatever in it means nothing here, an old link for example, counts as not said.

    A site without lists has nothing to look at: settings must have one.
    """
    lists = sorted(settings.lists, key=lambda name: settings.lists[name].rhythms[0] != "weekly")
    list_id = _pick(query, "list", lists)
    topics = (f"{TOPIC}{name}" for name in list_topics(settings))
    letters = (f"{LETTER}{kind}" for kind in SINGLE_KINDS)
    return Choice(
        list_id=list_id,
        rhythm=_pick(query, "rhythm", settings.lists[list_id].rhythms),
        carries=_pick(query, "items", (*EXTENTS, *topics, *letters)),
        language=_pick(query, "language", settings.languages),
        form=_pick(query, "form", _FORMS),
        pictures=_pick(query, "pictures", _PICTURES),
        drafts=query.get("drafts") == "yes",
        width=_pick(query, "width", _WIDTHS),
        light=_pick(query, "light", _LIGHTS),
        part=_pick(query, "part", _PARTS),
    )


def _pick(query: Mapping[str, str], name: str, known: Sequence[_Value]) -> _Value:
    """What the query says of one thing, if it is known; else the first that is."""
    return next((value for value in known if value == query.get(name)), known[0])
