"""What is rendered and written of groups of documents, and what is left alone."""

from __future__ import annotations

import shutil
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from digest.errors import ContentError, StoreError, TemplateError
from digest.newsroom.document import Document, Group, fingerprint
from digest.publishing.manifest import open_manifest
from digest.publishing.output import write_groups
from digest.publishing.replacing import Written

Read = Callable[[], dict[str, bytes]]


@dataclass
class Site:
    """Documents by group and path, each a key and its bytes or what is raised; `rendered` tells what was asked for."""

    public: Path
    manifest: Path
    groups: dict[str, dict[str, tuple[str, bytes | Exception]]] = field(default_factory=dict)
    rendered: list[str] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)

    def write(self, **options: object) -> Written:
        self.rendered.clear()
        self.listed.clear()
        return write_groups(self.public, self._plan(), self.manifest, **options)  # type: ignore[arg-type]

    def find(self, path: str) -> object:
        reader = open_manifest(self.manifest)
        try:
            return reader.find(path)
        finally:
            reader.close()

    def is_gone(self, path: str) -> bool:
        reader = open_manifest(self.manifest)
        try:
            return reader.is_gone(path)
        finally:
            reader.close()

    def _plan(self) -> Iterator[Group]:
        for name, documents in self.groups.items():
            key = fingerprint([(path, key) for path, (key, _) in documents.items()])
            yield Group(name, key, lambda name=name: self._list(name))  # type: ignore[misc]

    def _list(self, name: str) -> list[Document]:
        self.listed.append(name)
        return [
            Document(path, key, lambda path=path, data=data: self._render(path, data))  # type: ignore[misc]
            for path, (key, data) in self.groups[name].items()
        ]

    def _render(self, path: str, data: bytes | Exception) -> bytes:
        self.rendered.append(path)
        if isinstance(data, Exception):
            raise data
        return data


@pytest.fixture
def site(public: Path, manifest: Path) -> Site:
    """Two groups that were written."""
    site = Site(public, manifest)
    site.groups = {
        "items": {f"items/{name}/index.html": ("1", name.encode()) for name in "abc"},
        "feeds": {"feeds/all.atom": ("1", b"atom"), "feeds/all.rss": ("1", b"rss")},
    }
    site.write()
    return site


def test_a_group_with_its_old_key_is_not_even_listed(site: Site) -> None:
    assert site.write() == Written((), 5, ())
    assert site.listed == []


def test_in_a_changed_group_only_what_has_a_new_key_is_rendered(site: Site, read: Read) -> None:
    site.groups["items"]["items/b/index.html"] = ("2", b"new")

    assert site.write() == Written(("items/b/index.html",), 4, ())
    assert (site.listed, site.rendered) == (["items"], ["items/b/index.html"])
    assert read()["items/b/index.html"] == b"new"


def test_a_new_key_with_the_old_bytes_is_kept_and_nothing_is_written(site: Site) -> None:
    site.groups["feeds"]["feeds/all.rss"] = ("2", b"rss")
    before = (site.public / "feeds" / "all.rss").stat()

    assert site.write() == Written((), 5, ())
    assert site.rendered == ["feeds/all.rss"]
    assert (site.public / "feeds" / "all.rss").stat() == before
    assert site.write() == Written((), 5, ())
    assert site.rendered == []


def test_a_folder_that_somebody_removed_is_noticed_and_then_everything_is_looked_at(site: Site, read: Read) -> None:
    wanted = read()
    shutil.rmtree(site.public / "items")
    (site.public / "feeds" / "all.rss").write_bytes(b"edited")

    assert len(site.write().changed) == 4
    assert read() == wanted
    assert "feeds/all.atom" not in site.rendered


def test_another_folder_in_its_place_is_noticed(site: Site, read: Read) -> None:
    wanted = read()
    shutil.copytree(site.public, site.public.with_name("copy"))
    shutil.rmtree(site.public)
    site.public.with_name("copy").rename(site.public)
    (site.public / "items" / "c" / "index.html").unlink()

    assert site.write().changed == ("items/c/index.html",)
    assert read() == wanted
    assert site.write() == Written((), 5, ())
    assert site.listed == []


def test_looking_at_the_whole_finds_what_a_spot_check_misses(site: Site, read: Read) -> None:
    wanted = read()
    (site.public / "items" / "c" / "index.html").write_bytes(b"wrong")

    assert site.write() == Written((), 5, ())
    assert site.write(whole=True) == Written(("items/c/index.html",), 4, ())
    assert site.rendered == ["items/c/index.html"]
    assert read() == wanted


@pytest.mark.parametrize(
    "fault", [ContentError("item b", "it has a fault", "Mend it."), TemplateError("x.html:1", "oh"), ValueError("no")]
)
def test_what_cannot_be_made_keeps_its_last_good_file_and_holds_up_nothing_else(
    site: Site, read: Read, fault: Exception
) -> None:
    site.groups["items"] |= {"items/b/index.html": ("2", fault), "items/c/index.html": ("2", b"new")}

    written = site.write()

    assert (written.changed, written.unchanged_count, len(written.failed)) == (("items/c/index.html",), 4, 1)
    assert "items/b/index.html" in str(written.failed[0])
    assert read()["items/b/index.html"] == b"b"
    assert site.write().failed == written.failed
    site.groups["items"]["items/b/index.html"] = ("2", b"mended")
    assert site.write() == Written(("items/b/index.html",), 4, ())


def test_what_failed_and_was_never_written_is_absent(site: Site, read: Read) -> None:
    site.groups["feeds"]["feeds/new.atom"] = ("1", ContentError("item b", "it has a fault"))

    assert (site.write().unchanged_count, len(site.write().failed)) == (5, 1)
    assert "feeds/new.atom" not in read()
    del site.groups["feeds"]["feeds/new.atom"]
    assert site.write() == Written((), 5, ())
    assert not site.is_gone("feeds/new.atom")


def test_one_cause_of_many_failures_is_told_once(site: Site) -> None:
    fault = TemplateError("templates/pages/item.html:3", "there is no such field", "Mend the template.")
    site.groups["items"] = {f"items/{name}/index.html": ("2", fault) for name in "abcde"}

    (problem,) = site.write().failed

    assert str(problem) == (
        "templates/pages/item.html:3: there is no such field. Mend the template. "
        "Not written until then: items/a/index.html, items/b/index.html, items/c/index.html and 2 more"
    )


def test_when_the_store_fails_nothing_is_replaced(site: Site, read: Read) -> None:
    before = read()
    site.groups["items"]["items/a/index.html"] = ("2", b"new")
    site.groups["feeds"]["feeds/all.rss"] = ("2", StoreError("digest.db", "it cannot be read"))

    with pytest.raises(StoreError, match=r"digest\.db"):
        site.write()
    assert read() == before


def test_a_document_that_is_judged_faulty_keeps_its_last_good_file(site: Site, read: Read) -> None:
    site.groups["feeds"] |= {"feeds/all.rss": ("2", b"broken"), "feeds/all.atom": ("2", b"better")}

    written = site.write(judge=lambda path, data: f"{path} is broken" if data == b"broken" else "")

    assert written.changed == ("feeds/all.atom",)
    assert [str(problem) for problem in written.failed] == [
        "feeds/all.rss: feeds/all.rss is broken. Not written until then: feeds/all.rss"
    ]
    assert read()["feeds/all.rss"] == b"rss"


def test_only_new_bytes_are_judged(site: Site) -> None:
    judged: list[str] = []
    site.groups["feeds"] |= {"feeds/all.rss": ("2", b"rss"), "feeds/all.atom": ("2", b"better")}

    site.write(judge=lambda path, _: judged.append(path) or "")  # type: ignore[func-returns-value]

    assert judged == ["feeds/all.atom"]


def test_a_path_may_go_over_to_another_group(site: Site, read: Read) -> None:
    site.groups["all"] = site.groups.pop("items")

    assert site.write() == Written((), 5, ())
    site.groups["items"] = {"items/a/index.html": site.groups["all"].pop("items/a/index.html")}
    assert site.write() == Written((), 5, ())
    del site.groups["items"]
    assert site.write() == Written((), 4, ("items/a/index.html",))


def test_a_document_that_fails_while_it_goes_over_to_another_group_stays(site: Site, read: Read) -> None:
    site.groups["all"] = site.groups.pop("items")
    site.groups["all"]["items/a/index.html"] = ("2", ValueError("no"))

    assert site.write().removed == ()
    assert "items/a/index.html" in read()
    del site.groups["all"]
    assert site.write().removed == ("items/a/index.html", "items/b/index.html", "items/c/index.html")


def test_two_groups_with_one_path_are_refused(site: Site, read: Read) -> None:
    before = read()
    site.groups["more"] = {"items/a/index.html": ("1", b"a")}
    site.groups["items"]["items/b/index.html"] = ("2", b"new")

    with pytest.raises(StoreError, match="two groups make this file"):
        site.write()
    assert read() == before


def test_what_was_public_and_is_no_more_is_gone_until_it_comes_back(site: Site) -> None:
    taken = site.groups["items"].pop("items/b/index.html")
    site.write()
    assert (site.is_gone("items/b/index.html"), site.is_gone("items/a/index.html")) == (True, False)
    assert site.find("items/b/index.html") is None

    site.groups["items"]["items/b/index.html"] = taken
    site.write()
    assert not site.is_gone("items/b/index.html")


def test_a_new_status_is_kept_though_the_bytes_stay(public: Path, manifest: Path) -> None:
    for key, status, location in (("1", 200, ""), ("2", 301, "https://news.example.org/topics/b/"), ("3", 410, "")):
        document = Document("topics/a/index.html", key, lambda: b"the same", status, location)
        write_groups(public, [Group("topics", key, lambda document=document: [document])], manifest)  # type: ignore[misc]
        reader = open_manifest(manifest)
        entry = reader.find("topics/a/index.html")
        reader.close()
        assert entry is not None
        assert (entry.status, entry.location) == (status, location)


def test_bytes_go_to_the_disk_as_they_are_made(site: Site) -> None:
    megabyte = 1 << 20
    documents = [Document(f"x/{number}", "1", lambda: bytes(megabyte)) for number in range(24)]
    tracemalloc.start()
    try:
        write_groups(site.public, [Group("x", "1", lambda: documents)], site.manifest)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 6 * megabyte
