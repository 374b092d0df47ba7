"""Where a sender's editions stand: taking back what dead senders left, pausing, finishing, counting. Plain SQL."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack
from pathlib import Path

from digest.delivery.ledger import EditionView, Overview
from digest.delivery.transitions import OPEN, State
from digest.store.delivery_rows import marks
from digest.store.releases import from_seconds
from digest.store.sending import Sending
from digest.store.slots import try_slot
from digest.store.sqlite import transaction

__all__ = ["Scope"]

_PAUSE = """
    UPDATE edition SET state = 'paused', paused_by = 'self', paused_reason = ?,
        revision = revision + 1, changed_by = 'the sender', changed_what = 'paused', changed_at = ?
    WHERE id = ? AND state = 'sending'
"""
_FINISH = """
    UPDATE edition SET state = 'finished', finished_at = ?,
        revision = revision + 1, changed_by = 'the sender', changed_what = 'finished', changed_at = ?
    WHERE id = ? AND state = 'sending'
    AND NOT EXISTS (SELECT 1 FROM delivery WHERE edition_id = ? AND state IN ('queued', 'picked', 'inflight'))
"""
_ELSEWHERE = """
    SELECT count(*) FROM delivery WHERE state IN ('picked', 'inflight') AND sender <> ? AND (? IS NULL OR edition_id = ?)
"""
_SENDING = "SELECT id FROM edition WHERE state = 'sending' AND (? IS NULL OR id = ?) ORDER BY started_at, id"
_VIEWS = """
    SELECT id, state, paused_by, paused_reason, audience_count FROM edition
    WHERE (? AND state = 'sending') OR id IN ({}) ORDER BY started_at, id
"""
_COUNTS = "SELECT state, count(*) FROM delivery WHERE edition_id = ? GROUP BY state"


class Scope:
    """What one sender works on: the edition it was started for, or all that are being sent.

    Args:
        connection: the sender's own.
        sending: its hot path.
        var: where the locks of the places lie.
        me: the number of its place.
        only: the one edition, or None.
    """

    def __init__(self, connection: sqlite3.Connection, sending: Sending, var: Path, me: int, only: str | None) -> None:
        self._connection = connection
        self._sending = sending
        self._var = var
        self._me = me
        self._only = only

    def recover(self, now: int, *, own: bool = False) -> None:
        """Take back what dead senders left; with `own` also what the one before left at this place.

        The places of the dead stay ours until all is durable, so that no new sender begins there meanwhile.
        """
        rows = self._connection.execute("SELECT DISTINCT sender FROM delivery WHERE state IN ('picked', 'inflight')")
        numbers = [row[0] for row in rows if row[0] is not None]
        with ExitStack() as places:
            dead = [self._me] if own and self._me in numbers else []
            for number in numbers:
                slot = None if number == self._me else try_slot(self._var, number)
                if slot is not None:
                    places.callback(slot.release)
                    dead.append(number)
            if dead:
                with transaction(self._connection):
                    for number in dead:
                        self._sending.recover(number, now)

    def pause(self, edition: str | None, reason: str, now: int) -> None:
        """Pause one edition, or all in scope, in the name of the sender itself."""
        names = [edition] if edition is not None else self._find_sending()
        self._sending.touched.update(names)
        with transaction(self._connection):
            self._connection.executemany(_PAUSE, [(reason, now, name) for name in names])

    def _find_sending(self) -> list[str]:
        rows = self._connection.execute(_SENDING, (self._only, self._only)).fetchall()
        return [row[0] for row in rows]

    def review(self, now: int) -> Overview:
        """Recover, finish what is done, and say where things stand.

        With one edition alone, the overview is about that one; others that it helped with are finished all the same.
        """
        self.recover(now)
        views = self._views()
        sending = [view for view in views if view.state == "sending"]
        self._sending.touched.update(view.id for view in sending)
        if done := [view for view in sending if not view.count(*OPEN)]:
            for view in done:
                self._finish(view, now)
            views = self._views()
        shown = tuple(view for view in views if self._only in (None, view.id))
        elsewhere = self._connection.execute(_ELSEWHERE, (self._me, self._only, self._only)).fetchone()[0]
        seconds = self._sending.next_due(now, only=True)
        return Overview(shown, None if seconds is None else from_seconds(seconds), elsewhere)

    def _finish(self, view: EditionView, now: int) -> None:
        """An edition is finished only when every reader it was made for is accounted for."""
        total = view.count(*State)
        if view.audience_count is not None and total != view.audience_count:
            self.pause(view.id, f"the counts do not add up: {total} deliveries for {view.audience_count} readers", now)
            return
        with transaction(self._connection):
            self._connection.execute(_FINISH, (now, now, view.id, view.id))

    def _views(self) -> list[EditionView]:
        """The editions that this sender works on, and those that it has worked on."""
        names = sorted(self._sending.touched | ({self._only} if self._only is not None else set()))
        rows = self._connection.execute(_VIEWS.format(marks(len(names))), (self._only is None, *names)).fetchall()
        return [
            EditionView(name, state, paused_by, reason, audience_count, self._count_states(name))
            for name, state, paused_by, reason, audience_count in rows
        ]

    def _count_states(self, name: str) -> dict[State, int]:
        counts = self._connection.execute(_COUNTS, (name,)).fetchall()
        return {State(state): number for state, number in counts}
