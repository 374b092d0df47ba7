"""A newsroom moves in: from WordPress, and from feeds of its own and of others."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

FILES = Path(__file__).parent.parent / "items" / "importing" / "files"


@pytest.fixture
def files(terminal) -> None:  # type: ignore[no-untyped-def]
    """The sample files beside the site's items."""
    for file in FILES.iterdir():
        shutil.copy(file, terminal.folder)


def items(terminal) -> dict[str, bytes]:  # type: ignore[no-untyped-def]
    return {path.name: path.read_bytes() for path in (terminal.folder / "items").glob("*.md")}


@pytest.mark.usefixtures("files")
def test_a_wordpress_site_moves_in(terminal) -> None:  # type: ignore[no-untyped-def]
    planned = terminal.run("import", "wordpress", "export.xml", "--into", "items", "--dry-run", expect=1)
    assert items(terminal) == {}
    assert re.search(r"new +2022-02-28-port-workers-freed.md +Port workers & their families freed", planned)
    assert re.search(r"skipped +A draft +it is a draft", planned)
    assert "export.xml:134: 'Lost in time': it has no date with a zone that can be read" in planned
    assert "8 entries: 3 new, 0 changed, 0 unchanged, 4 skipped, 1 with errors" in planned
    assert "Nothing was written." in planned

    assert "3 new" in terminal.run("import", "wordpress", "export.xml", "--into", "items", expect=1)
    before = items(terminal)
    assert len(before) == 3
    assert "0 new, 0 changed, 3 unchanged" in terminal.run("import", "wordpress", "export.xml", "--into", "items", expect=1)
    assert items(terminal) == before

    checked = terminal.run("check")
    assert "items/2019-05-15-older-report.md: to review: topics, photo" in checked
    terminal.run("publish")
    page = (terminal.folder / "public" / "items" / "port-workers-freed" / "index.html").read_text()
    assert "Port workers &amp; their families freed" in page


@pytest.mark.usefixtures("files")
def test_feeds_move_in_and_bad_ones_stop_nothing(terminal) -> None:  # type: ignore[no-untyped-def]
    terminal.write(
        "bomb.rss", '<!DOCTYPE rss [<!ENTITY a "x">]><rss><channel><item><title>&a;</title></item></channel></rss>'
    )
    names = ("gone.rss", "bomb.rss", "export.xml", "partner.rss", "partner.atom", "partner.json", "partner.rdf")
    said = terminal.run("import", "feed", *names, "--into", "items", "--kind", "press-release", expect=1)
    assert "DOCTYPE" in said
    assert "gone.rss: it cannot be read (No such file or directory)" in said
    assert "digest import wordpress" in said
    assert len(items(terminal)) == 7
    assert all(b"kind: press-release" in text for text in items(terminal).values())
    terminal.run("check")


def test_a_newsroom_reads_its_own_feeds_again(terminal, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    terminal.item(
        "harbour", "Harbour: closed & <b>empty</b>", "2022-02-28", body="A *long* story, see [this](https://x.example/)."
    )
    terminal.item("pier", "A pier", "2022-03-01T10:30:00+00:00", "russia, ukraine", summary="About a pier.")
    terminal.run("publish")
    own = items(terminal)
    for form in ("atom", "rss", "json"):
        into = tmp_path / form
        done = terminal.run("import", "feed", f"public/feeds/all.{form}", "--into", str(into))
        assert "0 new, 2 changed, 0 unchanged" in done, "they are there, among the items"
    for name in own:
        (terminal.folder / "items" / name).unlink()
    for form in ("atom", "rss", "json"):
        into = tmp_path / form
        assert "2 new" in terminal.run("import", "feed", f"public/feeds/all.{form}", "--into", str(into))
        assert sorted(path.name for path in into.iterdir()) == ["2022-02-28-harbour.md", "2022-03-01-pier.md"]
        pier = (into / "2022-03-01-pier.md").read_text()
        assert "date: 2022-03-01T10:30:00Z\nkind: press-release\ntopics: [russia, ukraine]\n" in pier
        harbour = (into / "2022-02-28-harbour.md").read_text()
        assert "date: 2022-02-28\n" in harbour
        assert harbour.endswith("A *long* story, see [this](https://x.example/).\n")
        if form != "rss":  # in RSS nobody can tell tags in a title from words
            assert 'title: "Harbour: closed & <b>empty</b>"' in harbour


def test_nothing_is_fetched_unless_newsroom_toml_says_so(terminal) -> None:  # type: ignore[no-untyped-def]
    said = terminal.run("import", "feed", "https://feeds.example.org/all.atom", "--into", "items", expect=1)
    assert "fetch = true" in said
    terminal.write("newsroom.toml", (terminal.folder / "newsroom.toml").read_text() + "\n[import]\nfetch = true\n")
    said = terminal.run("import", "feed", "https://127.0.0.1/all.atom", "http://example.org/", "--into", "items", expect=1)
    assert "127.0.0.1 is not on the public internet" in said
    assert "only https addresses" in said


def test_a_kind_that_must_be_said(terminal) -> None:  # type: ignore[no-untyped-def]
    said = terminal.run("import", "feed", "x.rss", "--into", "items", "--kind", "story", expect=2)
    assert "press-release, update" in said
