"""How long a form was open: its moment, signed, travels in it. Forms of an earlier run of the server count as too old."""

from __future__ import annotations

import hmac
import re
import secrets
from datetime import datetime, timedelta
from typing import Literal

__all__ = ["LONGEST", "QUICKEST", "Stamps"]

QUICKEST = timedelta(seconds=3)
"""Sent sooner than this after it was opened, a form was filled in by a program."""
LONGEST = timedelta(hours=24)
_SHAPE = re.compile(r"([0-9]{1,12})\.([0-9a-f]{32})")


class Stamps:
    """Makes and judges them, under a secret that lives as long as the process."""

    def __init__(self, secret: bytes | None = None) -> None:
        self._secret = secret or secrets.token_bytes(32)

    def make(self, opened_at: datetime) -> str:
        """The stamp of a form that was opened then."""
        seconds = str(int(opened_at.timestamp()))
        return f"{seconds}.{self._sign(seconds)}"

    def judge(self, stamp: str, now: datetime) -> Literal["too-quick", "too-late"] | None:
        """Why a form has to be sent again; None when it was open for as long as people need."""
        found = _SHAPE.fullmatch(stamp)
        if found is None or not hmac.compare_digest(found[2], self._sign(found[1])):
            return "too-late"
        open_for = now.timestamp() - int(found[1])
        if open_for > LONGEST.total_seconds():
            return "too-late"
        return "too-quick" if open_for < QUICKEST.total_seconds() else None

    def renew(self, now: datetime) -> str:
        """The stamp of a form that is shown again: it can be sent at once."""
        return self.make(now - QUICKEST)

    def _sign(self, text: str) -> str:
        return hmac.digest(self._secret, b"opened\0" + text.encode(), "sha256")[:16].hex()
