"""Compiled templates, kept below var/ so that a short command need not compile them again.

The sentences of a language are set into a template when it is compiled, so each language has its own; a file of a former
state of templates or code is never used, and removed when the next is written.
"""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from pathlib import Path

from jinja2.bccache import Bucket, BytecodeCache

__all__ = ["CompiledTemplates"]


class CompiledTemplates(BytecodeCache):
    """The compiled templates of one language, in one state of templates and code.

    Args:
        folder: where they are kept; made when the first one is.
        state: a fingerprint of all that compiled templates follow from.
        language: whose sentences are set in.
    """

    def __init__(self, folder: Path, state: str, language: str) -> None:
        self._above = folder
        self._folder = folder / hashlib.sha256(state.encode()).hexdigest()[:16]
        self._language = language

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give Jinja what was kept of a template."""
        with suppress(OSError), self._file(bucket).open("rb") as file:
            bucket.load_bytecode(file)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a template that was just compiled; it only saves time, so a folder that cannot be written does no harm."""
        with suppress(OSError):
            if not self._folder.is_dir():
                self._forget_others()
                self._folder.mkdir(parents=True, mode=0o700)
            fresh = self._folder / f".{secrets.token_hex(8)}"
            with fresh.open("xb") as file:
                bucket.write_bytecode(file)
            fresh.replace(self._file(bucket))

    def _file(self, bucket: Bucket) -> Path:
        return self._folder / f"{self._language}-{bucket.key}"

    def _forget_others(self) -> None:
        for folder in self._above.iterdir() if self._above.is_dir() else ():
            for file in folder.iterdir():
                file.unlink(missing_ok=True)
            folder.rmdir()
