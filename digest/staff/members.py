"""A member of staff, as the desk knows one."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from digest.items.characters import find_first_forbidden, fold, is_visible, normalise
from digest.staff.roles import Right, Role, rights_of

__all__ = [
    "NAME_LENGTH",
    "SYSTEM",
    "THE_CLOCK",
    "THE_PROGRAM",
    "Member",
    "MemberState",
    "Program",
    "fold_name",
    "judge_name",
    "name_person",
    "plain_name",
]

MemberState = Literal["invited", "active", "removed"]
"""`invited` has no password yet; `removed` can do nothing, and the name stays taken: the journal keeps one meaning."""

SYSTEM = frozenset({"digest", "staff", "reader", "readers", "the clock", "the schedule", "demo"})
"""Actors in the journal that are nobody's name: the program itself, staff before anybody was named, readers."""

NAME_LENGTH = 60
"""The longest name in characters."""


class Program(str):
    """An actor that is no person: the program itself, or a reader by a link of their own.

    Only code makes one. What somebody types after `--as` is never one, whatever it says: that is how both are told apart.
    """

    __slots__ = ()


THE_PROGRAM = Program("digest")
"""The program, when nobody in particular gave the occasion."""

THE_CLOCK = Program("the clock")
"""The program, when it releases what was held until a moment."""


def name_person(actor: str) -> str | None:
    """The person who an actor is; None for the program."""
    return None if isinstance(actor, Program) else actor


def plain_name(text: str) -> str:
    """A name as it is kept: one line, in Unicode's normal form, without blanks at its ends."""
    return normalise(fold(text))


def fold_name(text: str) -> str:
    """What tells one name from another: capitals, blanks and the width of letters do not (UAX 15, NFKC)."""
    folded = fold(unicodedata.normalize("NFKC", text)).casefold()
    return fold(unicodedata.normalize("NFKC", folded))


def judge_name(text: str) -> str | None:
    """Why nobody can have this name, one sentence without a full stop; None for one that will do."""
    plain = plain_name(text)
    if not is_visible(plain) or find_first_forbidden(plain):
        return "the name is empty or holds what cannot be shown"
    if len(plain) > NAME_LENGTH:
        return f"the name has more than {NAME_LENGTH} characters"
    if "@" in plain:
        return "the name looks like an e-mail address, and it stands in the journal"
    if "," in plain:
        return "the name has a comma in it"
    if fold_name(plain) in SYSTEM:
        return "the journal calls by that name what is nobody's"
    return None


@dataclass(frozen=True, slots=True)
class Member:
    """Who somebody is and what they were made. `epoch` grows with every change of password, roles or second factor, and
    ends all sessions that began before."""

    id: int
    name: str
    roles: frozenset[Role]
    state: MemberState
    epoch: int
    has_codes: bool
    created_at: datetime
    rights: frozenset[Right] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rights", rights_of(self.roles) if self.state == "active" else frozenset())

    def may(self, right: Right) -> bool:
        """Whether it is allowed; never for one who is not active."""
        return right in self.rights
