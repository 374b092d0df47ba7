"""Compiled templates are kept for the next process, and never outlive what they were made from."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.templates import Templates
from digest.templates.sandbox import Sandbox


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The site's own templates: one page."""
    folder = tmp_path / "own"
    (folder / "pages").mkdir(parents=True)
    (folder / "pages" / "x.html").write_text("<p>{{ _('Correction') }}: {{ word }}</p>")
    return folder


def _kept(kept: Path) -> set[str]:
    return {str(file.relative_to(kept)) for file in kept.rglob("*") if file.is_file()}


def test_what_is_kept_is_used_by_the_next_process(own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "kept"
    first = Templates(own, kept).render("pages/x.html", "en", word="a")

    def refuse(*_words: object, **_more: object) -> str:
        raise AssertionError("it was compiled again")

    monkeypatch.setattr(Sandbox, "_generate", refuse)

    assert Templates(own, kept).render("pages/x.html", "en", word="a") == first


def test_each_language_has_its_own(own: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    english, french = (Templates(own, kept).render("pages/x.html", tag, word="a") for tag in ("en", "fr"))

    assert Templates(own, kept).render("pages/x.html", "fr", word="a") == french != english


def test_a_change_of_any_template_forgets_all(own: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    Templates(own, kept).render("pages/x.html", "en", word="a")
    before = _kept(kept)
    (own / "pages" / "x.html").write_text("<b>{{ word }}</b>")

    assert Templates(own, kept).render("pages/x.html", "en", word="a") == "<b>a</b>"
    assert _kept(kept).isdisjoint(before)
    assert len(_kept(kept)) == 1


def test_a_broken_file_is_compiled_anew(own: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    whole = Templates(own, kept).render("pages/x.html", "en", word="a")
    for name in _kept(kept):
        (kept / name).write_bytes(b"no bytecode")

    assert Templates(own, kept).render("pages/x.html", "en", word="a") == whole


def test_a_folder_that_cannot_be_written_does_no_harm(own: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("a file is in the way")

    assert Templates(own, kept).render("pages/x.html", "en", word="a") == "<p>Correction: a</p>"
