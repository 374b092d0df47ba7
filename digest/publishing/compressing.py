"""Compressed copies that lie beside text files, for servers that hand them out as they are (gzip_static, precompressed)."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Mapping

from digest.publishing.manifest import Copy, ManifestWriter
from digest.publishing.placing import Look, OutputFolder

__all__ = ["SUFFIXES", "Copies"]

SUFFIXES = (".gz", ".br")
"""What is added to a file's name: gzip (RFC 1952), Brotli (RFC 7932)."""
_TEXTS = (".html", ".xml", ".atom", ".rss", ".json", ".opml", ".css", ".txt", ".svg")
_LEAST = 1024
"""Shorter files fit one packet either way: bytes."""
_LARGE = 65_536
"""From how many bytes on the best Brotli costs more time than it saves on the way."""


class Copies:
    """The compressed copies of one output folder, kept in step with its files.

    A copy that stays behind its file would be handed out in place of a correction; so once a folder has copies, every run
    keeps them in step, until one is told to take them away.

    Args:
        wanted: whether there are to be copies; None: as in the run before.
    """

    def __init__(self, folder: OutputFolder, known: ManifestWriter, wanted: bool | None) -> None:
        self._folder, self._known = folder, known
        self._were_made = known.meta("compressed") == "1"
        self.are_made = self._were_made if wanted is None else wanted
        self.fresh: dict[str, Copy] = {}
        """The copies that were staged in this run, by path."""

    def stage(self, original: str, data: bytes) -> None:
        """Make the copies of a file with these bytes, if it gets any."""
        if not self.are_made or not _is_compressed(original, len(data)):
            return
        for suffix, compressed in _render(data):
            path = original + suffix
            self._folder.look(path)  # refuses what is no file
            self.fresh[path] = Copy(path, original, *self._folder.stage(path, compressed))

    def stage_missing(self, files: Mapping[str, Look], *, whole: bool) -> None:
        """Make copies of files that stay as they are, where they are missing or do not look as they were written.

        Without `whole` only if the run before made none.
        """
        if not self.are_made or (self._were_made and not whole):
            return
        for path, (size, _) in files.items():
            if _is_compressed(path, size) and not self._are_there(path) and self._folder.look(path):
                self.stage(path, self._folder.read(path))

    def find_stale(self, outdated: Iterable[str], made: Iterable[str]) -> list[str]:
        """The copies that are to be removed.

        Args:
            outdated: files that were changed or go away.
            made: all files of which documents were looked at.
        """
        if self._known.is_new:
            # a manifest that was lost may have known of some
            strays = () if self._folder.was_empty else (path + suffix for path in made for suffix in SUFFIXES)
            return [path for path in strays if path not in self.fresh]
        if not self.are_made:
            return [copy.path for copy in self._known.copies()] if self._were_made else []
        return [copy.path for path in outdated for copy in self._known.copies(path) if copy.path not in self.fresh]

    def _are_there(self, path: str) -> bool:
        copies = self._known.copies(path)
        return len(copies) == len(SUFFIXES) and all(self._folder.look(copy.path) == copy.look for copy in copies)


def _is_compressed(path: str, size: int) -> bool:
    return size >= _LEAST and path.endswith(_TEXTS)


def _render(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Each suffix with the bytes compressed that way; equal bytes give equal copies."""
    import brotli  # only who asks for copies waits for it

    yield ".gz", gzip.compress(data, 9, mtime=0)
    yield ".br", brotli.compress(data, mode=brotli.MODE_TEXT, quality=10 if len(data) < _LARGE else 5)
