"""However a folder came to be as it is, a run leaves in it the bytes that a run into an empty folder would leave there."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import ContentError
from digest.newsroom.document import Document, Group, fingerprint
from digest.publishing.manifest import manifest_path, open_manifest
from digest.publishing.output import write_groups
from digest.publishing.replacing import Written

Facts = Mapping[str, Mapping[str, int]]
"""Of each group the documents by path, each with what it is made from; two facts following each other give one text."""
CALLS = ("mkdir", "rename", "unlink", "rmdir")
"""What changes a folder; a kill can come before any of them."""

PATHS = st.sampled_from(
    ["index.html", "items/a/index.html", "items/b/index.html", "feeds/all.atom", "feeds/all/1.atom", "x/y"]
)
FACTS = st.dictionaries(
    st.sampled_from(["one", "two", "three"]), st.dictionaries(PATHS, st.integers(0, 5), max_size=4), max_size=3
)
STEPS = st.one_of(
    st.tuples(st.just("write"), FACTS, st.sampled_from([None, True, False])),
    st.tuples(st.just("kill"), FACTS, st.integers(0, 25)),
    st.tuples(st.just("fail"), FACTS, st.integers(0, 5)),
    st.tuples(st.just("remove"), PATHS, st.just(0)),
    st.tuples(st.just("edit"), PATHS, st.just(0)),
    st.tuples(st.just("clear"), st.just(""), st.just(0)),
)


def _render(path: str, fact: int, failing: int | None = None) -> bytes:
    if fact == failing:
        raise ContentError(path, "it has a fault")
    return f"{path} {fact // 2} ".encode() * 90  # long enough to be compressed


def _plan(facts: Facts, failing: int | None = None) -> Iterator[Group]:
    taken: set[str] = set()
    for name, documents in facts.items():
        mine = {path: fact for path, fact in documents.items() if path not in taken}
        taken |= mine.keys()
        planned = [Document(path, fingerprint(fact), partial(_render, path, fact, failing)) for path, fact in mine.items()]
        yield Group(name, fingerprint(sorted(mine.items())), partial(list, planned))


def _read(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


class House:
    """A folder with its manifest, and what happens to it."""

    def __init__(self, place: Path) -> None:
        self.public = place / "public"
        self.manifest = manifest_path(place / "var", self.public)
        self.compresses = False
        self.was_touched = False

    def write(self, facts: Facts, compress: bool | None, failing: int | None = None) -> Written:
        if compress is not None:
            self.compresses = compress
        touched, self.was_touched = self.was_touched, False
        return write_groups(self.public, _plan(facts, failing), self.manifest, whole=touched, compress=compress)

    def kill(self, facts: Facts, calls: int) -> bool:
        """A run that dies before that many calls of the system; False if it needed no more."""
        child = os.fork()
        if child == 0:
            try:
                _die_after(calls)
                self.write(facts, None)
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status) == 9

    def touch(self, step: str, path: str) -> None:
        """Somebody else removes or edits a file, or removes the whole folder, which a run must notice by itself."""
        file = self.public / path
        if step == "clear":
            shutil.rmtree(self.public, ignore_errors=True)
        elif file.is_file():
            self.was_touched = True
            file.unlink() if step == "remove" else file.write_bytes(file.read_bytes()[::-1])


def _die_after(calls: int) -> None:
    left = calls

    def count(call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                os._exit(9)
            return call(*arguments, **options)

        return counted

    for name in CALLS:
        setattr(os, name, count(getattr(os, name)))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills are simulated in a forked process")
@settings(max_examples=50, deadline=None)
@given(history=st.lists(STEPS, max_size=5), last=FACTS)
def test_any_history_ends_in_the_bytes_of_a_write_into_an_empty_folder(history: list[Any], last: Facts) -> None:
    with tempfile.TemporaryDirectory() as name:
        house, fresh = House(Path(name)), House(Path(name) / "fresh")
        for step, what, how in history:
            if step == "write":
                house.write(what, how)
            elif step == "kill":
                house.kill(what, how)
            elif step == "fail":
                house.write(what, None, how)
            else:
                house.touch(step, what)
        house.write(last, None)

        _check(house, fresh, last)


OLD: Facts = {"one": {"index.html": 0, "items/a/index.html": 0, "x/y.html": 0}, "two": {"feeds/all.atom": 0}}
NEW: Facts = {"one": {"index.html": 2, "items/a/index.html": 2, "items/b/index.html": 2}, "three": {"feeds/all.atom": 0}}
NEXT: Mapping[str, list[tuple[Facts, int | None]]] = {
    "as before": [(OLD, None)],
    "as wanted": [(NEW, None)],
    "without what was new": [({"one": {"index.html": 2}}, None)],
    "one failing, then without it": [(NEW, 2), ({"one": {"index.html": 4}}, None)],
}


@pytest.mark.parametrize("afterwards", NEXT)
@pytest.mark.parametrize("compress", [False, True])
def test_a_run_that_dies_at_any_moment_is_mended_by_the_next(tmp_path: Path, afterwards: str, compress: bool) -> None:
    for calls in range(1000):
        house, fresh = House(tmp_path / f"{calls}"), House(tmp_path / f"{calls}-fresh")
        house.write(OLD, compress)
        died = house.kill(NEW, calls)
        whole = set(_read(house.public).values())
        for facts, failing in NEXT[afterwards]:
            house.write(facts, None, failing)

        assert not any(data.startswith(b"index") and not data.endswith(b" ") for data in whole)
        _check(house, fresh, NEXT[afterwards][-1][0])
        if not died:
            break
    assert calls > 8


def _check(house: House, fresh: House, facts: Facts) -> None:
    """The folder is as a write into an empty one leaves it, the manifest knows it, and there is nothing left to do."""
    fresh.write(facts, house.compresses)
    documents = {document.path: document.render() for group in _plan(facts) for document in group.list()}
    reader = open_manifest(house.manifest)
    known = {entry.path: entry.sha256 for entry in reader.below("")}
    reader.close()

    assert _read(house.public) == _read(fresh.public)
    assert known == {path: sha256(data).hexdigest() for path, data in documents.items()}
    assert house.write(facts, None) == Written((), len(documents), ())
