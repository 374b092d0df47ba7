"""One run over an output folder: what is known of it, what it is to hold, and the way from the one to the other.

A group with the key of the last run is passed over after a look at one of its files. In the others a document is rendered
only if its key is new or its file does not look as it was written, and written only if its bytes are new. New files are
first written whole to a folder of their own and made durable there; only when all of them are does the first one move to its
place. A full disk or a crash before that leaves the old site as it was; a crash in between leaves each file whole, old or
new, and the next run finishes. What fails keeps its last good file and holds up nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from digest.clock import real_now
from digest.errors import DigestError, Problem, StoreError
from digest.newsroom.document import Document, Group
from digest.publishing.compressing import Copies
from digest.publishing.manifest import Entry, ManifestWriter
from digest.publishing.placing import Look, OutputFolder, check_path

__all__ = ["Judge", "Run", "Written", "pass_all"]

Judge = Callable[[str, bytes], str]
"""What is wrong with a document, by its path and new bytes: a sentence without a full stop, empty when it is sound."""

_SHOWN = 3
"""How many files a problem names."""


def pass_all(_path: str, _data: bytes) -> str:
    """The judge that finds nothing wrong."""
    return ""


@dataclass(frozen=True, slots=True)
class Written:
    """What a run did to an output folder.

    `changed` are the paths that it wrote, in the order in which they moved into place, and `removed` those it took away;
    `unchanged_count` files were left as they were. `failed` tells of documents that could not be made or were found faulty,
    and keep their last good file.
    """

    changed: tuple[str, ...]
    unchanged_count: int
    removed: tuple[str, ...]
    failed: tuple[Problem, ...] = ()


class Run:
    """One run.

    Args:
        groups: all that the folder is to hold.
        judge: looks over every new or changed document.
        compress: whether text files get compressed copies; None: as in the run before.
    """

    def __init__(
        self, folder: OutputFolder, known: ManifestWriter, groups: Sequence[Group], judge: Judge, compress: bool | None
    ) -> None:
        self._folder, self._known, self._groups, self._judge = folder, known, groups, judge
        self._moment = int(real_now().timestamp())
        self._keys, self._unfinished = known.groups(), known.moving()
        self._copies = Copies(folder, known, compress)
        self._new_keys: dict[str, str] = {}
        self._entries: dict[str, Entry] = {}
        self._changed: set[str] = set()
        self._claimed: set[str] = set()
        self._formerly: set[str] = set()
        self._faults: dict[tuple[str, str], list[str]] = {}

    def write(self, whole: bool) -> Written:
        """Do it; with `whole` every file is looked at, even where no key has changed.

        Raises:
            StoreError: a path is unsafe or obstructed, or the manifest cannot be written.
            OSError: the folder cannot be written to.
            BrokenManifestError: the manifest is damaged; nothing that lay there is lost.
        """
        whole = whole or self._is_doubtful()
        for group in self._groups:
            if self._keys.get(group.name) != group.key or (whole and not self._look_through(group.name)):
                self._process(group)
        vanished = self._keys.keys() - {group.name for group in self._groups}
        for name in vanished:
            self._formerly.update(self._known.entries(name))
        stale = sorted(self._formerly - self._claimed)
        if self._copies.are_made:
            self._stage_missing_copies(stale, whole)
        leftovers = self._copies.find_stale((*stale, *self._changed), self._claimed) + self._find_unfinished()
        changed = self._replace()
        for path in leftovers:
            self._folder.remove(path)
        removed = tuple(path for path in stale if self._folder.remove(path))
        self._folder.sync()
        self._keep(stale, leftovers, vanished)
        return Written(changed, self._known.file_count() - len(changed), removed, self._describe_faults())

    def _is_doubtful(self) -> bool:
        """Whether somebody else was at the folder, or a run was killed in it: then every file must be looked at."""
        if self._unfinished or self._known.meta("root") != self._folder.identity:
            return True
        same = {group.name for group in self._groups if self._keys.get(group.name) == group.key}
        return any(
            self._folder.look(path) != look for name, (path, look) in self._known.first_looks().items() if name in same
        )

    def _look_through(self, group: str) -> bool:
        """Whether every file of a group has the bytes that were written."""
        for entry in self._known.entries(group).values():
            seen = self._folder.look(entry.path)
            if seen is None or not self._holds(entry.path, entry.sha256, entry, seen):
                return False
            if seen != entry.look:
                self._entries[entry.path] = entry._replace(size=seen[0], mtime_ns=seen[1])
        return True

    def _process(self, group: Group) -> None:
        known = self._known.entries(group.name)
        self._formerly.update(known)
        sound = True
        for document in group.list():
            self._claim(document.path)
            entry = known.get(document.path) or self._known.entry(document.path)
            sound &= self._settle(document, group.name, entry)
        self._new_keys[group.name] = group.key if sound else ""

    def _claim(self, path: str) -> None:
        check_path(path)
        if path in self._claimed:
            raise StoreError(path, "two groups make this file", "This is a fault of the program; report it.")
        self._claimed.add(path)

    def _settle(self, document: Document, group: str, entry: Entry | None) -> bool:
        """Stage a document if its bytes are new; False if it failed."""
        path, seen = document.path, self._folder.look(document.path)
        if entry and seen and entry.key == document.key and self._holds(path, entry.sha256, entry, seen):
            self._note(document, group, entry.sha256, seen, entry)
            return True
        data = self._render(document)
        sha256 = hashlib.sha256(data or b"").hexdigest()
        if data is not None and seen and self._holds(path, sha256, entry, seen):
            self._note(document, group, sha256, seen, entry)
            if entry is None or entry.sha256 != sha256:
                self._copies.stage(path, data)
            return True
        if data is None or self._is_faulty(path, data):
            self._hold(path, group, entry, seen)
            return False
        self._note(document, group, sha256, self._folder.stage(path, data), None)
        self._changed.add(path)
        self._copies.stage(path, data)
        return True

    def _holds(self, path: str, sha256: str, entry: Entry | None, seen: Look) -> bool:
        """Whether the file at a path has these bytes; it is read only if it does not look as the manifest says."""
        if entry is not None and seen == entry.look:
            return entry.sha256 == sha256
        return self._folder.read_hash(path) == sha256

    def _render(self, document: Document) -> bytes | None:
        try:
            return document.render()
        except StoreError:
            raise
        except DigestError as error:
            cause = f"{error.cause}. {error.remedy}".strip().removesuffix(".")
            self._faults.setdefault((error.subject, cause), []).append(document.path)
        except ValueError as error:
            self._faults.setdefault((document.path, f"it cannot be made ({error})"), []).append(document.path)
        return None

    def _is_faulty(self, path: str, data: bytes) -> bool:
        cause = self._judge(path, data)
        if cause:
            self._faults.setdefault((path, cause), []).append(path)
        return bool(cause)

    def _note(self, document: Document, group: str, sha256: str, look: Look, entry: Entry | None) -> None:
        """Keep what is new about a file: that it is written anew, or what was it made from this time."""
        written = entry.written if entry and entry.sha256 == sha256 else look[1] // 10**9
        fresh = Entry(document.path, group, document.key, sha256, *look, document.status, document.location, written)
        if fresh != entry:
            self._entries[document.path] = fresh

    def _hold(self, path: str, group: str, entry: Entry | None, seen: Look | None) -> None:
        """Leave the last good file of a document that failed; its key stays behind, so that it is tried again."""
        if entry is None:
            self._claimed.discard(path)
        elif seen is not None and seen != entry.look:
            sha256 = self._folder.read_hash(path)
            self._entries[path] = entry._replace(group=group, key="", sha256=sha256, size=seen[0], mtime_ns=seen[1])
        elif entry.group != group:
            self._entries[path] = entry._replace(group=group)

    def _stage_missing_copies(self, stale: Iterable[str], whole: bool) -> None:
        looks = {entry.path: entry.look for entry in (*self._known.all_entries(), *self._entries.values())}
        for path in (*stale, *self._changed):
            looks.pop(path, None)
        self._copies.stage_missing(looks, whole=whole)

    def _find_unfinished(self) -> list[str]:
        """What a killed run moved into place, and no run will know of."""
        if not self._unfinished:
            return []
        copies = {*self._copies.fresh, *(copy.path for copy in self._known.copies())}
        unknown = self._unfinished - self._claimed - self._formerly - copies
        return [path for path in unknown if self._known.entry(path) is None]

    def _replace(self) -> tuple[str, ...]:
        """Move what was staged; the paths of documents in the order of moving."""
        paths = self._folder.sync_staged()
        if paths:
            # kept before anything moves: a file must never lie there that no later run would know as ours
            self._known.begin(paths)
            self._folder.move_staged()
        return tuple(path for path in paths if path in self._changed)

    def _keep(self, stale: Sequence[str], leftovers: Sequence[str], vanished: Iterable[str]) -> None:
        """Tell the manifest, if there is anything new."""
        facts = {"root": self._folder.identity, "compressed": "1" if self._copies.are_made else "0"}
        news = {name: value for name, value in facts.items() if self._known.meta(name) != value}
        keys = {name: key for name, key in self._new_keys.items() if self._keys.get(name) != key}
        if self._entries or self._copies.fresh or stale or leftovers or keys or vanished or news or self._unfinished:
            self._known.finish(
                entries=self._entries.values(),
                copies=self._copies.fresh.values(),
                removed=stale,
                removed_copies=leftovers,
                groups=keys,
                vanished=vanished,
                meta=news,
                at=self._moment,
            )

    def _describe_faults(self) -> tuple[Problem, ...]:
        problems = []
        for (subject, cause), paths in self._faults.items():
            names = ", ".join(paths[:_SHOWN]) + (f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else "")
            problems.append(Problem(subject, 0, "", f"{cause}. Not written until then: {names}"))
        return tuple(problems)
