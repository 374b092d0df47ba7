"""What goes wrong while serving, in plain words for whoever runs the server."""

from __future__ import annotations

import sys

from digest.errors import DigestError

__all__ = ["tell_once"]

_told: set[str] = set()
_MOST = 200


def tell_once(what: str, error: BaseException, *, discreet: bool = False) -> None:
    """Say it on the standard error output, in one line, unless just this was said before.

    Args:
        what: what did not work, as the subject of the line; never an address that a reader asked for.
        error: why.
        discreet: of an error that nobody foresaw only the name is said, for its message could hold a secret.
    """
    line = f"digest: {what}: {_explain(error, discreet)}"
    if line in _told:
        return
    if len(_told) >= _MOST:
        _told.clear()
    _told.add(line)
    print(line, file=sys.stderr, flush=True)


def _explain(error: BaseException, discreet: bool) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    text = " ".join(str(error).split())
    if isinstance(error, DigestError):
        return text
    return type(error).__name__ if discreet else f"{type(error).__name__}: {text}"
