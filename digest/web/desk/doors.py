"""All addresses of the desk, each with the right that it wants; the tests of roles and forms are made from this table."""

from __future__ import annotations

from digest.web.desk import account, editions, looking, progress, today
from digest.web.desk.visiting import Door

__all__ = ["DOORS"]

DOORS: tuple[Door, ...] = (*today.DOORS, *account.DOORS, *editions.DOORS, *looking.DOORS, *progress.DOORS)
