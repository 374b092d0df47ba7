"""Importing at the desk: what is written, what is left alone, and that nothing stops the rest."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from digest.desk.importing import Source, import_entries, open_file
from digest.errors import ContentError, UsageError
from digest.items.folder import read_folder
from digest.items.importing.planning import Outcome, count_states, list_problems
from digest.settings import Site, build_settings

FILES = Path(__file__).parent.parent / "items" / "importing" / "files"
SETTINGS = """
[newsroom]
name = "Harbour Rights"
title = "Harbour Rights newsroom"
languages = ["en", "uk"]
zone = "Europe/London"
base_url = "https://news.example.org"
postal_address = "1 Quay, Porttown"
tag_authority = "example.org,2020"
[topics.russia]
title = "Russia"
[topics.ukraine]
title = "Ukraine"
titles.uk = "Україна"
[kinds.press-release]
title = "Press Release"
[kinds.update]
title = "Update"
[import.topics]
"Eastern Europe" = "ukraine"
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    (tmp_path / "items" / "photos").mkdir(parents=True)
    return Site(tmp_path, build_settings(SETTINGS, {}))


def run(site: Site, form: str, *names: str, into: Path | None = None, dry_run: bool = False) -> list[Outcome]:
    """Import sample files, or files by their paths."""
    paths = [FILES / name for name in names]
    sources = [Source(path.name, lambda path=path: open_file(path)) for path in paths]  # type: ignore[misc]
    return list(import_entries(site, form, sources, into or site.items, dry_run=dry_run))  # type: ignore[arg-type]


def states(outcomes: list[Outcome]) -> list[str]:
    return [outcome.state for outcome in outcomes]


def test_everything_that_was_imported_passes_the_check(site: Site) -> None:
    for form, names in (
        ("wordpress", ["export.xml", "posts.json"]),
        ("feed", ["partner.rss", "partner.rdf", "partner.atom"]),
    ):
        run(site, form, *names)
    run(site, "feed", "partner.json")
    folder = read_folder(site)
    assert [problem for problem in folder.problems if problem.severity == "error"] == []
    assert len(folder.items) == folder.file_count == 10


def test_running_it_again_changes_nothing(site: Site) -> None:
    first = run(site, "wordpress", "export.xml")
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in site.items.iterdir() if path.is_file()}
    second = run(site, "wordpress", "export.xml")
    assert states(first) == ["new", "new", "new", "skipped", "skipped", "skipped", "skipped", "faulty"]
    assert states(second) == ["unchanged", "unchanged", "unchanged", *states(first)[3:]]
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in before} == before


def test_a_dry_run_says_the_same_and_writes_nothing(site: Site) -> None:
    planned = run(site, "wordpress", "export.xml", into=site.folder / "incoming", dry_run=True)
    assert not (site.folder / "incoming").exists()
    done = run(site, "wordpress", "export.xml", into=site.folder / "incoming")
    assert [(o.state, o.file, o.why, o.remarks) for o in planned] == [(o.state, o.file, o.why, o.remarks) for o in done]
    assert count_states(done) == {"new": 3, "changed": 0, "unchanged": 0, "skipped": 4, "faulty": 1}


def test_a_file_that_was_edited_moved_or_renamed_is_found_and_left_alone(site: Site) -> None:
    run(site, "wordpress", "export.xml")
    (site.items / "2022").mkdir()
    moved = site.items / "2022" / "renamed.md"
    (site.items / "2022-02-28-port-workers-freed.md").rename(moved)
    edited = site.items / "2019-05-15-older-report.md"
    edited.write_text(edited.read_text().replace("closed", "open"))
    again = run(site, "wordpress", "export.xml", into=site.folder / "incoming")
    assert states(again)[:3] == ["unchanged", "changed", "unchanged"]
    assert (again[0].file, again[1].file) == (moved, edited)
    assert "open" in edited.read_text()
    assert list((site.folder / "incoming").iterdir()) == []


def test_line_ends_of_another_system_are_no_change(site: Site) -> None:
    run(site, "wordpress", "posts.json")
    (file,) = site.items.glob("*.md")
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert states(run(site, "wordpress", "posts.json"))[0] == "unchanged"


def test_a_source_that_cannot_be_read_stops_no_other(site: Site, tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.xml"
    bomb.write_bytes(b'<!DOCTYPE x [<!ENTITY a "b">]><rss><channel><item>&a;</item></channel></rss>')
    os.mkfifo(tmp_path / "pipe")
    names = [str(bomb), str(tmp_path / "gone.xml"), str(tmp_path / "pipe"), str(tmp_path), "partner.rdf"]
    outcomes = run(site, "feed", *names)
    assert states(outcomes) == ["faulty", "faulty", "faulty", "faulty", "new"]
    assert "DOCTYPE" in outcomes[0].why
    assert all(str(problem).isprintable() for outcome in outcomes for problem in list_problems(outcome))


def test_what_takes_a_files_name_is_a_fault_of_that_entry_alone(site: Site) -> None:
    taken = site.items / "2022-02-28-port-workers-freed.md"
    taken.write_text("---\ntitle: x\nid: another\n---\n")
    outcomes = run(site, "wordpress", "export.xml")
    assert Counter(states(outcomes)) == {"faulty": 2, "new": 2, "skipped": 4}
    assert "is there already" in outcomes[0].why
    assert taken.read_text().endswith("id: another\n---\n")


def test_a_folder_that_cannot_be_made_or_a_kind_that_is_none_is_refused_at_once(site: Site) -> None:
    (site.folder / "file").write_text("")
    with pytest.raises(ContentError):
        run(site, "feed", "partner.rdf", into=site.folder / "file")
    with pytest.raises(UsageError):
        import_entries(site, "feed", [], site.items, kind="story")


def test_faults_and_remarks_are_told_with_file_and_line(site: Site) -> None:
    said = [str(problem) for outcome in run(site, "wordpress", "export.xml") for problem in list_problems(outcome)]
    frame = "a frame of another page is left out: https://maps.example.com/embed?x=1"
    assert said == [
        f"export.xml:20: 'Port workers & their families freed': warning: {frame}",
        "export.xml:20: 'Port workers & their families freed': warning: a script is left out",
        "export.xml:54: 'An older report in the classic editor': warning: shortcodes are left out: gallery, pullquote",
        "export.xml:134: 'Lost in time': it has no date with a zone that can be read",
    ]
