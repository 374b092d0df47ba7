"""Ctrl-C and SIGTERM, from the first moment of a command to its last: it ends with one line, whatever it was at.

What it was at may be the loading of a library, which makes another error of the interruption, logs or swallows it; so it is
noted too that it came. This file loads nothing heavy, for it goes ahead of all others.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from contextlib import suppress

TYPE_CHECKING = False  # of `typing`, which takes its time
if TYPE_CHECKING:
    from types import FrameType
    from typing import NoReturn

__all__ = ["SENTENCE", "STOPPED", "Interruption"]

SENTENCE = "digest: stopped before it was done; run it again."
"""What is said of a command that was interrupted."""
STOPPED = 5
"""Its exit status: `Status.WAITING`, which may not be loaded yet."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Whether the process was told to end."""

    def __init__(self) -> None:
        self.has_come = False

    def await_it(self) -> None:
        """From now on a signal raises KeyboardInterrupt."""
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as for what a shell runs in the background
                signal.signal(number, self._raise)
        sys.unraisablehook = self._look_at

    def close(self, status: int) -> None:
        """The command is over but for what Python itself has to do, which a further signal cuts short or no longer stops."""
        for number in _SIGNALS:
            signal.signal(number, lambda _number, _frame: os._exit(status))
            atexit.register(signal.signal, number, signal.SIG_IGN)  # soon after, Python would let signals kill it

    def take_leave(self) -> NoReturn:
        """Say that the command was interrupted, and end at once: Python itself would at times end by the signal instead."""
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):  # whoever read it has gone
                stream.flush()
        os.write(2, f"{SENTENCE}\n".encode())
        os._exit(STOPPED)

    def _raise(self, _number: int, _frame: FrameType | None) -> None:
        self.has_come = True
        if "logging" in sys.modules:
            sys.modules["logging"].disable()
        raise KeyboardInterrupt

    def _look_at(self, unraisable: sys.UnraisableHookArgs) -> None:
        """An interruption that came where Python can raise nothing, in the midst of a clean-up, would be lost."""
        if not issubclass(unraisable.exc_type, KeyboardInterrupt):
            sys.__unraisablehook__(unraisable)
            return
        self.take_leave()
