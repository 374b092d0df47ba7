"""The items folder: one bad file never harms another, and nothing outside is ever read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from digest.errors import ContentError, Problem
from digest.items.folder import (
    MAX_FILE_SIZE,
    Folder,
    make_folder,
    read_folder,
    read_text,
    write_all,
    write_missing,
    write_new,
)
from digest.items.scanning import scan_items
from digest.settings import Site

Text = Callable[..., str]


@pytest.fixture
def put(site: Site, item_text: Text) -> Callable[..., Path]:
    """Write an item file; without text a sound item."""

    def write(name: str, text: str | bytes | None = None, **changes: str | None) -> Path:
        path = site.items / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = item_text(**changes) if text is None else text
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


Put = Callable[..., Path]


def ids(folder: Folder) -> list[str]:
    return [item.id for item in folder.items]


def only(folder: Folder) -> Problem:
    [problem] = folder.problems
    return problem


def test_items_come_in_the_order_of_their_files(site: Site, put: Put) -> None:
    for name in ("b.md", "a/z.md", "a.md", "c/d/e.md"):
        put(name)
    folder = read_folder(site)
    assert [item.file for item in folder.items] == ["items/a.md", "items/a/z.md", "items/b.md", "items/c/d/e.md"]
    assert (folder.file_count, folder.skipped_count, folder.problems) == (4, 0, ())


def test_what_is_no_item_is_left_aside_and_counted(site: Site, put: Put) -> None:
    put("sound.md")
    for name in (
        ".hidden.md",
        "x.md~",
        "x.md.bak",
        "#x.md#",
        "~$x.md",
        ".x.md.swp",
        "notes.txt",
        "photos/notes.md",
        ".git/x.md",
    ):
        put(name)
    folder = read_folder(site)
    assert ids(folder) == ["sound"]
    assert folder.skipped_count == 9
    assert not folder.problems


def test_photos_are_known_by_their_names(site: Site, put: Put) -> None:
    put("photos/harbour.jpg", b"x")
    put("photos/2022/e\u0301te\u0301.PNG", b"x")
    put("photos/map.svg", b"x")
    put("photo.md", extra="photo: {src: 2022/été.PNG, alt: A, credit: B}")
    folder = read_folder(site)
    assert set(folder.photos) == {"harbour.jpg", "2022/été.PNG"}
    assert folder.photos["harbour.jpg"] == site.photos / "harbour.jpg"
    assert folder.items[0].content.photo is not None


def test_one_bad_item_does_not_stop_the_others(site: Site, put: Put) -> None:
    put("bad.md", kind="news")
    put("sound.md")
    folder = read_folder(site)
    assert ids(folder) == ["sound"]
    assert folder.broken_ids == {"bad"}
    assert str(only(folder)).startswith("items/bad.md:4: kind: 'news'")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"---\ntitle: x\n\xff\n---\n", "items/bad.md:3: it is not UTF-8"),
        ("---\nid: bad\n".encode("utf-16"), "items/bad.md:1: it is not UTF-8"),
        (b"x" * (MAX_FILE_SIZE + 1), "items/bad.md: it is larger than 1024 KiB"),
        (b"", "items/bad.md:1: the first line must be ---"),
    ],
)
def test_files_that_are_no_text_are_named(site: Site, put: Put, content: bytes, words: str) -> None:
    put("bad.md", content)
    folder = read_folder(site)
    assert str(only(folder)).startswith(words)
    assert folder.broken_ids == {"bad"}


def test_a_file_of_the_largest_size_is_read(site: Site, put: Put, item_text: Text) -> None:
    text = item_text(body="x ")
    put("large.md", text + "x" * (MAX_FILE_SIZE - len(text)))
    assert ids(read_folder(site)) == ["large"]


def test_a_broken_files_own_id_is_known(site: Site, put: Put) -> None:
    put("x.md", b"---\nid: the-ship\ntitle: a: b\n---\n")
    put("y.md", b"---\nid: the-boat\ntitle: \xff\n---\n")
    assert read_folder(site).broken_ids == {"the-ship", "the-boat"}


def test_a_draft_that_is_not_utf8_is_a_warning(site: Site, put: Put) -> None:
    put("x.md", b"---\nstatus: draft\ntitle: \xff\n---\n")
    folder = read_folder(site)
    assert only(folder).severity == "warning"
    assert folder.faulty_draft_count == 1


def test_symbolic_links_are_refused(site: Site, put: Put, tmp_path: Path, item_text: Text) -> None:
    outside = tmp_path / "outside.md"
    outside.write_text(item_text())
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "inside.md").write_text(item_text())
    (site.items / "link.md").symlink_to(outside)
    (site.items / "folder").symlink_to(tmp_path / "more")
    (site.items / "loop").symlink_to(site.items)
    (site.photos / "x.jpg").symlink_to(outside)
    folder = read_folder(site)
    assert not folder.items
    assert not folder.photos
    assert [problem.file for problem in folder.problems] == [
        "items/folder",
        "items/link.md",
        "items/loop",
        "items/photos/x.jpg",
    ]
    assert all("symbolic link" in problem.text for problem in folder.problems)
    assert folder.broken_ids == {"link"}


def test_a_linked_items_folder_is_refused(site: Site, tmp_path: Path) -> None:
    site.photos.rmdir()
    site.items.rmdir()
    (tmp_path / "elsewhere").mkdir()
    site.items.symlink_to(tmp_path / "elsewhere")
    assert "symbolic link" in only(read_folder(site)).text


def test_a_missing_items_folder_is_one_problem(site: Site) -> None:
    site.photos.rmdir()
    site.items.rmdir()
    assert str(only(read_folder(site))).startswith("items: the folder cannot be read")


def test_a_pipe_does_not_block(site: Site) -> None:
    os.mkfifo(site.items / "pipe.md")
    assert "no plain file" in only(read_folder(site)).text


def test_a_name_that_cannot_be_shown_is_refused(site: Site, item_text: Text) -> None:
    for name in (b"a\nb.md", b"\xff.md", "a\u202eb.md".encode()):
        Path(os.fsdecode(bytes(site.items) + b"/" + name)).write_text(item_text())
    problems = read_folder(site).problems
    assert len(problems) == 3
    assert all(str(problem).isprintable() for problem in problems)


def test_folders_end_somewhere(site: Site, put: Put) -> None:
    put("a/" * 14 + "x.md")
    put("b/" * 15 + "y.md")
    put("c/" * 100 + "z.md")
    folder = read_folder(site)
    assert ids(folder) == ["x", "y"]
    assert "folders deep" in only(folder).text


def test_a_file_that_goes_away_is_not_there(site: Site, put: Put) -> None:
    gone = put("gone.md")
    put("sound.md")
    scan = scan_items(site.items)
    gone.unlink()
    folder = read_folder(site, scan=scan)
    assert (ids(folder), folder.file_count, folder.problems) == (["sound"], 1, ())


def test_an_id_used_twice_names_both_files(site: Site, put: Put) -> None:
    put("a.md", extra="id: ship")
    put("ship.md")
    put("sound.md")
    folder = read_folder(site)
    assert ids(folder) == ["sound"]
    assert folder.broken_ids == {"ship"}
    first, second = map(str, folder.problems)
    assert first == "items/a.md:6: id: 'ship' is also the id of items/ship.md; give one of them another id"
    assert second == "items/ship.md:1: id: 'ship' is also the id of items/a.md; give one of them another id"


def test_a_draft_does_not_take_an_id_from_an_item(site: Site, put: Put) -> None:
    put("a.md", extra="id: ship\nstatus: draft")
    put("ship.md")
    folder = read_folder(site)
    assert ids(folder) == ["ship"]
    assert (only(folder).file, only(folder).severity) == ("items/a.md", "warning")


def test_translations_name_an_original(site: Site, put: Put) -> None:
    put("ship.md")
    put("ship-uk.md", extra="language: uk\ntranslation_of: ship")
    assert not read_folder(site).problems


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ("language: uk\ntranslation_of: shop", "did you mean ship?"),
        ("language: uk\ntranslation_of: ship-uk", "name its original, 'ship'"),
        ("language: uk\ntranslation_of: ship", "version in 'uk' already"),
        ("language: en\ntranslation_of: ship", "version in 'en' already"),
    ],
)
def test_translations_that_lead_nowhere_are_named(site: Site, put: Put, extra: str, words: str) -> None:
    put("ship.md")
    put("ship-uk.md", extra="language: uk\ntranslation_of: ship")
    put("third.md", extra=extra)
    problems = [problem for problem in read_folder(site).problems if problem.file == "items/third.md"]
    assert [(problem.line, problem.field) for problem in problems] == [(7, "translation_of")]
    assert words in problems[0].text


def test_a_translation_waits_for_no_broken_original(site: Site, put: Put) -> None:
    put("ship.md", kind="news")
    put("ship-uk.md", extra="language: uk\ntranslation_of: ship")
    assert ids(read_folder(site)) == ["ship-uk"]


def test_a_new_file_is_written_whole_and_once(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.md"
    write_new(path, "é\n")
    assert path.read_bytes() == "é\n".encode()
    with pytest.raises(ContentError, match="there already"):
        write_new(path, "other")
    assert read_text(path) == "é\n"
    assert [entry.name for entry in path.parent.iterdir()] == ["b.md"]


def test_a_dangling_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "x.md").symlink_to(tmp_path / "outside")
    with pytest.raises(ContentError, match="there already"):
        write_new(tmp_path / "x.md", "text")
    assert not (tmp_path / "outside").exists()


def test_what_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ContentError, match=r"cannot be written|there already"):
        write_new(tmp_path / "file" / "x.md", "text")
    with pytest.raises(ContentError, match="cannot be made"):
        make_folder(tmp_path / "file" / "x")


def test_all_files_or_none(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("mine")
    with pytest.raises(ContentError, match="already has b"):
        write_all(tmp_path, {"a": "1", "b": "2"})
    assert not (tmp_path / "a").exists()
    assert (tmp_path / "b").read_text() == "mine"


def test_missing_files_only(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("mine")
    assert write_missing(tmp_path, {"a": "1", "b": "2", "c": "3"}) == (("a", "c"), ("b",))
    assert (tmp_path / "b").read_text() == "mine"
    assert (tmp_path / "c").read_text() == "3"
