"""A member of staff, as the desk knows one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from digest.staff.roles import Right, Role, rights_of

__all__ = ["SYSTEM", "Member", "MemberState"]

MemberState = Literal["invited", "active", "removed"]
"""`invited` has no password yet; `removed` can do nothing, and the name stays taken: the journal keeps one meaning."""

SYSTEM = frozenset({"digest", "staff", "reader"})
"""Actors in the journal that are nobody's name: the program itself, staff before anybody was named, readers."""


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
