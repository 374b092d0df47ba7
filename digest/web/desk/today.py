"""The desk's first page: what is wrong or waiting, and how the last edition went."""

from __future__ import annotations

from digest.desk.today import look
from digest.staff.roles import Right
from digest.web.desk.visiting import Answer, Door, Visit

__all__ = ["DOORS"]


def show_today(visit: Visit) -> Answer:
    """What waits now, the worst first."""
    return visit.render("desk/today.html", today=look(visit.place))


DOORS = (Door("/", Right.LOOK, show_today),)
