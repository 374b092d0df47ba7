"""A check warns of each language that letters and pages have no sentences in, and stays well."""

from __future__ import annotations

from digest.desk.checking import check


def test_a_language_without_sentences_is_named_once(desk) -> None:
    desk.item("one")
    assert check(desk.place).lines[-1] == "no problems"

    desk.settings('languages = ["en", "uk"]', 'languages = ["en", "de", "uk", "zh-Hans"]')
    listing = check(desk.place)

    assert not listing.has_errors
    assert listing.data["counts"]["warnings"] == 2
    assert listing.lines[:2] == tuple(
        f"newsroom.toml: newsroom.languages: warning: there are no sentences in {language} yet; "
        f"letters and pages show them in English: write templates/locale/{language}.po"
        for language in ("de", "zh-Hans")
    )


def test_it_is_still_when_the_site_has_written_them(desk) -> None:
    desk.settings('languages = ["en", "uk"]', 'languages = ["en", "de"]')
    desk.write("templates/locale/de.po", 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n')
    desk.reopen()

    assert check(desk.place).lines[-1] == "no problems"
