"""Files that the store keeps beside the database, written whole and durable or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

__all__ = ["read_variant", "variant_path", "write_durably", "write_variant"]


def variant_path(var: Path, message_hash: str) -> Path:
    """Where a ready message is kept: its name says what it holds, so the file never changes."""
    return var / "variants" / message_hash[:2] / message_hash


def write_variant(var: Path, message_hash: str, data: bytes) -> None:
    """Keep a ready message; one that is there already is not touched."""
    path = variant_path(var, message_hash)
    if not path.exists():
        write_durably(path, data)


def read_variant(var: Path, message_hash: str) -> bytes:
    """A ready message's file."""
    return variant_path(var, message_hash).read_bytes()


def write_durably(path: Path, data: bytes) -> None:
    """Write a file so that after a crash it is there whole or not at all; folders above it are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".new-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
